"""Every dialect that docs/data.md shows is fused as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.unit.fusion.small import fuse_in

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
EXAMPLES = dict(
    re.findall(r"<!-- dialect: ([\w ]+) -->\n```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("<!-- dialect:") >= 10


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_its_items(tmp_path: Path, name: str) -> None:
    example = yaml.safe_load(EXAMPLES[name])
    events, items = example.pop("events"), example.pop("items")
    for file, content in example.items():
        (tmp_path / file).write_text(content)
    found = fuse_in(tmp_path, {"shop": {"events": events}})
    assert sorted(found.events["object_id"]) == [f"shop:{item}" for item in items]
    assert set(found.quarantine["reason"]) <= {"null_object"}
