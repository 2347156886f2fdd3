from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from plait.contracts.event_types import EVENT_TYPE_CODE_COUNT
from plait.errors import DamagedVersion, UnknownPlatform
from plait.models.neural.neural_model import NeuralModel
from plait.models.neural.terms import ItemFeatures
from tests.unit.models.conftest import COUNT, some_people

TERMS = {
    "interest",
    "content",
    "price",
    "popularity",
    "freshness",
    "profile",
    "item_item",
    "dislike",
}


@pytest.mark.parametrize("platform", ["a", "b"])
def test_the_terms_add_up_to_the_score(model: NeuralModel, platform: str) -> None:
    scores = model.score(some_people([5, 0, 9, 1], 1), platform)
    assert scores.total.shape == (4, COUNT)
    terms = scores.terms()
    assert set(terms) == TERMS
    assert all(term.abs().max() > 0 for term in terms.values())
    torch.testing.assert_close(sum(terms.values()), scores.total)
    columns = scores.total.topk(3).indices
    chosen = scores.terms_of(columns)
    torch.testing.assert_close(sum(chosen.values()), scores.total.gather(1, columns))


@pytest.mark.parametrize("now", [None, 1_650_000_000_000_000])
def test_a_score_does_not_depend_on_who_else_is_asked_about(model: NeuralModel, now) -> None:
    people = some_people([5, 0, 9, 1, 3, 3], 1)
    whole = model.score(people, "b", now).total
    for person in range(len(people)):
        alone = model.score(people[person : person + 1], "b", now).total
        torch.testing.assert_close(alone[0], whole[person])
    order = np.array([4, 2, 0, 1, 5, 3])
    torch.testing.assert_close(model.score(people.take(order), "b", now).total, whole[order])


def test_popularity_and_freshness_are_those_of_now(model: NeuralModel) -> None:
    people = some_people([5, 3, 9], 1)
    edges = model.net.edges.tolist()
    moments = np.array([edges[0], edges[2], edges[-1] + 1])
    together = model.score(people, "a", moments)
    for person, moment in enumerate(moments):
        alone = model.score(people[person : person + 1], "a", int(moment)).total
        torch.testing.assert_close(together.total[person], alone[0])
    # A moment moves these two terms and nothing else.
    early, late = (model.score(people, "a", moment).terms() for moment in (edges[0], edges[-1]))
    moved = {name for name in early if not torch.allclose(early[name], late[name])}
    assert moved == {"popularity", "freshness"}
    own = np.array([people[i : i + 1].time[-1] for i in range(3)])
    torch.testing.assert_close(model.score(people, "a").total, model.score(people, "a", own).total)


@pytest.mark.parametrize("years", [0, 2, 1000])
def test_long_after_the_log_everything_stands_as_at_its_end(model: NeuralModel, years: int) -> None:
    people = some_people([5, 0, 9], 1)
    end = int(model.net.edges[-1])
    then = model.score(people, "a", end).terms()
    now = model.score(people, "a", end + years * 365 * 86_400_000_000).terms()
    for name in then:
        torch.testing.assert_close(now[name], then[name])
    assert then["popularity"].std(dim=1).min() > 0
    unknown = model.score(people, "a", -1).terms()  # a log without times knows no moment
    torch.testing.assert_close(unknown["popularity"], then["popularity"])


def test_a_later_event_never_changes_an_earlier_state(model: NeuralModel) -> None:
    people = some_people([8], 2)
    short = people.take(np.array([0]), until=np.array([5]))
    changed = people.item.copy()
    changed[5:] = changed[5:][::-1] % 5 + 1
    other = replace(people, item=changed, platform=(changed > COUNT).astype(np.int16))
    cut = other.take(np.array([0]), until=np.array([5]))
    for platform in ("a", "b"):
        torch.testing.assert_close(
            model.score(short, platform).total, model.score(cut, platform).total
        )
    states = [_states(model, history)[: 1 + 5] for history in (people, other)]
    torch.testing.assert_close(states[0], states[1])
    assert not torch.allclose(_states(model, people)[-1], _states(model, other)[-1])


def test_a_type_that_came_after_the_model_is_nothing_to_its_network(model: NeuralModel) -> None:
    people = some_people([5, 4], 1)
    codes = model.net.settings.type_codes
    assert codes == EVENT_TYPE_CODE_COUNT
    last = people.positions == np.repeat(people.lengths, people.lengths) - 1
    newer = replace(people, type=np.where(last, codes, people.type).astype(np.int16))
    without = model.person_terms(people.keep(~last), "a")
    for name, vector in model.person_terms(newer, "a").items():
        torch.testing.assert_close(vector, without[name])
    # Its item stays what it is: one that goes with others.
    assert (
        model.score(newer, "a")
        .terms()["item_item"]
        .equal(model.score(people, "a").terms()["item_item"])
    )


