"""How account rows are read: the values of keys, and rows that cannot be used."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import ConfigError
from plait.identity.keys.check_keys import check_identity_keys
from plait.identity.keys.read_account_values import read_attributes
from plait.privacy.pseudonym import account_pseudonym, load_key


def _project(folder: Path, key: str, used: list[str] | None = None, **accounts: Any) -> Project:
    shop = {
        "events": {
            "files": "shop.csv",
            "columns": {"account": "user", "item": "item", "time": "time"},
            "time": {"unit": "s", "resolution": "s"},
            "type": "purchase",
        },
        "accounts": {"files": "who.csv", "account": "id", "keys": {key: "mail"}} | accounts,
    }
    raw = {"store": "s", "platforms": {"shop": shop}, "people": {"keys": used}}
    return parse_config(raw, folder=folder)


@pytest.mark.parametrize("name", ["alone", "same_account_id", "link"])
def test_a_key_called_like_a_rule_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}', which is the name of another rule") as e:
        check_identity_keys(_project(tmp_path, name))
    assert f"'{name}_key'" in str(e.value)
    check_identity_keys(_project(tmp_path, f"{name}_key", [f"{name}_key"]))


def test_a_key_that_no_platform_declares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"people.keys names 'emial'.*email"):
        check_identity_keys(_project(tmp_path, "email", ["emial"]))


@pytest.mark.parametrize(("country", "said"), [("UK", "is GB"), ("XX", "no country")])
def test_a_country_that_has_no_numbers_is_refused(tmp_path: Path, country: str, said: str) -> None:
    project = _project(tmp_path, "phone")
    shop = project.platforms["shop"].model_copy(update={"country": country})
    with pytest.raises(ConfigError, match=said):
        check_identity_keys(project.model_copy(update={"platforms": {"shop": shop}}))


def test_null_words_are_no_accounts_and_no_keys(tmp_path: Path) -> None:
    rows = "id,mail\nu1,NA\nu2,NA\nu3, - \nNA,x@y.org\n u4 ,x@y.org\nu5,X@y.org \n"
    (tmp_path / "who.csv").write_text(rows)
    project = _project(tmp_path, "email")
    key = load_key(project)
    read = read_attributes(project, key)
    found, unusable, faulty = read.attributes, read.unusable, read.quarantined
    ids = account_pseudonym(pl.Series([f"u{n}" for n in range(1, 6)]), key, "shop").to_list()
    assert set(found["account"]) == set(ids)
    held = found.filter(pl.col("key").is_not_null())
    assert set(held["account"]) == set(ids[3:])
    assert held["value"].n_unique() == 1
    assert unusable == {"shop": 1}
    assert faulty["reason"].to_list() == ["null_account"]


def test_lists_and_objects_are_no_accounts_and_no_keys(tmp_path: Path) -> None:
    rows = 'id;mail\n{"a":1};x@y.org\nu1;["x@y.org"]\n[u2];{x\n'
    (tmp_path / "who.csv").write_text(rows)
    project = _project(tmp_path, "email")
    read = read_attributes(project, load_key(project))
    found, unusable, faulty = read.attributes, read.unusable, read.quarantined
    assert found["account"].n_unique() == 1
    assert unusable == {"shop": 2}
    assert faulty.select("reason", "field").rows() == [
        ("nested_value", "account"), ("nested_value", "keys.email"),
    ]  # fmt: skip


def test_a_broken_row_is_shown_as_the_form_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text('id,mail\nu1,"x@y.org\nu2,z@y.org\n')
    project = _project(tmp_path, "email")
    faulty = read_attributes(project, load_key(project)).quarantined
    line = '<2 characters>,"<1 characters>@<1 characters>.<3 characters>'
    assert json.loads(faulty["raw"].item()) == {"line": line}


def test_values_that_cannot_be_one_are_in_quarantine(tmp_path: Path) -> None:
    rows = ["id,mail", "u1,a\u0001b@x.de", f"u2,{'x' * 2**20}", "u3,ann@x.de", "u\u0001,b@x.de"]
    (tmp_path / "who.csv").write_text("\n".join(rows) + "\n")
    project = _project(tmp_path, "email")
    read = read_attributes(project, load_key(project))
    assert read.attributes["account"].n_unique() == 1
    assert read.quarantined.select("reason", "field").rows() == [
        ("bad_id", "keys.email"), ("bad_id", "keys.email"), ("bad_id", "account"),
    ]  # fmt: skip


def test_when_an_account_was_seen_is_read_as_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text(
        "id,mail,at\nu1,a@x.de,1700000000\nu2,b@x.de,\nu3,c@x.de,NA\nu4,d@x.de,soon\n"
    )
    project = _project(tmp_path, "email", seen="at", time={"unit": "s"})
    read = read_attributes(project, load_key(project))
    times = read.attributes.filter(pl.col("key").is_not_null())["seen"]
    assert times.drop_nulls().to_list() == [datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)]
    assert times.len() == 3
    assert read.quarantined.select("reason", "field").rows() == [("bad_time", "seen")]


def test_values_that_identify_nobody_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text(
        "id,mail\nu1,NA\nu2,na\nu3,0\nu4,A.B@gmail.com\nu5,ab@gmail.com\nu6,a@b@c\nu6,a@b@c\n"
    )
    project = _project(tmp_path, "email")
    read = read_attributes(project, load_key(project))
    told = read.refused.sort("reason", "prefix").select("key", "prefix", "reason").rows()
    assert told == [("email", "a", "invalid"), ("email", "NA", "null_word"),
                    ("email", "na", "null_word"), ("email", "", "zeros")]  # fmt: skip
    held = read.attributes.filter(pl.col("key").is_not_null())
    assert held.filter(~pl.col("alias"))["value"].n_unique() == 1
    assert held.filter("alias").height == 1
    assert read.attributes["account"].n_unique() == 6
    raw = read.attributes.write_json() + read.refused.write_json()
    assert not any(each in raw for each in ("gmail", "a@b@c", '"u4"'))
