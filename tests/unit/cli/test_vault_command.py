"""`plait vault rewrap` moves a vault to the newest master key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import _open_shop

ONE, TWO = "1" * 64, "2" * 64
ACCOUNTS = """\
    accounts: {files: who.csv, account: user, keys: {mail: mail}}
people: {vault: {key_file: vault.key}}
"""


def test_older_master_keys_are_no_longer_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAIT_VAULT_KEY", raising=False)
    shop = _open_shop(tmp_path, None, monkeypatch)
    assert "has no vault" in shop.refused("vault", "rewrap")
    with (tmp_path / "plait.yaml").open("a") as file:
        file.write(ACCOUNTS)
    (tmp_path / "who.csv").write_text("user,mail\nu-a,m1\n")
    key = tmp_path / "vault.key"
    key.touch(0o600)
    key.write_text(ONE)
    shop.fuse("a")
    key.write_text(f"{ONE}\n{TWO}\n")
    assert "1 object of the vault changed" in shop.run("vault", "rewrap").stdout
    key.write_text(TWO)
    assert json.loads(shop.run("vault", "rewrap", "--json").stdout) == {"rewrapped": 0}
    shop.fuse("b")
    key.write_text(ONE)
    assert "LostVaultKey" in shop.refused("vault", "rewrap")
