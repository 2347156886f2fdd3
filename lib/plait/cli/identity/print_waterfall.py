"""Prints a waterfall in bits with bars of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.identity.why.sentences import say_weight
from plait.identity.why.waterfall import Step, waterfall

if TYPE_CHECKING:
    from rich.console import Console

    from plait.identity.why.explanation import Evidence

_BAR = 34  # characters
_SMALL = 0.05  # bits that are drawn as nothing


def print_waterfall(console: Console, edge: Evidence) -> None:
    """Prints the steps of an estimated edge; nothing for a declared one."""
    from rich.table import Table
    from rich.text import Text

    steps = waterfall(edge)
    if not steps:
        return
    low = min(0.0, *(step.end for step in steps))
    high = max(0.0, *(step.end for step in steps))
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
    table.add_column(width=4)
    table.add_column(max_width=16, overflow="ellipsis", no_wrap=True)
    table.add_column(max_width=14, overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for step in steps:
        style = "green" if step.bits >= 0 else "red"
        bar = Text(draw_bar(step, low, high), style=style)
        table.add_row("", Text(step.term), Text(step.level), f"{step.bits:+.1f}", bar)
    total = steps[-1].end
    table.add_row("", "[bold]total[/]", "bits", f"[bold]{total:+.1f}[/]",
                  f"[bold]probability {say_weight(edge)}[/]")  # fmt: skip
    console.print(table)


def draw_bar(step: Step, low: float, high: float) -> str:
    """Returns the bar of a step on a scale of bits from `low` to `high`, with a mark at 0."""
    scale = (_BAR - 1) / max(high - low, 1e-9)
    start, end = sorted((round((step.start - low) * scale), round((step.end - low) * scale)))
    zero = round(-low * scale)
    block = "█" if abs(step.bits) >= _SMALL else "·"
    cells = [block if start <= place < max(end, start + 1) else " " for place in range(_BAR)]
    if cells[zero] == " ":
        cells[zero] = "│"
    return "".join(cells).rstrip()
