"""Platforms that share one id space have one home."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.identity.id_spaces import home_account, home_platform
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym

KEY = PseudonymKey("k" * 64)


def _project(groups: list[list[str]]) -> Project:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    platforms = {name: {"events": events} for name in "abcde"}
    raw = {"store": "s", "platforms": platforms, "people": {"same_account_id": groups}}
    return parse_config(raw, folder=Path())


def test_overlapping_groups_are_one() -> None:
    project = _project([["c", "b"], ["d", "e"], ["e", "c"]])
    assert [home_platform(project, name) for name in "abcde"] == [None, "b", "b", "b", "b"]


def test_an_account_has_its_pseudonym_at_home() -> None:
    project = _project([["b", "c"]])
    raw = pl.Series(["ann"])
    at_home = account_pseudonym(raw, KEY, "b").to_list()
    assert home_account(raw, KEY, project, "c").to_list() == at_home
    assert home_account(raw, KEY, project, "b").to_list() == at_home
    assert (
        home_account(raw, KEY, project, "a").to_list() == account_pseudonym(raw, KEY, "a").to_list()
    )
