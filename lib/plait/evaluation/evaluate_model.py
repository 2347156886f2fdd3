"""`plait evaluate`: compares a version with the baselines and with another version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plait.config import Project, load_config
from plait.errors import LeakyEvaluation
from plait.evaluation.evaluation_protocols import EvaluationProtocol, check_no_leak, find_protocol
from plait.evaluation.evaluation_report import EvaluationReport, PlatformFigures
from plait.evaluation.evaluation_targets import EvaluationTargets
from plait.evaluation.held_out_data import HeldOutData, rebuild_held_out
from plait.evaluation.metric_summary import paired_difference, summarize_metrics
from plait.evaluation.rank_targets import TargetRanks, rank_targets
from plait.evaluation.scorers import ModelScorer, Scorer
from plait.features.folds import fold_rule
from plait.features.likes_and_dislikes import keep_positive_events
from plait.models.family import DirectFamily, FitData
from plait.models.item_item.item_item_model import ItemItemModel
from plait.models.popularity.popularity_model import PopularityModel
from plait.progress import ProgressTask, track_progress
from plait.recommend.recommender import Recommender
from plait.store import Store

BASELINES: dict[str, DirectFamily] = {"popularity": PopularityModel, "item-item": ItemItemModel}


def evaluate(
    config: Project | str | Path,
    protocol: str = "loo-999",
    version: str | None = None,
    *,
    against: str | None = None,
    seed: int = 0,
    dump: Path | None = None,
) -> EvaluationReport:
    """Returns the evaluation of a model version under `protocol`.

    Args:
        config: a project or its file.
        protocol: loo-999, loo-full, loo-full-unmasked or time.
        version: v1, v2, ...; default: `current`.
        against: another version (v2), model (name) or both (name:v2) for a paired comparison
            on the same targets and the same negatives.
        seed: seed of the negatives and of the bootstrap.
        dump: Parquet file to write, with person, platform, item and rank of every target.

    Raises:
        LeakyEvaluation: a version was trained on events that are targets.
        NoModel: there is no such version.
        UnknownProtocol: there is no such protocol.
    """
    rules = find_protocol(protocol)
    project = config if isinstance(config, Project) else load_config(config)
    store = Store(project.store_uri)
    ours = _load_version(store, project.model, version, protocol)
    theirs = (
        _load_version(store, *_parse_version(against, project.model), protocol) if against else None
    )
    if theirs:
        _check_comparable(ours, theirs)
    made = ours.model.provenance
    rule = fold_rule(rules.split, made.cut)
    held = rebuild_held_out(store, store.version(made.store_version), rule)
    run = _Evaluation(held, rules, seed)
    scorers: list[Scorer] = [ModelScorer(ours.version, ours.model)]
    if theirs:
        scorers.append(ModelScorer(_version_name(theirs, ours), theirs.model))
    learned = FitData(held.vocabulary, held.train)
    scorers += [ModelScorer(name, family.fit(learned)) for name, family in BASELINES.items()]
    shared = [p for p in ours.platforms if not theirs or p in theirs.platforms]
    with track_progress("evaluate", run.count_targets(shared) * len(scorers), "targets") as work:
        results = {p: run.evaluate_platform(p, scorers, work) for p in shared}
    found = {p: one for p, one in results.items() if one}
    report = _make_report(protocol, ours, found, scorers, bool(theirs), seed)
    if dump:
        report.write_ranks(dump)
    return report


@dataclass(frozen=True)
class _PlatformResult:
    targets: EvaluationTargets
    target_ranks: list[TargetRanks]
    figures: list[dict[str, Any]]
    ranks: pl.DataFrame
    difference: dict[str, Any]


@dataclass(frozen=True)
class _Evaluation:
    held: HeldOutData
    protocol: EvaluationProtocol
    seed: int

    def count_targets(self, platforms: list[str]) -> int:
        codes = [self.held.vocabulary.platform_code(p) for p in platforms]
        both = (self.held.test, self.held.validation)
        return sum(int(np.isin(targets.platform, codes).sum()) for targets in both)

    def evaluate_platform(
        self, platform: str, scorers: list[Scorer], work: ProgressTask
    ) -> _PlatformResult | None:
        test, validation = (
            self.held.platform_targets(platform, test=test, mask=self.protocol.mask)
            for test in (True, False)
        )
        if not len(test):
            return None
        trained = np.zeros(len(self.held.vocabulary), bool)
        trained[keep_positive_events(self.held.train).item] = True
        target_ranks, figures = [], []
        for scorer in scorers:
            found = rank_targets(scorer, test, self.protocol.negatives, self.seed, work)
            tuning = (
                rank_targets(scorer, validation, self.protocol.negatives, self.seed, work)
                if len(validation)
                else None
            )
            target_ranks.append(found)
            figures.append(summarize_metrics(test, found, tuning, trained, self.seed))
        ranks = pl.DataFrame(
            {
                "person": self.held.people.gather(test.person),
                "platform": pl.repeat(platform, len(test), eager=True),
                "item": self.held.vocabulary.item_ids(test.item),
                "rank": target_ranks[0].ranks,
            }
        )
        change = paired_difference(test, target_ranks[0], target_ranks[1], self.seed)
        return _PlatformResult(test, target_ranks, figures, ranks, change)


def _make_report(
    protocol: str,
    ours: Recommender,
    found: dict[str, _PlatformResult],
    scorers: list[Scorer],
    compared: bool,
    seed: int,
) -> EvaluationReport:
    def figures(place: int) -> PlatformFigures:
        return {platform: one.figures[place] for platform, one in found.items()}

    against = {
        "name": scorers[1].name,
        "platforms": figures(1),
        "difference": {platform: one.difference for platform, one in found.items()},
    }
    baselines = range(2 if compared else 1, len(scorers))
    return EvaluationReport(
        protocol=protocol,
        model=ours.name,
        model_version=ours.version,
        store_version=ours.model.provenance.store_version,
        seed=seed,
        platforms=figures(0),
        baselines={scorers[place].name: figures(place) for place in baselines},
        against=against if compared else None,
        ranks=pl.concat([one.ranks for one in found.values()]),
    )


def _load_version(store: Store, name: str, version: str | None, protocol: str) -> Recommender:
    loaded = Recommender.load(store, name, version)
    check_no_leak(protocol, f"{loaded.name} {loaded.version}", loaded.model.provenance.split)
    return loaded


def _parse_version(against: str, model: str) -> tuple[str, str | None]:
    """Returns the model name and the version (None: `current`) that `against` names."""
    if re.fullmatch(r"v\d+", against):
        return model, against
    name, _, version = against.partition(":")
    return name, version or None


def _version_name(theirs: Recommender, ours: Recommender) -> str:
    same = theirs.name == ours.name
    return theirs.version if same else f"{theirs.name}:{theirs.version}"


def _check_comparable(ours: Recommender, theirs: Recommender) -> None:
    """Raises LeakyEvaluation if one version was trained on targets of the other."""
    mine, other = ours.model.provenance, theirs.model.provenance
    names = f"{ours.name} {ours.version} and {theirs.name} {theirs.version}"
    if mine.store_version != other.store_version:
        raise LeakyEvaluation(
            f"{names} were trained on store versions {mine.store_version} and "
            f"{other.store_version}, so one may have seen the other's targets.",
            fix="Train both on one store version.",
        )
    if mine.cut is not None and other.cut is not None and other.cut > mine.cut:
        raise LeakyEvaluation(
            f"{theirs.name} {theirs.version} has the later cut, so it saw targets of "
            f"{ours.name} {ours.version}.",
            fix="Set train.cut in the project file, and train both again.",
        )
