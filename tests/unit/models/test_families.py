"""Every family keeps the protocol's contract, one that plait does not know among them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from plait.errors import ConfigError, DamagedVersion, UnknownPlatform
from plait.evaluation.evaluate_model import evaluate
from plait.features.history import History
from plait.models.families import FAMILIES, find_family, load_model
from plait.models.family import FitData, Provenance, TrainedModel
from plait.models.item_scores import DISLIKE
from plait.models.model_files import CONFIG
from plait.models.popularity.event_counts import save_event_counts
from plait.recommend.recommender import Recommender
from plait.store import Registry
from plait.training.checkpoints.unfinished_run import UnfinishedRun
from plait.training.distributed.worker_rank import SINGLE_WORKER
from plait.training.fit_family import fit_family
from plait.training.ray.train_worker import publish_model
from plait.training.train_model import train
from plait.training.training_job import TrainingJob
from tests.unit.models.conftest import COUNT, some_people
from tests.unit.models.first_item_family import FirstItemModel

NAMES = ["neural", "item_item", "popularity", "first_item"]


@pytest.fixture(params=NAMES)
def trained(request: Any, model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> TrainedModel:
    monkeypatch.setitem(FAMILIES, "first_item", FirstItemModel)
    if request.param == "neural":
        return model
    provenance = Provenance(split="loo", store_version=3)
    family: Any = FAMILIES[request.param]
    return family.fit(FitData(model.vocabulary, some_people([9] * 30), provenance))


def test_all_families_are_looked_at() -> None:
    assert {*NAMES} == {*FAMILIES, "first_item"}


@pytest.mark.parametrize("platform", ["a", "b"])
def test_the_terms_add_up_and_dislikes_only_take(trained: TrainedModel, platform: str) -> None:
    people = some_people([9, 4, 1, 0], seed=3)
    scores = trained.score(people, platform)
    assert scores.total.shape == (4, COUNT)
    terms = scores.terms()
    torch.testing.assert_close(torch.stack(list(terms.values())).sum(0), scores.total)
    assert terms[DISLIKE].max() <= 0
    columns = torch.tensor([[2, 0], [1, 1], [0, 14], [3, 2]])
    chosen = scores.terms_of(columns)
    assert chosen.keys() == terms.keys()
    for name, term in terms.items():
        torch.testing.assert_close(chosen[name], term.gather(1, columns))


def test_nobodys_scores_depend_on_who_else_is_asked_about(trained: TrainedModel) -> None:
    people = some_people([9, 4, 1, 0, 12], seed=4)
    together = trained.score(people, "a").total
    for row in range(len(people)):
        alone = trained.score(people.take(np.array([row])), "a").total[0]
        torch.testing.assert_close(alone, together[row])


def test_an_item_that_somebody_turned_against_comes_last(trained: TrainedModel) -> None:
    item = np.array([3, 5, 5], np.int32)
    history = History(
        np.array([0, 3], np.int64),
        item,
        np.zeros(3, np.int16),
        np.zeros(3, np.int16),
        np.arange(3) * 1_000_000,
        np.array([1.0, 1.0, -1.0], np.float32),
    )
    scores = trained.score(history, "a")
    column = int(np.searchsorted(trained.vocabulary.platform_items("a"), 5))
    assert scores.total[0].argmin() == column
    assert scores.dislike is not None
    assert scores.dislike[0, column] <= -10


def test_what_is_saved_is_the_same_model(trained: TrainedModel, tmp_path: Path) -> None:
    trained.metrics = {"validation": {"mrr": 0.25}}
    trained.save(tmp_path)
    again = load_model(tmp_path)
    assert type(again) is type(trained)
    assert (again.provenance, again.metrics) == (trained.provenance, trained.metrics)
    assert again.platforms == trained.platforms == ("a", "b")
    assert again.describe() == trained.describe()
    np.testing.assert_array_equal(again.event_counts, trained.event_counts)
    people = some_people([9, 4, 0], seed=5)
    for platform in ("a", "b"):
        total = trained.score(people, platform).total
        assert torch.equal(again.score(people, platform).total, total)
        vectors = again.item_vectors(platform)
        assert vectors is None or len(vectors) == COUNT


def test_a_platform_it_does_not_know_is_named(trained: TrainedModel) -> None:
    with pytest.raises(UnknownPlatform, match="no platform 'aa'"):
        trained.score(some_people([1]), "aa")
    with pytest.raises(UnknownPlatform, match="no platform 'aa'"):
        trained.item_vectors("aa")


def test_a_model_without_a_family_is_neural(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    config = json.loads((tmp_path / CONFIG).read_text())
    assert config.pop("family") == "neural"
    (tmp_path / CONFIG).write_text(json.dumps(config))
    assert type(load_model(tmp_path)) is type(model)


def test_a_family_of_a_newer_plait_is_refused(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    config = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(config | {"family": "graph"}))
    with pytest.raises(DamagedVersion, match="family 'graph', this plait has neural"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["item_item", "popularity"])
def test_counts_of_other_items_are_refused(name: str, model: TrainedModel, tmp_path: Path) -> None:
    family: Any = FAMILIES[name]
    family.fit(FitData(model.vocabulary, some_people([9] * 30))).save(tmp_path)
    for counts in (np.ones(3), np.full(len(model.vocabulary), -1.0)):
        save_event_counts(counts, tmp_path)
        with pytest.raises(DamagedVersion, match="event_counts"):
            load_model(tmp_path)


def test_a_family_that_there_is_not_is_named_before_anything_runs(small: Any) -> None:
    with pytest.raises(ConfigError, match=r"train\.family is 'poplarity'") as caught:
        train(small.project, family="poplarity")
    assert "popularity" in str(caught.value)
    assert "Choose one of neural, item_item, popularity." in str(caught.value)
    assert find_family("neural") is FAMILIES["neural"]


@pytest.mark.parametrize("name", ["item_item", "popularity", "first_item"])
def test_any_family_goes_the_whole_road(
    name: str, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAMILIES, "first_item", FirstItemModel)
    training = small.project.train.model_copy(update={"family": name})
    job = TrainingJob.for_project(small.project, training, refit=False, threads=1)
    job = replace(job, model=f"of-{name}")
    run = UnfinishedRun(small.store.objects, job)
    fitted = fit_family(job, SINGLE_WORKER, None, run)
    assert fitted is not None
    record = publish_model(job, fitted, "run")
    assert (record["family"], record["terms"], record["split"]) == (name, [name], "loo")
    assert 0 < record["validation"]["mrr"] < 1
    project = small.project.model_copy(update={"model": job.model})
    assert Registry(small.store).fetch(job.model)[0] == "v1"
    ours = Recommender.load(project)
    people = small.store.scan("sequences").sort("person").collect().head(3)
    for found in ours.recommend(people, "shop", 5):
        assert len({item.item for item in found.items}) == 5
        assert found.fallback is None
    report = evaluate(project, "loo-full")
    if name in ("item_item", "popularity"):  # a published baseline is the baseline
        baseline = report.baselines[name.replace("_", "-")]
        assert report.platforms == baseline