def test_a_model_that_says_nothing_of_types_knows_the_first_17(
    model: NeuralModel, tmp_path: Path
) -> None:
    model.save(tmp_path)
    file = tmp_path / "config.json"
    config = json.loads(file.read_text())
    assert config["net"].pop("type_codes") == EVENT_TYPE_CODE_COUNT
    file.write_text(json.dumps(config))
    again = NeuralModel.load(tmp_path)
    people = some_people([5, 4], 1)
    assert again.net.settings.type_codes == 17
    torch.testing.assert_close(again.score(people, "a").total, model.score(people, "a").total)


def _states(model: NeuralModel, history) -> torch.Tensor:
    from plait.features.history_batch import make_history_batch

    batch = make_history_batch(
        history,
        platforms=2,
        types=EVENT_TYPE_CODE_COUNT,
        views=[0, 1],
        timeline=model._timeline,
        price=model._price,
    )
    with torch.inference_mode():
        states = model.net.encode(batch)
        everything = [states[batch.tokens.merged], *states[batch.tokens.own].unbind(1)]
    return torch.cat([*everything, batch.profile, batch.price], dim=1)


def test_every_input_matters(model: NeuralModel) -> None:
    people = some_people([6], 3)
    base = model.score(people, "a").total
    for change in (
        {"type": (people.type + 1) % 4},
        {"strength": -people.strength},
        {"time": people.time * np.array([1, 1, 1, 1, 1, 1.1])},
        {"item": np.r_[people.item[:-1], people.item[-1] % COUNT + 1]},
    ):
        kinds = {name: value.astype(getattr(people, name).dtype) for name, value in change.items()}
        assert not torch.allclose(model.score(replace(people, **kinds), "a").total, base)


def test_what_is_saved_scores_the_same(model: NeuralModel, tmp_path) -> None:
    model.save(tmp_path)
    again = NeuralModel.load(tmp_path)
    people = some_people([5, 2], 4)
    assert torch.equal(again.score(people, "a").total, model.score(people, "a").total)
    assert again.provenance == model.provenance
    assert again.platforms == ("a", "b")
    suffixes = {file.suffix for file in tmp_path.iterdir()}
    assert suffixes == {".safetensors", ".json", ".parquet"}


@pytest.mark.parametrize(
    "file",
    [
        "weights.safetensors",
        "config.json",
        "vocabulary.parquet",
        "attributes.parquet",
        "prices.parquet",
    ],
)
@pytest.mark.parametrize("damage", [b"", b"not what it was"])
def test_a_damaged_version_says_so(model: NeuralModel, tmp_path, file: str, damage: bytes) -> None:
    model.save(tmp_path)
    (tmp_path / file).write_bytes(damage)
    with pytest.raises(DamagedVersion, match="rollback"):
        NeuralModel.load(tmp_path)


@pytest.mark.parametrize("file", ["item_item.safetensors", "prices.parquet"])
def test_a_missing_file_says_so(model: NeuralModel, tmp_path, file: str) -> None:
    model.save(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(DamagedVersion):
        NeuralModel.load(tmp_path)


def test_attributes_of_another_model_are_refused(model: NeuralModel, tmp_path) -> None:
    model.save(tmp_path)
    names = pl.read_parquet(tmp_path / "attributes.parquet")
    names.head(2).write_parquet(tmp_path / "attributes.parquet")
    with pytest.raises(DamagedVersion, match="2 attributes, "):
        NeuralModel.load(tmp_path)


def test_an_unknown_platform_is_named(model: NeuralModel) -> None:
    with pytest.raises(UnknownPlatform, match="'c'"):
        model.score(some_people([2]), "c")


def test_an_item_is_there_from_the_moment_it_is_published(model: NeuralModel) -> None:
    """Freshness at the bin that begins then is that of age 0, and before it that of no item."""
    term = model.net.terms["freshness"]
    edges = model.net.edges
    facts = ItemFeatures(model.net.counts, edges[[2]].repeat(2), edges, model.net.price)
    index = torch.tensor([1])
    with torch.inference_mode():
        found = term.item_vectors(index, model.net.items, facts)[0]
        at_zero, absent = (term.value(torch.tensor([[0.0, there]])).item() for there in (1.0, 0.0))
    assert found[2].item() == pytest.approx(at_zero, abs=1e-6)
    assert found[1].item() == found[0].item() == pytest.approx(absent, abs=1e-6)
    assert at_zero != pytest.approx(absent, abs=1e-6)


def test_the_network_has_no_more_weights_than_its_inputs_need(model: NeuralModel) -> None:
    encoder = model.net.encoder
    assert encoder.quarter.num_embeddings == encoder.quarters + 1
    assert model.net.items.attributes.weight.std() < 0.15  # the sum over an item's is of order 1
