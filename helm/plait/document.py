"""Writes the table of values into README.md: `python helm/plait/document.py`.

Each value of values.yaml has a line `# --` above it. With --check it only says whether the
table is what it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- values -->", "<!-- /values -->"


def main() -> int:
    """Writes or checks the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    given = parser.parse_args()
    readme = HERE / "README.md"
    text = readme.read_text()
    wanted = documented(text, (HERE / "values.yaml").read_text())
    if wanted == text:
        return 0
    if given.check:
        sys.stderr.write("README.md drifted from values.yaml: python helm/plait/document.py\n")
        return 1
    readme.write_text(wanted)
    return 0


def documented(readme: str, values: str) -> str:
    """Returns the README with the table that belongs to the values."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = ["| value | default | what it is |", "| --- | --- | --- |"]
    lines += [f"| `{path}` | `{_short(value)}` | {what} |" for path, value, what in rows(values)]
    return "\n".join([f"{head}{BEGIN}", *lines, f"{END}{tail}"])


def rows(values: str) -> Iterator[tuple[str, Any, str]]:
    """Yields path, default and description of every value that has a `# --` line.

    Raises:
        ValueError: a value has none.
    """
    root = yaml.compose(values)
    assert isinstance(root, yaml.MappingNode)
    yield from _walk(root, "", values.splitlines())


def _walk(node: yaml.MappingNode, path: str, lines: list[str]) -> Iterator[tuple[str, Any, str]]:
    for key, value in node.value:
        name = f"{path}.{key.value}" if path else key.value
        what = _comment(lines, key.start_mark.line)
        if what:
            yield name, _data(value), what
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _walk(value, name, lines)
        else:
            msg = f"values.yaml: {name} has no line `# --` above it"
            raise ValueError(msg)


def _comment(lines: list[str], line: int) -> str:
    """Returns the words of the comment right above a line, if it begins with `# --`."""
    words: list[str] = []
    for above in reversed(lines[:line]):
        text = above.strip()
        if not text.startswith("#"):
            return ""
        words.insert(0, text.lstrip("# "))
        if text.startswith("# -- "):
            return " ".join(words).removeprefix("-- ").replace("|", "\\|")
    return ""


def _data(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node))


def _short(value: Any) -> str:
    return json.dumps(value) if value not in ("", None) else '""' if value == "" else "null"


if __name__ == "__main__":
    sys.exit(main())
