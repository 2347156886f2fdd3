"""What a project's model is worth: the tables of docs/quality.md, as markdown.

    python benchmarks/quality.py -c examples/beauty_electronics/plait.yaml --out figures

Fuses, trains one version on all platforms, one on each platform alone and two before a cut in
time (with the calendar quarter as an input and without), and evaluates them. The reports stay in
--out as JSON; --render makes the tables again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import plait

LEAVE_ONE_OUT = ("loo-999", "loo-full")
METRICS = ("hr@5", "hr@10", "ndcg@10", "mrr")


def measure(config: str, out: Path) -> None:
    """Makes every version and report the tables need."""
    out.mkdir(parents=True, exist_ok=True)
    plait.fuse(config)
    platforms = list(plait.load_config(config).platforms)
    joint = plait.train(config).version
    for platform in platforms:
        alone = plait.train(config, platforms=[platform]).version
        for protocol in LEAVE_ONE_OUT:
            report = plait.evaluate(config, protocol, joint, against=alone)
            report.write_json(out / f"{protocol}-{platform}.json")
    early, without = (
        plait.train(config, split="time", calendar=calendar).version for calendar in (True, False)
    )
    plait.evaluate(config, "time", early, against=without).write_json(out / "time.json")


def render(out: Path) -> str:
    """Returns the tables of the reports in `out`."""
    parts = []
    for protocol in LEAVE_ONE_OUT:
        reports = {
            file.stem.removeprefix(f"{protocol}-"): json.loads(file.read_text())
            for file in sorted(out.glob(f"{protocol}-*.json"))
        }
        rows = [
            row
            for name, report in reports.items()
            for row in platform_rows(
                name,
                report,
                (f"the same model, {name} alone", "what the other platform is worth"),
            )
        ]
        parts.append(table(f"`{protocol}`", rows))
    timed = json.loads((out / "time.json").read_text())
    labels = ("plait, without the calendar", "what the calendar is worth")
    rows = [row for name in timed["platforms"] for row in platform_rows(name, timed, labels)]
    parts.append(table("`time`", rows))
    return "\n".join(parts)


def platform_rows(name: str, report: dict[str, Any], labels: tuple[str, str]) -> list[list[str]]:
    """Returns a row a scorer for the targets of platform `name`.

    Args:
        name: the platform.
        report: what `plait evaluate` wrote.
        labels: names of the version that was evaluated against, and of the difference to it.
    """
    figures = report["platforms"][name]
    rows = [[f"{name} (n = {figures['n']:,})", "**plait**", *cells(figures)]]
    if "against" in report:
        against = report["against"]
        rows.append(["", labels[0], *cells(against["platforms"][name])])
        rows.append(["", labels[1], *cells(against["difference"][name])])
    rows += [["", base, *cells(found[name])] for base, found in report["baselines"].items()]
    return rows


def cells(figures: dict[str, Any]) -> list[str]:
    """Returns each metric with its interval, where there is one."""
    shown = []
    for metric in METRICS:
        low, high = figures.get(f"{metric}_ci", (None, None))
        interval = f" ({low:.4f} to {high:.4f})" if metric == "ndcg@10" and low is not None else ""
        shown.append(f"{figures[metric]:.4f}{interval}" if metric in figures else "")
    return shown


def table(title: str, rows: list[list[str]]) -> str:
    """Returns a markdown table."""
    heading = [title, "scorer", *(m.upper() for m in METRICS)]
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-c", "--config", default="plait.yaml")
    parser.add_argument("--out", type=Path, default=Path("figures"))
    parser.add_argument("--render", action="store_true", help="only render what --out holds")
    given = parser.parse_args()
    if not given.render:
        measure(given.config, given.out)
    print(render(given.out))


if __name__ == "__main__":
    main()
