"""Which settings decide what a version holds, and how a change is named."""

from __future__ import annotations

from pathlib import Path

from plait.config.parse_project import parse_config
from plait.fusion.incremental.fuse_settings import changed_settings, fuse_settings, requires_reread
from plait.privacy.pseudonym_key import PseudonymKey
from tests.unit.fusion.small import platform


def _settings(*names: str, key: str = "k" * 32, **more: object) -> dict[str, object]:
    platforms = {name: platform(f"{name}.csv") for name in names}
    raw = {"store": "s", "platforms": platforms} | more
    return fuse_settings(parse_config(raw, folder=Path()), PseudonymKey(key))


def test_what_is_trained_or_served_decides_nothing() -> None:
    other = _settings("shop", train={"epochs": 7}, serve={"port": 1}, store="t", model="m")
    assert changed_settings(_settings("shop"), other) == []


def test_files_are_told_by_the_inputs() -> None:
    assert not any("files" in name for name in _settings("shop"))


def test_a_setting_is_named_as_the_project_file_names_it() -> None:
    changed = changed_settings(
        _settings("shop"), _settings("shop", sequence_length=3, key="j" * 32)
    )
    assert changed == ["pseudonyms.key", "sequence_length"]


def test_a_platform_that_comes_or_goes_is_named_once() -> None:
    one, two = _settings("shop"), _settings("shop", "video")
    assert changed_settings(one, two) == changed_settings(two, one) == ["platforms.video"]


def test_what_is_read_anew_every_time_shapes_no_row() -> None:
    catalogue = {"files": "items.csv", "columns": {"item": "id"}}
    accounts = {"files": "who.csv", "account": "id", "keys": {"mail": "mail"}}
    more = platform("shop.csv", catalogue=catalogue, accounts=accounts)
    one = _settings("shop", people={"keys": ["mail"]}, platforms={"shop": more})
    changed = changed_settings(_settings("shop"), one)
    assert "platforms.shop.accounts.keys.mail" in changed
    assert not any(map(requires_reread, changed))
    assert requires_reread("platforms.shop.events.columns.account")
    assert requires_reread("people.same_account_id")
    assert requires_reread("platforms.shop")
