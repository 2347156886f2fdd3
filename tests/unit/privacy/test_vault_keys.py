"""The master keys of the vault: where they come from, and who may read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.config import Project
from plait.config.vault_settings import VaultSettings
from plait.errors import BadKey, DamagedVault
from plait.privacy.vault_keys import load_master_keys, master_key_id, parse_master_keys
from tests.unit.privacy.test_pseudonym_key import _project

ONE, TWO = "1" * 64, "2" * 64


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PLAIT_VAULT_KEY", raising=False)
    return _project(tmp_path)


def test_a_file_has_keys_oldest_first_and_the_environment_goes_before_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vault.key"
    file.write_text(f"# 2025\n{ONE}\n\n{TWO}\n")
    file.chmod(0o600)
    found = load_master_keys(project, VaultSettings(key_file="vault.key"))
    assert found.is_newest(master_key_id(bytes.fromhex(TWO)))
    assert ONE not in repr(found)
    file.chmod(0o640)
    with pytest.raises(BadKey, match=r"vault key .*mode 0640.*chmod 600"):
        load_master_keys(project, VaultSettings(key_file="vault.key"))
    monkeypatch.setenv("PLAIT_VAULT_KEY", ONE)
    found = load_master_keys(project, VaultSettings(key_file="vault.key"))
    assert found.is_newest(master_key_id(bytes.fromhex(ONE)))


def test_without_a_key_the_message_says_how_to_make_one(project: Project) -> None:
    with pytest.raises(BadKey, match=r"no master key is given.*openssl rand -hex 32"):
        load_master_keys(project, VaultSettings())
    with pytest.raises(BadKey, match="cannot read the vault key"):
        load_master_keys(project, VaultSettings(key_file="absent"))


@pytest.mark.parametrize("text", ["", "short", f"{ONE}\n{TWO[:-1]}", "g" * 64])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadKey, match=r"line \d of it is not a master key") as caught:
        parse_master_keys(text, "it")
    assert not text or text not in str(caught.value)


def test_a_data_key_is_bound_to_the_path_of_its_object() -> None:
    keys = parse_master_keys(ONE, "it")
    data_key, wrapped = keys.new_data_key("vault/a")
    assert keys.unwrap(wrapped, "vault/a") == data_key
    with pytest.raises(DamagedVault):
        keys.unwrap(wrapped, "vault/b")
