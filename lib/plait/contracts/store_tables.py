"""The tables of a store version, with the meaning and the unit of each column."""

from __future__ import annotations

import pyarrow as pa

from plait.contracts.identity_tables import BLOCKED_KEYS, IDENTITY_EDGES, PERSON_CHANGES
from plait.contracts.table_schema import TableSchema, column

_text, _real, _long = pa.string(), pa.float64(), pa.int64()
_single, _place, _flag = pa.float32(), pa.int32(), pa.bool_()
_time = pa.timestamp("us", tz="UTC")

EVENTS = TableSchema(
    "events",
    "one thing one account did, once",
    pa.schema(
        [
            column(
                "event_id", _text, "id of the event, unique per account; repeats have the same id"
            ),
            column("platform", _text, "where it happened"),
            column("account", _text, "pseudonym of the account that did it"),
            column("person", _text, "the person behind the account"),
            column("type", _text, "what was done, an event type"),
            column("object_kind", _text, "what it was done to: item, topic, creator or query"),
            column(
                "object_id",
                _text,
                "platform:id of that thing (of an account: its pseudonym); null for a query",
                null=True,
            ),
            column("query_text", _text, "what was searched for", null=True),
            column("time", _time, "when, UTC; null if the log has only the order", null=True),
            column("time_resolution", _text, "resolution of `time`: us, s, day or order"),
            column("stamped", _time, "original time, if it was after the receipt, UTC", null=True),
            column("order", _long, "position in the source's own order; breaks ties", null=True),
            column("value", _real, "money that changed hands, in `currency`", null=True),
            column("currency", _text, "ISO 4217 code of `value`", null=True),
            column("dwell_s", _real, "seconds of attention", null=True),
            column("rating", _real, "stars or points, on the platform's own scale", null=True),
            column("strength", _real, "evidence of taste, -1 (dislike) to 1"),
            column("session", _text, "the platform's session, pseudonymised", null=True),
            column(
                "recommendation_id", _text, "recommendation that led to it, if known", null=True
            ),
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
                "null: see item_vectors; a content embedding in versions without that table",
                null=True,
            ),
            column("published", _time, "when it was listed, UTC", null=True),
            column("length_s", _real, "seconds that the whole of it takes", null=True),
            column("events", _long, "events on it"),
            column("people", _long, "people with an event on it"),
            column("first_time", _time, "its first event, UTC", null=True),
            column("last_time", _time, "its last event, UTC", null=True),
            column("price_base", _real, "price in the base currency; null: no rate", null=True),
            column(
                "price_level",
                _real,
                "place of the price among those of the platform, 0 (cheap) to 1; null: no price, "
                "an outlier, or not comparable",
                null=True,
            ),
        ]
    ),
)

ACCOUNTS = TableSchema(
    "accounts",
    "one account on one platform, with its person",
    pa.schema(
        [
            column("account", _text, "pseudonym"),
            column("platform", _text, "where the account is"),
            column("person", _text, "the person it belongs to"),
            column(
                "rule", _text, "why it joined: alone, same_account_id, the name of a key, or link"
            ),
            column("events", _long, "number of its events"),
            column("first_time", _time, "its first event, UTC", null=True),
            column("last_time", _time, "its last event, UTC", null=True),
            column("home", _text, "its pseudonym in an id space it shares, if known", null=True),
            column("bucket", _long, "bucket of its events; null if it has none", null=True),
            column("link", _flag, "whether it may be joined to others; null: yes", null=True),
            column("share", _flag, "whether other platforms may use its events", null=True),
            column("train", _flag, "whether models may be trained on its events", null=True),
        ]
    ),
)

PEOPLE = TableSchema(
    "people",
    "one person, or a person id that was merged into another",
    pa.schema(
        [
            column("person", _text, "the unified user's id"),
            column("since", _long, "store version that first had this id"),
            column("merged_into", _text, "the older id that survived, if retired", null=True),
            column("platforms", pa.list_(_text), "platforms with accounts of the person"),
            column("accounts", _long, "number of accounts"),
            column("events", _long, "number of events of these accounts"),
            column("first_time", _time, "the first event, UTC", null=True),
            column("last_time", _time, "the last event, UTC", null=True),
            column("founded_by", _text, "account that the id goes with; null: unknown", null=True),
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
            column("time", pa.list_(_time), "times, UTC; null if only the order is known"),
            column("order", pa.list_(_long), "order inside the source; may be null"),
            column("strength", pa.list_(_real), "evidence of taste of each, -1 to 1"),
            column("seen", _text, "other items of earlier events, one per line", null=True),
            column(
                "own_platform",
                _flag,
                "whether only lists of its own platform may use it",
                null=True,
            ),
            column(
                "train",
                _text,
                "whether models may be trained on each event: 1 or 0, one after the other; null: "
                "on all",
                null=True,
            ),
        ]
    ),
    bucketed=True,
)

