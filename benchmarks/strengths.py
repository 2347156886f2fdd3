"""What strengths relative to dwell, ratings and repeats are worth: raw against normalised.

    python benchmarks/strengths.py --people 500 --seeds 6 --json figures.json

Writes the demo's world, fuses it once for each setting, trains one model on each store and each
seed, and ranks the last item of each person among all items (loo-full). Two settings are compared
on the targets that both have. The seed alone changes NDCG@10 by as much as a setting may, so the
intervals (bootstrap) are over people and over seeds: with few seeds they are wide. The row "raw,
other seeds" compares raw with itself. It prints a markdown table.
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
DRAWS = 2000  # of the bootstrap


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
    """Returns TARGET, seed and ndcg; and how many events have a new strength.

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
        found = pl.Series(ndcg(ranks["rank"].to_numpy(), 10))
        parts.append(ranks.select(*TARGET, seed=pl.lit(seed), ndcg=found))
    return pl.concat(parts), changed


def by_seed(targets: pl.DataFrame, found: pl.DataFrame) -> np.ndarray:
    """Returns NDCG@10 of each of the `targets` and each seed of `found`, [N, S]."""
    wide = found.pivot("seed", index=TARGET, values="ndcg")
    values: np.ndarray = (
        targets.join(wide, on=TARGET, how="left", maintain_order="left").drop(TARGET).to_numpy()
    )
    return values


def compare(raw: pl.DataFrame, other: pl.DataFrame) -> dict[str, Any]:
    """Returns n, NDCG@10 of `other`, and its difference to raw with its interval.

    People and the seeds of both are drawn with replacement, DRAWS times.
    """
    targets = raw.select(TARGET).unique().join(other.select(TARGET).unique(), on=TARGET)
    targets = targets.sort(TARGET)
    base, mine = by_seed(targets, raw), by_seed(targets, other)
    person = targets["person"].rank("dense").to_numpy().astype(np.int64) - 1
    people = int(person.max()) + 1
    rng, drawn = np.random.default_rng(0), []
    for _ in range(DRAWS):
        weight = np.bincount(rng.integers(0, people, people), minlength=people)[person]
        parts = [one[:, rng.integers(0, one.shape[1], one.shape[1])] for one in (mine, base)]
        means = [float(weight @ part.mean(axis=1)) / weight.sum() for part in parts]
        drawn.append((means[0], means[0] - means[1]))
    (low, below), (high, above) = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {
        "n": targets.height,
        "ndcg@10": float(mine.mean()),
        "ndcg@10_ci": (float(low), float(high)),
        "difference": float(mine.mean() - base.mean()),
        "difference_ci": (float(below), float(above)),
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
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=6)
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
            same = {"difference_ci": (0.0, 0.0)} if found is None else {}
            compared = compare(raw, raw if found is None else found)
            figures["settings"][name] = compared | same | {"changed": changed}
    figures["seconds"] = round(time.monotonic() - began)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(render(figures))


if __name__ == "__main__":
    main()
