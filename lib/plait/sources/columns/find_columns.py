"""Finds each column and path that the project file names in the columns of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from plait.errors import ConfigError
from plait.sources.columns.check_columns import check_columns, list_paths, nearest_column
from plait.sources.columns.raw_columns import ALWAYS_PRESENT, EACH
from plait.sources.columns.source_mapping import NamedPath, SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.values.value_path import Elements, Field, Step, parse_path


@dataclass(frozen=True)
class ColumnPlace:
    """Where the value of a path is: a column of the file, and the steps inside it.

    Attributes:
        column: the column; '' if the value is the same in the whole file.
        steps: the steps inside the column.
        opened: whether the value is of the opened element, not of the row.
    """

    column: str
    steps: tuple[Step, ...] = ()
    opened: bool = False


@dataclass(frozen=True)
class FileColumns:
    """The columns of a file, as a format reader knows them.

    Attributes:
        names: the columns.
        paths: the paths that messages list.
        has: whether the file has the path; its first step is a column.
    """

    names: Sequence[str]
    paths: Sequence[str]
    has: Callable[[Sequence[Step]], bool]


def text_columns(names: Sequence[str]) -> FileColumns:
    """Returns columns of text, which may hold JSON."""

    def has(steps: Sequence[Step]) -> bool:
        return isinstance(steps[0], Field) and steps[0].name in names

    return FileColumns(names, names, has)


def first_names(paths: Iterable[Sequence[Step]]) -> list[str]:
    """Returns the columns that the paths begin with, each once."""
    firsts = (path[0] for path in paths)
    return list(dict.fromkeys(step.name for step in firsts if isinstance(step, Field)))


@dataclass(frozen=True)
class OpenedList:
    """A list that is opened.

    Attributes:
        name: its path in the project file, without [] at the end.
        place: where it is; its column is '' if the file lacks the list, so no row has elements.
        column: the name of its opened elements: `each`, or its own if several are opened together.
    """

    name: str
    place: ColumnPlace
    column: str


def find_opened_lists(
    file: SourceFile, mapping: SourceMapping, columns: FileColumns
) -> list[OpenedList]:
    """Returns the lists that are opened.

    A JSON file may lack one, as rows do, unless it has one of a similar name.

    Raises:
        UnknownColumn: the file lacks one.
    """
    found: list[OpenedList] = []
    missing: dict[str, str] = {}
    parallel = not isinstance(mapping.source.each, str)
    for name in mapping.opened:
        bare = name.removesuffix("[]")
        place = _place_in_file(bare, columns)
        if place is None and file.format in ("json", "jsonl"):
            similar = nearest_column(bare, list_paths(columns.paths))
            place = None if similar else ColumnPlace("")
        if place is None:
            missing["each"] = name
        else:
            found.append(OpenedList(bare, place, bare if parallel else EACH))
    check_columns(file, missing, columns.paths)
    return found


def find_columns(
    file: SourceFile, mapping: SourceMapping, columns: FileColumns, lists: Sequence[OpenedList]
) -> dict[str, ColumnPlace]:
    """Returns the place of every path that the values name; optional ones may have none.

    Raises:
        UnknownColumn: the file lacks a column that is not optional.
    """
    parallel = not isinstance(mapping.source.each, str)
    split = mapping.source.split is not None
    places: dict[str, ColumnPlace] = {}
    missing: list[NamedPath] = []
    groups: set[str] = set()
    for named in mapping.named_paths():
        if named.path in ALWAYS_PRESENT:
            continue
        place = places.get(named.path) or _place(
            named.path, file, columns, lists, parallel=parallel, split=split
        )
        if place is not None:
            places[named.path] = place
            groups.add(named.group)
        elif not named.optional:
            missing.append(named)
    wanted = {n.key: n.path for n in missing if not n.group or n.group not in groups}
    inside = {n.key for n in missing if n.inside}
    check_columns(file, wanted, columns.paths, inside)
    return places


def _place(
    path: str,
    file: SourceFile,
    columns: FileColumns,
    lists: Sequence[OpenedList],
    *,
    parallel: bool,
    split: bool,
) -> ColumnPlace | None:
    """Returns where `path` is; null if the file lacks it."""
    for one in lists:
        rest = _steps_inside(path, one.name, parallel=parallel)
        if rest is None:
            continue
        if not one.place.column:
            return ColumnPlace(one.column, rest, opened=True)
        home = (Field(one.place.column), *one.place.steps)
        # In a file whose lists have no elements, any path inside one is null.
        known = (
            not rest
            if split
            else (columns.has((*home, Elements(), *rest)) or not columns.has((*home, Elements())))
        )
        return ColumnPlace(one.column, rest, opened=True) if known else None
    if place := _place_in_file(path, columns):
        return place
    # The folder, or the table, may have a column that the file does not.
    known = path in file.partitions or path in file.table_columns
    return ColumnPlace("", (Field(path),)) if known else None


def _steps_inside(path: str, opened: str, *, parallel: bool) -> tuple[Step, ...] | None:
    """Returns the steps of `path` inside the opened element of a list; null if it is elsewhere.

    An element is reached as `each`; of several lists, as `each.NAME`. The name of the list itself
    stands for its element too.
    """
    names = [f"{EACH}.{opened}", opened] if parallel else [EACH, opened]
    for name in names:
        if path == name:
            return ()
        if path.startswith((f"{name}.", f"{name}[")):
            steps = parse_path("x" + path[len(name) :])[1:]
            return steps[1:] if steps[0] == Elements() else steps
    return None


def _place_in_file(path: str, columns: FileColumns) -> ColumnPlace | None:
    if path in columns.names:
        return ColumnPlace(path)
    try:
        steps = parse_path(path)
    except ConfigError:  # a column of that name would have been found
        return None
    first = steps[0] if steps else None
    if not isinstance(first, Field) or first.name in ALWAYS_PRESENT or not columns.has(steps):
        return None
    return ColumnPlace(first.name, steps[1:])


def paths_to_read(
    places: Iterable[ColumnPlace], lists: Sequence[OpenedList], *, split: bool
) -> list[tuple[Step, ...]]:
    """Returns the paths inside a record that are needed, with the lists opened."""
    elements = () if split else (Elements(),)
    homes = {
        one.column: (Field(one.place.column), *one.place.steps, *elements)
        for one in lists
        if one.place.column
    }
    paths: list[tuple[Step, ...]] = []
    used: set[str] = set()
    for place in places:
        if place.opened and place.column not in homes:
            continue
        if place.opened:
            used.add(place.column)
            paths.append((*homes[place.column], *place.steps))
        elif place.column:
            paths.append((Field(place.column), *place.steps))
    return [*paths, *(home for column, home in homes.items() if column not in used)]
