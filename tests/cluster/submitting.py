"""`plait submit` as a person would type it, in a namespace of its own, with small templates."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .kubectl import apply, environment, get, kubectl
from .templates import config_map, ray_job

# A job that takes a while, says so, and ends with a summary as plait's jobs do.
COUNT = (
    'python -u -c \'import time; [print("line", i) or time.sleep(1) for i in range(12)]; '
    'print("{\\"version\\": 3}")\''
)


SOON_S, MINUTE_S = 30, 60
HASTY = ("--patience", "5s")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def record(self) -> dict[str, Any]:
        """What --output json printed."""
        (line,) = self.out.splitlines()
        record: dict[str, Any] = json.loads(line)
        return record


@dataclass(frozen=True)
class Desk:
    """A namespace, and the command line over it."""

    namespace: str
    folder: Path
    kubeconfig: str = ""

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `plait ARGUMENTS` in the namespace."""
        found = environment()
        if self.kubeconfig:
            found["KUBECONFIG"] = self.kubeconfig
        command = [sys.executable, "-m", "plait.cli.main", *arguments, "-n", self.namespace]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=found
        )

    def plait(self, *arguments: str) -> Ended:
        """Runs `plait ARGUMENTS` to its end."""
        return end(self.begin(*arguments))

    def templates(self, **changed: dict[str, Any]) -> str:
        """Writes templates in which some verbs are changed; returns the file."""
        file = self.folder / f"{len(list(self.folder.iterdir()))}.yaml"
        file.write_text(yaml.safe_dump(config_map(changed=changed)))
        return str(file)

    def jobs(self) -> list[dict[str, Any]]:
        """Returns the RayJobs of the namespace."""
        return list(get("rayjobs", "-n", self.namespace)["items"])


def end(command: subprocess.Popen[str], timeout: float = 400) -> Ended:
    """Waits for a command that was begun."""
    began = time.monotonic()
    out, err = command.communicate(timeout=timeout)
    return Ended(command.returncode, out, err, time.monotonic() - began)


def told(ended: Ended, code: int, *words: str, within: float = SOON_S) -> None:
    """Checks the exit code and the sentence; nothing of plait's inside is shown."""
    assert ended.code == code, ended
    for word in words:
        assert word in ended.err, ended
    assert "Traceback" not in ended.err
    assert "fault in plait" not in ended.err
    assert ended.seconds < within


@contextmanager
def desk(name: str, folder: Path, **labels: str) -> Iterator[Desk]:
    """Yields a fresh namespace with the templates of a release, gone afterwards."""
    namespace = f"submit-{name}-{os.getpid()}"
    about = {"name": namespace, "labels": {key.replace("_", "-"): v for key, v in labels.items()}}
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    installed = config_map(changed={"train": ray_job(COUNT)})
    installed["metadata"]["namespace"] = namespace
    apply(installed)
    try:
        yield Desk(namespace, folder)
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")


def interrupt(command: subprocess.Popen[str]) -> None:
    """Presses Ctrl-C."""
    command.send_signal(signal.SIGINT)


def restart_api_server() -> None:
    """Kills the API server, which comes back after a second, as under systemd."""
    home = Path(environment()["KUBECONFIG"]).parent
    os.kill(int((home / "run" / "kube-apiserver.pid").read_text()), signal.SIGKILL)
