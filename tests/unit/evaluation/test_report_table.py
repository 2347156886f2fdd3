"""The table of an evaluation, as a terminal shows it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from plait.evaluation.evaluate_model import evaluate
from plait.evaluation.report_table import report_table


def test_the_models_own_row_is_bold_and_no_other(small: Any, capsys: Any) -> None:
    report = evaluate(small.project, "loo-full")
    console = Console(width=100, force_terminal=True, color_system="standard")
    console.print(report_table(report))
    lines = capsys.readouterr().out.splitlines()
    rows = {
        name: [line for line in lines if line.strip().startswith(f"{name} ")]
        for name in ("v1", "popularity")
    }
    assert len(rows["v1"]) == len(rows["popularity"]) == 2
    assert all("\x1b[1m." in line for line in rows["v1"])
    assert not any("\x1b[1m" in line for line in rows["popularity"])


def test_progress_counts_each_target_once_per_scorer(small: Any, capsys: Any) -> None:
    report = evaluate(small.project, "loo-full")
    targets = sum(figures["n"] for figures in report.platforms.values())
    line = capsys.readouterr().err.splitlines()[-1]
    # The model and two baselines; validation targets calibrate, so each counts as well.
    assert f"evaluate: {targets * 2 * 3:,}/{targets * 2 * 3:,} targets" in line
