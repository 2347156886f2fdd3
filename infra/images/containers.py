"""The Docker commands that build images."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path


def need_docker() -> None:
    """Exits with a message if Docker is missing or does not answer."""
    if shutil.which("docker") is None:
        raise SystemExit(
            "There is no `docker` on the PATH, and it is needed to build images.\n"
            "Install it: `apt-get install docker.io` (Debian, Ubuntu)."
        )
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True)
    if asked.returncode != 0:
        said = asked.stderr.strip().splitlines()
        raise SystemExit(
            f"Docker does not answer: {said[-1] if said else 'docker info failed'}\n"
            "Start it: `systemctl start docker`, or `dockerd &` as root."
        )


def identity(image: str) -> str:
    """Returns the id of an image, or '' if there is no image of that name."""
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", image]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def run(image: str, *command: str) -> str:
    """Returns what a command prints in a container of `image`."""
    whole = ["docker", "run", "--rm", "--network", "none", "--entrypoint", command[0], image]
    return subprocess.run(
        [*whole, *command[1:]], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def build(
    name: str, dockerfile: Path, base: str, files: Iterable[Path] = (), target: str = ""
) -> None:
    """Builds an image from `dockerfile` on `base`.

    Args:
        name: the name of the new image.
        dockerfile: its ARG BASE is set to `base`.
        base: the image it starts from.
        files: files and folders to copy to the top of the build context.
        target: the last stage to build; '': all stages.
    """
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            _lay(file, Path(folder) / file.name)
        command = ["docker", "build", "--quiet", "--network", "host", "--tag", name]
        command += ["--file", str(dockerfile), "--build-arg", f"BASE={base}"]
        command += ["--target", target] if target else []
        built = subprocess.run([*command, folder], capture_output=True, text=True)
    if built.returncode != 0:
        raise SystemExit(f"{built.stdout}{built.stderr}\ndocker could not build {name}.")


def _lay(source: Path, there: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, there)


def size(image: str) -> int:
    """Returns the unpacked size of an image in MB."""
    command = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return round(int(said) / 1e6)
