"""Puts tables together to platforms, and drafts the whole project file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from plait.inspection.describe_lists import (
    describe_accounts,
    describe_catalogue,
    describe_key_values,
)
from plait.inspection.describe_log import describe_log
from plait.inspection.draft import Draft, percent
from plait.inspection.file_patterns import name_files
from plait.inspection.gather_platforms import (
    FoundPlatform,
    gather_platforms,
    ids_of_role,
    logs_common,
)
from plait.inspection.items_in_log import describe_items_in_log
from plait.inspection.look_at_files import LookedAt
from plait.inspection.name_columns import name_columns
from plait.inspection.platform_kinds import guess_kind
from plait.inspection.table_kinds import KnownTable, tell_kind
from plait.inspection.taken import Taken
from plait.inspection.value_parts import overlap

_SHARED = 0.2  # share of common ids from which on two tables speak of the same things


def describe_platforms(seen: LookedAt, folder: Path) -> tuple[Draft, list[Taken]]:
    """Returns the draft of the project file, and what each group of files was taken for."""
    known = [tell_kind(table) for table in seen.tables]
    for one in known:
        name_columns(one)
    draft = Draft({"store": ".plait"})
    everything = [file.name for one in known for file in one.table.files] + list(seen.passed)
    platforms, taken = gather_platforms(known, folder)
    draft.settings["platforms"] = {}
    for platform in platforms:
        _describe(draft, platform, everything, taken)
    _ask_people(draft, platforms)
    return draft, taken


def _describe(
    draft: Draft, platform: FoundPlatform, everything: Sequence[str], taken: list[Taken]
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
            part.notes += [replace(n, place=("events", str(number), *n.place)) for n in one.notes]
    if platform.catalogue is None:
        listed = (
            describe_items_in_log(log.table, log.roles, one.settings)
            for log, one in zip(platform.logs, drafts, strict=True)
        )
        if found := next((one for one in listed if one), None):
            part.ask(
                ("events",),
                "The log describes its items. Is it their catalogue, too?",
                instead={"catalogue": found},
            )
    if one_list := platform.catalogue:
        one = _catalogue(one_list)
        common = max(logs_common(log, "item", one_list, "key") for log in platform.logs)
        about = f"{percent(common)} of the ids of the smaller side occur on the other side, too."
        (one.tell if common > 0.5 else one.ask)(
            (), about if common > 0.5 else f"{about} Is it the catalogue? If not, remove it."
        )
        part.include(("catalogue",), _with_source(one, one_list, everything))
        taken.append(_taken(one, one_list, platform.name, "catalogue"))
    if one_list := platform.accounts:
        one = describe_accounts(one_list.table, one_list.roles, str(one_list.roles.get("account")))
        part.include(("accounts",), _with_source(one, one_list, everything))
        taken.append(_taken(one, one_list, platform.name, "account attributes"))
    draft.include(place, part)


def _catalogue(listed: KnownTable) -> Draft:
    if listed.key_values and listed.source:
        return describe_key_values(listed.source, listed.table, listed.roles, listed.key_values)
    return describe_catalogue(listed.table, listed.roles, str(listed.roles.get("key")))


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


def _ask_people(draft: Draft, platforms: Sequence[FoundPlatform]) -> None:
    """Asks whether platforms share accounts, where ids that are not just small numbers recur."""
    pairs = []
    for n, one in enumerate(platforms):
        for other in platforms[n + 1 :]:
            mine, theirs = (
                ids_of_role(one.logs[0], "account"),
                ids_of_role(other.logs[0], "account"),
            )
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
            "Does one id stand for one person?",
            instead={"people": {"same_account_id": [[one_name, other_name]]}},
        )
