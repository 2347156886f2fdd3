"""The table of what was set aside."""

from __future__ import annotations

import io

from rich.console import Console

from plait.cli.set_aside_table import print_set_aside


def test_nothing_is_cut_on_a_narrow_terminal() -> None:
    setting = "platforms.a_platform_with_a_long_name.events.csv.quote"
    entry = {"platform": "a_platform_with_a_long_name", "source": "events", "reason": "bad_quote"}
    entry |= {"words": "a quote is open", "example": f"logs/{'x' * 60}.csv:7 row"}
    console = Console(file=io.StringIO(), width=80, color_system=None)
    print_set_aside(
        console, "set aside", [entry | {"rows": 1, "fix": f"Set {setting}"}], fixes=True
    )
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    whole = "".join(line[-38:].strip() for line in printed.splitlines())
    assert setting in whole
    assert f"{'x' * 60}.csv:7" in whole
    assert max(map(len, printed.splitlines())) <= 80
