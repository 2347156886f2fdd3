"""Puts tables together to platforms: logs, with the catalogue and the attributes they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from plait.inspection.column_names import rate_name
from plait.inspection.column_roles import find_catalogue_roles, find_log_roles
from plait.inspection.find_joins import find_join
from plait.inspection.platform_homes import home_of
from plait.inspection.table_kinds import KnownTable
from plait.inspection.taken import Taken
from plait.inspection.value_parts import overlap

_SHARED = 0.2  # share of common ids from which on two tables speak of the same things
_SAME = 0.5
_PERSON = 0.75  # the least rating of a name that surely means a person


@dataclass
class FoundPlatform:
    """The tables of one platform."""

    name: str
    logs: list[KnownTable] = field(default_factory=list)
    catalogue: KnownTable | None = None
    accounts: KnownTable | None = None


def gather_platforms(
    known: Sequence[KnownTable], folder: Path
) -> tuple[list[FoundPlatform], list[Taken]]:
    """Returns the platforms of `folder`, and what is not used; a sub-folder is a platform.

    A sub-folder without a log of its own may hold the catalogue of another one.
    """
    homes: dict[str, list[KnownTable]] = {}
    for one in known:
        below = one.table.files[0].path.relative_to(folder).parts
        homes.setdefault(home_of(below), []).append(one)
    found: list[FoundPlatform] = []
    taken: list[Taken] = []
    last: list[tuple[str, list[KnownTable]]] = []
    for home, group in homes.items():
        _demote(group)
        if any(one.kind == "log" for one in group):
            found += _gather(group, home, folder, taken, {p.name for p in found})
        else:
            last.append((home, group))
    for home, group in last:
        left = [one for one in group if not (found and _belongs(one, found, taken))]
        if left:
            found += _gather(left, home, folder, taken, {p.name for p in found})
    return found, taken


def _belongs(one: KnownTable, platforms: Sequence[FoundPlatform], taken: list[Taken]) -> bool:
    """Attaches a table to a platform of another folder, if it has most of its ids."""
    if one.kind == "single" and (again := find_catalogue_roles(one.table)).get("key"):
        one = KnownTable(one.table, "catalogue", again, 0.5)
    if one.kind not in ("catalogue", "accounts"):
        return False
    role, own = _ids_of(one)
    if max(logs_common(log, role, one, own) for p in platforms for log in p.logs) < _SAME:
        return False
    _attach(one, platforms, taken)
    return True


def _ids_of(one: KnownTable) -> tuple[str, str]:
    return ("item", "key") if one.kind == "catalogue" else ("account", "account")


def _demote(group: Sequence[KnownTable]) -> None:
    """Turns what is no log beside the other tables into what it is: catalogues, links."""
    logs = [one for one in group if one.kind == "log"]
    for one in logs:
        if _is_mutual(one):
            one.kind = "unknown"
            one.why = "both columns have the same ids in both orders, as links of accounts have"
            continue
        roles = find_catalogue_roles(one.table)
        key = roles.get("key")
        if key is None or one.table[key].unique_share <= 0.95 or one.table[key].distinct < 5:
            continue
        for other in logs:
            ids = ids_of_role(other, "item")
            again = other is not one and ids is not None and ids.n_unique() < 0.9 * len(ids)
            if not again or overlap(ids, one.table[key].given) < _SAME:
                continue
            maker = rate_name("account", str(one.roles.get("account"))) < _PERSON
            if maker or _common(one, "account", other, "account") < _SHARED:
                one.kind, one.roles, one.sure = "catalogue", roles, 0.5
                break


def _is_mutual(one: KnownTable) -> bool:
    """Whether most rows stand in the table a second time with their two ids exchanged."""
    account, item = one.roles.get("account"), one.roles.get("item")
    if not account or not item or one.roles.get("time") or len(one.table.columns) > 3:
        return False
    pairs = one.table.rows.select(account, item).drop_nulls().unique()
    turned = pairs.select(b=account, a=item).rename({"a": account, "b": item})
    return (
        pairs.height > 10 and pairs.join(turned, on=[account, item]).height > _SAME * pairs.height
    )


def _gather(
    group: Sequence[KnownTable], home: str, folder: Path, taken: list[Taken], used: set[str]
) -> list[FoundPlatform]:
    """Returns the platforms of a folder; a sub-folder is one."""
    logs = [one for one in group if one.kind == "log"]
    singles = [one for one in group if one.kind == "single"]
    others = [one for one in group if one.kind in ("catalogue", "accounts", "unknown")]
    for one in singles:
        if logs:  # beside a log with accounts, rows without any are not events
            one.kind, one.why = "unknown", "no column has accounts"
            others.append(one)
    logs = logs or singles
    if not logs:  # a list of things that nobody has touched may be the export of one person
        for one in [one for one in others if one.kind == "catalogue"]:
            again = find_log_roles(one.table)
            if again.get("time"):
                one.kind, one.roles, one.sure = "single", again, 0.4
                logs.append(one)
                others.remove(one)
    found: list[FoundPlatform] = []
    for one in sorted(logs, key=lambda one: -one.sure):
        same = next((p for p in found if home or _same_platform(p.logs[0], one)), None)
        if same:
            same.logs.append(one)
            continue
        name = _platform_name(one, home if home else "", folder, used | {p.name for p in found})
        found.append(FoundPlatform(name, [one]))
    for one in sorted(others, key=lambda one: -one.sure):
        history = _as_history(one, found) if one.kind == "catalogue" else None
        same = next((p for p in found if history and _same_person(p.logs[0], history)), None)
        if history and same:
            same.logs.append(history)
        elif history:
            name = _platform_name(history, "", folder, used | {p.name for p in found})
            found.append(FoundPlatform(name, [history]))
        else:
            _attach(one, found, taken, [other for other in group if other is not one])
    if not home and len(found) == 1 and len(found[0].logs) > 1:
        found[0].name = _free_name(folder.resolve().name, used)
    return found


def _as_history(one: KnownTable, platforms: Sequence[FoundPlatform]) -> KnownTable | None:
    """Returns a list of things as the log of one person, if no log has them and it has times."""
    if one.key_values or any(
        logs_common(log, "item", one, "key") > 0.02 for p in platforms for log in p.logs
    ):
        return None
    roles = find_log_roles(one.table)
    if not roles.get("time") or rate_name("time", str(roles.get("time"))) < 0.8:
        return None
    return KnownTable(one.table, "single", roles, 0.4)


def _same_platform(one: KnownTable, other: KnownTable) -> bool:
    """Whether two logs of one folder name accounts and items alike, and have some in common."""
    if _same_person(one, other):
        return True
    if one.roles.get("account") != other.roles.get("account"):
        return False
    same = one.roles.get("item") == other.roles.get("item")
    return _common(one, "item", other, "item") >= (_SHARED if same else _SAME)


def _same_person(one: KnownTable, other: KnownTable) -> bool:
    """Whether two logs of one person have columns in common, as the files of an export have."""
    if any(log.kind != "single" or log.roles.get("account") for log in (one, other)):
        return False
    common = one.table.columns.keys() & other.table.columns.keys()
    return len(common) >= 2 and 2 * len(common) >= min(
        len(one.table.columns), len(other.table.columns)
    )


def ids_of_role(one: KnownTable, role: str) -> Any:
    """Returns the ids in the column of a role; null if the table has none."""
    column = one.roles.get(role)
    return one.table[column].given if column else None


def _common(one: KnownTable, role: str, other: KnownTable, second: str) -> float:
    mine, theirs = ids_of_role(one, role), ids_of_role(other, second)
    return 0.0 if mine is None or theirs is None else overlap(mine, theirs)


def _attach(
    one: KnownTable,
    platforms: Sequence[FoundPlatform],
    taken: list[Taken],
    beside: Sequence[KnownTable] = (),
) -> None:
    """Adds a catalogue or account attributes to the platform whose ids it has."""
    files = [file.name for file in one.table.files]
    role, own = _ids_of(one)
    if one.kind == "unknown" or not platforms:
        why = one.why or "no log to which it belongs"
        why, fix = find_join(one, beside) or (why, "")
        taken.append(Taken(files, "", f"not used: {why}", 0.0, fix=fix))
        return
    rates = {
        n: max(logs_common(log, role, one, own) for log in p.logs) for n, p in enumerate(platforms)
    }
    best = platforms[max(rates, key=lambda n: rates[n])]
    share = max(rates.values())
    what = "a catalogue" if one.kind == "catalogue" else "account attributes"
    names = {str(log.roles.get(role)) for log in best.logs}
    alike = one.kind == "catalogue" and str(one.roles.get(own)) in names and len(platforms) == 1
    if share < 0.02 and not alike:
        taken.append(Taken(files, "", f"not used: {what} whose ids no log has", 0.0))
        return
    one.sure = min(one.sure, 0.5 + share / 2)
    if getattr(best, one.kind) is None:
        setattr(best, one.kind, one)
    else:
        why = f"not used: {what}, and {best.name} has one already"
        taken.append(Taken(files, best.name, why, 0.0))


def logs_common(log: KnownTable, role: str, one: KnownTable, own: str) -> float:
    """Returns the share of common ids, 0 to 1, of a log and a list of items or accounts."""
    mine, theirs = ids_of_role(log, role), ids_of_role(one, own)
    if log.results is not None and role == "item":
        mine = log.table["each"].given.str.replace(r"[-:_][01]$", "")
    return 0.0 if mine is None or theirs is None else overlap(mine, theirs)


def _platform_name(one: KnownTable, home: str, folder: Path, used: set[str]) -> str:
    files = [PurePosixPath(file.name) for file in one.table.files]
    stem = home or re.sub(r"[-_.]?\d[\d_.-]*$", "", files[0].name.split(".")[0])
    if (
        "=" in str(files[0])
        or "table" in one.table.settings
        or re.match(r"(?i)part\b|\d", stem)
        or not stem
    ):
        parts = [
            part for part in files[0].parts[:-1] if "=" not in part and part not in (".", "..")
        ]
        stem = parts[-1] if parts else folder.resolve().name
    return _free_name(stem, used)


def _free_name(stem: str, used: set[str]) -> str:
    """Returns a name of a platform that is made of `stem` and not in use."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")[:60].lower() or "platform"
    while name in used:
        name += "_2"
    return name
