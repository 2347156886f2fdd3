"""The project file in `project` is refused by Helm itself, as plait would refuse it later."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from plait.cli.main import app
from plait.config.parse_project import parse_config
from tests.helm.chart import CHART, LEAST, PROJECT, document, merged, render, run

# Every part of a project file is there once.
WHOLE: dict[str, Any] = merged(PROJECT, {
    "model": "default",
    "platforms": {
        "video": {
            "kind": "video",
            "events": {
                "files": ["s3://plait/logs/a-*.csv", "s3://plait/logs/b-*.csv"],
                "columns": {"account": "user", "item": "item", "order": "n"},
                "time": "order", "type": {"column": "kind", "map": {"seen": "view"}},
                "keep": "rating >= 3", "k_core": 5,
            },
            "catalogue": {
                "files": "s3://plait/items.csv", "columns": {"item": "id", "published": "at"},
                "time": {"unit": "s", "resolution": "day"},
            },
            "accounts": {
                "files": "s3://plait/accounts.csv", "account": "user",
                "keys": {"email_hash": "email"},
            },
        },
    },
    "people": {"same_account_id": [["shop", "video"]], "keys": ["email_hash"]},
    "pseudonyms": {"key_file": "key"},
    "train": {"epochs": 3, "dropout": 0.1, "cut": "2026-01-01"},
    "serve": {"port": 8000, "replicas": [1, 2]},
})  # fmt: skip
FREE = {"platforms", "map", "keys"}  # whose keys are the writer's own


def _places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yields where in a project file a mapping with fixed keys stands."""
    if isinstance(node, dict):
        if not path or path[-1] not in FREE:
            yield path
        for key, value in node.items():
            yield from _places(value, (*path, key))


def _broken(path: tuple[str | int, ...], key: str, value: Any) -> dict[str, Any]:
    project = copy.deepcopy(WHOLE)
    place = project
    for part in path:
        place = place[part]  # type: ignore[index]
    place[key] = value
    return project


@pytest.fixture(scope="module")
def schema() -> Any:
    whole = json.loads((CHART / "values.schema.json").read_text())
    return jsonschema.Draft202012Validator(whole)


def test_what_plait_takes_helm_takes(tmp_path: Path, schema: Any) -> None:
    assert parse_config(WHOLE, folder=tmp_path).model == "default"
    assert not list(schema.iter_errors({"project": WHOLE}))
    assert render(project=WHOLE).names("RayService") == {"plait"}


@pytest.mark.parametrize("path", list(_places(WHOLE)), ids=lambda path: ".".join(map(str, path)))
def test_a_typo_at_any_depth(path: tuple[str | int, ...], schema: Any) -> None:
    (error,) = schema.iter_errors({"project": _broken(path, "evnts", 1)})
    assert [*error.absolute_path] == ["project", *path][: len(error.absolute_path)]


WRONG = {
    "a key of a platform": ((("platforms", "shop"), "evnts", {}), "'evnts' not allowed"),
    "a key at the top": (((), "trian", {}), "'trian' not allowed"),
    "an unknown event type": (
        (("platforms", "shop", "events"), "type", "purchas"), "must be one of 'view', 'click'",
    ),
    "an unknown event type in a map": (
        (("platforms", "video", "events", "type", "map"), "bought", "byu"), "/type/map/bought",
    ),
    "a word for a number": ((("train",), "epochs", "many"), "got string, want integer"),
    "a number for a word": ((("people",), "keys", [7]), "/project/people/keys/0"),
    "a model's name": (((), "model", "My Model"), "/project/model"),
    "a platform that is empty": ((("platforms",), "video", {}), "missing property 'events'"),
    "an account without its column": (
        (("platforms", "shop", "events"), "columns", {"item": "i"}), "missing property 'account'",
    ),
    "no platform": (((), "platforms", {}), "/project/platforms"),
    "no platform at all": (((), "platforms", None), "/project/platforms"),
    "a unit": ((("platforms", "shop", "events"), "time", {"unit": "h"}), "'s', 'ms', 'us'"),
}  # fmt: skip


@pytest.mark.parametrize("change,sentence", WRONG.values(), ids=WRONG.keys())
def test_helm_refuses(change: tuple[Any, str, Any], sentence: str) -> None:
    done = run(values=LEAST | {"project": _broken(*change)})
    assert done.returncode != 0
    assert sentence in done.stderr


def test_the_schema_is_that_of_the_command() -> None:
    """`plait config schema` and the chart refuse the same; `document.py` writes the one down."""
    shown = CliRunner().invoke(app, ["config", "schema"])
    models = json.loads(shown.output)["$defs"]
    chart = json.loads((CHART / "values.schema.json").read_text())
    kept = chart["$defs"]["projectFile"]["$defs"]
    assert kept.keys() == models.keys()
    for name, model in models.items():
        assert kept[name]["properties"].keys() == model["properties"].keys()
    text = (CHART / "values.schema.json").read_text()
    assert document.with_project(text) == text, "python helm/plait/document.py writes it anew"
    assert document.with_project(text.replace('"k_core"', '"kcore"')) == text
