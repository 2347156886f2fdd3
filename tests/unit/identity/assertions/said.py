"""Short words for assertions."""

from __future__ import annotations

from datetime import UTC, datetime

from plait.identity.assertions.assertion import Assertion
from plait.identity.assertions.identity_log import append_assertions, read_standing
from plait.live.link_reason import LinkReason
from plait.live.stream_entries import decode_links, encode_link, encode_unlink
from plait.store import Store
from plait.store.chain_entry import EntryPlace
from plait.store.feedback.feedback_log import FeedbackLog

Pair = tuple[str, str]


def end(name: str) -> tuple[str, str]:
    """Returns the account `name`."""
    return f"a_{name}", "shop"


def write(store: Store, *said: tuple[str, str, bool]) -> list[EntryPlace]:
    """Writes links (true) and unlinks to the identity log, as one entry."""
    return append_assertions(
        store,
        [
            Assertion("link" if joined else "unlink", end(a), end(b), joined, "me", "because")
            for a, b, joined in said
        ],
    )


def post(store: Store, name: str, *said: tuple[str, str, bool], ms: int | None = None) -> None:
    """Writes what was posted to the feedback log, as the object `name`.

    Args:
        store: the store.
        name: the name, with the ids of the first and the last stream entry.
        said: the links (true) and unlinks.
        ms: when they were made; default: the time in the name.
    """
    ms = int(name.partition("-")[0]) if ms is None else ms
    now = datetime.fromtimestamp(ms / 1000, UTC)
    entries = [
        (encode_link if joined else encode_unlink)(
            end(a), end(b), now, LinkReason("web", "clicked")
        )
        for a, b, joined in said
    ]
    FeedbackLog(store).write_links(decode_links(entries), name)


def standing(store: Store) -> dict[Pair, bool]:
    """Returns whether each pair is joined, by the assertions that stand."""
    rows = read_standing(store).select("account_a", "account_b", "joined").rows()
    return {(a.removeprefix("a_"), b.removeprefix("a_")): joined for a, b, joined in rows}
