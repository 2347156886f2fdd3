"""Guesses the event type of a log that does not say what was done."""

from __future__ import annotations

from pathlib import PurePosixPath

from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.event_words import find_type_in_name
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable


def guess_type(table: SampleTable, roles: Roles, kind: str) -> tuple[str, str]:
    """Returns the type of all rows of a log, and why it is taken for that."""
    files = ["/".join(PurePosixPath(file.name).parts[-2:]) for file in table.files]
    names = " ".join([*map(plain_name, table.columns), *files]).lower()
    if roles.get("rating"):
        return "rate", "rows have a rating, so each is taken for a rating"
    bought = any(rate_name("quantity", name) for name in table.columns)
    if bought or (
        roles.get("value") and any(w in names for w in ("order", "purchase", "invoice", "basket"))
    ):
        return "purchase", "rows look like lines of orders, so each is taken for a purchase"
    if any(
        word in names for word in ("order", "purchase", "invoice", "bestell", "kauf", "transaction")
    ):
        return "purchase", "names speak of orders, so each row is taken for a purchase"
    if told := find_type_in_name(table.files[0].name):
        word, named = told
        return named, f"the file's name speaks of {word}, so each row is taken for a {named}"
    by_kind = {"video": "watch", "music": "play", "news": "read"}
    if kind in by_kind and (roles.get("dwell") or kind != "news"):
        return by_kind[kind], f"names speak of {kind}, so each row is taken for a {by_kind[kind]}"
    if "click" in names:
        return "click", "names speak of clicks, so each row is taken for a click"
    return "view", "each row is taken for a view"
