"""Names of runs: the same spec gets the same name, whoever submits it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from plait.cluster.cluster_verbs import RAY_SERVICE, Resource, Verb
from plait.cluster.render.templates import INSTANCE_LABEL
from plait.errors import RuleBroken

VERB_LABEL, RUN_LABEL, SPEC_ANNOTATION = "plait/verb", "plait/run", "plait/spec"
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_HASH_LENGTH = 8  # characters of the hash in a name


@dataclass(frozen=True)
class RunSpec:
    """What a run does: its verb, the hash of its rendered template, and its --run if any."""

    verb: Verb
    release: str
    spec_hash: str
    run: str | None = None

    def name(self, number: int = 1) -> str:
        """Returns the name of run `number`. With --run there is only one."""
        if self.run is not None:
            return f"{self.release}-{self.verb.name}-{self.run}"
        name = f"{self.release}-{self.verb.name}-{self.spec_hash[:_HASH_LENGTH]}"
        return name if number == 1 else f"{name}-{number}"


def spec_hash(resource: Resource) -> str:
    """Returns the SHA-256 of a resource's spec, without its name and labels."""
    text = json.dumps(resource["spec"], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def next_run_number(spec: RunSpec, there: Iterable[tuple[str, bool]]) -> tuple[int, bool]:
    """Returns the number of the run to apply, and whether it already exists.

    Args:
        spec: the spec to run.
        there: (name, whether it has ended) of the existing runs of this spec.
    """
    numbers = {spec.name(1): 1} | {
        name: int(name.rsplit("-", 1)[1])
        for name, _ in there
        if re.fullmatch(re.escape(spec.name(1)) + r"-\d+", name)
    }
    known = sorted((numbers[name], ended) for name, ended in there if name in numbers)
    if not known:
        return 1, False
    number, ended = known[-1]
    return (number + 1, False) if ended else (number, True)


def set_run_name(resource: Resource, spec: RunSpec, number: int = 1) -> str:
    """Sets the name, labels and annotations of `resource`, and returns the name.

    A RayService keeps its name, as a release has only one.

    Raises:
        RuleBroken: the operator would refuse the name.
    """
    metadata = resource["metadata"]
    if spec.verb.kind is not RAY_SERVICE:
        metadata["name"] = spec.name(number)
    metadata.setdefault("labels", {}).update(
        {
            INSTANCE_LABEL: spec.release,
            VERB_LABEL: spec.verb.name,
            RUN_LABEL: spec.run or str(number),
        }
    )
    metadata.setdefault("annotations", {})[SPEC_ANNOTATION] = spec.spec_hash
    name = str(metadata.get("name", ""))
    check_run_name(name, spec)
    return name


def check_run_name(name: str, spec: RunSpec) -> None:
    """Checks a name as the operator does.

    Raises:
        RuleBroken: the name is too long, or is not a DNS-1035 label.
    """
    kind = spec.verb.kind
    if len(name) > kind.max_name_length:
        shorter = "Give a shorter --run, or install" if spec.run else "Install"
        raise RuleBroken(
            f"the name '{name}' has {len(name)} characters.",
            allowed=f"{kind.operator} takes {kind.max_name_length} for a {kind.name}.",
            fix=f"{shorter} the chart under a shorter release name.",
        )
    if not _DNS_1035.fullmatch(name):
        raise RuleBroken(
            f"the name '{name}' is not a DNS-1035 label.",
            allowed="Lower-case letters, digits and '-'. It begins with a letter and does not "
            "end in '-'.",
            fix="Give another --run." if spec.run else "Install under another release name.",
        )
