"""Finds which column plays which role in a table, by names and by values."""

from __future__ import annotations

import re
from collections.abc import Callable

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import rate_name
from plait.inspection.event_words import share_known
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.unnamed_ids import choose_unnamed_ids, is_unnamed

_MAX_TYPES = 60
_RATING_STEPS = 101
_NARROW = 8  # columns
ACTS = re.compile(
    r"(?i)(?:^|[^a-z])(?:read|watched|played|viewed|listened|rated|clicked)(?:$|[^a-z])"
)
# The least rating at which a column gets a role.
_LEAST = {
    "time": 0.25,
    "type": 0.45,
    "dwell": 0.6,
    "rating": 0.6,
    "value": 0.6,
    "item": 0.5,
    "account": 0.5,
}


def find_log_roles(table: SampleTable) -> Roles:
    """Returns the roles of the columns of a log."""
    roles = Roles()
    order = ("time", "account", "type", "item", "rating", "dwell", "value", "currency", "session",
             "event_id", "query", "creator", "topic")  # fmt: skip
    for role in order:
        # In a wide table without a header, any small number would pass for a rating.
        known = table.has_header or (len(table.columns) <= _NARROW and "type" not in roles.chosen)
        if role != "rating" or known:
            _choose(role, table, roles)
    if not table.has_header:
        choose_unnamed_ids(table, roles)
    return roles


def find_catalogue_roles(table: SampleTable) -> Roles:
    """Returns the roles of the columns of a catalogue."""
    roles = Roles()
    for role in (
        "key",
        "title",
        "categories",
        "brand",
        "price",
        "currency",
        "tags",
        "vector",
        "published",
        "length",
    ):
        _choose(role, table, roles)
    return roles


def find_item_attributes(table: SampleTable, log: Roles) -> dict[str, str]:
    """Returns the columns of a log that describe its items: title, categories and brand.

    Args:
        table: the sample.
        log: the roles of its columns.
    """
    roles = Roles(dict(log.chosen))
    fields = ("title", "categories", "brand")
    for role in fields:
        _choose(role, table, roles)
    return {field: column for field in fields if (column := roles.get(field))}


def find_account_roles(table: SampleTable) -> Roles:
    """Returns the roles of the columns of account attributes: the account, and identity keys."""
    roles = Roles()
    for role in ("email_hash", "phone_hash", "loyalty_id", "account"):
        _choose(role, table, roles)
    return roles


def _choose(role: str, table: SampleTable, roles: Roles) -> None:
    taken = set(roles.chosen.values())
    rates = {
        name: rate
        for name, facts in table.columns.items()
        if name not in taken and len(facts.given) and (rate := _RATES[role](facts)) > 0
    }
    ranked = sorted(rates, key=lambda name: -rates[name])
    if not ranked or rates[ranked[0]] < _LEAST.get(role, 0.4):
        return
    best = ranked[0]
    roles.chosen[role], roles.rated[role] = best, min(1.0, rates[best])
    roles.others[role] = [n for n in ranked[1:4] if rates[n] >= max(0.8 * rates[best], 0.4)]


def _rate_time(facts: ColumnFacts) -> float:
    name = rate_name("time", facts.name)
    if facts.time is None or (
        max(rate_name("item", facts.name), rate_name("account", facts.name)) >= 0.8 > name
    ):
        return 0.0
    present = 1 - 0.5 * facts.null_share
    if facts.distinct == 1 and len(facts.given) > 10:
        present *= 0.5  # the day of the export
    acted = 0.3 if ACTS.search(facts.name) else 0.0  # when it was read, not when it was added
    finer = -0.1 if facts.time.day else 0.05
    return (acted + 0.55 * name + 0.4 * facts.time.share + finer) * present


def _rate_account(facts: ColumnFacts) -> float:
    name = rate_name("account", facts.name)
    if not name or facts.is_flag or facts.is_json or facts.is_url or facts.length > 128:
        return 0.0
    if facts.number_share == 1 and not facts.whole and name < 0.9:
        return 0.0
    if name < 0.5 and facts.distinct == 1 and len(facts.given) > 10:
        return 0.0  # the address of the one whose export it is
    lone = facts.unique_share > 0.98 and facts.distinct > 20
    rate = 0.7 * name + (0.0 if lone else 0.3)
    return rate * (0.5 if facts.null_share > 0.95 else 0.8 if facts.null_share > 0.5 else 1.0)


def _rate_item(facts: ColumnFacts) -> float:
    name = rate_name("item", facts.name)
    if facts.distinct == 1 and len(facts.given) > 10:
        return 0.0  # a name of the whole log, such as that of the app
    if not name or facts.is_flag or facts.is_json or (facts.time is not None and name < 0.8):
        return 0.0
    if facts.number_share == 1 and not facts.whole:
        return 0.0
    fits = facts.is_id or facts.is_url
    return 0.7 * name + (0.3 if fits else 0.0) - (0.3 if facts.null_share > 0.5 else 0.0)


