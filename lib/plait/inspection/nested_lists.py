"""Finds where the records of nested data lie, and the lists in them that hold events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from plait.inspection.column_names import rate_name

_DEPTH = 5
_IDS = r"(?:item|product|article|video|track|news|movie|song|post)\w*id"  # in names of lists
_KEYS = ("key", "name", "k", "param")
_VALUES = ("value", "val", "v")


@dataclass
class NestedShape:
    """How nested records are opened.

    Attributes:
        records: the path to the records; '' if they are the document, its list or its lines.
        each: the list that is opened, or several parallel ones.
        keyed: paths into lists of keys and values, such as p[?(@.key=='page')].value.
        others: lists of objects that are not opened.
    """

    records: str = ""
    each: list[str] = field(default_factory=list)
    keyed: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def find_records(document: Any) -> str:
    """Returns the path to the records of a JSON document that is an object; '' if it is one."""
    lists = [(path, found) for path, found in _lists(document, "") if _is_objects(found)]
    if not lists:
        return ""
    path, found = max(lists, key=lambda one: (len(one[1]), -len(one[0])))
    if len(found) < 2:
        return ""
    path += "[]"
    while all(len(one) == 1 and isinstance(_only(one), dict) for one in found):
        names = {name for one in found for name in one}
        if len(names) != 1:
            break
        path += f".{names.pop()}"
        found = [_only(one) for one in found]
    return path


def shape_records(records: Sequence[Any]) -> NestedShape:
    """Returns how the lists inside `records` are opened."""
    shape = NestedShape()
    lists: dict[str, list[list[Any]]] = {}
    for record in records:
        for path, found in _lists(record, ""):
            if found:
                lists.setdefault(path, []).append(found)
    candidates: dict[str, float] = {}
    scalars: dict[str, list[int]] = {}
    for path, all_found in lists.items():
        elements = [one for found in all_found for one in found]
        if _is_objects(elements):
            if keys := _keys_of(elements):
                shape.keyed += [f"{path}[?(@.{keys[0]}=='{key}')].{keys[1]}" for key in keys[2]]
                continue
            candidates[path] = _rate_list(path, elements, len(elements) / len(records))
        elif not any(isinstance(one, list | dict) for one in elements):
            scalars[path] = [len(found) for found in all_found]
    outer = max(
        (rate_name("item", path) for record in records[:50] for path in scalar_paths(record)),
        default=0.0,
    )
    best = max(candidates, key=lambda path: candidates[path], default="")
    rated = candidates.get(best, 0.0)
    if rated >= 0.5 and (rated >= 0.8 or outer < 0.8 or _fills_gaps(records, best)):
        shape.each = [f"{best}[]"]
    elif not best or candidates[best] < 0.5:
        shape.each = _parallel(scalars, outer)
    shape.others = [path for path in candidates if f"{path}[]" not in shape.each]
    if not shape.each:
        shape.others += [p for p in scalars if max(scalars[p]) > 1 and re.search(_IDS, p.lower())]
    return shape


def _fills_gaps(records: Sequence[Any], path: str) -> bool:
    """Returns whether records with a list at `path` have no item outside of it."""
    holders = [record for record in records if any(p == path and f for p, f in _lists(record, ""))]
    both = sum(
        any(rate_name("item", name) >= 0.8 and _at(record, name) is not None
            for name in scalar_paths(record))
        for record in holders
    )  # fmt: skip
    return both < 0.2 * len(holders)


def _at(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _parallel(scalars: dict[str, list[int]], outer: float) -> list[str]:
    """Returns the lists of values that have the same length in every record and hold items."""
    if outer >= 0.8:
        return []
    groups: dict[tuple[int, ...], list[str]] = {}
    for path, lengths in scalars.items():
        if max(lengths) > 1:
            groups.setdefault(tuple(lengths), []).append(path)
    wanted = [g for g in groups.values() if any(rate_name("item", _single(p)) >= 0.5 for p in g)]
    wanted = wanted or [group for group in groups.values() if len(group) > 1]
    if not wanted:
        return []
    best = max(wanted, key=len)
    return best if len(best) > 1 else [f"{best[0]}[]"]


def _single(path: str) -> str:
    return path.removesuffix("s")


def _rate_list(path: str, elements: Sequence[Any], mean: float) -> float:
    names = list(_frequent_paths(elements))
    item = max((rate_name("item", name) for name in names), default=0.0)
    time = max((rate_name("time", name) for name in names), default=0.0)
    return min(1.0, 0.7 * item + 0.3 * time + (0.15 if mean > 1 else 0.0))


def _frequent_paths(elements: Sequence[Any]) -> list[str]:
    found: Counter[str] = Counter()
    for one in elements[:200]:
        found.update(scalar_paths(one))
    return [path for path, count in found.items() if count >= 2 or len(elements) < 3]


def scalar_paths(record: Any, head: str = "", depth: int = 0) -> Iterator[str]:
    """Yields the paths of the plain values of a record, outside lists."""
    if isinstance(record, dict) and depth < _DEPTH:
        for name, value in record.items():
            yield from scalar_paths(value, f"{head}.{name}" if head else str(name), depth + 1)
    elif head and not isinstance(record, list | dict):
        yield head


def element_paths(records: Sequence[Any], each: str) -> list[str]:
    """Returns the paths of the plain values in the elements of the list at `each`."""
    path = each.removesuffix("[]")
    elements = [
        one for record in records for at, found in _lists(record, "") if at == path for one in found
    ]
    return _frequent_paths(elements)


def _lists(value: Any, head: str, depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    if not isinstance(value, dict) or depth > _DEPTH:
        return
    for name, inside in value.items():
        path = f"{head}.{name}" if head else str(name)
        if isinstance(inside, list):
            yield path, inside
        else:
            yield from _lists(inside, path, depth + 1)


def _is_objects(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value in values)


def _only(record: dict[str, Any]) -> Any:
    return next(iter(record.values()))


def _keys_of(elements: Sequence[Any]) -> tuple[str, str, list[str]] | None:
    """Returns the name of the key, the path of the value and the keys of a list of pairs."""
    names = set().union(*(one.keys() for one in elements))
    key = next((name for name in _KEYS if name in names), None)
    value = next((name for name in _VALUES if name in names), None)
    if key is None or value is None or len(names) > 3:
        return None
    words = Counter(one.get(key) for one in elements)
    if len(words) > 60 or not all(isinstance(word, str) for word in words):
        return None
    keys = [str(word) for word, _ in words.most_common() if "'" not in str(word)]
    return key, value, keys


def typed_paths(keyed: Sequence[str], records: Sequence[Any]) -> list[str]:
    """Returns the paths of `keyed` with the type inside the value, as GA4 writes it.

    `p[?(@.key=='page')].value` holds {string_value: ...}: so its path ends in .string_value.
    """
    found: list[str] = []
    for path in keyed:
        head, _, rest = path.partition("[?(@.")
        key, _, tail = rest.partition("=='")
        word, _, value = tail.partition("')].")
        kinds: Counter[str] = Counter()
        for record in records:
            here: Any = record
            for name in head.split("."):
                here = here.get(name) if isinstance(here, dict) else None
            for one in here or []:
                if one.get(key) == word and isinstance(one.get(value), dict):
                    kinds.update(n for n, v in one[value].items() if v is not None)
        found.append(f"{path}.{kinds.most_common(1)[0][0]}" if kinds else path)
    return found
