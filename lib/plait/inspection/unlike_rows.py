"""Finds rows of a log that are not like the others: returned goods, failed requests, no rating."""

from __future__ import annotations

import re
from typing import Any

from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.draft import Draft, percent
from plait.inspection.guess_type import guess_type
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable

_STATUS = r"(?:sc_|http_|response_)?status(?:_code)?"
_METHOD = r"(?:cs_|http_|request_)?(?:method|verb)"
_AGENT = r"(?:cs_|http_)?(?:user_)?agent"
_FEW = 0.95  # share of the addresses with an id, below which the others are told apart


def tell_rows_apart(
    draft: Draft, table: SampleTable, roles: Roles, columns: dict[str, Any], kind: str
) -> None:
    """Replaces the one type of all rows by an expression, where some rows are of no such type.

    Args:
        draft: the draft of the log, whose type is set.
        table: the sample.
        roles: the roles of its columns.
        columns: the drafted columns.
        kind: the kind of the platform.
    """
    base = draft.settings["type"]
    if not isinstance(base, str):
        return
    if pages := _pages(table, columns.get("item")):
        _set(draft, " and ".join(pages), base, "other", None)
        draft.tell(("type",), "Rows of other addresses and failed requests are removed.")
    elif (pieces := _quantity(table)) and (table[pieces].numbers < 0).any():
        less = float((table[pieces].numbers < 0).mean() or 0)  # type: ignore[arg-type]
        _set(draft, f'not (TRY_CAST("{pieces}" AS DOUBLE) < 0)', base, "returned", None)
        draft.tell(("type",), f"{percent(less)} of '{pieces}' are below 0, such as goods returned.")
    elif base == "rate" and (column := roles.get("rating")):
        value = columns.get("rating")
        none = list(value["map"]) if isinstance(value, dict) and "map" in value else []
        lacking = 1 - len(table[column].given.filter(~table[column].given.is_in(none))) / max(
            1, len(table[column].values)
        )
        if lacking < 0.05:
            return
        plain = Roles({role: c for role, c in roles.chosen.items() if role != "rating"})
        other = guess_type(table, plain, kind)[0]
        other = "view" if other == base else other
        words = ", ".join(f"'{word}'" for word in ["", *none])
        _set(draft, f"coalesce(trim(\"{column}\"), '') not in ({words})", base, other, other)
        draft.tell(("type",), f"{percent(lacking)} of the rows have no rating: each is a {other}.")


def _set(draft: Draft, condition: str, base: str, word: str, other: str | None) -> None:
    text = f"case when {condition} then '{base}' else '{word}' end"
    verbs: Any = f"= {text}" if other else {"expression": text, "map": {word: None}}
    draft.settings["type"] = verbs


def _quantity(table: SampleTable) -> str | None:
    return next((n for n, f in table.columns.items()
                 if rate_name("quantity", n) and f.number_share > 0.9), None)  # fmt: skip


def _pages(table: SampleTable, item: Any) -> list[str]:
    """Returns the conditions of a page that was seen: its address has an id, and no error."""
    if not isinstance(item, dict) or "match" not in item or "column" not in item:
        return []
    address = table[item["column"]]
    named = {plain_name(name): name for name in table.columns}
    found = []
    if address.share(item["match"]) < _FEW:
        pattern = item["match"].replace("'", "''")
        found.append(f"regexp_like(\"{item['column']}\", '{pattern}')")
    for name, shape, good, text in (
        (_STATUS, r"^\d{3}$", r"^[23]", "\"{}\" like '2%'"),
        (_METHOD, r"^[A-Z]+$", r"^GET$", "\"{}\" = 'GET'"),
        (_AGENT, r".", r"^(?:.(?!bot))*$", "lower(\"{}\") not like '%bot%'"),
    ):
        column = next((named[n] for n in named if re.fullmatch(name, n)), None)
        if column is None or table[column].share(shape) < 0.9:
            continue
        bad = any(not re.search(good, word.lower() if name == _AGENT else word)
                  for word in table[column].given.unique())  # fmt: skip
        if bad:
            found.append(text.format(column))
    return found
