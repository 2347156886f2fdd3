"""A master key in KMS, which is moto's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import polars as pl
import pytest
from moto import mock_aws
from moto.backends import get_backend

from plait.errors import BadKey, DamagedVault, LostVaultKey
from plait.privacy.kms_keys import KmsMasterKeys
from plait.privacy.pseudonym_key import PseudonymKey
from plait.privacy.vault import Vault
from plait.privacy.vault_keys import LocalMasterKeys, WrappedKey
from plait.store import Store
from plait.store.object_folder import ObjectFolder

LOCAL = LocalMasterKeys((b"\1" * 32,), "the test")
ROWS = pl.DataFrame({"account": [f"a{n}" for n in "0123"], "name": list("wxyz")})


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


def _vault(store: Store, keys: KmsMasterKeys | LocalMasterKeys) -> Vault:
    return Vault(ObjectFolder(store.objects), keys, PseudonymKey("k" * 32))


def test_a_vault_under_a_local_key_moves_to_kms(store: Store, kms: Any) -> None:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/plait", TargetKeyId=arn)
    _vault(store, LOCAL).write(ROWS)
    both = _vault(store, KmsMasterKeys.open("alias/plait", LOCAL))
    both.write(pl.DataFrame({"account": ["a0"], "name": ["new"]}))
    assert both.rewrap() == 4
    assert both.rewrap() == 0
    alone = _vault(store, KmsMasterKeys.open(arn, None))
    assert dict(alone.read().select("account", "name").rows()) == {
        "a0": "new", "a1": "x", "a2": "y", "a3": "z",
    }  # fmt: skip
    with pytest.raises(LostVaultKey, match=r"needs the master key kms:arn:aws:kms"):
        _vault(store, LOCAL).read()


def test_a_data_key_is_bound_to_the_path_of_its_object(kms: Any) -> None:
    keys = KmsMasterKeys.open(kms.create_key()["KeyMetadata"]["KeyId"], None)
    data_key, wrapped = keys.new_data_key("vault/a")
    assert (len(data_key), keys.unwrap(wrapped, "vault/a")) == (32, data_key)
    assert keys.is_newest(wrapped.master)
    with pytest.raises(DamagedVault):
        keys.unwrap(wrapped, "vault/b")
    with pytest.raises(LostVaultKey, match="neither PLAIT_VAULT_KEY nor a file is given"):
        keys.unwrap(WrappedKey("abcd0123", b""), "vault/a")


def test_a_key_that_is_gone_says_so(store: Store, kms: Any) -> None:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    vault = _vault(store, KmsMasterKeys.open(arn, None))
    vault.write(ROWS)
    get_backend("kms")[arn.split(":")[4]]["eu-central-1"].reset()  # moto ends no key by itself
    with pytest.raises(LostVaultKey, match=f"kms:{arn}; KMS says NotFoundException"):
        vault.read()
    with pytest.raises(BadKey, match=r"alias/none' cannot be used \(NotFoundException\)"):
        _vault(store, KmsMasterKeys.open("alias/none", None)).write(ROWS)


def test_the_region_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(BadKey, match="Set AWS_REGION"):
        KmsMasterKeys.open("alias/plait", None)
    client = KmsMasterKeys.open("arn:aws:kms:eu-west-1:1:key/x", None).client
    assert client.meta.region_name == "eu-west-1"
