"""Names of runs: the same question has the same name, whoever asks it."""

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
    """What was asked: the verb, the hash of its filled template, and how it is told apart."""

    verb: Verb
    release: str
    spec_hash: str
    run: str | None = None

    def name(self, number: int = 1) -> str:
        """Returns the name of run `number`; with --run there is one only."""
        if self.run is not None:
            return f"{self.release}-{self.verb.name}-{self.run}"
        name = f"{self.release}-{self.verb.name}-{self.spec_hash[:_HASH_LENGTH]}"
        return name if number == 1 else f"{name}-{number}"


def spec_hash(resource: Resource) -> str:
    """Returns the hash of what a resource would do, its name and labels aside."""
    text = json.dumps(resource["spec"], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def next_run_number(asked: RunSpec, there: Iterable[tuple[str, bool]]) -> tuple[int, bool]:
    """Returns the number of the run to apply, and whether it is there already.

    Args:
        asked: what was asked.
        there: (name, has it ended) of the runs of the same spec.
    """
    numbers = {asked.name(1): 1} | {
        name: int(name.rsplit("-", 1)[1])
        for name, _ in there
        if re.fullmatch(re.escape(asked.name(1)) + r"-\d+", name)
    }
    known = sorted((numbers[name], ended) for name, ended in there if name in numbers)
    if not known:
        return 1, False
    number, ended = known[-1]
    return (number + 1, False) if ended else (number, True)


def set_run_name(resource: Resource, asked: RunSpec, number: int = 1) -> str:
    """Names `resource`, and writes down what it is. A service keeps its name: it is one thing.

    Raises:
        RuleBroken: the operator would not take the name.
    """
    metadata = resource["metadata"]
    if asked.verb.kind is not RAY_SERVICE:
        metadata["name"] = asked.name(number)
    metadata.setdefault("labels", {}).update(
        {
            INSTANCE_LABEL: asked.release,
            VERB_LABEL: asked.verb.name,
            RUN_LABEL: asked.run or str(number),
        }
    )
    metadata.setdefault("annotations", {})[SPEC_ANNOTATION] = asked.spec_hash
    name = str(metadata.get("name", ""))
    check_run_name(name, asked)
    return name


def check_run_name(name: str, asked: RunSpec) -> None:
    """Checks a name as the operator will.

    Raises:
        RuleBroken: it is too long, or no DNS-1035 label.
    """
    kind = asked.verb.kind
    if len(name) > kind.max_name_length:
        shorter = "Give a shorter --run, or install" if asked.run else "Install"
        raise RuleBroken(
            f"the name '{name}' has {len(name)} characters.",
            allowed=f"{kind.operator} takes {kind.max_name_length} for a {kind.name}.",
            fix=f"{shorter} the chart under a shorter release name.",
        )
    if not _DNS_1035.fullmatch(name):
        raise RuleBroken(
            f"the name '{name}' is no DNS-1035 label.",
            allowed="Small letters, digits and '-'; it begins with a letter and does not end in "
            "'-'.",
            fix="Give another --run." if asked.run else "Install under another release name.",
        )
