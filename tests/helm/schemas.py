"""Checks resources as an API server would: Kubernetes' own schemas, and the CRDs of others.

Of a CRD: its defaults are applied first, then types and unknown fields are checked, then its
rules in CEL are run.
"""

from __future__ import annotations

import copy
import importlib.resources
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import celpy
import jsonschema
import pytest
import yaml
from celpy.adapter import json_to_cel
from referencing import Registry
from referencing import Resource as Document

CRDS = Path(__file__).resolve().parents[3] / "shared" / "crds"
KUBERNETES = "v1.34"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Resource = dict[str, Any]


def faults(resource: Resource) -> list[str]:
    """Returns what an API server would refuse a resource for; empty: nothing."""
    group, _, version = resource["apiVersion"].rpartition("/")
    custom = ("." in group and not group.endswith(".k8s.io")) or _versions(group, resource["kind"])
    found = (_custom if custom else _core)(resource, group, version)
    name = f"{resource['kind']} {resource['metadata']['name']}"
    return [f"{name}: {fault}" for fault in found]


def _core(resource: Resource, group: str, version: str) -> list[str]:
    short = f"{group.split('.')[0]}-{version}" if group else version
    return _explain(_validator(f"{resource['kind'].lower()}-{short}.json"), resource)


@cache
def _validator(file: str) -> Any:
    folder = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    names = (f"{KUBERNETES}.0-local-strict", f"{KUBERNETES}.1-local-strict")
    place = next(folder / name for name in names if (folder / name).is_dir())
    schema = json.loads((place / file).read_text())
    return jsonschema.Draft202012Validator(schema, registry=_definitions(str(place)))


@cache
def _definitions(place: str) -> Any:
    text = (Path(place) / "_definitions.json").read_text()
    registry: Any = Registry()
    return Document.from_contents(json.loads(text)) @ registry


def _custom(resource: Resource, group: str, version: str) -> list[str]:
    versions = _versions(group, resource["kind"])
    if version not in versions:
        return [f"nobody knows {resource['apiVersion']} {resource['kind']}"]
    schema = versions[version]
    checked = copy.deepcopy(resource)
    _default(schema, checked)
    found = _explain(_crd_validator(group, resource["kind"], version), checked)
    return found or list(_rules(schema, checked, resource["kind"]))


@cache
def _versions(group: str, kind: str) -> dict[str, Any]:
    """Returns the schemas of a custom kind by version; none if no file describes it."""
    if not CRDS.is_dir():
        pytest.fail(f"the CRDs of KubeRay and others are not there: lay them in {CRDS}")
    file = CRDS / f"{group}_{kind.lower()}s.yaml"
    if not file.is_file():
        return {}
    versions = yaml.load(file.read_text(), _Loader)["spec"]["versions"]
    return {version["name"]: version["schema"]["openAPIV3Schema"] for version in versions}


@cache
def _crd_validator(group: str, kind: str, version: str) -> Any:
    return jsonschema.Draft202012Validator(_strict(_versions(group, kind)[version]))


def _strict(schema: Any) -> Any:
    """Returns an OpenAPI schema as JSON Schema that refuses unknown fields, as `Strict` does."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items() if key != "properties"}
    strict.pop("format", None)
    if schema.get("x-kubernetes-int-or-string"):
        strict["type"] = ["integer", "string"]
    elif schema.get("nullable") and "type" in schema:
        strict["type"] = [schema["type"], "null"]
    if "properties" in schema:
        strict["properties"] = {name: _strict(part) for name, part in schema["properties"].items()}
        open_ended = schema.get("x-kubernetes-preserve-unknown-fields")
        if schema.get("type") == "object" and not open_ended:
            strict.setdefault("additionalProperties", False)
    return strict


def _default(schema: Any, value: Any) -> None:
    """Fills in what the schema gives where the resource is silent."""
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name not in value and "default" in part:
                value[name] = copy.deepcopy(part["default"])
            if name in value:
                _default(part, value[name])
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            for entry in value.values():
                _default(more, entry)
    elif isinstance(value, list):
        for entry in value:
            _default(schema.get("items", {}), entry)


def _rules(schema: Any, value: Any, path: str) -> Iterator[str]:
    """Yields each CEL rule that the value breaks; rules about what was before have no before."""
    for rule in schema.get("x-kubernetes-validations", []):
        if "oldSelf" in rule["rule"]:
            continue
        holds = _program(rule["rule"]).evaluate({"self": json_to_cel(value)})
        if not holds:
            yield f"{path}: {rule.get('message', rule['rule'])}"
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from _rules(part, value[name], f"{path}.{name}")
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from _rules(schema.get("items", {}), entry, f"{path}[{place}]")


@cache
def _program(rule: str) -> Any:
    cel = celpy.Environment()
    return cel.program(cel.compile(rule))


def _explain(validator: Any, value: Any) -> list[str]:
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in validator.iter_errors(value)
    ]
