"""The chart's templates: one ConfigMap per release, with a complete resource per verb."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plait.cluster.cluster_verbs import VERBS, Resource, Verb
from plait.errors import BadTemplate, MissingFile, NoTemplates, nearest

TEMPLATES_CONTRACT = "1"
INSTANCE_LABEL = "app.kubernetes.io/instance"
TEMPLATES_SELECTOR = {
    "app.kubernetes.io/component": "templates",
    "app.kubernetes.io/part-of": "plait",
}


@dataclass(frozen=True)
class Templates:
    """The templates of a release; `where` says where they were found."""

    release: str
    where: str
    data: dict[str, str]

    @property
    def scheduling_timeout_s(self) -> float | None:
        """The chart's timeout, in seconds, for a pod that fits on no node; None if not set."""
        seconds = self.data.get("schedulingPatienceSeconds")
        return None if seconds is None else float(seconds)

    def template_for(self, verb: Verb) -> Resource:
        """Returns the resource that `verb` runs, to be rendered.

        Raises:
            BadTemplate: the release has no template for it, or an invalid one.
        """
        key = f"{verb.name}.json"
        if key not in self.data:
            has = ", ".join(name for name in VERBS if f"{name}.json" in self.data) or "none"
            raise BadTemplate(
                f"release '{self.release}' has no template for {verb.name} ({self.where}).",
                allowed=f"It has: {has}.",
                fix=f"Enable it in the chart's values, and run `helm upgrade {self.release}`.",
            )
        try:
            resource = json.loads(self.data[key])
        except ValueError as error:
            raise BadTemplate(f"{key} of {self.where} is not JSON: {error}.") from None
        kind = resource.get("kind") if isinstance(resource, dict) else None
        if kind != verb.kind.name:
            raise BadTemplate(
                f"{key} of {self.where} is a {kind}.", allowed=f"It must be a {verb.kind.name}."
            )
        resource.setdefault("metadata", {})
        return copy.deepcopy(resource)


def is_templates(resource: Any) -> bool:
    """Whether `resource` is the ConfigMap of a release's templates."""
    if not isinstance(resource, dict) or resource.get("kind", "ConfigMap") != "ConfigMap":
        return False
    labels = resource.get("metadata", {}).get("labels") or {}
    return all(labels.get(name) == value for name, value in TEMPLATES_SELECTOR.items())


def parse_templates(config_map: Resource, where: str) -> Templates:
    """Returns the templates in a ConfigMap.

    Raises:
        BadTemplate: this plait does not support the version of their contract.
    """
    data = config_map.get("data") or {}
    contract = str(data.get("contract", "none"))
    if contract != TEMPLATES_CONTRACT:
        raise BadTemplate(
            f"the templates of {where} have contract {contract}; "
            f"this plait supports {TEMPLATES_CONTRACT}.",
            fix="Install the same version of chart and plait: `plait --version`, `helm list`.",
        )
    labels = config_map.get("metadata", {}).get("labels") or {}
    return Templates(labels.get(INSTANCE_LABEL, ""), where, data)


def choose_release(found: Iterable[Templates], release: str | None, where: str) -> Templates:
    """Returns the templates of `release`, or of the only release.

    Raises:
        NoTemplates: there are none, none of that release, or several and `release` is None.
    """
    by_release = {templates.release: templates for templates in found}
    if release is not None:
        if release in by_release:
            return by_release[release]
        raise NoTemplates(
            f"{where} has no release '{release}' of plait.", allowed=nearest(release, by_release)
        )
    if len(by_release) > 1:
        names = sorted(by_release)
        raise NoTemplates(
            f"{where} has {len(names)} releases of plait: {', '.join(names)}.",
            fix=f"Choose one: --release {names[0]}",
        )
    if not by_release:
        raise NoTemplates(
            f"{where} has no templates: the chart is not installed there.",
            fix="Install it with `helm install`, give its namespace with -n, or give the output "
            "of `helm template` with --templates FILE.",
        )
    return next(iter(by_release.values()))


def read_templates(file: Path, release: str | None) -> Templates:
    """Returns the templates in the output of `helm template`, or in one ConfigMap.

    Raises:
        MissingFile: there is no such file.
        BadTemplate: the file is not YAML.
        NoTemplates: the file has no templates.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.load_all(file.read_text(encoding="utf-8"), loader))
    except OSError as error:
        raise MissingFile(f"'{file}' cannot be read ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadTemplate(f"'{file}' is not YAML: {' '.join(str(error).split())}.") from None
    listed = [
        item
        for document in documents
        if isinstance(document, dict)
        for item in (document.get("items") if document.get("kind") == "List" else [document]) or []
    ]
    found = [parse_templates(item, f"'{file}'") for item in listed if is_templates(item)]
    return choose_release(found, release, f"'{file}'")
