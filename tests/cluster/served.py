"""The endpoint of a release, as an application and as who runs it see it."""

from __future__ import annotations

import base64
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import httpx

from .kubectl import environment, get, kubectl, wait_until


def secret(name: str, key: str, namespace: str = "plait") -> str:
    """Returns what a secret holds under `key`."""
    held = get("secret", name, "-n", namespace)["data"][key]
    return base64.b64decode(held).decode()


@dataclass(frozen=True)
class Served:
    """A release's endpoint, reached at its Service."""

    namespace: str = "plait"
    release: str = "plait"

    @property
    def url(self) -> str:
        """The address of the Service; this machine is a node of the cluster."""
        service = get("service", f"{self.release}-serve-svc", "-n", self.namespace)
        return f"http://{service['spec']['clusterIP']}:8000"

    @property
    def key(self) -> str:
        """The API key."""
        return secret(f"{self.release}-access", "api-key", self.namespace)

    def client(self, timeout: float = 60) -> httpx.Client:
        """Returns a client that has the key, and waits `timeout` seconds."""
        return httpx.Client(base_url=self.url, headers={"X-API-Key": self.key}, timeout=timeout)

    def recommend(
        self,
        account: str,
        platform: str = "shop",
        k: int = 5,
        seen: str = "exclude",
        timeout: float = 60,
    ) -> Any:
        """Returns the answer to one account; with `seen` allow its list may repeat items.

        Raises:
            AssertionError: there is none.
        """
        user = {"platform": platform, "id": account}
        try:
            with self.client(timeout) as client:
                reply = client.post("/v1/recommend", json={"user": user, "k": k, "seen": seen})
        except httpx.HTTPError as error:
            raise AssertionError(repr(error)) from None
        assert reply.status_code == httpx.codes.OK, f"{reply.status_code} {reply.text}"
        return reply.json()

    def wait_until_ready(self, seconds: float = 240) -> float:
        """Returns the seconds until a model answers."""
        began = time.monotonic()

        def ready() -> bool:
            try:
                with self.client(timeout=30) as client:
                    return client.get("/health/ready").status_code == httpx.codes.OK
            except httpx.HTTPError as error:
                raise AssertionError(str(error)) from None

        wait_until(ready, seconds, "the endpoint is ready")
        return time.monotonic() - began

    def found(self, node_type: str) -> list[Any]:
        """Returns the serving pods of that type, in any state: `head` or `worker`."""
        selector = f"app.kubernetes.io/component=serve,ray.io/node-type={node_type}"
        pods: list[Any] = get("pods", "-n", self.namespace, "-l", selector)["items"]
        return pods

    def pods(self, node_type: str) -> list[str]:
        """Returns the names of those that run and are not being deleted."""
        return [
            pod["metadata"]["name"]
            for pod in self.found(node_type)
            if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]

    def worker_annotations(self) -> dict[str, str]:
        """Returns those of the worker pods that say what their replicas read when they started."""
        group = self.service()["spec"]["rayClusterConfig"]["workerGroupSpecs"][0]
        annotations = group["template"]["metadata"]["annotations"]
        return {name: value for name, value in annotations.items() if name.startswith("plait/")}

    def service(self) -> Any:
        """Returns the RayService."""
        return get("rayservice", self.release, "-n", self.namespace)

    def delete_pod(self, name: str, *options: str) -> None:
        """Deletes a pod and does not wait for its end."""
        kubectl("delete", "pod", name, "-n", self.namespace, "--wait=false", *options)


def plait(*arguments: str, env: dict[str, str], check: bool = True) -> tuple[int, str, str]:
    """Returns exit code, stdout and stderr of a plait command."""
    done = subprocess.run(
        ["plait", *arguments], env=environment() | env, text=True, capture_output=True,
        check=False, timeout=900,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"plait {arguments}\n{done.stdout}\n{done.stderr}"
    return done.returncode, done.stdout, done.stderr
