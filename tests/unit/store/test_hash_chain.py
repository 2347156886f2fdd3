"""A change of any entry is seen, and nothing that was appended is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plait.store import Store
from plait.store.hash_chain import CorruptLog, HashChain, NoEntry

LOG = "identity/log"


def _chain(store: Store, anchor: tuple[int, str] | None = None) -> HashChain:
    return HashChain(store.objects, LOG, "accept {}", anchor)


def _file(store: Store, number: int) -> Path:
    return Path(store.uri) / LOG / f"{number:08d}.json"


def _say(store: Store, *texts: str) -> None:
    for text in texts:
        payloads = [{"kind": "said", "text": part} for part in text.split("+")]
        _chain(store).append(lambda _, payloads=payloads: payloads)  # type: ignore[misc]


def _said(chain: HashChain) -> list[str]:
    payloads = [p for entry in chain.read().entries for p in entry.payloads if p]
    return [p["text"] for p in payloads if p["kind"] == "said"]


def test_an_empty_chain_has_no_entry(store: Store) -> None:
    content = _chain(store).read()
    assert (content.entries, content.end) == ([], 0)
    assert _chain(store).append(lambda _: []) is None
    assert _chain(store).read().end == 0


def test_what_is_appended_is_read(store: Store) -> None:
    _say(store, "one", "two+three", "four")
    assert _said(_chain(store)) == ["one", "two", "three", "four"]
    assert [entry.number for entry in _chain(store).read().entries] == [1, 2, 3]


@pytest.mark.parametrize("number", [2, 3])
def test_a_change_of_any_byte_is_seen(store: Store, number: int) -> None:
    _say(store, "one", "two", "three")
    file = _file(store, number)
    body = file.read_bytes()
    for place in range(len(body)):
        file.write_bytes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
        with pytest.raises(CorruptLog, match=f"{number:08d}"):
            _chain(store).read()
    for other in (body[:-1], body + b" ", b"", b"[]", b'{"number": 1}', b"\xff" + body):
        file.write_bytes(other)
        with pytest.raises(CorruptLog, match=f"{number:08d}"):
            _chain(store).read()
    file.write_bytes(body)
    assert _said(_chain(store)) == ["one", "two", "three"]


def test_entries_that_are_exchanged_are_seen(store: Store, tmp_path: Path) -> None:
    _say(store, "one", "two")
    other = Store(tmp_path / "other")
    _say(other, "one", "two", "three")
    _file(store, 2).write_bytes(_file(other, 2).read_bytes())
    with pytest.raises(CorruptLog, match="does not follow entry 1"):
        _chain(store).read()
    _file(store, 2).write_bytes(_file(store, 1).read_bytes())
    with pytest.raises(CorruptLog, match="holds entry 1"):
        _chain(store).read()


def test_a_payload_that_was_removed_without_a_redaction_is_seen(store: Store) -> None:
    _say(store, "one", "two+three")
    whole = _file(store, 2).read_bytes()
    _chain(store).redact([(2, 0)], "me", "erasure")
    redacted = _file(store, 2).read_bytes()
    assert b"two" in whole
    assert b"two" not in redacted
    assert _said(_chain(store)) == ["one", "three"]
    _file(store, 3).unlink()  # the entry that names the redaction
    with pytest.raises(CorruptLog, match="payload 0 was removed without a redaction"):
        _chain(store).read()


def test_a_killed_redaction_is_completed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _say(store, "one+two", "three")
    chain = _chain(store)
    monkeypatch.setattr(chain, "remove_redacted", lambda _: None)
    chain.redact([(1, 1), (2, 0)], "me", "erasure")
    assert b"three" in _file(store, 2).read_bytes()
    assert _said(_chain(store)) == ["one"]
    _chain(store).redact([(1, 1), (2, 0)], "me", "erasure")
    assert b"three" not in _file(store, 2).read_bytes()
    assert b"two" not in _file(store, 1).read_bytes()
    assert _chain(store).read().end == 3
    with pytest.raises(NoEntry, match="no payload 7"):
        _chain(store).redact([(1, 7)], "me", "erasure")


def _remove(file: Path) -> None:
    file.unlink()


def _scratch(file: Path) -> None:
    file.write_bytes(b"scratched")


def _retell(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"two"', b'"new"'))


@pytest.mark.parametrize("harm", [_remove, _scratch, _retell])
def test_an_accepted_break_verifies_and_a_restored_entry_counts(
    store: Store, harm: Callable[[Path], None]
) -> None:
    _say(store, "one", "two", "three")
    whole = _file(store, 2).read_bytes()
    harm(_file(store, 2))
    with pytest.raises(CorruptLog, match=r"00000002.*accept 2"):
        _say(store, "four")
    with pytest.raises(NoEntry, match="Broken: 2"):
        _chain(store).accept_break(3, "me", "a disk failed")
    _chain(store).accept_break(2, "me", "a disk failed")
    _say(store, "four")
    assert _said(_chain(store)) == ["one", "three", "four"]
    _file(store, 2).write_bytes(b"another change")
    with pytest.raises(CorruptLog):
        _chain(store).read()
    _file(store, 2).write_bytes(whole)
    assert _said(_chain(store)) == ["one", "two", "three", "four"]


def test_a_broken_last_entry_can_be_accepted(store: Store) -> None:
    _say(store, "one", "two")
    _scratch(_file(store, 2))
    _chain(store).accept_break(2, "me", "a disk failed")
    _say(store, "three")
    assert _said(_chain(store)) == ["one", "three"]


@pytest.mark.parametrize("again", [(), ("other", "more")])
def test_a_reader_who_has_seen_the_end_misses_it(store: Store, again: tuple[str, ...]) -> None:
    _say(store, "one", "two")
    content = _chain(store).read()
    anchor = (content.end, content.head)
    _say(store, "three")
    assert _said(_chain(store, anchor)) == ["one", "two", "three"]
    _file(store, 3).unlink()
    _file(store, 2).unlink()
    _say(store, *again)
    with pytest.raises(CorruptLog, match=r"00000002.*current version"):
        _chain(store, anchor).read()
    _chain(store, anchor).accept_break(2, "me", "an old backup")
    assert _said(_chain(store, anchor)) == ["one", *again]


def test_writers_at_once_all_append(store: Store) -> None:
    def say(writer: int) -> None:
        _say(store, *(f"{writer}.{n}" for n in range(6)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, range(8)))
    said = _said(_chain(store))
    assert len(said) == len(set(said)) == 48
    for writer in range(8):
        assert [t for t in said if t.startswith(f"{writer}.")] == [
            f"{writer}.{n}" for n in range(6)
        ]


def test_on_s3_it_is_the_same_chain(either_store: Store) -> None:
    _say(either_store, "one", "two+three")
    _chain(either_store).redact([(2, 1)], "me", "erasure")
    assert _said(_chain(either_store)) == ["one", "two"]
