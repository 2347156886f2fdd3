"""Drafts a project file for the files of a folder: `plait init`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plait.errors import EmptyInput, MissingFile
from plait.inspection.describe_platforms import describe_platforms
from plait.inspection.look_at_files import look_at_files
from plait.inspection.taken import Taken
from plait.inspection.write_yaml import write_yaml


@dataclass(frozen=True)
class Inspection:
    """What was found in a folder.

    Attributes:
        text: the project file.
        taken: what each group of files was taken for.
        passed: the files that were passed over, and why.
        platforms: the names of the platforms.
    """

    text: str
    taken: list[Taken]
    passed: dict[str, str]
    platforms: list[str]


def inspect_folder(folder: Path, home: Path) -> Inspection:
    """Looks at the files of `folder` and drafts a project file that lies in `home`.

    Raises:
        MissingFile: there is no such folder.
        EmptyInput: nothing in it was recognised as an event log.
    """
    if not folder.is_dir():
        raise MissingFile(
            f"there is no folder '{folder}'.", fix="Name the folder of the logs with --from DIR."
        )
    seen = look_at_files(folder.resolve(), home.resolve())
    draft, taken = describe_platforms(seen, folder.resolve())
    if not draft.settings["platforms"]:
        raise EmptyInput(
            f"no event log was recognised in '{folder}'. Seen: {_list_seen(taken, seen.passed)}.",
            allowed="A log has an account, an item and a time (or their order) in each row: CSV, "
            "JSON, JSON Lines, Parquet, or lines of a web server.",
            fix=next((one.fix for one in taken if one.fix), "")
            or "Name another folder with --from DIR, or write plait.yaml by hand: docs/data.md.",
        )
    head = [
        "Written by plait init: what it recognised in the files, and what it was unsure of.",
        "A line that begins with # ? is a question about the setting below. A line that begins",
        "with #| is another answer: remove this mark, and the setting of the same name below.",
        "Counts are those of a sample of the rows. Then: plait check",
    ]
    text = write_yaml(draft, head)
    return Inspection(text, taken, seen.passed, list(draft.settings["platforms"]))


def _list_seen(taken: list[Taken], passed: dict[str, str]) -> str:
    seen = [f"{one.files[0]} ({one.kind.removeprefix('not used: ')})" for one in taken]
    seen += [f"{name} ({why})" for name, why in passed.items()]
    more = f" and {len(seen) - 8} more" if len(seen) > 8 else ""
    return ("; ".join(seen[:8]) or "no files") + more
