"""Undoes an assertion, as if it had never been made."""

from __future__ import annotations

from plait.errors import PlaitError
from plait.identity.assertions.assertion import ANSWER, LINK, UNDO, UNLINK
from plait.identity.assertions.identity_log import open_log, record_history
from plait.store.chain_entry import ChainEntry, EntryPlace, Payload
from plait.store.hash_chain import ChainContent
from plait.store.store import Store

_LIST = "plait identity log"


class CannotUndo(PlaitError):
    """There is no such assertion, or it is undone already."""


def undo_assertion(
    store: Store, number: int, index: int | None, who: str, why: str, *, dry_run: bool = False
) -> tuple[EntryPlace, Payload]:
    """Undoes assertion `index` of entry `number`; returns its place, and what it said.

    It does not count any more at the next fuse. An assertion on the same two accounts before it
    counts again.

    Args:
        store: the store.
        number: the number of the entry.
        index: the index of the assertion in the entry; null: its only one.
        who: who undoes it.
        why: the reason.
        dry_run: check it, and append nothing.

    Raises:
        CannotUndo: there is no such assertion, it is undone already, or `index` is needed.
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """
    if dry_run:
        return _find(open_log(store).read(), number, index)
    record_history(store)
    found: tuple[EntryPlace, Payload] | None = None

    def decide(content: ChainContent) -> list[Payload]:
        nonlocal found
        found = _find(content, number, index)
        (of, at), _ = found
        return [{"kind": UNDO, "entry": of, "index": at, "who": who, "why": why}]

    open_log(store).append(decide)
    assert found is not None
    return found


def _find(content: ChainContent, number: int, index: int | None) -> tuple[EntryPlace, Payload]:
    entry = next((entry for entry in content.entries if entry.number == number), None)
    if entry is None:
        known = f"The log has the entries 1 to {content.end}." if content.end else "It is empty."
        raise CannotUndo(
            f"the identity log has no entry {number}.", allowed=known, fix=f"List them: {_LIST}"
        )
    index = _only_index(entry) if index is None else index
    payload = entry.payloads[index] if index < len(entry.payloads) else None
    if payload is None:
        what = "was removed by an erasure" if index < len(entry.payloads) else "does not exist"
        raise CannotUndo(f"assertion {number}.{index} {what}.", fix=f"List them: {_LIST}")
    kind = payload["kind"]
    if kind == UNDO:
        raise CannotUndo(
            f"{number}.{index} is itself an undo, of {payload['entry']}.{payload['index']}.",
            allowed="Undo a link, an unlink or an answer.",
            fix="Make the assertion again: plait identity link (or unlink) A B --why ...",
        )
    if kind not in (LINK, UNLINK, ANSWER):
        raise CannotUndo(
            f"{number}.{index} is no assertion, but a record of the log ({kind}).",
            allowed="Undo a link, an unlink or an answer.",
            fix=f"List them: {_LIST}",
        )
    for later in content.entries:
        for said in later.payloads:
            if said and said["kind"] == UNDO and (said["entry"], said["index"]) == (number, index):
                raise CannotUndo(
                    f"{number}.{index} is undone already, by entry {later.number}, on "
                    f"{later.time:%Y-%m-%d %H:%M} UTC ({said['who']}: {said['why']}).",
                    fix="Nothing is left to do.",
                )
    return (number, index), payload


def _only_index(entry: ChainEntry) -> int:
    """Returns the index of the only assertion of `entry`; 0 if it has none.

    Raises:
        CannotUndo: it has several.
    """
    about = [i for i, p in enumerate(entry.payloads) if p and p["kind"] in (LINK, UNLINK, ANSWER)]
    if len(about) > 1:
        raise CannotUndo(
            f"entry {entry.number} has {len(about)} assertions.",
            allowed=f"They are {entry.number}.{about[0]} to {entry.number}.{about[-1]}.",
            fix=f"Name one: plait identity undo {entry.number}.{about[0]} --why ...",
        )
    return about[0] if about else 0