QUARANTINE = TableSchema(
    "quarantine",
    "one unusable row, or one unusable value or outlier of a catalogue row that stays, with the "
    "reason",
    pa.schema(
        [
            column("platform", _text, "platform of the log"),
            column("file", _text, "the file, as configured"),
            column("row", _long, "row in that file, the first data row is 1"),
            column("reason", _text, "code of the check that failed"),
            column("field", _text, "contract field that failed the check"),
            column("value", _text, "its value; null if it may be personal", null=True),
            column(
                "raw",
                _text,
                "its fields as JSON; personal ones as pseudonyms or lengths; {} if uncertain; of a "
                "broken row, its masked line, or lengths",
            ),
            column(
                "element",
                _long,
                "element of that row, the first is 1; null if a row is one event",
                null=True,
            ),
            column(
                "source", _text, "events, catalogue, accounts or consent; null: events", null=True
            ),
        ]
    ),
)

IMPRESSIONS = TableSchema(
    "impressions",
    "one item that a response of the endpoint showed, with the events that followed",
    pa.schema(
        [
            column("recommendation_id", _text, "id of the response; events refer to it"),
            column("position", _place, "position in the list, from 1"),
            column("time", _time, "time of the response, UTC"),
            column("account", _text, "pseudonym of the requested account, if any", null=True),
            column("platform_of_account", _text, "where that account is", null=True),
            column(
                "person",
                _text,
                "person of the account; without an account, the requested person; null: unknown",
                null=True,
            ),
            column("person_served", _text, "person that the endpoint assumed", null=True),
            column("item", _text, "platform:id of the shown item"),
            column("platform", _text, "where the item is listed"),
            column(
                "score",
                _single,
                "score at that time; null if the model has no such item",
                null=True,
            ),
            column("propensity", _single, "probability of this item at this position, 0 to 1"),
            column("variant", _text, "alias of the model, or its pinned version"),
            column("model", _text, "name of the model"),
            column("model_version", _text, "version of the model"),
            column("events", _long, "events on the item that refer to the response"),
            column(
                "strength",
                _real,
                "their strength furthest from 0, -1 to 1; if tied, the positive one",
                null=True,
            ),
            column("first_time", _time, "time of the first of them, UTC", null=True),
        ]
    ),
)

ITEM_VECTORS = TableSchema(
    "item_vectors",
    "the vector of one item in one space; vectors of a space are comparable, of one length",
    pa.schema(
        [
            column("item", _text, "platform:id"),
            column("space", _text, "source: content (from a catalogue), or the name of an encoder"),
            column("vector", pa.list_(_single), "the embedding, as given"),
        ]
    ),
)

REMOVED_EVENTS = TableSchema(
    "removed_events",
    "one event that was removed as noise; a later run judges it again",
    EVENTS.schema.append(column("removed_as", _text, "why it was removed: near_duplicate or bot")),
    bucketed=True,
)

BOTS = TableSchema(
    "bots",
    "one account that was removed as a bot, with its figures; events without a time are left out",
    pa.schema(
        [
            column("account", _text, "pseudonym"),
            column("platform", _text, "where the account is"),
            column("reason", _text, "the rule that it met, such as sleepless_and_broad"),
            column("events", _long, "number of its events"),
            column("objects", _long, "number of distinct things that they were done to"),
            column("breadth", _real, "objects divided by events, 0 to 1"),
            column("active_hours", _long, "hours of the clock with an event"),
            column("events_per_hour", _real, "events divided by active hours"),
            column("max_per_hour", _long, "events of its busiest hour of the clock"),
            column(
                "gap_variation",
                _real,
                "standard deviation of the times between events, by their mean; pauses left out",
                null=True,
            ),
            column("hour_entropy", _real, "entropy of the hours of the day (UTC), bits"),
            column("object_entropy", _real, "entropy of the objects, bits"),
            column("longest_hours", _real, "longest activity without a pause, hours"),
            column("first_time", _time, "its first event, UTC"),
            column("last_time", _time, "its last event, UTC"),
        ]
    ),
)

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (
        EVENTS,
        ITEMS,
        ITEM_VECTORS,
        PEOPLE,
        ACCOUNTS,
        SEQUENCES,
        QUARANTINE,
        IMPRESSIONS,
        REMOVED_EVENTS,
        BOTS,
        IDENTITY_EDGES,
        BLOCKED_KEYS,
        PERSON_CHANGES,
    )
}
# Tables added without a new contract version: versions of an older plait lack them.
ADDED_TABLES: frozenset[str] = frozenset(
    {
        ITEM_VECTORS.name,
        IMPRESSIONS.name,
        REMOVED_EVENTS.name,
        BOTS.name,
        IDENTITY_EDGES.name,
        BLOCKED_KEYS.name,
        PERSON_CHANGES.name,
    }
)
