"""Draws a waterfall in bits as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from plait.identity.why.waterfall import Step

_WIDTH, _ROW, _TOP = 720, 26, 24
_LABELS, _BITS = 210, 60  # pixels for the names on the left, and for the bits on the right


def draw_waterfall(steps: Sequence[Step], caption: str) -> str:
    """Returns an SVG element with one bar a step, and a last one for the total.

    Args:
        steps: at least one step.
        caption: what the drawing says, for those who cannot see it.
    """
    ends = [0.0, *(step.end for step in steps)]
    low, high = min(ends), max(ends)
    scale = (_WIDTH - _LABELS - _BITS) / max(high - low, 1e-9)

    def x(bits: float) -> float:
        return round(_LABELS + (bits - low) * scale, 1)

    height = _TOP + _ROW * (len(steps) + 1) + 6
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(caption)}">',
        f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="{_TOP - 6}" y2="{height - 4}"/>',
        f'<text class="axis" x="{x(0)}" y="{_TOP - 10}" text-anchor="middle">0 bits</text>',
    ]
    total = steps[-1].end
    rows = [*steps, Step("total", "", total, 0.0, total)]
    for number, step in enumerate(rows):
        top = _TOP + _ROW * number
        kind = "total" if step is rows[-1] else "for" if step.bits >= 0 else "against"
        left, right = sorted((x(step.start), x(step.end)))
        middle = top + _ROW / 2 + 4
        name = f"{step.term}: {step.level}" if step.level else step.term
        parts.append(
            f'<text x="0" y="{middle}">{escape(_short(name))}</text>'
            f'<rect class="{kind}" x="{left}" y="{top + 4}" width="{max(right - left, 1.5):.1f}" '
            f'height="{_ROW - 8}" rx="2"/>'
            f'<text class="bits" x="{_WIDTH}" y="{middle}" text-anchor="end">'
            f"{step.bits:+.1f}</text>"
        )
        if number < len(steps):
            parts.append(
                f'<line class="step" x1="{x(step.end)}" x2="{x(step.end)}" '
                f'y1="{top + _ROW - 4}" y2="{top + _ROW + 4}"/>'
            )
    return "".join([*parts, "</svg>"])


def _short(name: str, most: int = 30) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
