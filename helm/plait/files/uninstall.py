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
RELEASE = os.environ["RELEASE"]
ASKED = (
    "apis/ray.io/v1 rayservices",
    "apis/ray.io/v1 rayjobs",
    "apis/sparkoperator.k8s.io/v1beta2 sparkapplications",
)
# Hooks are not part of a release for Helm: one that failed is kept to be looked at, and would stay.
LEFT = (
    f"api/v1 pods/{RELEASE}-test",
    f"apis/batch/v1 jobs/{RELEASE}-check",
    f"api/v1 configmaps/{RELEASE}-check",
)
FOLLOWING = ("apis/ray.io/v1 rayclusters",)  # KubeRay copies the labels of their owners
WAIT_S = 240
LABELS = f"app.kubernetes.io/part-of=plait,app.kubernetes.io/instance={RELEASE}"
OURS = urllib.parse.urlencode({"labelSelector": LABELS})


def call(method: str, kind: str, query: str = OURS) -> list[str]:
    """Returns the names that the answer holds; none where the cluster has no such thing."""
    namespace = (ACCOUNT / "namespace").read_text()
    path, plural = kind.split()
    request = urllib.request.Request(
        f"{SERVER}/{path}/namespaces/{namespace}/{plural}?{query}",
        method=method,
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"},
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    for left in reversed(range(15)):
        try:
            with urllib.request.urlopen(request, context=trust, timeout=30) as reply:
                found = json.load(reply).get("items", [])
                return [f"{plural}/{item['metadata']['name']}" for item in found]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        except urllib.error.URLError:  # a new pod's way to the server may open seconds late
            if not left:
                raise
            time.sleep(2)
    return []


# In the background: otherwise a cluster's token goes before the pod that tidies up with it.
for kind in ASKED + LEFT:
    call("DELETE", kind, f"{OURS}&propagationPolicy=Background")
until = time.monotonic() + WAIT_S
while left := [name for kind in ASKED + FOLLOWING for name in call("GET", kind)]:
    print("waits for", ", ".join(left), flush=True)
    if time.monotonic() > until:
        sys.exit(f"still there after {WAIT_S} s: {', '.join(left)}")
    time.sleep(2)
print("nothing of", RELEASE, "runs any more")
