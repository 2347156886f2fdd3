"""The reasons for which a row is set aside, in words, and what corrects each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plait.errors import UnknownReason, nearest

EVENTS_SOURCE, CATALOGUE_SOURCE, ACCOUNTS_SOURCE = "events", "catalogue", "accounts"
CONSENT_SOURCE = "consent"

PRICE_OUTLIER = "outlier_price"  # the row and its price stay

_MAX_SHOWN = 40  # characters of a value in a message


@dataclass(frozen=True)
class Reason:
    """A reason: words that complete "the row was set aside, because ...", and a fix.

    In `fix`, {p} stands for the platform and {s} for events, catalogue or accounts.
    """

    words: str
    fix: str


# Reasons of quarantine: the row, or a value in it, cannot be used.
QUARANTINE_REASONS: dict[str, Reason] = {
    "null_account": Reason(
        "there is no account id",
        "Set platforms.{p}.{s}.columns.account to the column with account ids. If a word such as "
        "NA is an id, set platforms.{p}.{s}.nulls: []",
    ),
    "null_object": Reason(
        "there is no item, topic, creator or query",
        "Set platforms.{p}.events.columns.item to the column with item ids. If a word such as NA "
        "is an id, set platforms.{p}.events.nulls: []",
    ),
    "null_item": Reason(
        "there is no item id", "Set platforms.{p}.catalogue.columns.item to the column of ids."
    ),
    "bad_id": Reason(
        "an id is longer than 512 characters, or has control characters",
        "Correct the ids, or the column that platforms.{p}.{s} names.",
    ),
    "nested_value": Reason(
        "the value is a list or an object, where one text or number is needed",
        "Name the path of the value inside it, such as FIELD.name, in platforms.{p}.{s}.columns, "
        "or open the list with platforms.{p}.{s}.each.",
    ),
    "bad_time": Reason(
        "the time cannot be read",
        "Set platforms.{p}.{s}.time.unit to iso, s, ms, us, ns or a pattern such as "
        "'%d.%m.%Y %H:%M'.",
    ),
    "future_time": Reason(
        "the time is more than a day after the run",
        "Set platforms.{p}.{s}.time.unit: ms (or us) if times have that resolution.",
    ),
    "ancient_time": Reason(
        "the time is before 1990", "Set platforms.{p}.{s}.time.unit to the unit of the log."
    ),
    "unknown_type": Reason(
        "the event type is not known",
        "Map the event types of the log in platforms.{p}.events.type.map.",
    ),
    "bad_order": Reason(
        "the order is not a whole number",
        "Set platforms.{p}.events.columns.order to a column of whole numbers.",
    ),
    "bad_number": Reason(
        "the value is not a number, or is a dwell below 0",
        "Set platforms.{p}.events.decimal: ',' if the numbers have decimal commas, or correct them "
        "in the log.",
    ),
    "bad_price": Reason(
        "the price is not a number of at least 0",
        "Set platforms.{p}.catalogue.decimal: ',' if prices have decimal commas, or correct "
        "platforms.{p}.catalogue.columns.price.",
    ),
    PRICE_OUTLIER: Reason(
        "the price is far from all others of the platform, so it has no price_level",
        "If it is wrong, correct the row, platforms.{p}.{s}.decimal, or "
        "platforms.{p}.{s}.columns.currency.",
    ),
    "bad_length": Reason(
        "the length is not a number of seconds above 0",
        "Correct platforms.{p}.catalogue.columns.length. For minutes, write "
        "{{column: NAME, times: 60}}.",
    ),
    "bad_currency": Reason(
        "the currency is not a code of three letters",
        "Write ISO 4217 codes, such as EUR, or correct platforms.{p}.{s}.columns.currency.",
    ),
    "bad_vector": Reason(
        "the vector has a part that is not a number",
        "Set platforms.{p}.catalogue.separator to the mark between the numbers.",
    ),
    "bad_query": Reason(
        "the query is longer than 2,000 characters",
        "Shorten the queries, or correct platforms.{p}.events.columns.query.",
    ),
    "long_dwell": Reason(
        "the dwell is longer than a day",
        "Set platforms.{p}.events.columns.dwell to {{column: COLUMN, times: 0.001}} if it is in "
        "milliseconds.",
    ),
    "ragged_row": Reason(
        "the row has more fields than the header",
        "Quote fields that hold the separator, or correct the header of the file.",
    ),
    "bad_json": Reason(
        "the line is not a JSON object in UTF-8", "Correct the line, or remove it."
    ),
    "bad_line": Reason(
        "the line does not match the pattern", "Correct platforms.{p}.{s}.pattern."
    ),
    "bad_quote": Reason(
        "a quote is open at the end of the line",
        "Close or double the quote; if quotes mean nothing in the file, set "
        "platforms.{p}.{s}.csv.quote: none",
    ),
    "bad_encoding": Reason(
        "the line has bytes that are not text in the encoding of the file",
        "Set platforms.{p}.{s}.csv.encoding, for example to cp1252.",
    ),
    "no_record": Reason(
        "there is no record at the configured path", "Correct platforms.{p}.{s}.records."
    ),
    "ragged_lists": Reason(
        "the lists that are opened together have different lengths",
        "Name lists of one length in platforms.{p}.{s}.each.",
    ),
    "unknown_consent": Reason(
        "the word is neither a yes nor a no; until it is corrected it counts as a no",
        "Map the words of the log: write the value as {{column: COLUMN, map: {{WORD: yes}}}} in "
        "platforms.{p}.consent.logs.",
    ),
    "unknown_platform": Reason(
        "the project has no such platform", "Add {p} to `platforms:`, or ignore its feedback."
    ),
}  # fmt: skip
# Reasons of removal: the row is fine, but a rule of the project leaves it out.
REMOVAL_REASONS: dict[str, Reason] = {
    "keep": Reason(
        "the filter of the project leaves it out", "Relax platforms.{p}.events.keep."
    ),
    "k_core": Reason(
        "the account or the item has too few events", "Lower platforms.{p}.events.k_core."
    ),
    "type": Reason(
        "the event type is known and not wanted",
        "If it is wanted, add its word or flag to `type` of platforms.{p}.events.",
    ),
    "near_duplicate": Reason(
        "the same event came a moment before",
        "Shorten platforms.{p}.denoise.near_duplicate_seconds.",
    ),
    "bot": Reason(
        "the account behaves like a bot",
        "If these are people: set platforms.{p}.denoise.bots.remove: false.",
    ),
    "erased": Reason(
        "the account was erased (plait erase)", "Nothing. Events after the erasure are kept."
    ),
}  # fmt: skip
REASONS: dict[str, Reason] = QUARANTINE_REASONS | REMOVAL_REASONS
# Fields of a catalogue row whose unusable value is null, while the row stays: field to reason.
VALUE_REASONS: dict[str, str] = {
    "title": "nested_value", "brand": "nested_value", "price": "bad_price",
    "currency": "bad_currency", "vector": "bad_vector", "published": "bad_time",
    "length": "bad_length",
}  # fmt: skip


def reason_words(code: str) -> str:
    """Returns the reason `code` in words; an unknown code is returned as it is."""
    return REASONS[code].words if code in REASONS else code


def reason_fix(code: str, platform: str, source: str = EVENTS_SOURCE) -> str:
    """Returns the fix of the reason `code`.

    Args:
        code: the code of the reason.
        platform: the platform of the row.
        source: what the row is of: events, catalogue or accounts.
    """
    if code not in REASONS:
        return f"Correct platforms.{platform}.{source}."
    if code == "null_account" and source == ACCOUNTS_SOURCE:
        return f"Set platforms.{platform}.accounts.account to the column with account ids."
    return REASONS[code].fix.format(p=platform, s=source)


def describe_place(file: str, row: int, element: int | None = None) -> str:
    """Returns where a row is: file:row, and the element of the row if it has several."""
    return f"{file}:{row}" + ("" if element is None else f" element {element}")


def describe_value(field: str, value: str | None) -> str:
    """Returns a field and its value, shortened; only the field if the value is hidden."""
    if value is None:
        return field
    shown = value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 3] + "..."
    return f"{field} = {shown!r}"


def check_reason(code: str, present: Iterable[str]) -> None:
    """Raises UnknownReason if `code` is neither a reason nor in `present`."""
    known = {*QUARANTINE_REASONS, *present}
    if code not in known:
        raise UnknownReason(
            f"there is no reason '{code}' for quarantine.",
            allowed=nearest(code, known),
            fix="List the reasons that occur with `plait quarantine`.",
        )
