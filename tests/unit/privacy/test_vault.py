"""The vault: what is written is read, encrypted, by those with the key, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import BadKey, DamagedVault, LostVaultKey
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, pseudonymise
from plait.privacy.vault import MAX_OBJECTS, Vault
from plait.privacy.vault_keys import LocalMasterKeys, master_key_id
from plait.store import Store
from plait.store.object_folder import ObjectFolder
from tests.s3 import Bucket

OLD, NEW = bytes(32), b"\1" * 32
KEY = PseudonymKey("k" * 64)
ROTATED = PseudonymKey("k" * 64, ("j" * 64, "i" * 64))


def _keys(*keys: bytes) -> LocalMasterKeys:
    return LocalMasterKeys(keys or (OLD,), "the test")


def _vault(store: Store, *keys: bytes, key: PseudonymKey = KEY) -> Vault:
    return Vault(ObjectFolder(store.objects), _keys(*keys), key)


def _rows(*raws: str, key: PseudonymKey = KEY, **values: str) -> pl.DataFrame:
    accounts = account_pseudonym(pl.Series("account", raws), key, "shop")
    told = [pl.lit(value).alias(name) for name, value in values.items()]
    return pl.DataFrame([accounts]).with_columns(pl.lit("shop").alias("platform"), *told)


def _text(vault: Vault) -> set[tuple[str, ...]]:
    return set(vault.read().rows())


def _files(store: Store) -> list[Path]:
    return sorted(file for file in Path(store.uri, "vault").rglob("*") if file.is_file())


PEOPLE = [f"u{n}" for n in range(60)]


def test_what_is_written_is_read_and_stands_nowhere_in_the_clear(store: Store) -> None:
    rows = _rows(*PEOPLE, name="Erika Mustermann", mail="erika@example.com")
    _vault(store).write(rows)
    assert _text(_vault(store)) == set(rows.rows())
    files = _files(store)
    assert 10 < len(files) <= 16
    for file in files:
        assert file.suffix == ".plait"
        assert not any(text in file.read_bytes() for text in (b"Erika", b"example", b"PAR1"))
    assert _vault(store).read("other").is_empty()


def test_the_newest_rows_of_an_account_count_and_columns_may_change(store: Store) -> None:
    vault = _vault(store)
    vault.write(pl.concat([_rows("ann", "bob", name="a"), _rows("ann", name="b")]))
    vault.write(_rows("ann", city="Bern"))
    vault.write(_rows("zoe", name="z"), "other")
    ann, bob = _rows("ann", "bob")["account"]
    assert _text(vault) == {(ann, "shop", None, "Bern"), (bob, "shop", "a", None)}
    assert vault.read("other")["name"].to_list() == ["z"]


def test_many_writes_are_merged(store: Store) -> None:
    vault = _vault(store)
    for n in range(3 * MAX_OBJECTS):
        vault.write(_rows("ann", name=str(n)))
        vault.write(_rows(f"u{n}", name="x"))
    assert vault.read().filter(account=_rows("ann")["account"][0])["name"].to_list() == ["23"]
    assert vault.read().height == 3 * MAX_OBJECTS + 1
    by_bucket = {file.parent for file in _files(store)}
    assert all(len(list(folder.iterdir())) <= MAX_OBJECTS for folder in by_bucket)


def test_what_is_removed_is_in_no_byte_of_the_store(store: Store) -> None:
    vault = _vault(store)
    vault.write(_rows(*PEOPLE, name="old"))
    vault.write(_rows(*PEOPLE[:30], name="new"))
    vault.write(_rows("u7", name="x"), "other")
    gone = _rows("u7", "u50", "nobody")["account"]
    before = {file: file.read_bytes() for file in _files(store)}
    assert vault.remove(gone) == 3
    assert vault.remove(gone) == 0
    left = vault.read()
    assert left.height == 58
    assert left.filter(pl.col("account").is_in(gone.implode())).is_empty()
    assert vault.read("other").is_empty()
    changed = {name[-1] for name in gone[:2]}
    for file in _files(store):
        assert (before.get(file) == file.read_bytes()) == (file.parent.name not in changed)
        body = _open(file, store)
        assert not any(name.encode() in body for name in gone)


def _open(file: Path, store: Store) -> bytes:
    from plait.privacy.vault_object import unseal

    path = file.relative_to(store.uri).as_posix()
    rows = pl.read_parquet(unseal(path, file.read_bytes(), _keys())[0])
    return rows.write_csv().encode()


def test_what_a_killed_run_left_does_not_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _vault(store)
    vault.write(_rows("ann", "bob", name="x"))
    gone = _rows("ann")["account"]
    with monkeypatch.context() as patch:  # killed after the new object, before the old is removed
        patch.setattr(ObjectFolder, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            vault.remove(gone)
    assert vault.read()["account"].to_list() == _rows("bob")["account"].to_list()
    assert any(gone[0].encode() in _open(file, store) for file in _files(store))
    vault.remove(gone)
    assert not any(gone[0].encode() in _open(file, store) for file in _files(store))


def test_the_master_key_rotates(store: Store) -> None:
    vault = _vault(store)
    vault.write(_rows(*PEOPLE, name="x"))
    both = _vault(store, OLD, NEW)
    both.write(_rows("u1", name="y"))
    rows = _text(both)
    with pytest.raises(LostVaultKey):
        _vault(store, NEW).read()
    count = len(_files(store))
    assert both.rewrap() == count - 1
    assert both.rewrap() == 0
    assert _text(_vault(store, NEW)) == rows
    with pytest.raises(LostVaultKey):
        vault.read()


def test_a_lost_key_says_which_key_is_needed_and_where_it_was_looked_for(store: Store) -> None:
    _vault(store).write(_rows("ann", name="x"))
    with pytest.raises(LostVaultKey) as caught:
        _vault(store, NEW).read()
    said = str(caught.value)
    assert f"needs the master key {master_key_id(OLD)}; the test has {master_key_id(NEW)}" in said
    assert "PLAIT_VAULT_KEY" in said
    assert "plait vault rewrap" in said


@pytest.mark.parametrize("keep", [0, 5, 14, 40, 200, -1])
def test_a_truncated_object_is_told(store: Store, keep: int) -> None:
    _vault(store).write(_rows("ann", name="x"))
    (file,) = _files(store)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DamagedVault, match="truncated or was changed"):
        _vault(store).read()


def test_every_changed_byte_is_told(store: Store) -> None:
    _vault(store).write(_rows("ann", name="x"))
    (file,) = _files(store)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((DamagedVault, LostVaultKey)):  # a byte of the master key's id
            _vault(store).read()


def test_objects_cannot_be_swapped(store: Store) -> None:
    vault = _vault(store)
    vault.write(_rows("ann", name="x"))
    (file,) = _files(store)
    vault.write(_rows("ann", name="y"))
    first, second = _files(store)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(DamagedVault):
        vault.read()
    second.unlink()
    with pytest.raises(DamagedVault):
        vault.read()
    assert file == first


def test_accounts_and_hashes_follow_a_rotation_of_the_pseudonym_keys(store: Store) -> None:
    def told(key: PseudonymKey, *raws: str) -> pl.DataFrame:
        mails = pseudonymise(pl.Series(raws), key, "key:mail").alias("value")
        return _rows(*raws, key=key, plain="same").with_columns(mails)

    middle = PseudonymKey(KEY.secret, ROTATED.later[:1])
    _vault(store).write(told(KEY, *PEOPLE), hashed=["value"])
    _vault(store, key=middle).write(told(middle, "u1", "new"), hashed=["value"])
    rotated = _vault(store, key=ROTATED)
    assert set(rotated.read().rows()) == set(told(ROTATED, *PEOPLE, "new").rows())
    rotated.write(told(ROTATED, "u2"), hashed=["value"])
    assert set(rotated.read().rows()) == set(told(ROTATED, *PEOPLE, "new").rows())
    assert {file.parts[-3] for file in _files(store)} == {ROTATED.id}
    assert rotated.remove(told(KEY, "u3")["account"]) == 1
    with pytest.raises(BadKey, match=r"vault/.* has pseudonyms of the key"):
        _vault(store).read()


def test_a_killed_rotation_is_finished_by_the_next_write(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _vault(store).write(_rows(*PEOPLE, name="x"))
    rotated = _vault(store, key=ROTATED)
    with monkeypatch.context() as patch:
        patch.setattr(ObjectFolder, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rotated.write(_rows("u1", key=ROTATED, name="y"))
    assert rotated.read().height == len(PEOPLE)
    rotated.write(_rows("u1", key=ROTATED, name="y"))
    assert rotated.read()["name"].value_counts().sort("count")["count"].to_list() == [1, 59]
    assert {file.parts[-3] for file in _files(store)} == {ROTATED.id}


def test_two_runs_at_once_lose_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _vault(store), _vault(store)
    write, raced = ObjectFolder.write, []

    def write_second(self: ObjectFolder, name: str, body: bytes, *, new: bool) -> bool:
        if not raced:
            raced.append(name)
            second.write(_rows("ann", name="second"))
        return write(self, name, body, new=new)

    monkeypatch.setattr(ObjectFolder, "write", write_second)
    first.write(_rows("ann", name="first"))
    assert [file.name for file in _files(store)] == ["1.plait", "2.plait"]
    assert first.read()["name"].to_list() == ["first"]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["write", "remove", "rewrap"]),
            st.sets(st.sampled_from(PEOPLE[:6]), min_size=1),
            st.text("xyz", max_size=2),
        ),
        max_size=24,
    )
)
def test_it_is_a_dictionary_of_accounts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[str], str]]
) -> None:
    vault = _vault(Store(tmp_path_factory.mktemp("store")), OLD, NEW)
    held: dict[str, str] = {}
    for what, raws, value in steps:
        accounts = _rows(*sorted(raws))["account"]
        if what == "write":
            vault.write(_rows(*sorted(raws), name=value))
            held |= dict.fromkeys(accounts, value)
        elif what == "remove":
            assert vault.remove(accounts) == sum(held.pop(a, None) is not None for a in accounts)
        else:
            vault.rewrap()
    rows = vault.read()
    assert ({} if rows.is_empty() else dict(rows[["account", "name"]].rows())) == held


def test_the_format_of_an_object_is_fixed() -> None:
    """Opens an object by hand, so that a change of the format is noticed."""
    import base64
    import json

    from plait.privacy.vault_object import seal

    path = "vault/attributes/0000/a/1.plait"
    sealed = seal(path, b"rows", {"replaces": 0}, _keys())
    size = int.from_bytes(sealed[12:16], "big")
    header = json.loads(sealed[16 : 16 + size])
    assert (sealed[:12], header["format"]) == (b"plait vault\n", 1)
    wrapped = base64.b64decode(header["key"])
    data_key = AESGCM(OLD).decrypt(wrapped[:12], wrapped[12:], path.encode())
    associated = f"{path}\0{header['about']}".encode()
    nonce = base64.b64decode(header["nonce"])
    assert AESGCM(data_key).decrypt(nonce, sealed[16 + size :], associated) == b"rows"


@pytest.mark.slow
def test_a_vault_on_s3_is_written_merged_and_emptied(bucket: Bucket) -> None:
    store = Store(f"{bucket.uri}/shop")
    vault = _vault(store, OLD, NEW)
    for n in range(MAX_OBJECTS + 1):
        vault.write(_rows("ann", "bob", name=str(n)))
    assert vault.read()["name"].to_list() == [str(MAX_OBJECTS)] * 2
    assert len(bucket.keys("shop/vault")) == 2
    assert vault.remove(_rows("ann")["account"]) == 1
    assert vault.read().height == 1
    assert vault.rewrap() == 0