def _rate_type(facts: ColumnFacts) -> float:
    if not facts.words or len(facts.words) > _MAX_TYPES or facts.is_flag or facts.time is not None:
        return 0.0
    name = rate_name("type", facts.name)
    if facts.number_share > 0.9 and (not facts.whole or name < 0.6 or len(facts.words) > 12):
        return 0.0
    if facts.unique_share > 0.5 and len(facts.given) > 10:
        return 0.0
    known = share_known(facts.words)
    if is_unnamed(facts.name):
        return 0.5 if known >= 0.5 and facts.null_share < 0.5 else 0.0
    if not name and (known < 0.95 or len(facts.words) < 2):
        return 0.0  # a title may be a word for an event
    return (0.5 * name + 0.5 * known) * (1 - 0.5 * facts.null_share)


def _rate_rating(facts: ColumnFacts) -> float:
    low, _, high = facts.range
    scale = low >= -100 and high <= 100 and facts.distinct <= _RATING_STEPS
    if facts.number_share < 0.95 or not scale or facts.is_flag:
        return 0.0
    name = rate_name("rating", facts.name)
    steps = bool(((facts.numbers * 2) == (facts.numbers * 2).round()).all())
    few = 3 if low > 0 else 6
    if is_unnamed(facts.name) and steps and few <= facts.distinct <= 21 and high <= 10:
        return 0.65
    return name


def _rate_dwell(facts: ColumnFacts) -> float:
    seconds = facts.number_share >= 0.9 and facts.range[0] >= 0 and not facts.is_flag
    return rate_name("dwell", facts.name) if seconds or facts.is_clock else 0.0


def _rate_value(facts: ColumnFacts) -> float:
    if max(facts.money_share, facts.comma_share) < 0.9 or facts.is_flag:
        return 0.0
    return rate_name("value", facts.name)


def _rate_currency(facts: ColumnFacts) -> float:
    return rate_name("currency", facts.name) if facts.share(r"^[A-Za-z]{3}$") > 0.9 else 0.0


def _rate_event_id(facts: ColumnFacts) -> float:
    unique = facts.distinct >= 20 and facts.unique_share > 0.999 and facts.null_share < 0.01
    opened = facts.name.startswith("each")
    return rate_name("event_id", facts.name) if unique and not opened else 0.0


def _rate_session(facts: ColumnFacts) -> float:
    return rate_name("session", facts.name) if facts.length < 128 and not facts.is_flag else 0.0


def _rate_query(facts: ColumnFacts) -> float:
    return 0.0 if facts.is_url or facts.number_share > 0.9 else rate_name("query", facts.name)


def _rate_key(facts: ColumnFacts) -> float:
    """Rates a column as the id of a catalogue's items: one row each."""
    if facts.unique_share < 0.9 or facts.null_share > 0.05 or facts.is_json:
        return 0.0
    if facts.time is not None and rate_name("item", facts.name) < 0.8:
        return 0.0
    if not facts.is_id and not facts.is_url:
        return 0.0
    name = max(
        rate_name("item", facts.name), 0.8 if facts.name.lower() in ("id", "key", "code") else 0.0
    )
    return 0.5 * name + 0.5 * facts.unique_share


def _rate_text(role: str) -> Callable[[ColumnFacts], float]:
    def rate(facts: ColumnFacts) -> float:
        if facts.number_share > 0.9 or facts.time is not None or facts.is_url:
            return 0.0
        return rate_name(role, facts.name)

    return rate


def _rate_categories(facts: ColumnFacts) -> float:
    """Rates a column as categories, which may be numbers that come again."""
    if facts.whole and facts.distinct > 1 and facts.unique_share < 0.5:
        return rate_name("categories", facts.name)
    return _rate_text("categories")(facts)


def _rate_published(facts: ColumnFacts) -> float:
    return rate_name("published", facts.name) if facts.time is not None else 0.0


def _rate_length(facts: ColumnFacts) -> float:
    above = facts.number_share >= 0.9 and facts.range[0] > 0 and not facts.is_flag
    return rate_name("length", facts.name) if above or facts.is_clock else 0.0


def _rate_price(facts: ColumnFacts) -> float:
    return (
        _rate_value(facts)
        if "price" in facts.name.lower() or rate_name("value", facts.name) > 0.85
        else 0.0
    )


def _rate_vector(facts: ColumnFacts) -> float:
    return rate_name("vector", facts.name) if facts.share(r"^\[?[-\d.eE, |;]+\]?$") > 0.9 else 0.0


def _rate_key_of_person(role: str) -> Callable[[ColumnFacts], float]:
    def rate(facts: ColumnFacts) -> float:
        if facts.is_flag or facts.unique_share < 0.5 or facts.is_sentence:
            return 0.0
        return rate_name(role, facts.name)

    return rate


_RATES: dict[str, Callable[[ColumnFacts], float]] = {
    "time": _rate_time, "account": _rate_account, "item": _rate_item, "type": _rate_type,
    "rating": _rate_rating, "dwell": _rate_dwell, "value": _rate_value,
    "currency": _rate_currency, "event_id": _rate_event_id, "session": _rate_session,
    "query": _rate_query, "creator": _rate_text("creator"), "topic": _rate_text("topic"),
    "key": _rate_key, "title": _rate_text("title"), "categories": _rate_categories,
    "brand": _rate_text("brand"), "price": _rate_price, "tags": _rate_text("tags"),
    "vector": _rate_vector, "length": _rate_length, "published": _rate_published,
    "email_hash": _rate_key_of_person("email_hash"),
    "phone_hash": _rate_key_of_person("phone_hash"),
    "loyalty_id": _rate_key_of_person("loyalty_id"),
}  # fmt: skip
