"""Every value of a JSON document is read exactly as it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.take_path import take_path
from plait.sources.values.value_path import Elements, Field, Step, parse_path
from tests.unit.sources.read_log import read_field, read_log

NUMBERS = [
    "0", "-0", "7", "7.0", "7.00", "-7.50", "0.1", "1e5", "1E-7", "-2.5e+10",
    "12345678901234567890",
    "123456789012345678901234567890.5", "0.30000000000000004", "9007199254740993", "1e400",
    "0.000001", "4.0e2", "100", "1.10", "1234567890123.4567", "100.0", "0.0", "-0.0", "1e0",
]  # fmt: skip
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
keys = st.one_of(st.sampled_from(["a", "b", "c"]), names)
scalars = st.one_of(
    st.sampled_from(NUMBERS).map(lambda number: ("number", number)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda text: ("text", text)),
    st.sampled_from(["true", "false"]).map(lambda word: ("word", word)),
    st.just(("null", "null")),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda found: ("list", found)),
        st.dictionaries(keys, inner, max_size=3).map(lambda found: ("object", found)),
    ),
    max_leaves=8,
)
records = st.dictionaries(keys, values, min_size=1, max_size=4)


def _write(value: Any, ascii_only: bool) -> str:
    kind, inside = value
    if kind in ("number", "word", "null"):
        return str(inside)
    if kind == "text":
        return json.dumps(inside, ensure_ascii=ascii_only)
    if kind == "list":
        return "[" + ", ".join(_write(one, ascii_only) for one in inside) + "]"
    pairs = (f"{json.dumps(name, ensure_ascii=ascii_only)}: {_write(one, ascii_only)}"
             for name, one in inside.items())  # fmt: skip
    return "{" + ",".join(pairs) + "}"


def _text(value: Any) -> str | None:
    """Returns what a scalar should be read as."""
    kind, inside = value
    if kind == "null":
        return None
    return re.sub(r"^(-?\d+)\.0+$", r"\1", inside) if kind == "number" else str(inside)


def _leaves(value: Any, steps: tuple[Step, ...]) -> list[tuple[tuple[Step, ...], str | None]]:
    kind, inside = value
    if kind == "object":
        return [
            leaf for name, one in inside.items() for leaf in _leaves(one, (*steps, Field(name)))
        ]
    return [] if kind == "list" else [(steps, _text(value))]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(records, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["", "{", '{"a":', "x"]),
)
def test_every_leaf_is_the_text_of_its_source(found: list[Any], ascii_only: bool, cut: str) -> None:
    lines = [_write(("object", record), ascii_only) for record in found]
    expected = [dict(_leaves(("object", record), ())) for record in found]
    known = {path for leaves in expected for path in leaves}
    inner = {path[:end] for path in known for end in range(1, len(path))}
    paths = sorted(known - inner, key=str)  # those inside which nothing else is read
    text = pl.Series([*lines, cut])
    decoded, bad = decode_json(text, JsonShape.of(paths))
    assert bad.to_list() == [False] * len(lines) + [cut != ""]
    for path in paths:
        taken = take_path(decoded, path).to_list()
        for place, leaves in enumerate(expected):
            if path in leaves:
                assert taken[place] == leaves[path], (path, lines[place])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.booleans()), min_size=1, max_size=8),
       st.integers(1, 9))  # fmt: skip
def test_neighbours_and_chunks_do_not_change_a_value(
    tmp_path: Path, numbers: list[tuple[str, bool]], chunk: int
) -> None:
    lines = [f'{{"n": {number}}}' if whole else f'{{"n": {number}' for number, whole in numbers]
    rows = read_log(tmp_path, "a.jsonl", "\n".join(lines), chunk=chunk, columns={"item": "n"})
    expected = [_text(("number", number)) if whole else None for number, whole in numbers]
    if any(expected):
        assert [row.get("item") for row in rows] == expected
        assert ["fault" in row for row in rows] == [not whole for _, whole in numbers]


def test_a_value_may_be_text_in_one_row_and_nested_in_another(tmp_path: Path) -> None:
    log = '{"i": {"id": 7.0}}\n{"i": "x"}\n{"i": [1]}\n{"i": 1.50}\n'
    assert read_field(tmp_path, "a.jsonl", log, {"first": ["i.id", "i"]}) == [
        "7", "x", "[1]", "1.50",
    ]  # fmt: skip


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99)
    | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"\n/u{'), max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(plain, min_size=1, max_size=4), st.booleans(), keys.filter(lambda k: k != "x"))
def test_an_object_as_text_is_the_same_json(found: list[Any], ascii_only: bool, key: str) -> None:
    lines = [json.dumps({key: {"l": [one]}, "x": one}, ensure_ascii=ascii_only) for one in found]
    paths = [(Field(key), Field("l"), Elements()), (Field("x"),), (Field("x"), Field("a"))]
    decoded, bad = decode_json(pl.Series(lines), JsonShape.of(paths))
    assert not bad.any()
    texts = [take_path(decoded, paths[0]).list.get(0).to_list()]
    texts += [take_path(decoded, paths[1]).to_list()]
    for one, *read in zip(found, *texts, strict=True):
        for text in read:
            assert (json.loads(text) if isinstance(one, dict | list) else text) == (
                one if isinstance(one, dict | list | str | None) else json.dumps(one)
            )


@pytest.mark.parametrize("key", ['"', "\\", "\n", "a.b", " ", "[]", "'"])
def test_keys_of_any_characters(key: str) -> None:
    path = (Field("o"), Field(key))
    decoded, _ = decode_json(pl.Series([json.dumps({"o": {key: 7}}), "{}"]), JsonShape.of([path]))
    assert take_path(decoded, path).to_list() == ["7", None]


@pytest.mark.parametrize("where", ["log", "text"])
def test_json_text_inside_json_text(tmp_path: Path, where: str) -> None:
    inner = '{"item": {"id": "ä\\"1"}, "n": [1, 2.50]}'
    outer = json.dumps({"p": json.dumps({"deep": inner})})
    log = (
        outer
        if where == "log"
        else json.dumps({"p": json.dumps({"deep": inner})}, ensure_ascii=False)
    )
    assert read_field(tmp_path, "a.jsonl", log, "p.deep.item.id") == ['ä"1']
    assert read_field(tmp_path, "a.jsonl", log, "p.deep.n[1]") == ["2.50"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"i": nan}', None), ('{"i": +1}', None), ('{"i": 01}', None),
        (r'{"i": "\u00e9\n\t\"\\\/"}', 'é\n\t"\\/'), (r'{"i": "\ud83d\ude00"}', "😀"),
        ('{"i": 1, "i": 2}', "1"), ('{"i": ""}', ""), ('{"i": " x "}', " x "),
        ('  {"i": 1}  ', "1"), ('{"i": true}', "true"), ('{"i": {}}', "{}"), ('{"i": []}', "[]"),
    ],
)  # fmt: skip
def test_odd_values(tmp_path: Path, line: str, value: str | None) -> None:
    (odd, good) = read_log(tmp_path, "a.jsonl", line + '\n{"i": "good"}\n', columns={"item": "i"})
    assert odd.get("item") == value
    assert good["item"] == "good"
    assert ("fault" in odd) == (value is None)


def test_a_lone_surrogate_is_a_fault_of_its_row(tmp_path: Path) -> None:
    log = '{"i": "\\ud800"}\n{"i": "good"}\n'
    (odd, good) = read_log(tmp_path, "a.jsonl", log, columns={"item": "i"})
    assert "fault" in odd or "\ud800" not in odd["item"]
    assert good["item"] == "good"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends(tmp_path: Path, end: str) -> None:
    log = "\ufeff" + end.join(['{"i": 1}', "", '{"i": 2}', ""])
    rows = read_log(tmp_path, "a.jsonl", log, columns={"item": "i"})
    assert [(row["row"], row["item"]) for row in rows] == [(1, "1"), (3, "2")]


@pytest.mark.parametrize("depth", [100, 1_000, 5_000])
def test_deep_values_do_not_stop_the_run(tmp_path: Path, depth: int) -> None:
    log = '{"i": 1, "d": ' + "[" * depth + "]" * depth + '}\n{"i": 2}\n'
    values = read_field(tmp_path, "a.jsonl", log, "i")
    assert values[1] == "2"
    assert values[0] in ("1", None)


def test_a_path_of_many_kinds() -> None:
    decoded, _ = decode_json(
        pl.Series(['{"p": [{"k": "x", "v": 1}, {"k": "y", "v": [5, 6]}]}', '{"p": null}', None]),
        JsonShape.of([parse_path("p[?(@.k=='y')].v[-1]"), parse_path("p[].k")]),
    )
    assert take_path(decoded, parse_path("p[?(@.k=='y')].v[-1]")).to_list() == ["6", None, None]
    assert take_path(decoded, parse_path("p[].k")).to_list() == [["x", "y"], None, None]


@given(st.lists(records, min_size=1, max_size=4), st.booleans())
def test_neighbours_do_not_decide_how_a_record_is_decoded(
    found: list[dict[str, Any]], ascii_only: bool
) -> None:
    lines = pl.Series([_write(("object", one), ascii_only) for one in found])
    shape = JsonShape.of([(Field("a"),), (Field("b"), Field("a")), (Field("b"), Field("c"))])
    together, bad = decode_json(lines, shape)
    apart = [decode_json(lines[n : n + 1], shape) for n in range(len(lines))]
    assert together.equals(pl.concat([values for values, _ in apart]))
    assert bad.equals(pl.concat([faults for _, faults in apart]))
    nested = decode_json(pl.concat([lines, pl.Series(['{"a": []}'])]), shape)[0]  # the slower way
    assert together.equals(nested.head(len(lines)))
