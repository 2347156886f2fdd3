"""Checks the cluster: its API server, the operators, the chart, and the user's rights."""

from __future__ import annotations

from collections.abc import Iterator

from plait.cluster.client.api_errors import INSTALL, NotFound
from plait.cluster.client.connect_cluster import connect_cluster
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import KINDS, VERBS, Resource
from plait.cluster.list_runs import check_namespace
from plait.cluster.render.render_resource import QUEUE_LABEL, ray_cluster_spec
from plait.cluster.render.templates import Templates
from plait.cluster.submit_run import load_templates
from plait.doctor.check_capacity import check_upgrade_capacity
from plait.doctor.check_machine import tested_versions
from plait.doctor.finding import Finding, fail, ok, warn
from plait.errors import PlaitError

_RBAC_VERBS = ("get", "list", "watch", "create", "patch", "delete")
_OPERATORS = {"ray.io": "kuberay-operator", "sparkoperator.k8s.io": "spark-operator"}
_KUEUE_API = "/apis/kueue.x-k8s.io/v1beta1"


def check_cluster(
    context: str | None, namespace: str | None, release: str | None, queue: str | None
) -> Iterator[Finding]:
    """Yields the findings about the cluster; only one if it does not respond."""
    try:
        api = connect_cluster(context, namespace)
        version = api.get("/version")["gitVersion"]
    except PlaitError as error:
        yield fail("cluster", error.seen, f"{error.allowed} {error.fix}".strip())
        return
    yield ok("cluster", f"{api.where}, Kubernetes {version}")
    try:
        check_namespace(api)
    except PlaitError as error:
        yield fail("namespace", error.seen, error.fix)
        return
    yield ok("namespace", api.namespace)
    for group in _OPERATORS:
        yield _check_crds(api, group)
        yield from _check_operator(api, group)
    yield _check_rights(api)
    templates = None
    try:
        templates = load_templates(api, release)
        has = ", ".join(name for name in VERBS if f"{name}.json" in templates.data)
        yield ok("chart", f"release {templates.release}: {has}")
        yield from _check_ray_version(templates)
    except PlaitError as error:
        yield fail("chart", error.seen, f"{error.allowed} {error.fix}".strip())
    wanted = queue or (_template_queue(templates) if templates else None)
    if wanted:
        yield _check_queue(api, wanted)
    if templates:
        yield from check_upgrade_capacity(api, templates)


def _check_crds(api: KubeApi, group: str) -> Finding:
    wanted = [kind for kind in KINDS.values() if kind.group == group]
    name = f"CRDs of {group}"
    try:
        versions = [entry["version"] for entry in api.get(f"/apis/{group}")["versions"]]
    except NotFound:
        return fail(name, "not installed", INSTALL[group])
    except PlaitError as error:
        return warn(name, error.seen)
    if wanted[0].version not in versions:
        return fail(name, f"{', '.join(versions)}, wanted {wanted[0].version}", INSTALL[group])
    has = {r["name"] for r in api.get(f"/apis/{wanted[0].api_version}")["resources"]}
    lacking = [kind.name for kind in wanted if kind.plural not in has]
    if lacking:
        return fail(name, f"no {', '.join(lacking)}", INSTALL[group])
    return ok(name, f"{', '.join(kind.name for kind in wanted)} {wanted[0].version}")


def _check_operator(api: KubeApi, group: str) -> Iterator[Finding]:
    """Yields the operator's image and whether it runs, if listing deployments is allowed."""
    wanted = _OPERATORS[group]
    try:
        listed = api.get("/apis/apps/v1/deployments")["items"]
    except PlaitError:
        yield ok(wanted, "not checked: reading deployments of other namespaces is not allowed")
        return
    found = [entry for entry in listed if wanted in entry["metadata"]["name"]]
    if not found:
        yield warn(wanted, "no deployment of that name", INSTALL[group])
    for entry in found:
        name, space = entry["metadata"]["name"], entry["metadata"]["namespace"]
        image = entry["spec"]["template"]["spec"]["containers"][0]["image"]
        if (entry.get("status") or {}).get("readyReplicas"):
            yield ok(name, f"{image} in {space}")
        else:
            yield fail(
                name, f"{image} in {space} is not ready", f"kubectl -n {space} describe pod {name}"
            )


def _check_rights(api: KubeApi) -> Finding:
    wanted = [(kind.group, kind.plural, verb) for kind in KINDS.values() for verb in _RBAC_VERBS]
    wanted += [("", "configmaps", "get"), ("", "pods", "list"), ("", "events", "list")]
    wanted.append(("", "pods/log", "get"))
    lacking: dict[str, list[str]] = {}
    for group, resource, verb in wanted:
        plural, _, part = resource.partition("/")
        attributes = {"namespace": api.namespace, "group": group, "resource": plural, "verb": verb}
        if part:
            attributes["subresource"] = part
        review: Resource = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        try:
            path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            allowed = api.post(path, review)["status"]["allowed"]
        except PlaitError as error:
            return warn("rights", error.seen)
        if not allowed:
            lacking.setdefault(f"{resource}{'.' + group if group else ''}", []).append(verb)
    if not lacking:
        return ok("rights", "to submit, follow and cancel every verb")
    return fail(
        "rights",
        "you may not " + "; ".join(f"{', '.join(verbs)} {name}" for name, verbs in lacking.items()),
        "Ask an administrator to add you to rbac.submitters in the chart's values; then: "
        f"kubectl -n {api.namespace} auth can-i --list",
    )


def _check_ray_version(templates: Templates) -> Iterator[Finding]:
    """Yields whether the cluster runs the Ray version that this plait is tested with."""
    tested = tested_versions().get("ray")
    try:
        runs = ray_cluster_spec(templates.template_for(VERBS["train"])).get("rayVersion")
    except PlaitError:
        return
    if tested and runs and runs != tested:
        yield warn(
            "Ray",
            f"the chart runs {runs}, this plait {tested}",
            "Use the same version of chart and plait.",
        )


def _template_queue(templates: Templates) -> str | None:
    for verb in VERBS.values():
        try:
            labels = templates.template_for(verb)["metadata"].get("labels") or {}
        except PlaitError:
            continue
        if QUEUE_LABEL in labels:
            return str(labels[QUEUE_LABEL])
    return None


def _check_queue(api: KubeApi, name: str) -> Finding:
    try:
        api.get(f"{_KUEUE_API}/namespaces/{api.namespace}/localqueues/{name}")
    except NotFound:
        return fail(
            "queue",
            f"namespace '{api.namespace}' has no LocalQueue '{name}'",
            f"kubectl -n {api.namespace} get localqueues; then set queue.name, or give --queue",
        )
    except PlaitError as error:
        return warn("queue", error.seen)
    return ok("queue", name)
