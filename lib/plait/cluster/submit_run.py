"""Idempotent submit: renders a named resource and applies it. Submitted twice, it exists once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plait.cluster.client.api_errors import AlreadyExists, Forbidden, NotFound
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import RAY_SERVICE, Resource, Verb
from plait.cluster.follow.run_state import read_run_state
from plait.cluster.list_runs import check_namespace
from plait.cluster.render.render_resource import render
from plait.cluster.render.run_size import RunSize
from plait.cluster.render.serve_config import check_upgrade
from plait.cluster.render.templates import (
    INSTANCE_LABEL,
    TEMPLATES_SELECTOR,
    Templates,
    choose_release,
    is_templates,
    parse_templates,
)
from plait.cluster.render.validate_resource import validate
from plait.cluster.run_name import (
    SPEC_ANNOTATION,
    VERB_LABEL,
    RunSpec,
    next_run_number,
    set_run_name,
    spec_hash,
)


@dataclass(frozen=True)
class Submission:
    """The resource as the API server has it. `existed`: it had been submitted before."""

    resource: Resource
    existed: bool


def load_templates(api: KubeApi, release: str | None) -> Templates:
    """Returns the templates that the chart installed in the namespace.

    Raises:
        NoTemplates: there are none, or several releases to choose from.
        Refused, NoCluster, ClusterDown: they cannot be read.
    """
    where = f"namespace '{api.namespace}' of {api.where}"
    try:
        selector = ",".join(f"{name}={value}" for name, value in TEMPLATES_SELECTOR.items())
        listed = api.get(api.core_path("configmaps"), labelSelector=selector)["items"]
    except Forbidden:
        if release is None:
            raise
        listed = [api.get(api.core_path("configmaps", f"{release}-templates"))]
    if not listed:
        check_namespace(api)
    return choose_release(
        [parse_templates(m, where) for m in listed if is_templates(m)], release, where
    )


def prepare_run(
    verb: Verb,
    templates: Templates,
    arguments: Sequence[str],
    size: RunSize,
    image: str | None = None,
    queue: str | None = None,
    run: str | None = None,
) -> tuple[RunSpec, Resource]:
    """Returns the run's spec and its rendered, named and validated resource. Sends nothing.

    Raises:
        BadTemplate, BadSize, RuleBroken: the template, the size or the result is invalid.
    """
    resource = render(verb, templates.template_for(verb), arguments, size, image, queue)
    spec = RunSpec(verb, templates.release, spec_hash(resource), run)
    set_run_name(resource, spec)
    validate(verb, resource)
    return spec, resource


def submit_run(
    api: KubeApi, spec: RunSpec, resource: Resource, dry_run: bool = False
) -> Submission:
    """Creates the resource on the cluster, or returns the unfinished run of the same spec.

    Raises:
        Refused, NoCluster, ClusterDown: the API server does not accept it.
        RuleBroken: the image and the configuration of a service would change at once.
    """
    kind = spec.verb.kind
    resource["metadata"]["namespace"] = api.namespace
    if kind is RAY_SERVICE:
        try:
            path = api.resource_path(kind, resource["metadata"]["name"], resource["apiVersion"])
            check_upgrade(api.get(path), resource)
        except NotFound:
            pass  # there is no service to upgrade
        return Submission(api.apply(kind, resource, dry_run), existed=False)
    if spec.run is not None:
        return _create_once(api, spec, resource, dry_run)
    selector = f"{INSTANCE_LABEL}={spec.release},{VERB_LABEL}={spec.verb.name}"
    path = api.resource_path(kind, api_version=resource["apiVersion"])
    same = {
        entry["metadata"]["name"]: {"kind": kind.name, **entry}
        for entry in api.get(path, labelSelector=selector)["items"]
        if (entry["metadata"].get("annotations") or {}).get(SPEC_ANNOTATION) == spec.spec_hash
    }
    ended = [(name, read_run_state(entry).ended) for name, entry in same.items()]
    number, existed = next_run_number(spec, ended)
    name = set_run_name(resource, spec, number)
    if existed:
        return Submission(same[name], existed=True)
    return Submission(api.apply(kind, resource, dry_run), existed=False)


def _create_once(api: KubeApi, spec: RunSpec, resource: Resource, dry_run: bool) -> Submission:
    """Creates the run, or returns the existing one of this --run. Never changes that one."""
    kind = spec.verb.kind
    try:
        return Submission(api.create(kind, resource, dry_run), existed=False)
    except AlreadyExists:
        name = resource["metadata"]["name"]
        return Submission(
            api.get(api.resource_path(kind, name, resource["apiVersion"])), existed=True
        )


def is_same_spec(placed: Submission, spec: RunSpec) -> bool:
    """Whether the submitted or existing run has the requested spec."""
    return (placed.resource["metadata"].get("annotations") or {}).get(
        SPEC_ANNOTATION
    ) == spec.spec_hash
