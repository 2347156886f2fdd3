"""Which names a key may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import ConfigError
from plait.identity.identity_keys import check_identity_keys


def _project(folder: Path, key: str, used: list[str] | None = None) -> Project:
    shop = {
        "events": {
            "files": "shop.csv",
            "columns": {"account": "user", "item": "item", "time": "time"},
            "time": {"unit": "s", "resolution": "s"},
            "type": "purchase",
        },
        "accounts": {"files": "who.csv", "account": "id", "keys": {key: "mail"}},
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
