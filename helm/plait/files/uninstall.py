"""Ends what runs for the release, and waits until it is gone.

Ray's clusters go last: KubeRay still needs the release's accounts, secrets and Valkey to tidy up.
"""

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
ASKED = (
    "ray.io/v1/rayservices",
    "ray.io/v1/rayjobs",
    "sparkoperator.k8s.io/v1beta2/sparkapplications",
)
FOLLOWING = ("ray.io/v1/rayclusters",)  # KubeRay copies the labels of their owners
WAIT_S = 240
LABELS = f"app.kubernetes.io/part-of=plait,app.kubernetes.io/instance={os.environ['RELEASE']}"
OURS = urllib.parse.urlencode({"labelSelector": LABELS})


def call(method: str, kind: str, query: str = OURS) -> list[str]:
    """Returns the names that the answer holds; none where the cluster does not know the kind."""
    namespace = (ACCOUNT / "namespace").read_text()
    group, version, plural = kind.split("/")
    request = urllib.request.Request(
        f"{SERVER}/apis/{group}/{version}/namespaces/{namespace}/{plural}?{query}",
        method=method,
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"},
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(request, context=trust, timeout=30) as reply:
            return [
                f"{plural}/{item['metadata']['name']}" for item in json.load(reply).get("items", [])
            ]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return []
        raise


# In the background: otherwise a cluster's token goes before the pod that tidies up with it.
for kind in ASKED:
    call("DELETE", kind, f"{OURS}&propagationPolicy=Background")
until = time.monotonic() + WAIT_S
while left := [name for kind in ASKED + FOLLOWING for name in call("GET", kind)]:
    print("waits for", ", ".join(left), flush=True)
    if time.monotonic() > until:
        sys.exit(f"still there after {WAIT_S} s: {', '.join(left)}")
    time.sleep(2)
print("nothing of", os.environ["RELEASE"], "runs any more")
