"""Why accounts are one person, and why they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.identity.assertions.assertion import ASSERTIONS
from plait.identity.find_account import Party
from plait.identity.standing_links import standing_links
from plait.identity.why.explain_people import explain_people
from plait.identity.why.explanation import Explanation
from plait.identity.why.page import explanation_page
from plait.identity.why.reasons import Standing
from tests.unit.identity.stored import TERMS, account, edge, person, publish_people

THRESHOLD = {"people.link.threshold": 0.8, "people.max_accounts": 50}


def _said(a: str, b: str, *, joined: bool = False, why: str = "two cousins") -> dict[str, Any]:
    return {
        "account_a": account(a), "platform_a": "shop", "account_b": account(b),
        "platform_b": "shop", "joined": joined, "who": "ann", "why": why, "entry": 1, "index": 0,
        "time": datetime(2024, 5, 1, 12, tzinfo=UTC), "kind": "link" if joined else "unlink",
    }  # fmt: skip


def _explain(
    folder: Path,
    persons: Mapping[str, Any],
    edges: Iterable[Mapping[str, Any]],
    asked: str,
    said: Iterable[dict[str, Any]] = (),
    **more: Any,
) -> Explanation:
    people = publish_people(folder, persons, edges, settings=THRESHOLD, **more)
    owner = {name: person(p) for p, names in persons.items() for name in names}
    parties = [Party(owner[name], account(name)) for name in asked.split()]
    assertions = pl.DataFrame(list(said), schema=ASSERTIONS)
    blocked = people.store.read("blocked_keys", people.version)
    standing = Standing(standing_links(assertions), people.version.settings, blocked)
    return explain_people(people, parties[0], parties[1] if len(parties) > 1 else None, standing)


def test_the_chain_and_the_other_evidence_of_one_person(tmp_path: Path) -> None:
    edges = [
        edge("a", "c"), edge("c", "b", "probabilistic", 0.97, terms=TERMS),
        edge("a", "d", "device", 0.9), edge("a", "b", "device", 0.4, dropped_as="contradiction"),
        edge("e", "f"),
    ]  # fmt: skip
    found = _explain(tmp_path, {"1": "abcd", "2": "ef"}, edges, "a b")
    assert found.joined
    assert not found.reasons
    assert [(e.account_a, e.rule, e.account_b) for e in found.chain] == [
        (account("a"), "email", account("c")), (account("c"), "probabilistic", account("b")),
    ]  # fmt: skip
    assert found.strength == 0.97
    assert [(e.rule, e.dropped_as) for e in found.others] == [
        ("device", None), ("device", "contradiction"),
    ]  # fmt: skip


def test_accounts_of_one_id_space_are_joined_by_it(tmp_path: Path) -> None:
    found = _explain(tmp_path, {"1": "ab"}, [], "a b", homes={"b": "a"})
    assert [edge.rule for edge in found.chain] == ["same_account_id"]


def test_accounts_of_one_id_space_that_are_apart_were_unlinked(tmp_path: Path) -> None:
    homes = {"b": "a", "c": "a"}
    found = _explain(tmp_path, {"1": "ab", "2": "c"}, [], "b c", [_said("a", "c")], homes=homes)
    assert [r.evidence and r.evidence.rule for r in found.reasons] == ["same_account_id", None]
    assert [(e.account_a, e.account_b) for e in found.others] == [(account("a"), account("b"))]


@pytest.mark.parametrize(
    ("dropped_as", "weight", "words"),
    [
        ("below_threshold", 0.6, "it is 0.200 below people.link.threshold, 0.8"),
        ("contradiction", 0.9, "stronger evidence contradicts it"),
        ("cap", 0.9, "more accounts than people.max_accounts, 50"),
        ("no_consent", 0.9, "does not consent"),
    ],
)
def test_evidence_that_was_not_used_says_why(
    tmp_path: Path, dropped_as: str, weight: float, words: str
) -> None:
    edges = [edge("a", "c"), edge("c", "b", "device", weight, dropped_as=dropped_as)]
    found = _explain(tmp_path, {"1": "ac", "2": "b"}, edges, "a b")
    assert not found.joined
    (reason,) = found.reasons
    assert reason.code == dropped_as
    assert words in reason.text
    assert reason.evidence is not None
    assert reason.evidence.rule == "device"


def test_an_unlink_says_by_whom_when_and_why(tmp_path: Path) -> None:
    edges = [edge("a", "b", dropped_as="unlinked")]
    found = _explain(tmp_path, {"1": "ac", "2": "b"}, edges, "c b", [_said("b", "a")])
    assert [reason.code for reason in found.reasons] == ["unlinked", "unlinked"]
    assert "by ann on 2024-05-01 12:00 UTC: two cousins" in found.reasons[1].text


def test_an_undone_unlink_is_no_reason(tmp_path: Path) -> None:
    said = [_said("a", "b") | {"undone_by": 2}]
    found = _explain(tmp_path, {"1": "a", "2": "b"}, [], "a b", said)
    assert [reason.code for reason in found.reasons] == ["nothing"]


def test_nothing_is_known_of_strangers_but_blocked_values_are_named(tmp_path: Path) -> None:
    row = {"key": "email", "prefix": "n/a", "accounts": 300, "reason": "null_word"}
    found = _explain(tmp_path, {"1": "a", "2": "b"}, [], "a b", blocked=[row])
    (reason,) = found.reasons
    assert reason.code == "nothing"
    assert "1 value of email identify nobody" in reason.text


def test_one_account_alone_shows_all_evidence_of_its_person(tmp_path: Path) -> None:
    found = _explain(tmp_path, {"1": "abc", "2": "d"}, [edge("a", "b"), edge("b", "c")], "c")
    assert (len(found.accounts), len(found.others), found.chain) == (3, 2, ())


def test_the_page_escapes_every_text_and_needs_no_other_file(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    terms = [{"term": bad, "level": bad, "bits": 3.0}]
    edges = [
        edge("a", "b", bad, 0.7, terms=terms, dropped_as="below_threshold"), edge("a", "c", bad),
    ]  # fmt: skip
    found = _explain(tmp_path, {"1": "ac", "2": "b"}, edges, "a b", [_said("a", "b", why=bad)])
    page = explanation_page(found)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4
    assert not any(mark in page for mark in ("http", "src=", "url(", "@import"))
    assert 'role="img"' in page
