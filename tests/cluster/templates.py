"""Templates of a release that is not installed: what the chart renders, as small as it runs."""

from __future__ import annotations

import copy
import json
from typing import Any

IMAGE, SPARK_IMAGE = "localhost/plait-ray:dev", "localhost/plait-spark:dev"
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _pod(name: str, cpu: str, memory: str) -> dict[str, Any]:
    container = {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        # No limit of CPUs: a head that may use a fifth of one takes two minutes to start.
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        "securityContext": _RESTRICTED,
    }
    return {"spec": {"containers": [container]}}


def ray_job(command: str) -> dict[str, Any]:
    """A RayJob with a small head and one worker."""
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": "template", "labels": {"app.kubernetes.io/part-of": "plait"}},
        "spec": {
            "entrypoint": command,
            "shutdownAfterJobFinishes": True,
            "submitterPodTemplate": {
                "spec": {"restartPolicy": "Never"} | _pod("submitter", "100m", "256Mi")["spec"]
            },
            "rayClusterSpec": {
                "rayVersion": "2.60.0",
                "headGroupSpec": {
                    "rayStartParams": {"num-cpus": "0"},
                    "template": _pod("ray-head", "200m", "1Gi"),
                },
                "workerGroupSpecs": [
                    {
                        "groupName": "workers",
                        "replicas": 1,
                        "minReplicas": 1,
                        "maxReplicas": 1,
                        "rayStartParams": {},
                        "template": _pod("ray-worker", "200m", "1Gi"),
                    }
                ],
            },
        },
    }


def spark_application() -> dict[str, Any]:
    """A SparkApplication with one executor."""
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "template"},
        "spec": {
            "type": "Python",
            "pythonVersion": "3",
            "mode": "cluster",
            "sparkVersion": "4.3.0",
            "image": SPARK_IMAGE,
            "imagePullPolicy": "IfNotPresent",
            "mainApplicationFile": "local:///opt/plait/jobs/fuse.py",
            "arguments": ["--engine", "spark"],
            "restartPolicy": {"type": "Never"},
            "driver": {
                "cores": 1,
                "coreRequest": "200m",
                "memory": "1g",
                "serviceAccount": "spark",
            },
            "executor": {"cores": 1, "coreRequest": "200m", "instances": 1, "memory": "1g"},
        },
    }


def ray_service() -> dict[str, Any]:
    """A RayService of one replica."""
    job = ray_job("")["spec"]["rayClusterSpec"]
    serve = "applications: [{name: plait, route_prefix: /, import_path: serve.app:app}]"
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": "demo-serve"},
        "spec": {"serveConfigV2": serve, "rayClusterConfig": job},
    }


def resources() -> dict[str, dict[str, Any]]:
    """The resource of each verb."""
    return {
        "fuse": spark_application(),
        **{
            v: ray_job(f"python /opt/plait/jobs/{v}.py") for v in ("train", "evaluate", "recommend")
        },
        "serve": ray_service(),
    }


def config_map(
    release: str = "demo", changed: dict[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The ConfigMap of `release`; `changed` replaces the resources of some verbs."""
    all_of_them = copy.deepcopy(resources()) | (changed or {})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{release}-templates",
            "labels": {
                "app.kubernetes.io/component": "templates",
                "app.kubernetes.io/part-of": "plait",
                "app.kubernetes.io/instance": release,
            },
        },
        "data": {"contract": "1"}
        | {f"{verb}.json": json.dumps(resource) for verb, resource in all_of_them.items()},
    }
