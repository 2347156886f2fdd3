"""The tables of a store version. A column's meaning and units stand beside it."""

from __future__ import annotations

import pyarrow as pa

from plait.contracts.table_schema import TableSchema, column

_text, _real, _long = pa.string(), pa.float64(), pa.int64()
_single, _place = pa.float32(), pa.int32()
_time = pa.timestamp("us", tz="UTC")

EVENTS = TableSchema(
    "events",
    "one thing one account did, once",
    pa.schema(
        [
            column("event_id", _text, "one event of one account; repeats of it are one event"),
            column("platform", _text, "where it happened"),
            column("account", _text, "pseudonym of the account that did it"),
            column("person", _text, "the person behind the account"),
            column("type", _text, "what was done, a word of the event vocabulary"),
            column("object_kind", _text, "what it was done to: item, topic, creator or query"),
            column(
                "object_id",
                _text,
                "platform:id of that thing (of an account: its pseudonym); null for a query",
                null=True,
            ),
            column("query_text", _text, "what was searched for", null=True),
            column("time", _time, "when, UTC; null where the log knows only the order", null=True),
            column("time_resolution", _text, "how fine `time` is: us, s, day or order"),
            column("stamped", _time, "the source's own time, if it was after receipt", null=True),
            column("order", _long, "place in the source's own order; breaks ties", null=True),
            column("value", _real, "money that changed hands, in `currency`", null=True),
            column("currency", _text, "ISO 4217 code of `value`", null=True),
            column("dwell_s", _real, "seconds of attention", null=True),
            column("rating", _real, "stars or points, on the platform's own scale", null=True),
            column("strength", _real, "what the event says about taste, -1 to 1"),
            column("session", _text, "the platform's session, pseudonymised", null=True),
            column("recommendation_id", _text, "the answer that led to it, if told", null=True),
        ]
    ),
    bucketed=True,
)

ITEMS = TableSchema(
    "items",
    "one listing on one platform",
    pa.schema(
        [
            column("item", _text, "platform:id"),
            column("platform", _text, "where it is listed"),
            column("title", _text, "its name", null=True),
            column("categories", pa.list_(_text), "categories, broad to narrow", null=True),
            column("brand", _text, "brand, creator or publisher", null=True),
            column("price", _real, "price in `currency`", null=True),
            column("currency", _text, "ISO 4217 code of `price`", null=True),
            column("tags", pa.list_(_text), "free tags", null=True),
            column(
                "vector",
                pa.list_(_single),
                "null: item_vectors has it; where there is no such table, a content embedding",
                null=True,
            ),
            column("published", _time, "when it was listed, UTC", null=True),
            column("events", _long, "events on it"),
            column("people", _long, "people who touched it"),
            column("first_time", _time, "its first event, UTC", null=True),
            column("last_time", _time, "its last event, UTC", null=True),
        ]
    ),
)

ACCOUNTS = TableSchema(
    "accounts",
    "one account on one platform, and whose it is",
    pa.schema(
        [
            column("account", _text, "pseudonym"),
            column("platform", _text, "where the account is"),
            column("person", _text, "the person it belongs to"),
            column("rule", _text, "what joined it: alone, same_account_id, a key's name, or link"),
            column("events", _long, "events it made"),
            column("first_time", _time, "its first event, UTC", null=True),
            column("last_time", _time, "its last event, UTC", null=True),
            column("home", _text, "its pseudonym in an id space it shares, if known", null=True),
            column("bucket", _long, "where its events lie; null if none was ever read", null=True),
        ]
    ),
)

PEOPLE = TableSchema(
    "people",
    "one person, or one that was merged into another",
    pa.schema(
        [
            column("person", _text, "the unified user's id"),
            column("since", _long, "store version that first knew this id"),
            column("merged_into", _text, "the older id that survived, if retired", null=True),
            column("platforms", pa.list_(_text), "where this person has accounts"),
            column("accounts", _long, "accounts joined"),
            column("events", _long, "events of all of them"),
            column("first_time", _time, "the first event, UTC", null=True),
            column("last_time", _time, "the last event, UTC", null=True),
        ]
    ),
)

SEQUENCES = TableSchema(
    "sequences",
    "one person's last item events, oldest first; the lists are parallel",
    pa.schema(
        [
            column("person", _text, "the unified user's id"),
            column("total", _long, "item events before trimming"),
            column("event_id", pa.list_(_text), "event ids"),
            column("platform", pa.list_(_text), "platforms"),
            column("item", pa.list_(_text), "item ids, platform:id"),
            column("type", pa.list_(_text), "event types"),
            column("time", pa.list_(_time), "times, UTC; null where only the order is known"),
            column("order", pa.list_(_long), "order inside the source; may be null"),
            column("strength", pa.list_(_real), "what each says about taste, -1 to 1"),
            column("seen", _text, "other items of the events before those, one a line", null=True),
        ]
    ),
    bucketed=True,
)

QUARANTINE = TableSchema(
    "quarantine",
    "one row that could not be used, and why",
    pa.schema(
        [
            column("platform", _text, "whose log it came from"),
            column("file", _text, "the file, as configured"),
            column("row", _long, "row in that file, the first data row is 1"),
            column("reason", _text, "code of the check that failed"),
            column("field", _text, "the contract field at fault"),
            column("value", _text, "what stood there; null where that may be personal", null=True),
            column(
                "raw",
                _text,
                "its fields as JSON: personal ones as pseudonyms or lengths; {} if in doubt",
            ),
        ]
    ),
)

IMPRESSIONS = TableSchema(
    "impressions",
    "one item that an answer of the endpoint showed, and what it led to",
    pa.schema(
        [
            column("recommendation_id", _text, "the answer; events name it"),
            column("position", _place, "place in the answer's list, from 1"),
            column("time", _time, "when it was answered, UTC"),
            column("account", _text, "pseudonym of the account that asked, if one did", null=True),
            column("platform_of_account", _text, "where that account is", null=True),
            column(
                "person",
                _text,
                "whose account it is; of a call without one, the person it named; null: unknown",
                null=True,
            ),
            column("person_served", _text, "whom the endpoint took it for", null=True),
            column("item", _text, "platform:id of what was shown"),
            column("platform", _text, "where the item is listed"),
            column(
                "score", _single, "its score then; null if the model has no such item", null=True
            ),
            column("propensity", _single, "probability of showing it there, 0 to 1"),
            column("variant", _text, "alias of the model that answered, or its pinned version"),
            column("model", _text, "name of that model"),
            column("model_version", _text, "its version"),
            column("events", _long, "events on the item that name the answer"),
            column(
                "strength",
                _real,
                "of those, the strength furthest from 0, -1 to 1; of equals the higher",
                null=True,
            ),
            column("first_time", _time, "when the first of them happened, UTC", null=True),
        ]
    ),
)

ITEM_VECTORS = TableSchema(
    "item_vectors",
    "the vector of one item in one space; those of a space have one length and compare",
    pa.schema(
        [
            column("item", _text, "platform:id"),
            column(
                "space", _text, "what made it: content (a catalogue's own), or an encoder's name"
            ),
            column("vector", pa.list_(_single), "the embedding, as it was given"),
        ]
    ),
)

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (EVENTS, ITEMS, ITEM_VECTORS, PEOPLE, ACCOUNTS, SEQUENCES, QUARANTINE, IMPRESSIONS)
}
# Tables that came within a contract: a version that an older plait published lacks them.
ADDED_TABLES: frozenset[str] = frozenset({ITEM_VECTORS.name, IMPRESSIONS.name})
