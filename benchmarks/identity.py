"""What identity is worth: NDCG@10 of people whose accounts are unlinked, linked, and truly linked.

    python benchmarks/identity.py ../shared/data/beauty_electronics --people 1000

Each customer of Beauty and Electronics becomes two accounts with noisy identifiers (names, birth
dates, cities, e-mail addresses and phone numbers with errors, gaps, changes, and some shared in a
household). The last event of each account is its target, and is in no log. Three kinds of projects
are fused and trained on all other events: unlinked, linked by plait at each threshold, and true
(both shops have the same ids). All rank the same targets, from the person's events before each.

- all: the history of the whole person.
- new: only the events of the person's other accounts, as of somebody who is new in the shop.
  Without any, the most popular items are ranked.

Both are NDCG@10 among all items of the shop that the person has not had. Intervals are 95 %
(bootstrap over people), differences are paired.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import plait
from benchmarks.identity_accounts import (
    SHOPS,
    Accounts,
    link_people,
    split_people,
    write_project,
)
from plait.config.link_settings import LinkSettings
from plait.evaluation.bootstrap import bootstrap_intervals
from plait.evaluation.evaluation_targets import EvaluationTargets, select_targets
from plait.evaluation.rank_targets import rank_targets
from plait.evaluation.ranking_metrics import ndcg
from plait.evaluation.scorers import ModelScorer
from plait.features.history import encode_history
from plait.features.holdout import HeldOutTargets
from plait.features.index_pairs import IndexPairs
from plait.identity.report.partition_agreement import PartitionAgreement, compare_partitions
from plait.identity.report.read_truth import read_truth
from plait.models.family import TrainedModel
from plait.models.popularity.popularity_model import PopularityModel
from plait.privacy.pseudonym_key import load_key
from plait.progress import track_progress
from plait.recommend.recommender import Recommender
from plait.store import Store

DEFAULT = float(LinkSettings.model_fields["threshold"].default)
THRESHOLDS = (0.05, 0.2, 0.5, DEFAULT, 0.95, 0.99)
BATCH = 128  # accounts in one step of the neural family
WORTHS = ("all", "new")
Rules = dict[str, Any] | None
STEPS = ["platform", "item", "type", "time", "strength"]


class Arm:
    """One project: who its people are, and the NDCG@10 of each target.

    Attributes:
        placed: user, platform, account, person of both accounts of each user.
        ndcg: all, new, all@999 of each target, [M] each, in the order of Accounts.targets.
    """

    def __init__(self, made: Accounts, file: Path, kind: str, training: dict[str, Any]) -> None:
        project = plait.load_config(file)
        version = plait.fuse(project)
        store = Store(project.store_uri)
        truth = read_truth(made.folder / f"truth_{kind}.csv", project, load_key(project)).accounts
        known = store.read("accounts", version).select("account", "person")
        self.placed = truth.join(known, on="account").rename({"true": "user"})
        if training["family"] == "neural":
            # People linked are fewer and longer: with smaller batches, all take as many steps.
            share = self.placed["person"].n_unique() / self.placed.height
            training = training | {"batch_size": round(BATCH * share)}
        trained = plait.train(project, split="none", **training)
        # Only the first version of a store is promoted, so the version must be named.
        model = Recommender.load(project, version=trained.version).model
        assert model.provenance.store_version == version.number
        events = (
            store.scan("events", version)
            .filter(pl.col("object_kind") == "item")
            .rename({"object_id": "item"})
            .select("person", "account", "order", *STEPS)
            .collect()
        )
        self.ndcg = _rank(made, self.placed, events, model)

    def agreement(self, users: pl.Series | None = None) -> PartitionAgreement:
        """Returns how far the people of `users` (default: all) are the true ones."""
        some = self.placed
        if users is not None:
            some = some.filter(pl.col("user").is_in(users.implode()))
        return compare_partitions(some.select(found="person", true="user"))


def _rank(
    made: Accounts, placed: pl.DataFrame, events: pl.DataFrame, model: TrainedModel
) -> dict[str, np.ndarray]:
    day = pl.from_epoch("time", "s").dt.replace_time_zone("UTC").dt.cast_time_unit("us")
    targets = made.targets.with_columns(day).join(
        placed, on=["user", "platform"], how="left", maintain_order="left"
    )
    assert targets["person"].null_count() == 0
    scorer = ModelScorer("", model)
    popular = ModelScorer(
        "", PopularityModel(model.vocabulary, model.event_counts, model.provenance)
    )
    found: dict[str, list[np.ndarray]] = {"all": [], "new": [], "all@999": []}
    with track_progress("evaluate", 4 * targets.height, "targets") as work:
        for shop in SHOPS:
            one = _targets(made, targets, events, model, shop, foreign=False)
            for name, sample in (("all", None), ("all@999", 999)):
                found[name].append(ndcg(rank_targets(scorer, one, sample, 0, work).ranks, 10))
            one = _targets(made, targets, events, model, shop, foreign=True)
            ranks, base = (rank_targets(by, one, None, 0, work).ranks for by in (scorer, popular))
            found["new"].append(ndcg(np.where(one.history.lengths > 0, ranks, base), 10))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _targets(
    made: Accounts,
    targets: pl.DataFrame,
    events: pl.DataFrame,
    model: TrainedModel,
    shop: str,
    *,
    foreign: bool,
) -> EvaluationTargets:
    """Returns the targets in `shop`, each with its person's earlier events.

    With `foreign`, events of the target's own account are left out.
    """
    words = model.vocabulary
    own = targets.filter(pl.col("platform") == shop).with_row_index("row")
    ends = own.select("row", "person", mine="account", until="time", place="order")
    same_day = (pl.col("time") == pl.col("until")) & (pl.col("order") < pl.col("place"))
    earlier = ends.join(events, on="person").filter((pl.col("time") < pl.col("until")) | same_day)
    if foreign:
        earlier = earlier.filter(pl.col("account") != pl.col("mine"))
    lists = earlier.sort("row", "time", "order").group_by("row", maintain_order=True).agg(STEPS)
    history = encode_history(own.select("row").join(lists, on="row", how="left").sort("row"), words)
    held = HeldOutTargets(
        own["number"].to_numpy(),
        history,
        words.index(own["item"]),
        np.full(own.height, words.platform_code(shop), np.int16),
        own["time"].dt.epoch("us").to_numpy(),
    )
    touched = IndexPairs.of(made.touched["number"].to_numpy(), words.index(made.touched["item"]))
    return select_targets(held, shop, words, touched)


def mean_of(values: np.ndarray, people: np.ndarray) -> list[float]:
    """Returns the mean of `values`, [M], and the ends of its interval over `people`, [M]."""
    return [float(values.mean()), *bootstrap_intervals({"": values}, people)[""]]


def describe(arm: Arm, base: Arm, people: np.ndarray) -> dict[str, Any]:
    """Returns agreement with the truth, each NDCG@10, and its gain over that of `base`."""
    pairs = arm.agreement().pairwise
    told: dict[str, Any] = {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
    for name, values in arm.ndcg.items():
        told[name] = mean_of(values, people)
        told[f"{name} gain"] = mean_of(values - base.ndcg[name], people)
    return told


def choose(arms: dict[float, Arm], targets: pl.DataFrame) -> dict[str, Any]:
    """Returns the best threshold by F1 and by each worth, and the difference that it makes.

    Thresholds are chosen on one half of the people, and compared on the other. Of equals, the
    highest is chosen, as it joins the fewest.
    """
    people = targets["number"].to_numpy()
    half = people % 2 == 0
    some = targets.filter(half)["user"].unique()

    def best(score: Callable[[Arm], float]) -> float:
        return max(sorted(arms, reverse=True), key=lambda one: score(arms[one]))

    by_f1 = best(lambda arm: arm.agreement(some).pairwise.f1)
    told: dict[str, Any] = {"f1": by_f1}
    for name in WORTHS:
        told[name] = best(partial(_mean_of_half, name=name, half=half))
        gain = arms[told[name]].ndcg[name] - arms[by_f1].ndcg[name]
        told[f"{name} minus f1"] = mean_of(gain[~half], people[~half])
    return told


def _mean_of_half(arm: Arm, name: str, half: np.ndarray) -> float:
    return float(arm.ndcg[name][half].mean())


def measure(
    data: Path, people: int | None, seed: int, thresholds: list[float], training: dict[str, Any]
) -> dict[str, Any]:
    """Returns all figures, as JSON values."""
    with tempfile.TemporaryDirectory() as folder:
        made = split_people(data, Path(folder), people, seed)
        first: list[Arm] = []

        def arm(name: str, kind: str = "account", rules: Rules = None, **more: int) -> Arm:
            made_arm = Arm(made, write_project(made, name, kind, rules), kind, training | more)
            means = {key: round(float(values.mean()), 4) for key, values in made_arm.ndcg.items()}
            pairs = made_arm.agreement().pairwise
            print(f"{name}: F1 {pairs.f1:.4f}, NDCG@10 {means}", file=sys.stderr)
            first.append(made_arm)
            told = describe(made_arm, first[0], made.targets["number"].to_numpy())
            print(json.dumps({name: told, "rules": rules}), file=sys.stderr)  # a run may be cut off
            return made_arm

        base = arm("unlinked")
        # The seed alone changes the neural model; item-item has none.
        rows = {"unlinked": base}
        if training["family"] == "neural":
            rows["unlinked, other seed"] = arm("unlinked", seed=seed + 1)
        true = arm("true", "user", {"same_account_id": [list(SHOPS)]})
        arms = {
            one: arm("linked", rules=link_people(one)) for one in sorted({*thresholds, DEFAULT})
        }
    number = made.targets["number"].to_numpy()
    rows |= {"linked by plait": arms[DEFAULT], "true": true}
    return {
        "people": made.targets["user"].n_unique(),
        "targets": made.targets.height,
        "seed": seed,
        "training": training,
        "worth": {name: describe(one, base, number) for name, one in rows.items()},
        "thresholds": {str(at): describe(one, base, number) for at, one in arms.items()},
        "chosen": choose(arms, made.targets),
    }


def render(figures: dict[str, Any]) -> str:
    """Returns the figures as markdown tables."""
    columns = ("precision", "recall", "f1")
    heads = ["all", "all gain", "new", "new gain"]
    chosen = figures["chosen"]
    lines = []
    for title in ("worth", "thresholds"):
        lines += [f"| {' | '.join([title, *columns, *heads])} |", "| --- " * 8 + "|"]
        for name, one in figures[title].items():
            best = [by for by in ("f1", *WORTHS) if name == str(chosen[by])]
            label = f"{name} (best by {', '.join(best)})" if best else name
            cells = [f"{one[part]:.4f}" for part in columns]
            cells += [interval(one[part], sign=part.endswith("gain")) for part in heads]
            lines.append(f"| {' | '.join([label, *cells])} |")
        lines.append("")
    for name in WORTHS:
        gain = interval(chosen[f"{name} minus f1"], sign=True)
        lines.append(
            f"{name}: threshold {chosen[name]} by worth instead of {chosen['f1']} by F1 changes "
            f"NDCG@10 of the other half of the people by {gain}."
        )
    return "\n".join(lines)


def interval(figure: list[float], *, sign: bool) -> str:
    """Returns a mean with its interval."""
    mean, low, high = (f"{value:+.4f}" if sign else f"{value:.4f}" for value in figure)
    return f"{mean} ({low} to {high})"


def plot(figures: dict[str, Any]) -> str:
    """Returns F1 and both gains in NDCG@10 by threshold, drawn for a terminal."""
    import plotext

    names = list(figures["thresholds"])
    board = plotext.figure
    board.clear()
    board.plot_size(120, 14)
    board.subplots(1, 3)
    for column, title in enumerate(("f1", "all gain", "new gain"), 1):
        values = [one[title] for one in figures["thresholds"].values()]
        drawn = [value if title == "f1" else value[0] for value in values]
        one = board.subplot(1, column)
        one.draw(one.signal(list(range(len(names))), drawn).lines())
        one.ruler("x").ticks(list(range(len(names))), names)
        one.title(f"{title} by threshold")
    return str(plotext.uncolorize(board.build()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder beauty_electronics")
    parser.add_argument("--people", type=int, help="of those in both shops; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--thresholds", type=float, nargs="+", default=list(THRESHOLDS))
    parser.add_argument("--family", default="item_item", help="item_item or neural")
    parser.add_argument("--epochs", type=int, help="of the neural family")
    parser.add_argument("--dimensions", type=int, help="of the neural family")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    began = time.monotonic()
    training = {"family": given.family, "seed": given.seed}
    if given.family == "neural":
        training |= {"epochs": given.epochs, "dimensions": given.dimensions}
    figures = measure(given.data, given.people, given.seed, given.thresholds, training)
    figures["seconds"] = round(time.monotonic() - began)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{figures['people']:,} people, {figures['seconds']} s\n\n{render(figures)}\n")
    print(plot(figures))


if __name__ == "__main__":
    main()
