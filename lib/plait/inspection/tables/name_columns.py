"""Names the columns of a file without a header by their roles."""

from __future__ import annotations

from plait.inspection.tables.table_kinds import KnownTable

_AS = {"key": "item"}


def name_columns(known: KnownTable) -> None:
    """Renames c1, c2 and so on to the roles they play; the others become column_N."""
    table = known.table
    if table.has_header:
        return
    header = table.settings["csv"]["header"]
    roles = {column: _AS.get(role, role) for role, column in known.roles.chosen.items()}
    each = table.settings.get("each")
    opened = {each} if isinstance(each, str) else set(each or ())
    names = {
        column: roles.get(column, "items" if column in opened else f"column_{place}")
        for place, column in enumerate(header, 1)
    }
    table.settings["csv"] = table.settings["csv"] | {"header": [names[c] for c in header]}
    if isinstance(each, str):
        table.settings["each"] = names.get(each, each)
    elif each:
        table.settings["each"] = [names.get(one, one) for one in each]
    table.rows = table.rows.rename({c: n for c, n in names.items() if c in table.rows.columns})
    table.columns = {
        names.get(name, name): type(facts)(names.get(name, name), facts.values)
        for name, facts in table.columns.items()
    }
    table.others = [names.get(name, name) for name in table.others]
    known.roles.chosen = {role: names.get(c, c) for role, c in known.roles.chosen.items()}
    known.roles.others = {
        role: [names.get(c, c) for c in columns] for role, columns in known.roles.others.items()
    }
    table.unnamed = True
