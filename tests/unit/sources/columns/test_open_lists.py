"""A list opens into rows: one an element, numbered, and a row without elements stays."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.contracts.event_rows import NO_FLAG
from plait.errors import UnknownColumn
from tests.unit.sources.read_log import json_lines, read_log

elements = st.lists(st.integers(0, 9), max_size=4) | st.none()
here = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _expected(lists: list[list[int] | None]) -> list[tuple[int, int, str | None]]:
    return [
        (row, place, None if one is None else str(one))
        for row, found in enumerate(lists, 1)
        for place, one in enumerate(found or [None], 1)
    ]


def _seen(rows: list[dict[str, Any]]) -> list[tuple[int, int, str | None]]:
    return [(row["row"], row["element"], row.get("item")) for row in rows]


@here
@given(st.lists(elements, min_size=1, max_size=6), st.integers(1, 7))
def test_formats_open_alike(tmp_path: Path, lists: list[list[int] | None], chunk: int) -> None:
    records = [{"l": None if x is None else [{"id": n, "x": {"y": n}} for n in x]} for x in lists]
    if not any(lists):
        records[0], lists[0] = {"l": [{"id": 5, "x": {"y": 5}}]}, [5]
    schema = {"l": pl.List(pl.Struct({"id": pl.Int64, "x": pl.Struct({"y": pl.Int64})}))}
    cells = [json.dumps(record["l"]).replace('"', '""') for record in records]
    logs: list[tuple[str, Any, dict[str, Any]]] = [
        ("a.jsonl", json_lines(*records), {}),
        ("a.json", json.dumps(records, indent=1), {"format": "json"}),
        ("b.json", json.dumps({"d": [{"r": r} for r in records]}),
         {"format": "json", "records": "d[].r"}),
        ("a.parquet", pl.DataFrame(records, schema=schema), {}),
        ("a.csv", "n,l\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells)), {}),
    ]  # fmt: skip
    for name, content, how in logs:
        for path in ("each.id", "each.x.y"):
            rows = read_log(
                tmp_path, name, content, chunk=chunk, each="l[]", columns={"item": path}, **how
            )
            assert _seen(rows) == _expected(lists), name


@here
@given(st.lists(elements, min_size=1, max_size=6))
def test_given_ids_of_elements_are_distinct(tmp_path: Path, lists: list[list[int] | None]) -> None:
    log = json_lines(*({"e": f"id{n}", "l": found} for n, found in enumerate(lists)))
    rows = read_log(tmp_path, "a.jsonl", log, each="l", columns={"item": "each", "event_id": "e"})
    assert max(Counter(row["event_id"] for row in rows).values()) == 1
    first = [row["event_id"] for row in rows if row["element"] == 1]
    assert first == [f"id{n}" for n in range(len(lists))]


@here
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6))
def test_flags_are_elements_whose_number_tells_the_flag(
    tmp_path: Path, flags: list[list[bool]]
) -> None:
    log = json_lines(*({"e": n, "a": a, "b": b, "c": c} for n, (a, b, c) in enumerate(flags)))
    rows = read_log(
        tmp_path, "a.jsonl", log, columns={"item": {"constant": "i"}, "event_id": "e"},
        type={"flags": {"a": "view", "b": "click", "c": "save"}},
    )  # fmt: skip
    set_flags = [
        (n, name)
        for n, row in enumerate(flags, 1)
        for name, on in zip("abc", row, strict=True)
        if on
    ]
    seen = [(row["row"], row["type"]) for row in rows if row["type"] in "abc"]
    assert seen == set_flags
    assert {row["row"] for row in rows} == set(range(1, len(flags) + 1))
    assert all("abc"[row["element"] - 1] == row["type"] for row in rows if row["type"] in "abc")
    assert max(Counter(row["event_id"] for row in rows).values()) == 1


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (None, [None]), (5, [None]), ({"id": 7}, [None]), ([], [None]), ("x", [None]),
        ([1, None, "x"], ["1", None, "x"]), ([[1, 2]], ["[1, 2]"]),
    ],
)  # fmt: skip
def test_what_is_no_list_stays_one_row(tmp_path: Path, value: Any, items: list[Any]) -> None:
    log = json_lines({"l": value}, {"l": [1]})
    rows = read_log(tmp_path, "a.jsonl", log, each="l", columns={"item": "each"})
    assert [row.get("item") for row in rows] == [*items, "1"]


def test_lists_of_lists_become_one_list(tmp_path: Path) -> None:
    log = json_lines({"l": [{"m": [1, 2]}, {"m": []}, {"m": None}, {"m": [3]}]})
    rows = read_log(tmp_path, "a.jsonl", log, each="l[].m[]", columns={"item": "each"})
    assert [row["item"] for row in rows] == ["1", "2", "3"]


def test_parallel_lists_of_different_lengths_are_a_fault_of_their_row(tmp_path: Path) -> None:
    log = json_lines({"a": [1, 2], "b": [3]}, {"a": [1], "b": [4]}, {"a": [], "b": None}, {})
    rows = read_log(
        tmp_path, "a.jsonl", log, each=["a", "b"], columns={"item": "a", "value": "each.b"}
    )
    assert [row.get("fault") for row in rows] == ["ragged_lists", None, None, None]
    assert (rows[1]["item"], rows[1]["value"]) == ("1", "4")


def test_texts_are_split(tmp_path: Path) -> None:
    log = "u,h\nx,N1-1  N2-0 \ny,\n"
    rows = read_log(
        tmp_path, "a.csv", log, each="h", split=" ",
        columns={"item": {"column": "each", "match": "^(.+)-"}},
    )  # fmt: skip
    assert _seen(rows) == [(1, 1, "N1"), (1, 2, "N2"), (2, 1, None)]


def test_aligned_texts_keep_their_blanks(tmp_path: Path) -> None:
    log = "i|t|s\na,b,c|1,2,3|30,,20\na,,b,|1,2,3,|,,,\na|1,2|3\n | ,|\na,b,|1,2|\n"
    names = {"item": "i", "session": "each.t", "topic": "s"}
    rows = read_log(tmp_path, "a.txt", log, each=["i", "t", "s"], split=",", columns=names)
    found = [(r["row"], r.get("item"), r.get("session"), r.get("topic")) for r in rows]
    assert found == [
        (1, "a", "1", "30"), (1, "b", "2", None), (1, "c", "3", "20"),
        (2, "a", "1", None), (2, None, "2", None), (2, "b", "3", None),
        (3, None, None, None), (4, None, None, None), (5, None, None, None),
    ]  # fmt: skip
    assert [row.get("fault") for row in rows[6:]] == ["ragged_lists", None, "ragged_lists"]


def test_a_json_file_may_lack_the_list(tmp_path: Path) -> None:
    log = json_lines({"e": "login", "p": None}, {"e": "logout"})
    for each in ("items[]", ["ids", "times"], "p.items[]"):
        item = "times" if isinstance(each, list) else "each.id"
        rows = read_log(tmp_path, "a.jsonl", log, each=each, columns={"item": item, "topic": "e"})
        assert [row.get("topic") for row in rows] == ["login", "logout"]
        assert not any("item" in row for row in rows)


def test_a_list_of_another_name_is_suggested(tmp_path: Path) -> None:
    log = json_lines({"order": {"products": [{"id": 1}]}})
    for each in ("products[]", "order.product[]"):
        with pytest.raises(
            UnknownColumn, match=r"Set platforms\.p\.events\.each: order\.products$"
        ):
            read_log(tmp_path, "a.jsonl", log, each=each, columns={"item": "each.id"})


def test_some_files_may_lack_flags(tmp_path: Path) -> None:
    kind: dict[str, Any] = {"flags": {"like": "like", "click": "click"}}
    with pytest.raises(
        UnknownColumn, match=r"'click'.*Set platforms\.p\.events\.type\.optional: true"
    ):
        read_log(tmp_path, "a.csv", "i,like\nx,1\n", columns={"item": "i"}, type=kind)
    kind["optional"] = True
    for log, types in (("i,like\nx,1\n", ["like"]), ("i\nx\n", [NO_FLAG])):
        rows = read_log(tmp_path, "a.csv", log, columns={"item": "i"}, type=kind)
        assert [row["type"] for row in rows] == types
