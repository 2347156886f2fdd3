"""The verbs that run on a cluster, and the custom resource of each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plait.errors import UnknownArgument, nearest
from plait.jobs import evaluate_job, fuse_job, recommend_job, train_job

Resource = dict[str, Any]  # a Kubernetes object, as JSON has it


@dataclass(frozen=True)
class ResourceKind:
    """A custom resource; `version` is the API version that plait's templates use."""

    name: str
    plural: str
    group: str
    version: str
    operator: str
    max_name_length: int  # longest name that its operator accepts

    @property
    def api_version(self) -> str:
        """GROUP/VERSION, as in `apiVersion`."""
        return f"{self.group}/{self.version}"


RAY_JOB = ResourceKind("RayJob", "rayjobs", "ray.io", "v1", "KubeRay", 47)
RAY_SERVICE = ResourceKind("RayService", "rayservices", "ray.io", "v1", "KubeRay", 47)
# 63 minus the suffixes "-driver" and "-ui-svc" of the driver and its Service.
SPARK = ResourceKind(
    "SparkApplication",
    "sparkapplications",
    "sparkoperator.k8s.io",
    "v1beta2",
    "the Spark operator",
    56,
)
KINDS = {kind.name: kind for kind in (SPARK, RAY_JOB, RAY_SERVICE)}


def serve_parser() -> argparse.ArgumentParser:
    """Returns the argument parser of serve, which has no job script."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--model", help="default: the chart's")
    parser.add_argument("--version", help="default: the chart's; '' follows the alias current")
    return parser


@dataclass(frozen=True)
class Verb:
    """A verb; `parser` parses the arguments of the job that it runs."""

    name: str
    kind: ResourceKind
    parser: Callable[[], argparse.ArgumentParser]
    set_by_template: frozenset[str] = frozenset()  # arguments that the template sets


VERBS = {
    verb.name: verb
    for verb in (
        Verb("fuse", SPARK, fuse_job.parser, frozenset({"--config", "--engine"})),
        Verb("train", RAY_JOB, train_job.parser, frozenset({"--config"})),
        Verb("evaluate", RAY_JOB, evaluate_job.parser, frozenset({"--config"})),
        Verb("recommend", RAY_JOB, recommend_job.parser, frozenset({"--config"})),
        Verb("serve", RAY_SERVICE, serve_parser),
    )
}


def find_verb(name: str) -> Verb:
    """Returns the verb `name`.

    Raises:
        UnknownArgument: there is no such verb.
    """
    if name not in VERBS:
        raise UnknownArgument(
            f"'{name}' is not a verb that runs on a cluster.",
            allowed=nearest(name, VERBS),
            fix=f"Give one of {', '.join(VERBS)}.",
        )
    return VERBS[name]
