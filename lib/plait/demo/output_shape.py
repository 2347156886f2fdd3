"""The shape of the demo's output: the text without numbers, names and titles."""

from __future__ import annotations

import re

_REPLACEMENTS: tuple[tuple[str, str], ...] = (
    (r"\x1b\[[0-9;]*m", ""),  # colours
    (r"“[^”]*”", "“…”"),  # titles
    (r"^ *· .*$", "· …"),  # history
    (r"^ *\d+  .*$", "# …"),  # a place in two lists
    (r"https?://[^ /\"']+", "http://#"),
    (r"\b(account) [^ ,]+", r"\1 #"),
    (r", .* before, .* lately", ", … before, … lately"),  # topics
    (r'("id":) *"[^"]*"', r'\1"#"'),
    (r'("item_id":) *"[^"]*"', r'\1"#"'),
    (r"[+-]?\d[\d,]*(\.\d+)?", "#"),
    (r"[─━-]{3,}", "---"),
    (r"[ \t]+", " "),
)


def normalize_output(text: str) -> str:
    """Returns `text` without colours, numbers, ids, titles and padding.

    Two runs of the same demo have equal shapes, whatever the seed. Consecutive equal lines become
    one.
    """
    lines: list[str] = []
    for line in text.splitlines():
        shaped = line
        for pattern, replacement in _REPLACEMENTS:
            shaped = re.sub(pattern, replacement, shaped)
        shaped = shaped.strip()
        if shaped and (not lines or shaped != lines[-1]):
            lines.append(shaped)
    return "\n".join(lines)
