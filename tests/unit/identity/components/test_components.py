"""Components by bucket are those of the whole graph, whatever its shape and its buckets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.engine.local.local_engine import LocalEngine
from plait.errors import PlaitError
from plait.identity.components import find_components as module
from plait.identity.components.contract import HashEdges, send_stars
from plait.identity.components.find_components import connect, connect_frame, find_components
from plait.identity.components.in_memory import components_in_memory

from .graphs import GRAPHS, edges, random, read, slices, star

ENDS = {"a": pl.String, "b": pl.String}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    yield LocalEngine(tmp_path)
    assert not [*tmp_path.iterdir()]  # every spill is removed


@pytest.fixture
def small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUCKET_EDGES", 100)
    monkeypatch.setattr(module, "_MAX_BUCKETS", 4)


def _connected(
    engine: LocalEngine, ends: pl.DataFrame, parts: int = 3, in_memory: int = 0
) -> tuple[pl.DataFrame, int]:
    with connect(engine, slices(ends, parts), read, ends.height, in_memory) as found:
        assert found.spill.rows == found.collect().height
        return found.collect().sort("node"), found.rounds


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Union and find, one edge at a time."""
    least: dict[str, str] = {}
    for a, b in pairs:
        x, y = least.setdefault(a, a), least.setdefault(b, b)
        for node, of in least.items():
            if of in (x, y):
                least[node] = min(x, y)
    return least


@pytest.mark.usefixtures("small_buckets")
@pytest.mark.parametrize(("name", "in_memory"), [("all", 0), ("all", 2_000), ("all", 10**6)])
def test_every_shape(engine: LocalEngine, name: str, in_memory: int) -> None:
    ends = edges(GRAPHS[name])
    found, rounds = _connected(engine, ends, 3, in_memory)
    assert found.equals(components_in_memory(ends).sort("node"))
    assert rounds <= 2 * math.log2(ends.height)
    assert (rounds == 0) == (ends.height <= in_memory)


_nodes = st.sampled_from("abcdefghijkl")


@settings(max_examples=8)
@given(st.lists(st.tuples(_nodes, _nodes), max_size=14), st.integers(1, 14), st.integers(0, 3))
def test_any_graph(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[str, str]],
    parts: int,
    in_memory: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BUCKET_EDGES", 3)
        ends = pl.DataFrame(pairs, schema=ENDS, orient="row")
        local = LocalEngine(tmp_path_factory.mktemp("scratch"))
        found, _ = _connected(local, ends, parts, in_memory)
    assert dict(found.rows()) == _joined(pairs) == dict(components_in_memory(ends).rows())


@pytest.mark.parametrize("limit", [0, 10**6])
def test_a_frame_is_connected_by_its_size(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(module, "IN_MEMORY_EDGES", limit)
    monkeypatch.setattr(module, "_SLICE_ROWS", 100)
    ends = edges(random(500, 400))
    found, rounds = connect_frame(ends, engine)
    assert found.sort("node").equals(components_in_memory(ends).sort("node"))
    assert (rounds == 0) == (limit > ends.height)
    assert find_components(ends.clear(), engine).height == 0


@pytest.mark.parametrize("parts", [1, 40])
def test_two_names_with_one_hash_are_not_one_node(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    """The collision is seen where both names are in one chunk, and where they are not."""
    salts = []
    sound = HashEdges._hash

    def weak(self: HashEdges, column: str) -> pl.Expr:
        salts.append(self.salt)
        return sound(self, column) % (50 if self.salt == 0 else 2**63)

    monkeypatch.setattr(HashEdges, "_hash", weak)
    ends = edges(random(60, 40))
    found, _ = _connected(engine, ends, parts)
    assert found.equals(components_in_memory(ends).sort("node"))
    assert set(salts) == {0, 1}


def test_the_edges_of_one_node_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.identity.components.contract._STAR_ROWS", 64)
    middle = star(20_000).astype(np.uint64)
    sent = send_stars(pl.DataFrame(middle, schema=["a", "b"], orient="row"), 8)
    spread = sent["edges"]["bucket"].value_counts()["count"]
    assert spread.len() == 8
    assert spread.max() < 1.1 * 20_000 / 8  # type: ignore[operator]
    # The middle asks once for each bucket that has an edge of it.
    asks = sent["asks"].filter(pl.col("node") == pl.col("least"))
    assert sorted(asks["source"].to_list()) == list(range(8))


def test_a_reader_that_fails_leaves_nothing(engine: LocalEngine) -> None:
    def fail(part: int) -> Iterator[pl.DataFrame]:
        yield edges(random(50, 40))
        raise PlaitError("the file ends", fix="none")

    with pytest.raises(PlaitError, match="the file ends"), connect(engine, [1], fail, 99, 0):
        pass
