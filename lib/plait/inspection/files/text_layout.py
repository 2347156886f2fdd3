"""Recognises how a text file is laid out: charset, separator, header, or lines of a web server."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from plait.config.source_settings import CsvSettings
from plait.inspection.columns.column_names import is_known_name
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_header import read_layout, split_line
from plait.sources.formats.text_files import read_blocks

MAX_COLUMNS = 5_000  # of a table
_HEAD_BYTES = 1 << 20
_LINES = 400  # lines that are looked at
_LINE_CHARACTERS = 8_192  # by which a pattern of lines is known: patterns may be quadratic in them
_RECORD_LINES = 50  # that a value in quotes may have
_LONG_SEPARATORS = ("::", "\x01", "||", " ; ", " ")
_DEFAULT_SEPARATORS = ",\t;|"
_NAMES = {"\t": "tab", " ": "space"}
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ACCESS_LOG = (
    r"^(?:\S+:\d+ )?(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?P<path>\S+)[^"]*" (?P<status>\d{3}) (?P<size>\S+)'
)
# An account and the items that it is connected to, in one line.
ADJACENCY = r"^\s*(?P<user>\d+)\s+(?P<items>\d.*)$"
_REFERRER = r'(?: "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)")?'
_PAIR = re.compile(r'(\w[\w.-]*)=("[^"]*"|\S*)')
_VALUE_LIKE = re.compile(
    r"^[+-]?\d[\d.,:/ -]*(?:[TZ ]\S*)?$|^https?://|^[^@\s]+@\S+\.\w+$|^[0-9a-f]{16,}$"
)


def describe_text(file: SourceFile) -> dict[str, Any]:
    """Returns the settings that read a text file: format, pattern or csv; {} if it is no table.

    A file without a header gets the names c1, c2 and so on, which its values later replace.
    """
    head = next(iter(read_blocks(file, _HEAD_BYTES)), b"")
    encoding = detect_encoding(head)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)
    if len(head) >= _HEAD_BYTES or not lines[-1]:
        lines.pop()  # it may be cut
    lines = [line for line in lines[:_LINES] if line.strip()]
    csv: dict[str, Any] = {} if encoding == "utf-8" else {"encoding": encoding}
    if not lines:
        return {}
    if pattern := _find_line_pattern([line[:_LINE_CHARACTERS] for line in lines]):
        return {"format": "lines", "pattern": pattern} | ({"csv": csv} if csv else {})
    comment = _find_comment(lines)
    marked: list[str] = []
    if comment:
        csv["comment"] = comment
        marked = [line for line in lines if line.startswith(comment)]
        lines = [line for line in lines if not line.startswith(comment)]
    lines = _join_quoted(lines)
    separator = _find_separator(file, lines, csv)
    if separator is None:
        return {}
    if separator != ",":
        csv["separator"] = _NAMES.get(separator, separator)
    quote = None if len(separator) > 1 else '"'
    if quote and separator == "\t" and _odd_quotes(lines) > 0.01:
        csv["quote"], quote = "none", None
    rows = [[v.strip().strip('"') for v in split_line(line, separator, quote)] for line in lines]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if width > MAX_COLUMNS:
        return {}
    skip = next(n for n, row in enumerate(rows) if len(row) == width)
    if 0 < skip < min(20, len(rows) // 2):
        csv["skip"] = skip
        rows = rows[skip:]
    if named := _header_in_comments(marked, separator, width):
        csv["header"] = _distinct_names(named)
    elif not has_header(rows[0], rows[1:]):
        csv["header"] = [f"c{n}" for n in range(1, width + 1)]
    elif len(set(rows[0])) < len(rows[0]) or "" in rows[0]:
        csv["header"] = _distinct_names(rows[0])
        csv["skip"] = csv.get("skip", 0) + 1
    return {"format": "csv"} | ({"csv": csv} if csv else {})


def detect_encoding(head: bytes) -> str:
    """Returns the encoding of a text from its first bytes."""
    for mark, name in _WIDE:
        if head.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    right = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]+", head))
    wrong = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", head))
    if right > 10 * wrong:
        return "utf-8"  # a few lines are damaged
    return "cp1252" if re.search(rb"[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]", head) else "latin-1"


def has_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether `first` names columns, given the rows after it."""
    known = sum(is_known_name(name) for name in first if name)
    values = sum(bool(_VALUE_LIKE.match(value)) for value in first)
    if values:
        return known > values and known >= len(first) / 2
    for place, name in enumerate(first):
        column = [row[place] for row in rows if len(row) > place and row[place]]
        if column and sum(bool(_VALUE_LIKE.match(v)) for v in column) >= 0.8 * len(column):
            return True
        if name and name in column and not is_known_name(name):
            return False
    shapes = [_shape(name) for name in first]
    alike = 0
    for place, shape in enumerate(shapes):
        column = [row[place] for row in rows if len(row) > place and row[place]]
        same = sum(_shape(value) == shape for value in column)
        alike += (
            bool(column) and any(c.isdigit() for c in first[place]) and same > 0.8 * len(column)
        )
    return not alike or known > alike


