"""Paths name values in nested data."""

from __future__ import annotations

import pytest

from plait.errors import ConfigError
from plait.sources.values.value_path import (
    Element,
    Elements,
    Field,
    Matching,
    Step,
    parse_path,
    path_text,
)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", (Field("a"),)),
        ("a.b c.d-e", (Field("a"), Field("b c"), Field("d-e"))),
        ("a[].b[]", (Field("a"), Elements(), Field("b"), Elements())),
        ("[]", (Elements(),)),
        ("a[0][-1]", (Field("a"), Element(0), Element(-1))),
        ("a['x.y[0]'].z", (Field("a"), Field("x.y[0]"), Field("z"))),
        ("p[?(@.key=='page')].value", (Field("p"), Matching(("key",), "page"), Field("value"))),
        ('p[?(@.a.b == "c d")]', (Field("p"), Matching(("a", "b"), "c d"))),
        ("p[?@.k=='v']", (Field("p"), Matching(("k",), "v"))),
        ("p[?(@.@a-b == 'it')]", (Field("p"), Matching(("@a-b",), "it"))),
        ("p[?(@['x.y'].z==\"it's\")]", (Field("p"), Matching(("x.y", "z"), "it's"))),
        ("p[?(@.n==-2.5)].v", (Field("p"), Matching(("n",), "-2.5"), Field("v"))),
        ("p[?(@.on == true)]", (Field("p"), Matching(("on",), "true"))),
        ("@attr.#text.$id", (Field("@attr"), Field("#text"), Field("$id"))),
        ('["a\'b"].c', (Field("a'b"), Field("c"))),
        ("$.a.b", (Field("a"), Field("b"))),
        ("$[].a", (Elements(), Field("a"))),
        ("$", ()),
        ("$row", (Field("$row"),)),
        ("naïve.ключ", (Field("naïve"), Field("ключ"))),
    ],
)
def test_steps(path: str, steps: tuple[Step, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize("path", ["a..b", "a.", ".a", "a[", "a[x]", "a[?]", "a]", "a[?(@.b)]"])
def test_what_is_not_a_path_is_refused_with_the_character(path: str) -> None:
    with pytest.raises(ConfigError, match=r"is not a path \(character \d+\)"):
        parse_path(path)


def test_text_of_steps_reads_as_the_same_steps() -> None:
    for path in ("a.b", "a[].b[]", "[].c", "a['b.c'].d", '["[a\'s]"].b'):
        assert path_text(parse_path(path)) == path
