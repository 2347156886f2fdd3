"""The report as one table that fits a terminal of 100 columns."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plait.evaluation.evaluation_report import EvaluationReport
from plait.evaluation.metric_summary import TOP_K

_RANKING_METRICS = ("hr@5", "hr@10", "ndcg@10", "mrr")
_TOP_K_METRICS = (f"accuracy@{TOP_K}", f"precision@{TOP_K}", f"f1@{TOP_K}")
_POINTWISE_METRICS = ("accuracy", "recall", "f1", "auc")


def report_table(report: EvaluationReport) -> RenderableType:
    """Returns the table of `report` and the notes below it."""
    title = f"{report.model} {report.model_version} under {report.protocol}"
    grid = Table(title=title, title_justify="left", box=box.SIMPLE, padding=0)
    grid.add_column("", no_wrap=True)
    top = (f"top {TOP_K}\nacc.", "\nprec.", "\nF1")
    pointwise = ("yes/no\nacc.", "\nrec.", "\nF1", "\nAUC")
    for heading in ("HR@5", "HR@10", "NDCG@10", "MRR", *top, *pointwise):
        grid.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for platform, figures in report.platforms.items():
        grid.add_section()
        grid.add_row(Text(platform, style="bold"), f"{figures['n']:,}", "targets")
        rows = {report.model_version: figures}
        if report.against:
            rows[report.against["name"]] = report.against["platforms"][platform]
        rows |= {name: one[platform] for name, one in report.baselines.items()}
        for name, row in rows.items():
            grid.add_row(f" {name}", *_cells(row, bold=row is figures))
        if report.against:
            change = report.against["difference"][platform]
            grid.add_row(
                " difference",
                *(_format_interval(change, name, sign=True) for name in _RANKING_METRICS),
            )
    return Group(grid, Text(_notes(report), style="dim"))


def _cells(row: dict[str, Any], *, bold: bool) -> list[Text]:
    cells = [_format_interval(row, name, bold=bold) for name in _RANKING_METRICS]
    cells += [
        Text(_format_value(row[name], 4 if "accuracy" in name else 3)) for name in _TOP_K_METRICS
    ]
    judged = row.get("pointwise", {})
    return cells + [
        Text(_format_value(judged[n]) if n in judged else "-") for n in _POINTWISE_METRICS
    ]


def _format_interval(
    row: dict[str, Any], name: str, *, bold: bool = False, sign: bool = False
) -> Text:
    low, high = (_format_value(bound, sign=sign) for bound in row[f"{name}_ci"])
    value = Text(_format_value(row[name], 4, sign=sign), style="bold" if bold else "")
    between = f"\n{low}\n{high}" if sign else f"\n{low}-{high}"
    return Text.assemble(value, Text(between, style="dim"))


def _format_value(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Returns 0.2059 as .2059."""
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def _notes(report: EvaluationReport) -> str:
    every = report.platforms.values()
    candidates = " and ".join(dict.fromkeys(f"{one['candidates']:,.0f}" for one in every))
    always_no = min(one["accuracy_all_negative"] for one in every)
    notes = [
        "Below each figure is its 95 % bootstrap interval over people.",
        f"top {TOP_K}: the list counts as predicted positives among {candidates} candidates.",
        f"Recall is HR@{TOP_K}. Predicting no positive has accuracy {_format_value(always_no, 4)}.",
        "yes/no: a calibrated probability with a threshold from validation, and four negatives",
        "per positive. Always 'no' has accuracy .8.",
    ]
    for platform, one in report.platforms.items():
        if "new_item" in one["slices"]:
            new, known = one["slices"]["new_item"]["n"], one["slices"]["known_item"]["ndcg@10"]
            notes.append(
                f"{platform}: {new:,} of {one['n']:,} targets are items without a training event. "
                f"On the others NDCG@10 is {_format_value(known, 4)}."
            )
    return "\n".join(notes)
