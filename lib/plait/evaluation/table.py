"""The report as one table that fits 100 columns."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plait.evaluation.measure import TOP
from plait.evaluation.report import Report

_RANKING = ("hr@5", "hr@10", "ndcg@10", "mrr")
_TOP = (f"accuracy@{TOP}", f"precision@{TOP}", f"f1@{TOP}")
_POINTWISE = ("accuracy", "recall", "f1", "auc")


def table(report: Report) -> RenderableType:
    """Returns the table of `report` and the notes below it."""
    title = f"{report.model} {report.model_version} under {report.protocol}"
    grid = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    grid.add_column("", no_wrap=True)
    for heading in ("HR@5", "HR@10", "NDCG@10", "MRR"):
        grid.add_column(heading, justify="right", no_wrap=True)
    for heading in ("acc.", "prec.", "F1"):
        grid.add_column(f"top {TOP}\n{heading}", justify="right", no_wrap=True)
    for heading in ("acc.", "rec.", "F1", "AUC"):
        grid.add_column(f"yes/no\n{heading}", justify="right", no_wrap=True)
    for platform, figures in report.platforms.items():
        grid.add_row(Text(f"{platform}, {figures['n']:,} targets", style="bold"))
        rows = {report.model_version: figures}
        if report.against:
            rows[report.against["name"]] = report.against["platforms"][platform]
        rows |= {name: figures[platform] for name, figures in report.baselines.items()}
        for name, row in rows.items():
            grid.add_row(f"  {name}", *_cells(row, bold=row is figures))
        if report.against:
            change = report.against["difference"][platform]
            cells = [_interval(change, name, sign=True) for name in _RANKING]
            grid.add_row("  difference", *cells)
    return Group(grid, Text(_notes(report), style="dim"))


def _cells(row: dict[str, Any], *, bold: bool) -> list[Text]:
    cells = [_interval(row, name, bold=bold) for name in _RANKING]
    cells += [Text(_short(row[name], 4 if "accuracy" in name else 3)) for name in _TOP]
    judged = row.get("pointwise", {})
    return cells + [Text(_short(judged[n]) if n in judged else "-") for n in _POINTWISE]


def _interval(row: dict[str, Any], name: str, *, bold: bool = False, sign: bool = False) -> Text:
    low, high = row[f"{name}_ci"]
    value = Text(_short(row[name], 4, sign=sign), style="bold" if bold else "")
    between = f"{_short(low, sign=sign)}{' ' if sign else '-'}{_short(high, sign=sign)}"
    return Text.assemble(value, Text(f"\n{between}", style="dim"))


def _short(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Returns 0.2059 as .2059."""
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def _notes(report: Report) -> str:
    first = next(iter(report.platforms.values()))
    always_no = first["accuracy_all_negative"]
    notes = [
        "Below a figure: its 95 % bootstrap interval over people.",
        f"top {TOP}: the list read as predicted positives among {first['candidates']:,.0f} "
        f"candidates; recall is HR@{TOP}, and answering 'none' has accuracy {always_no:.4f}.",
        "yes/no: calibrated probability, threshold from validation, 4 negatives a positive; "
        "always 'no' has accuracy .8.",
    ]
    return "\n".join(notes)
