"""Drafts which column, address or title is the item of an event."""

from __future__ import annotations

from typing import Any

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.draft import Draft, percent, shorten
from plait.inspection.gaps import fills_gaps, tell_alternatives
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.value_parts import TextList, match_in_address, overlap


def describe_item(draft: Draft, table: SampleTable, roles: Roles, results: TextList | None) -> Any:
    """Returns the value of the item; null if no column has one. Notes go to the draft."""
    place = ("columns", "item")
    if results is not None:
        return {"column": "each", "match": r"^(.+)[-:_][01]$"}
    column = roles.get("item")
    title = _find(table, "title", 0.3, set(roles.chosen.values()) - {column})
    if column is None or (rate_name("item", column) < 0.5 and table.has_header):
        return _item_by_title(draft, table, title, column)
    facts = table[column]
    tell_alternatives(draft, table, roles, "item")
    if not table.has_header and roles.rated.get("item", 1) <= 0.5 and roles.others.get("item"):
        draft.ask(
            place,
            "The file has no header. Is this id the item?",
            instead={"item": roles.others["item"][0]},
        )
    settings: dict[str, Any] = {"column": column}
    if facts.is_url and (found := match_in_address(facts)):
        pattern, share = found
        settings["match"] = pattern
        if share < 0.95:
            draft.ask(
                place,
                f"{percent(share)} of the addresses have such an id; the others become no events. "
                "Or is every page an item?",
                instead={"item": {"column": column, "match": "^([^?#]+)"}},
            )
        elif pattern == "^([^?#]+)":
            draft.ask(
                place,
                "The address without its query is the item. Is there an id in it?",
                instead={"item": {"column": column, "match": r"([^/?#]+)/?(?:[?#]|$)"}},
            )
    if column in table.optional:
        settings["optional"] = True
    if facts.null_share > 0.02:
        second = next(
            (n for n, f in table.columns.items() if n != column and rate_name("item", n) >= 0.8
             and f.is_id and fills_gaps(facts, f) and plain_name(n) == plain_name(column)),
            None,
        )  # fmt: skip
        mixed = column.rpartition(".")[0]  # an object in some rows, and only its id in others
        if not second and mixed in table.columns and fills_gaps(facts, table[mixed]):
            second = mixed
            settings.pop("match", None)
        second = second or _text_instead(table, facts)
        if second:
            draft.tell(
                place, f"{percent(facts.null_share)} of '{column}' are null: then the next is used."
            )
            return {"first": [shorten(settings), second]}
        draft.tell(place, f"{percent(facts.null_share)} of the rows have no item.")
    return column if settings.keys() == {"column"} else settings


def _text_instead(table: SampleTable, ids: ColumnFacts) -> str | None:
    """Returns the text that stands for an item without an id, in a table without a header."""
    texts = [] if table.has_header else [
        name for name, facts in table.columns.items()
        if facts.is_sentence and fills_gaps(ids, facts) and facts.unique_share < 0.9
    ]  # fmt: skip
    return max(texts, key=lambda name: table[name].distinct, default=None)


def _item_by_title(draft: Draft, table: SampleTable, title: str | None, column: str | None) -> Any:
    place = ("columns", "item")
    maker = _find(table, "brand", 0.9, set())
    if title and maker and title != maker:
        draft.tell(place, "No column has an id of the item, so its maker and title are its id.")
        return {"text": f"{{{maker}}} – {{{title}}}"}
    chosen = title or column
    if chosen is not None:
        text = f"No column has an id of the item, so '{chosen}' is its id."
        if table[chosen].share(r"\S: \S") > 0.1:
            instead = {"item": {"column": chosen, "match": "^([^:]+)"}}
            draft.ask(place, f"{text} Or the part before the first colon?", instead=instead)
        else:
            draft.tell(place, text)
    return chosen


def _find(table: SampleTable, role: str, least: float, taken: set[Any]) -> str | None:
    rates = {
        name: rate_name(role, name)
        for name, facts in table.columns.items()
        if name not in taken
        and rate_name("account", name) < 0.75
        and (role == "brand" or rate_name("brand", name) < 0.9)
        and facts.time is None
        and not facts.is_url
        and facts.number_share < 0.9
        and facts.null_share < 0.5
    }
    best = max(rates, key=lambda name: rates[name], default=None)
    return best if best is not None and rates[best] >= least else None


def is_item_id(ids: ColumnFacts, table: SampleTable, item: Any) -> bool:
    """Whether the ids of rows are those of the items in addresses."""
    if not isinstance(item, dict) or not {"column", "match"} <= item.keys():
        return False
    return overlap(table[item["column"]].given.str.extract(item["match"], 1), ids.given) > 0.5
