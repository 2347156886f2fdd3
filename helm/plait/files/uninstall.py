"""Deletes the release's RayServices, RayJobs and SparkApplications and waits until their clusters are gone."""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SERVER = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
KINDS = (
    "ray.io/v1/rayservices",
    "ray.io/v1/rayjobs",
    "sparkoperator.k8s.io/v1beta2/sparkapplications",
)
WAIT_S = 240
selector = urllib.parse.quote(
    f"app.kubernetes.io/part-of=plait,app.kubernetes.io/instance={os.environ['RELEASE']}"
)


def call(method: str, kind: str, query: str = "") -> list:
    """Returns the resources of a kind that the answer holds; none where the cluster lacks the kind."""
    group, version, plural = kind.split("/")
    namespace = (ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(
        f"{SERVER}/apis/{group}/{version}/namespaces/{namespace}/{plural}{query}",
        method=method,
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"},
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(request, context=trust, timeout=30) as reply:
            return json.load(reply).get("items", [])
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return []
        raise


ours = {
    item["metadata"]["name"]
    for kind in KINDS
    for item in call("GET", kind, f"?labelSelector={selector}")
}
for kind in KINDS:
    call("DELETE", kind, f"?labelSelector={selector}&propagationPolicy=Foreground")
until = time.monotonic() + WAIT_S
while left := sorted(
    [
        item["metadata"]["name"]
        for kind in KINDS
        for item in call("GET", kind, f"?labelSelector={selector}")
    ]
    + [
        item["metadata"]["name"]
        for item in call("GET", "ray.io/v1/rayclusters")
        if item["metadata"].get("labels", {}).get("ray.io/originated-from-cr-name") in ours
    ]
):
    print("waits for", ", ".join(left), flush=True)
    if time.monotonic() > until:
        sys.exit(f"still there after {WAIT_S} s: {', '.join(left)}")
    time.sleep(2)
print("nothing of", os.environ["RELEASE"], "runs any more")
