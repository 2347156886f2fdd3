"""Reads the recipes of docs/recipes.md: the files of each, its YAML, and what must come out."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml

PAGE = Path(__file__).parents[3] / "docs" / "recipes.md"

_FILE = re.compile(r"`(?P<name>[^`]+)`(?: as (?P<form>.+))?")
_COUNT = re.compile(r"(\d+) (event|account|item|duplicate)")
_REASON = re.compile(r"(\w+) (\d+)")


@dataclass
class Recipe:
    """One recipe of the page.

    Attributes:
        title: its heading.
        files: the name, the form and the text of each file.
        platform: the platform of the YAML.
        counts: the number of events, accounts, items and duplicates, by the singular.
        reasons: the counts by reason, of `removed` and of `quarantined`.
        tables: the rows of each table, every cell as text.
    """

    title: str
    files: list[tuple[str, str, str]] = field(default_factory=list)
    platform: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    tables: list[list[dict[str, str]]] = field(default_factory=list)

    def write_files(self, folder: Path) -> None:
        """Writes the files of the recipe into `folder`."""
        for name, form, text in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if form in ("Parquet", "a Delta table"):
                rows = pl.read_ndjson(io.StringIO(text), infer_schema_length=None)
                rows.write_parquet(path) if form == "Parquet" else rows.write_delta(path)
            else:
                path.write_bytes(text.encode(form or "utf-8"))


def read_recipes() -> list[Recipe]:
    """Returns the recipes of the page in their order."""
    _, *sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    return [_read_recipe(section) for section in sections]


def _read_recipe(section: str) -> Recipe:
    title, *lines = section.splitlines()
    recipe, before = Recipe(title), ""
    table: list[list[str]] = []
    rest = iter([*lines, ""])
    for line in rest:
        if line.startswith("```"):
            text = "".join(f"{inner}\n" for inner in iter(lambda: next(rest), "```"))
            if line == "```yaml":
                recipe.platform = yaml.safe_load(text)
            else:
                named = _FILE.fullmatch(before)
                assert named, f"{title}: a block has no file name before it"
                recipe.files.append((named["name"], named["form"] or "", text))
        elif line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
            table.append([cell.strip().replace(r"\|", "|") for cell in cells])
        elif table:
            header, _, *rows = table
            recipe.tables.append([dict(zip(header, row, strict=True)) for row in rows])
            table = []
        if line.startswith("Out: "):
            counts, *reasons = line.removeprefix("Out: ").rstrip(".").split(". ")
            recipe.counts = {name: int(count) for count, name in _COUNT.findall(counts)}
            for part in reasons:
                kind, _, words = part.partition(": ")
                recipe.reasons[kind.lower()] = {n: int(c) for n, c in _REASON.findall(words)}
        before = line
    return recipe