def _shape(text: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "9", text)))


def _find_line_pattern(lines: Sequence[str]) -> str | None:
    """Returns the pattern of an access log, or of lines of key=value pairs."""
    hits = sum(bool(re.match(ACCESS_LOG, line)) for line in lines)
    if hits >= 0.7 * len(lines):
        quoted = sum(line.rstrip().endswith('"') for line in lines)
        return ACCESS_LOG + (_REFERRER if quoted > len(lines) / 2 else "")
    lengths = {len(line.split()) for line in lines}
    if len(lengths) > 2 and all(re.fullmatch(r"\s*\d+(?:[ \t]+\d+)*\s*", line) for line in lines):
        return ADJACENCY
    keys = Counter(tuple(key for key, _ in _PAIR.findall(line)) for line in lines)
    names, count = keys.most_common(1)[0]
    if len(names) < 3 or len(set(names)) < len(names) or count < 0.8 * len(lines):
        return None
    parts = [
        rf'{re.escape(key)}="?(?P<{re.sub(r"[^0-9A-Za-z_]", "_", key)}>[^"\s]*)' for key in names
    ]
    return r"(?:^|\s)" + r'"?\s.*?'.join(parts)


def _find_comment(lines: Sequence[str]) -> str | None:
    marked = [line for line in lines if line.startswith("#")]
    first = bool(lines) and lines[0].startswith("#")  # or few: ids may begin with it, too
    return "#" if marked and len(marked) < len(lines) * (1 if first else 0.1) else None


def _header_in_comments(marked: Sequence[str], separator: str, width: int) -> list[str]:
    """Returns the names that a comment line gives to all columns; [] if none does."""
    for line in reversed(marked):
        bare = re.sub(r"^#+\s*(?:[Ff]ields:\s*)?", "", line)
        for mark in (separator, " "):
            names = [name.strip() for name in bare.split(mark)]
            if len(names) == width and sum(map(is_known_name, names)) >= min(2, width):
                return names
    return []


def _join_quoted(lines: Sequence[str]) -> list[str]:
    """Returns records: a line whose quote is open goes on in the next lines.

    A quote that stays open for many lines is an ordinary character.
    """
    found: list[str] = []
    start = 0
    while start < len(lines):
        end, marks = start + 1, lines[start].count('"')
        while marks % 2 and end < min(len(lines), start + _RECORD_LINES):
            marks += lines[end].count('"')
            end += 1
        opened = re.search(r'(?:^|[,;\t|])\s*"', lines[start])
        if marks % 2 or not opened:
            end = start + 1
        found.append("\n".join(lines[start:end]))
        start = end
    return found


def _find_separator(file: SourceFile, lines: Sequence[str], csv: dict[str, Any]) -> str | None:
    """Returns the separator that divides most lines into the same number of values, 2 or more."""
    for mark in _LONG_SEPARATORS[:-1]:
        counts = Counter(line.count(mark) for line in lines)
        most, times = counts.most_common(1)[0]
        bare = mark.strip()
        alone = bare[0] in _DEFAULT_SEPARATORS and sum(line.count(bare[0]) for line in lines) > sum(
            len(bare) * line.count(mark) for line in lines
        )
        if most >= 1 and times > 0.8 * len(lines) and not alone:
            return mark
    best: tuple[float, int, str] = (0.0, 0, "")
    for mark in _DEFAULT_SEPARATORS:
        counts = Counter(len(split_line(line, mark, '"')) for line in lines)
        width, times = max(counts.items(), key=lambda one: (one[1] * (one[0] > 1), one[0]))
        if width > 1 and times >= 0.5 * len(lines):
            best = max(best, (round(times / len(lines), 1), width, mark))
    if not best[2]:
        counts = Counter(len(line.split(" ")) for line in lines)
        width, times = counts.most_common(1)[0]
        return " " if width > 2 and times > 0.9 * len(lines) else None
    if len(lines) > 2:
        return best[2]
    layout = read_layout(file, CsvSettings.model_validate(csv))
    return layout.separator if layout else best[2]


def _odd_quotes(lines: Sequence[str]) -> float:
    return sum(line.count('"') % 2 for line in lines) / len(lines)


def _distinct_names(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for place, name in enumerate(names, 1):
        seen[name] += 1
        name = name or f"column_{place}"
        found.append(name if seen[name] <= 1 else f"{name}_{seen[name]}")
    return found
