"""A text that names an account or a person."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.config.parse_project import parse_config
from plait.errors import PlaitError, UnknownPlatform
from plait.identity.assertions.assertion import ASSERTIONS
from plait.identity.find_account import Party, UnknownAccount, UnknownPerson, find_party
from plait.identity.standing_links import standing_links
from plait.privacy.pseudonym import PseudonymKey
from tests.unit.identity.stored import account, person, publish_people


def _find(folder: Path, text: str) -> Party:
    shop = {"accounts": {"files": "shop.csv", "account": "id", "keys": {"email": "mail"}}}
    project = parse_config({"store": "store", "platforms": {"shop": shop}}, folder=folder)
    people = publish_people(folder / "store", {"1": "ab"}, retired={"2": "1"})
    standing = standing_links(pl.DataFrame(schema=ASSERTIONS))
    return find_party(text, people, project, PseudonymKey("k" * 32), standing)


def test_a_pseudonym_a_person_and_a_retired_id_lead_to_a_person(tmp_path: Path) -> None:
    one, retired = person("1"), person("2")
    assert _find(tmp_path / "a", account("a")) == Party(one, account("a"))
    assert _find(tmp_path / "b", one) == Party(one)
    assert _find(tmp_path / "c", retired) == Party(one, retired=retired)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("shop:secret-7", UnknownAccount, "no account of 'shop' with that id"),
        (account("c"), PlaitError, "has the account"),
        ("shp:1", UnknownPlatform, "Did you mean 'shop'"),
        ("nothing", PlaitError, "without its platform"),
        ("p_1000", UnknownPerson, "Did you mean p_10000"),
        (person("9"), UnknownPerson, "p_ and 32"),
    ],
)
def test_an_unknown_one_says_how_to_find_it(
    tmp_path: Path, text: str, error: type[PlaitError], words: str
) -> None:
    with pytest.raises(error) as caught:
        _find(tmp_path, text)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
