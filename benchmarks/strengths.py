"""What strengths relative to dwell, ratings and repeats are worth: raw against normalised.

    python benchmarks/strengths.py --people 1000 --seeds 2 --json figures.json

Writes the demo's world, fuses it once for each setting, trains one model on each store and each
seed, and ranks the last item of each person among all items (loo-full). Two settings are compared
on the targets that both have. The intervals are of the mean over targets, by person (bootstrap);
a target's NDCG@10 is the mean over the seeds. The row "raw, other seeds" shows what the seed alone
changes. It prints a markdown table.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

import plait
from plait.demo.demo_folder import write_demo_key
from plait.evaluation.bootstrap import bootstrap_intervals
from plait.evaluation.ranking_metrics import ndcg
from plait.store import Store
from plait.world import build_world, write_world

SETTINGS = {
    "raw": (),
    "dwell": ("dwell",),
    "rating": ("rating",),
    "repeats": ("repeats",),
    "all three": ("dwell", "rating", "repeats"),
}
TARGET = ("person", "platform", "item")


def project_file(file: Path, name: str) -> Path:
    """Writes the project beside `file` whose platforms all have the settings of `name`."""
    project = yaml.safe_load(file.read_text())
    project["store"] = f".plait-{name.replace(' ', '-')}"
    for platform in project["platforms"].values():
        columns = platform["events"]["columns"]
        usable = {word for word in SETTINGS[name] if word == "repeats" or word in columns}
        platform["strength"] = dict.fromkeys(("dwell", "rating", "repeats"), False)
        platform["strength"] |= dict.fromkeys(usable, True)
    made = file.with_name(f"{project['store'].lstrip('.')}.yaml")
    made.write_text(yaml.safe_dump(project))
    return made


def measure(file: Path, name: str, seeds: range, epochs: int) -> tuple[pl.DataFrame | None, int]:
    """Returns TARGET and ndcg, the mean over the seeds; and how many events have a new strength.

    Without such an event, nothing is trained and the first is null: the result is that of raw.
    """
    config = project_file(file, name)
    project = plait.load_config(config)
    write_demo_key(project, 0)  # equal keys give equal person ids
    version = plait.fuse(config)
    events = Store(project.store_path).read("events", version)
    raw = pl.read_parquet(file.with_name("strengths.parquet")) if name != "raw" else None
    strengths = events.select("event_id", "account", "strength")
    if raw is None:
        strengths.write_parquet(file.with_name("strengths.parquet"))
        changed = 0
    else:
        both = strengths.join(raw, on=["event_id", "account"], suffix="_raw")
        changed = both.filter(pl.col("strength") != pl.col("strength_raw")).height
        if not changed:
            return None, 0
    parts = []
    for seed in seeds:
        trained = plait.train(config, seed=seed, epochs=epochs).version
        ranks = plait.evaluate(config, "loo-full", trained).ranks
        parts.append(ranks.select(*TARGET, ndcg=pl.Series(ndcg(ranks["rank"].to_numpy(), 10))))
    return pl.concat(parts).group_by(TARGET).agg(pl.col("ndcg").mean()).sort(TARGET), changed


def compare(raw: pl.DataFrame, other: pl.DataFrame) -> dict[str, Any]:
    """Returns n, NDCG@10 of both, and their difference with its interval."""
    both = raw.join(other, on=TARGET, suffix="_other").sort(TARGET)
    mine, base = both["ndcg_other"].to_numpy(), both["ndcg"].to_numpy()
    people = both["person"].rank("dense").to_numpy().astype(np.int64)
    found = bootstrap_intervals({"ndcg": mine, "difference": mine - base}, people)
    return {
        "n": both.height,
        "ndcg@10": float(mine.mean()),
        "ndcg@10_ci": found["ndcg"],
        "difference": float((mine - base).mean()),
        "difference_ci": found["difference"],
    }


def render(figures: dict[str, Any]) -> str:
    """Returns the figures as a markdown table."""
    lines = ["| strengths | events changed | n | NDCG@10 | minus raw |", "| --- " * 5 + "|"]
    for name, one in figures["settings"].items():
        low, high = one["ndcg@10_ci"]
        below, above = one["difference_ci"]
        change = f"{one['difference']:+.4f} ({below:+.4f} to {above:+.4f})"
        lines.append(
            f"| {name} | {one['changed']:,} of {figures['events']:,} | {one['n']:,} | "
            f"{one['ndcg@10']:.4f} ({low:.4f} to {high:.4f}) | "
            f"{change if name != 'raw' else ''} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    began = time.monotonic()
    figures: dict[str, Any] = {"people": given.people, "seeds": given.seeds, "settings": {}}
    with tempfile.TemporaryDirectory() as folder:
        file = write_world(build_world(given.people), folder)
        seeds = range(given.seeds)
        raw, _ = measure(file, "raw", seeds, given.epochs)
        assert raw is not None
        figures["events"] = pl.read_parquet(file.with_name("strengths.parquet")).height
        figures["settings"]["raw"] = compare(raw, raw) | {"changed": 0}
        again, _ = measure(file, "raw", range(given.seeds, 2 * given.seeds), given.epochs)
        assert again is not None
        figures["settings"]["raw, other seeds"] = compare(raw, again) | {"changed": 0}
        for name in list(SETTINGS)[1:]:
            found, changed = measure(file, name, seeds, given.epochs)
            figures["settings"][name] = compare(raw, raw if found is None else found) | {
                "changed": changed
            }
    figures["seconds"] = round(time.monotonic() - began)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(render(figures))


if __name__ == "__main__":
    main()
