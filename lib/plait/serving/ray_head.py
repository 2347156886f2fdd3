"""Starts Ray's head on Kubernetes without showing its Valkey password on a command line.

`ray start` takes the password as an argument and passes it to GCS and the raylet as one. Everyone
who may list processes, and Ray's dashboard, can read it there. Here it stays in the environment:
`python -m plait.serving.ray_head` runs the command that KubeRay generated, in this process.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from typing import Any

COMMAND_VARIABLE, PASSWORD_VARIABLE, PASSWORD_OPTION = (
    "KUBERAY_GEN_RAY_START_CMD",
    "REDIS_PASSWORD",
    "redis_password",
)


def main() -> None:
    """Runs `ray start`, which blocks, and ends with it."""
    from ray._private import services
    from ray.scripts import scripts

    password = os.environ.get(PASSWORD_VARIABLE, "")
    arguments = ray_arguments(os.environ[COMMAND_VARIABLE])
    if password:
        arguments.append(f"--redis-password={password}")
        # GCS reads here what --fromenv names.
        os.environ[f"FLAGS_{PASSWORD_OPTION}"] = password
        start: Any = services.start_ray_process

        def start_hidden(command: Sequence[str], *args: Any, **more: Any) -> Any:
            return start(hide_password(command, password), *args, **more)

        services.start_ray_process = start_hidden
    sys.exit(scripts.cli.main(arguments))


def ray_arguments(command: str) -> list[str]:
    """Returns the arguments of `ray` in KubeRay's command, split as a shell would, no password."""
    words = shlex.split(command)
    assert words[0] == "ray", command
    return [os.path.expandvars(word) for word in words[1:] if PASSWORD_VARIABLE not in word]


def hide_password(command: Sequence[str], password: str) -> list[str]:
    """Returns the command of one of Ray's processes without the password.

    GCS reads it from its environment. The raylet only passes it to the workers that it starts, in
    three languages. None of them connects to Valkey.
    """
    option = re.compile(rf"(^|\s)\S*=['\"]?{re.escape(password)}['\"]?(?=\s|$)")
    kept = []
    for word in command:
        if word == f"--{PASSWORD_OPTION}={password}":
            kept.append(f"--fromenv={PASSWORD_OPTION}")
        elif rest := option.sub("", word):
            kept.append(rest)
    return kept


if __name__ == "__main__":
    main()
