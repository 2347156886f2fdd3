"""Writes what follows from elsewhere: `python helm/plait/document.py`.

- The table of values in README.md, from values.yaml: each value has a line `# --` above it.
- The schema of the project file in values.schema.json, from plait's own (`plait config schema`).

With --check it only says whether both are what they should be.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from plait.config import Project

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- values -->", "<!-- /values -->"
# The last of $defs: everything from its name to the end of $defs.
_PROJECT = re.compile(r'^    "projectFile": \{.*^  \}$', re.MULTILINE | re.DOTALL)
_WORDS = {"title", "description", "default", "examples"}  # nothing is refused by them


def main() -> int:
    """Writes or checks both files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    given = parser.parse_args()
    readme, schema = HERE / "README.md", HERE / "values.schema.json"
    wanted = {
        readme: documented(readme.read_text(), (HERE / "values.yaml").read_text()),
        schema: with_project(schema.read_text()),
    }
    drifted = [file for file, text in wanted.items() if file.read_text() != text]
    for file in drifted:
        if given.check:
            sys.stderr.write(f"{file.name} drifted: python helm/plait/document.py\n")
        else:
            file.write_text(wanted[file])
    return 1 if drifted and given.check else 0


def with_project(schema: str) -> str:
    """Returns the chart's schema with that of the project file, a line for each of its models."""
    project = _bare(Project.model_json_schema(ref_template="#/$defs/projectFile/$defs/{model}"))
    models = ",\n".join(
        f"        {json.dumps(name)}: {json.dumps(model)}"
        for name, model in project.pop("$defs").items()
    )
    fields = ",\n".join(f"      {json.dumps(k)}: {json.dumps(v)}" for k, v in project.items())
    text = f'    "projectFile": {{\n      "$defs": {{\n{models}\n      }},\n{fields}\n    }}\n  }}'
    return _PROJECT.sub(lambda _: text, schema)


def _bare(schema: Any, named: bool = False) -> Any:
    """Returns the schema without its words; `named`: these keys are names of fields or models."""
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(part, named=not named and key in ("properties", "$defs"))
        for key, part in schema.items()
        if named or key not in _WORDS
    }


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
