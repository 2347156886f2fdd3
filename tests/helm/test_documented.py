"""The chart's README and schema know every value, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.helm.chart import CHART, document


def test_the_readme_is_what_the_script_writes() -> None:
    done = subprocess.run(
        [sys.executable, str(CHART / "document.py"), "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_drift_is_seen() -> None:
    readme, values = (CHART / "README.md").read_text(), (CHART / "values.yaml").read_text()
    assert document.documented(readme, values) == readme
    assert document.documented(readme, values.replace("region: us-east-1", "region: x")) != readme


def test_a_value_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="has no line"):
        list(document.rows("a:\n  # -- said\n  b: 1\n  c: 2\n"))


def test_the_schema_names_the_values_and_is_closed() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def compare(part: Any, value: Any, path: str) -> None:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        if not isinstance(value, dict) or "properties" not in part:
            return
        assert part["additionalProperties"] is False, path
        known = part["properties"].keys() - {"global"}
        assert value.keys() <= known, path
        if path.count(".") < 2 and not path.endswith((".resources", ".annotations")):
            assert known - value.keys() <= {"limits", "requests"}, path
        for key, inner in value.items():
            compare(part["properties"][key], inner, f"{path}.{key}")

    compare(schema, values, "")


def test_every_template_has_its_test() -> None:
    tests = "".join(
        file.name + file.read_text()
        for file in (CHART.parents[1] / "tests" / "helm" / "templates").glob("test_*.py")
    )
    guarded = {"checks.yaml"}  # test_guards.py
    for file in (CHART / "templates").rglob("*"):
        if file.suffix in (".yaml", ".txt") and file.name not in guarded:
            assert file.name in tests or f"test_{file.stem.lower()}.py" in tests, file.name
