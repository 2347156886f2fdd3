"""A tiny world through Ray Train, with one worker and with two, into the registry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from plait.config import Project, load_config
from plait.errors import NothingFused, TooFewEvents
from plait.features.history import encode_history
from plait.features.holdout import leave_one_out
from plait.models.neural.neural_model import NeuralModel
from plait.store import Registry, Store
from plait.training.loop.validate_model import validate_model
from plait.training.train_model import train
from tests.e2e.tiny_project import train_apart, write_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("tiny"), 200)


def held_out_mrr(project: Project, version: str) -> float:
    """Returns the MRR on the test targets that no run has seen."""
    store = Store(project.store_path)
    model = NeuralModel.load(Registry(store).fetch(project.model, version)[1])
    _, _, test = leave_one_out(encode_history(store.read("sequences"), model.vocabulary))
    return validate_model(model, test)["mrr"]


def test_one_worker_and_two_make_versions_of_one_kind(file: Path) -> None:
    project = load_config(file)
    one = train(project)
    two = train_apart(file, "--workers", "2")
    assert (one.version, two["version"]) == ("v1", "v2")
    assert two["metrics"]["workers"] == 2
    assert two["terms"] == one.terms
    # Chance is near .06.
    assert held_out_mrr(project, one.version) > 0.25
    assert held_out_mrr(project, two["version"]) > 0.25
    assert Registry(Store(project.store_path)).current("default") == "v1"


def test_a_refit_sees_everything_for_the_epochs_found(file: Path) -> None:
    project = load_config(file)
    first = train(project)
    refitted = train(project, refit=True)
    model = NeuralModel.load(
        Registry(Store(project.store_path)).fetch("default", refitted.version)[1]
    )
    assert model.provenance.split == "none"
    assert refitted.metrics["events"] > first.metrics["events"]
    assert (
        refitted.metrics["epochs"]
        == json.loads(
            (Registry(Store(project.store_path)).fetch("default")[1] / "config.json").read_text()
        )["training"]["hyper"]["epoch"]
    )


def test_there_must_be_something_to_train_on(tmp_path: Path) -> None:
    file = write_project(tmp_path, 5)
    with pytest.raises(TooFewEvents, match="events can be trained on"):
        train(load_config(file))
    raw = yaml.safe_load(file.read_text()) | {"store": "elsewhere"}
    file.write_text(yaml.safe_dump(raw))
    with pytest.raises(NothingFused, match="plait fuse"):
        train(load_config(file))


def test_training_is_seeded(tmp_path: Path) -> None:
    project = load_config(write_project(tmp_path, 60))
    registry = Registry(Store(project.store_path))
    versions = [train(project, epochs=2).version for _ in range(2)]
    first, second = (NeuralModel.load(registry.fetch("default", v)[1]) for v in versions)
    for one, other in zip(
        first.net.state_dict().values(), second.net.state_dict().values(), strict=True
    ):
        assert np.array_equal(one.numpy(), other.numpy())
