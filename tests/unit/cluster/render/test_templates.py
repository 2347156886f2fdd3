from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plait.cluster.cluster_verbs import VERBS
from plait.cluster.render.templates import Templates, parse_templates, read_templates
from plait.errors import BadTemplate, MissingFile, NoTemplates
from tests.cluster.templates import config_map

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other"}}


def written(tmp_path: Path, *documents: object) -> Path:
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return file


def test_the_output_of_helm_template_is_searched(tmp_path: Path) -> None:
    found = read_templates(written(tmp_path, SERVICE, None, config_map()), None)
    assert found.release == "demo"
    assert found.template_for(VERBS["train"])["kind"] == "RayJob"


def test_a_list_of_kubectl_is_taken_too(tmp_path: Path) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [SERVICE, config_map("other")]}
    assert read_templates(written(tmp_path, listed), None).release == "other"


def test_several_releases_are_named(tmp_path: Path) -> None:
    file = written(tmp_path, config_map("blue"), config_map("green"))
    with pytest.raises(NoTemplates, match="blue, green"):
        read_templates(file, None)
    assert read_templates(file, "green").release == "green"
    with pytest.raises(NoTemplates, match="'green'"):
        read_templates(file, "gren")


def test_what_is_no_template_is_said(tmp_path: Path, templates: Templates) -> None:
    with pytest.raises(MissingFile):
        read_templates(tmp_path / "nowhere", None)
    with pytest.raises(NoTemplates, match="not installed"):
        read_templates(written(tmp_path, SERVICE), None)
    file = tmp_path / "bad.yaml"
    file.write_text("a: [")
    with pytest.raises(BadTemplate, match="not YAML"):
        read_templates(file, None)
    with pytest.raises(BadTemplate, match="is a SparkApplication"):
        Templates("demo", "here", {"train.json": templates.data["fuse.json"]}).template_for(
            VERBS["train"]
        )
    with pytest.raises(BadTemplate, match="It has: fuse"):
        Templates("demo", "here", {"fuse.json": "{}"}).template_for(VERBS["train"])


def test_templates_of_another_contract_are_refused() -> None:
    newer = config_map()
    newer["data"]["contract"] = "2"
    with pytest.raises(BadTemplate, match="contract 2; this plait supports 1"):
        parse_templates(newer, "here")
