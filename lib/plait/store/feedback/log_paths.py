"""The paths of the feedback log, and how to parse them.

An *object* is written by the endpoint. Its name has the ids of its first and last stream entry
(`1-0_9-3.parquet`), or is any other name. A *part* contains the rows of many objects. Its name has
the number of the compaction that wrote it, and the stream ids that it spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EVENTS_FOLDER, LINKS_FOLDER = "feedback/events", "feedback/links"
IMPRESSIONS_FOLDER = "feedback/impressions"
ERASURES_FOLDER, CONSENTS_FOLDER = "feedback/erasures", "feedback/consents"
LOG_FOLDERS = (
    EVENTS_FOLDER, LINKS_FOLDER, IMPRESSIONS_FOLDER, ERASURES_FOLDER, CONSENTS_FOLDER,
)  # fmt: skip
SUFFIX = ".parquet"
_SPAN = re.compile(r"[/_](\d+)-(\d+)_(\d+)-(\d+)\.parquet$")
_PART = re.compile(r"/part-(\d+)-[0-9a-f]+(?:_[\d_-]+)?\.parquet$")
StreamId = tuple[int, int]


def id_span(path: str) -> tuple[StreamId, StreamId] | None:
    """Returns the first and last stream id in the name of an object or part, or null."""
    match = _SPAN.search(path)
    if match is None:
        return None
    a, b, c, d = map(int, match.groups())
    return (a, b), (c, d)


def part_name(folder: str, number: int, mark: str, members: Iterable[str]) -> str:
    """Returns the path of a part of compaction `number` with the rows of `members`."""
    spans = [found for found in map(id_span, members) if found is not None]
    name = f"{folder}/part-{number}-{mark}"
    if spans:
        first, last = min(s[0] for s in spans), max(s[1] for s in spans)
        name += f"_{first[0]}-{first[1]}_{last[0]}-{last[1]}"
    return name + SUFFIX


def compaction_number(path: str) -> int | None:
    """Returns the number of the compaction that wrote the part at `path`; null for an object."""
    match = _PART.search(path)
    return int(match.group(1)) if match else None


def last_drained_id(paths: Iterable[str], folder: str) -> str:
    """Returns the last stream id of the `paths` in `folder`, or ''."""
    spans = (id_span(path) for path in paths if path.startswith(f"{folder}/"))
    last = max((found[1] for found in spans if found is not None), default=None)
    return f"{last[0]}-{last[1]}" if last else ""
