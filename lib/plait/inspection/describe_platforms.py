"""Puts tables together to platforms, and drafts the whole project file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from plait.inspection.column_names import rate_name
from plait.inspection.column_roles import find_log_roles
from plait.inspection.describe_lists import describe_accounts, describe_catalogue
from plait.inspection.describe_log import describe_log
from plait.inspection.draft import Draft, percent
from plait.inspection.file_patterns import name_files
from plait.inspection.look_at_files import LookedAt
from plait.inspection.name_columns import name_columns
from plait.inspection.platform_kinds import guess_kind
from plait.inspection.table_kinds import KnownTable, tell_kind
from plait.inspection.value_parts import overlap

_SHARED = 0.2  # share of common ids from which on two tables speak of the same things


@dataclass
class Taken:
    """What a group of files was taken for.

    Attributes:
        files: the files, as the project file names them.
        platform: the platform; '' if there is none.
        kind: what it was taken for, in words.
        sure: how sure, 0 to 1.
        questions: what is open.
    """

    files: list[str]
    platform: str
    kind: str
    sure: float
    questions: list[str] = field(default_factory=list)


@dataclass
class _Platform:
    name: str
    logs: list[KnownTable] = field(default_factory=list)
    catalogue: KnownTable | None = None
    accounts: KnownTable | None = None


def describe_platforms(seen: LookedAt, folder: Path) -> tuple[Draft, list[Taken]]:
    """Returns the draft of the project file, and what each group of files was taken for."""
    known = [tell_kind(table) for table in seen.tables]
    for one in known:
        name_columns(one)
    draft = Draft({"store": ".plait"})
    taken: list[Taken] = []
    everything = [file.name for one in known for file in one.table.files]
    platforms: list[_Platform] = []
    for home in dict.fromkeys(_home(one, folder) for one in known):
        group = [one for one in known if _home(one, folder) == home]
        platforms += _gather(group, home, folder, taken, {p.name for p in platforms})
    draft.settings["platforms"] = {}
    for platform in platforms:
        _describe(draft, platform, everything, taken)
    _ask_people(draft, platforms)
    return draft, taken


def _home(one: KnownTable, folder: Path) -> str:
    below = one.table.files[0].path.relative_to(folder).parts
    return "" if len(below) < 2 or "=" in below[0] else below[0]


def _gather(
    group: Sequence[KnownTable], home: str, folder: Path, taken: list[Taken], used: set[str]
) -> list[_Platform]:
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
    found: list[_Platform] = []
    for one in sorted(logs, key=lambda one: -one.sure):
        same = next((p for p in found if home or _same_platform(p.logs[0], one)), None)
        if same:
            same.logs.append(one)
            continue
        name = _platform_name(one, home if home else "", folder, used | {p.name for p in found})
        found.append(_Platform(name, [one]))
    for one in sorted(others, key=lambda one: -one.sure):
        if one.kind == "catalogue" and (history := _as_history(one, found)):
            name = _platform_name(history, "", folder, used | {p.name for p in found})
            found.append(_Platform(name, [history]))
        else:
            _attach(one, found, taken)
    return found


def _as_history(one: KnownTable, platforms: Sequence[_Platform]) -> KnownTable | None:
    """Returns a list of things as the log of one person, if no log has them and it has times."""
    if any(_logs_common(log, "item", one, "key") > 0.02 for p in platforms for log in p.logs):
        return None
    roles = find_log_roles(one.table)
    if not roles.get("time") or rate_name("time", str(roles.get("time"))) < 0.8:
        return None
    return KnownTable(one.table, "single", roles, 0.4)


def _same_platform(one: KnownTable, other: KnownTable) -> bool:
    """Whether two logs of one folder name accounts and items alike, and have some in common."""
    same = all(one.roles.get(role) == other.roles.get(role) for role in ("account", "item"))
    return same and _common(one, "item", other, "item") >= _SHARED


def _ids(one: KnownTable, role: str) -> Any:
    column = one.roles.get(role)
    return one.table[column].given if column else None


def _common(one: KnownTable, role: str, other: KnownTable, second: str) -> float:
    mine, theirs = _ids(one, role), _ids(other, second)
    return 0.0 if mine is None or theirs is None else overlap(mine, theirs)


def _attach(one: KnownTable, platforms: Sequence[_Platform], taken: list[Taken]) -> None:
    """Adds a catalogue or account attributes to the platform whose ids it has."""
    files = [file.name for file in one.table.files]
    role, own = ("item", "key") if one.kind == "catalogue" else ("account", "account")
    if one.kind == "unknown" or not platforms:
        why = one.why or "no log to which it belongs"
        taken.append(Taken(files, "", f"not used: {why}", 0.0))
        return
    rates = {
        n: max(_logs_common(log, role, one, own) for log in p.logs) for n, p in enumerate(platforms)
    }
    best = platforms[max(rates, key=lambda n: rates[n])]
    share = max(rates.values())
    if share < 0.02 and len(platforms) > 1:
        taken.append(Taken(files, "", f"not used: a {one.kind} whose ids no log has", 0.0))
        return
    one.sure = min(one.sure, 0.5 + share / 2)
    if getattr(best, one.kind) is None:
        setattr(best, one.kind, one)
    else:
        taken.append(Taken(files, best.name, f"not used: a second {one.kind} of {best.name}", 0.0))


def _logs_common(log: KnownTable, role: str, one: KnownTable, own: str) -> float:
    mine, theirs = _ids(log, role), _ids(one, own)
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
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")[:60].lower() or "platform"
    while name in used:
        name += "_2"
    return name


def _describe(
    draft: Draft, platform: _Platform, everything: Sequence[str], taken: list[Taken]
) -> None:
    place = ("platforms", platform.name)
    words = [w for log in platform.logs if (t := log.roles.get("type")) for w in log.table[t].words]
    names = [platform.name] + [n for log in platform.logs for n in log.table.columns]
    names += [
        part for log in platform.logs for f in log.table.files[:3] for part in f.name.split("/")
    ]
    if platform.catalogue:
        names += list(platform.catalogue.table.columns)
    kind, sure = guess_kind(names, words)
    part = Draft({"kind": kind})
    if not sure:
        part.ask(("kind",), "shop, video, social, news, music, games or other?", tail=True)
    drafts = []
    for log in platform.logs:
        one = describe_log(log.table, log.roles, kind, log.results)
        drafts.append(_with_source(one, log, everything))
        taken.append(_taken(one, log, platform.name, _log_words(log)))
    if len(drafts) == 1:
        part.include(("events",), drafts[0])
    else:
        part.settings["events"] = [one.settings for one in drafts]
        for number, one in enumerate(drafts):
            part.notes += [
                type(n)(("events", str(number), *n.place), n.text, n.question, n.tail)
                for n in one.notes
            ]
    if one_list := platform.catalogue:
        one = describe_catalogue(one_list.table, one_list.roles, str(one_list.roles.get("key")))
        common = max(_logs_common(log, "item", one_list, "key") for log in platform.logs)
        about = f"{percent(common)} of the ids of the smaller side occur on the other side, too."
        (one.tell if common > 0.5 else one.ask)(
            (), about if common > 0.5 else f"{about} Is it the catalogue?"
        )
        part.include(("catalogue",), _with_source(one, one_list, everything))
        taken.append(_taken(one, one_list, platform.name, "catalogue"))
    if one_list := platform.accounts:
        one = describe_accounts(one_list.table, one_list.roles, str(one_list.roles.get("account")))
        part.include(("accounts",), _with_source(one, one_list, everything))
        taken.append(_taken(one, one_list, platform.name, "account attributes"))
    draft.include(place, part)


def _with_source(draft: Draft, known: KnownTable, everything: Sequence[str]) -> Draft:
    """Adds files, format and the other settings of the source before those of the draft."""
    table = known.table
    settings = {name: value for name, value in table.settings.items() if name != "table"}
    if "table" in table.settings:
        files: str | list[str] = table.settings["table"]
        draft.tell(("files",), "A Delta table; deleted rows stay deleted.")
        settings.pop("format")
    else:
        files = name_files([file.name for file in table.files], everything)
    if table.unnamed:
        draft.tell(("csv",), "The file has no header, so its columns are named here.")
    draft.settings = {"files": files} | settings | draft.settings
    return draft


def _log_words(log: KnownTable) -> str:
    return "event log of one person" if log.kind == "single" else "event log"


def _taken(draft: Draft, known: KnownTable, platform: str, words: str) -> Taken:
    files = draft.settings["files"]
    questions = [f"{'.'.join(note.place)}: {note.text}" for note in draft.questions]
    return Taken(
        [files] if isinstance(files, str) else files, platform, words, known.sure, questions
    )


def _ask_people(draft: Draft, platforms: Sequence[_Platform]) -> None:
    """Asks whether platforms share accounts, where ids that are not just small numbers recur."""
    pairs = []
    for n, one in enumerate(platforms):
        for other in platforms[n + 1 :]:
            mine, theirs = _ids(one.logs[0], "account"), _ids(other.logs[0], "account")
            if mine is None or theirs is None:
                continue
            plain = min(mine.str.len_chars().mean() or 0, theirs.str.len_chars().mean() or 0) < 6
            share = overlap(mine, theirs)
            if share >= 0.05 and not (plain and mine.str.contains(r"^\d+$").all()):
                pairs.append((one.name, other.name, share))
    for one_name, other_name, share in pairs:
        draft.ask(
            ("people",),
            f"{percent(share)} of the accounts of {one_name} or {other_name} occur on both. "
            "Does one id stand for one person? Then: "
            f"people: {{same_account_id: [[{one_name}, {other_name}]]}}",
        )
