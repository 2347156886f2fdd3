"""The chart, rendered: resources by kind and name, or the sentence that refuses the values."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.helm.binary import helm

CHART = Path(__file__).resolve().parents[2] / "helm" / "plait"
# YAML in C: a whole chart is a hundred kilobytes.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What writes the chart's README and schema; a script beside it, not a package.
_spec = importlib.util.spec_from_file_location("document", CHART / "document.py")
assert _spec
assert _spec.loader
document = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(document)

Resource = dict[str, Any]

# The smallest values that are right.
PROJECT: dict[str, Any] = {
    "store": "s3://plait/store",
    "platforms": {
        "shop": {
            "events": {
                "files": "s3://plait/logs/*.csv",
                "columns": {"account": "user", "item": "item", "time": "time"},
                "type": "purchase",
            }
        }
    },
}
LEAST: dict[str, Any] = {"project": PROJECT, "secrets": {"generate": True}}


@dataclass(frozen=True)
class Rendered:
    """What `helm template` made."""

    resources: tuple[Resource, ...]

    def all(self, kind: str) -> list[Resource]:
        """Returns every resource of a kind."""
        return [found for found in self.resources if found["kind"] == kind]

    def one(self, kind: str, name: str) -> Resource:
        """Returns the resource of that kind and name."""
        found = [each for each in self.all(kind) if each["metadata"]["name"] == name]
        assert len(found) == 1, f"{kind} {name}: {[e['metadata']['name'] for e in self.all(kind)]}"
        return found[0]

    def names(self, kind: str) -> set[str]:
        """Returns the names of every resource of a kind."""
        return {found["metadata"]["name"] for found in self.all(kind)}

    def template(self, verb: str) -> Resource:
        """Returns what `plait submit VERB` fills in."""
        templates = self.one("ConfigMap", "plait-templates")["data"]
        resource: Resource = json.loads(templates[f"{verb}.json"])
        return resource


def render(*files: Path, release: str = "plait", **values: Any) -> Rendered:
    """Returns the chart rendered with `files`, then `values` on top of the smallest ones."""
    done = run(*files, release=release, values=values if files else merged(LEAST, values))
    assert done.returncode == 0, done.stderr
    return Rendered(parse(done.stdout))


def refusal(release: str = "plait", **values: Any) -> str:
    """Returns the sentence with which the chart refuses values."""
    done = run(release=release, values=merged(LEAST, values))
    assert done.returncode != 0, "the chart took them"
    return done.stderr


def run(
    *files: Path, release: str = "plait", values: dict[str, Any] | None = None, notes: bool = False
) -> subprocess.CompletedProcess[str]:
    """Runs `helm template`, or with `notes` a dry run that prints NOTES.txt as well."""
    command = ["install", "--dry-run=client"] if notes else ["template"]
    return _run(tuple(command), files, release, json.dumps(values or {}))


def merged(base: Resource, over: Resource) -> Resource:
    """Returns `base` with `over` on top, as Helm merges values."""
    both = dict(base)
    for key, value in over.items():
        old = both.get(key)
        both[key] = (
            merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return both


def parse(text: str) -> tuple[Resource, ...]:
    """Returns the resources in a stream of YAML."""
    return tuple(found for found in yaml.load_all(text, _Loader) if found)


@cache
def _run(
    command: tuple[str, ...], files: tuple[Path, ...], release: str, values: str
) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(values)
        file.flush()
        given = [word for each in (*files, Path(file.name)) for word in ("-f", str(each))]
        return subprocess.run(
            [str(helm()), *command, release, str(CHART), "-n", "shops", *given],
            capture_output=True, text=True, check=False, timeout=60,
            env=os.environ | {"GOGC": "off"},  # Helm ends before its memory is worth collecting
        )  # fmt: skip


def pods(resource: Resource) -> list[Resource]:
    """Returns every pod specification inside a resource, whatever holds it."""
    found: list[Resource] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "containers" in node:
                found.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(resource)
    return found


def environment(pod: Resource) -> dict[str, Any]:
    """Returns the environment of a pod's first container: values, or where they come from."""
    return {
        entry["name"]: entry.get("value", entry.get("valueFrom"))
        for entry in pod["containers"][0].get("env", [])
    }
