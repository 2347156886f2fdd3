"""Checks this machine: Python, packages, folders, Java, GPU."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from plait.doctor.finding import Finding, fail, ok, warn
from plait.engine.spark.check_java import JAVA_VERSIONS, check_java
from plait.errors import MissingJava, StoreError
from plait.store.local_folders import cache_folder, scratch_folder, socket_folder

MIN_PYTHON = (3, 11)
_PINS_FILE = "pins.txt"  # constraints.txt, as packaged in the wheel
_MAX_LISTED = 5
_SOCKET_NAME_BYTES = 68  # bytes of the longest name in that folder: of a socket of Ray


def check_machine() -> Iterator[Finding]:
    """Yields the findings about this machine."""
    yield _check_python()
    yield _check_packages()
    yield _check_pins()
    yield _check_home()
    yield _check_tmpdir()
    yield _check_local_java()
    yield _check_gpu()


def tested_versions() -> dict[str, str]:
    """Returns the versions that plait was tested with, or {} if they are unknown."""
    for place in (files("plait") / _PINS_FILE, Path(__file__).parents[3] / "constraints.txt"):
        if place.is_file():
            lines = place.read_text().splitlines()
            pairs = (line.split("==") for line in lines if "==" in line)
            return {canonicalize_name(name): pin for name, pin in pairs}
    return {}


def _check_python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < MIN_PYTHON:
        least = ".".join(map(str, MIN_PYTHON))
        return fail("Python", found, f"Install Python {least} or newer, and plait into it.")
    return ok("Python", f"{found} at {sys.executable}")


def _check_packages() -> Finding:
    """Checks that plait's requirements are installed in accepted versions."""
    wrong = []
    for line in requires("plait") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            has = version(wanted.name)
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(has, prereleases=True):
            wrong.append(f"{wanted.name} is {has}, wanted {wanted.specifier}")
    if wrong:
        return fail("packages", "; ".join(wrong), "pip install --upgrade plait")
    return ok("packages", f"all requirements of plait {version('plait')}")


def _check_pins() -> Finding:
    """Checks that the versions are those that plait is tested with."""
    tested = tested_versions()
    if not tested:
        return warn("pins", "the versions that this plait was tested with are unknown")
    other, same = [], 0
    for name, pin in sorted(tested.items()):
        try:
            has = version(name).split("+")[0]
        except PackageNotFoundError:
            continue
        if has == pin:
            same += 1
        else:
            other.append(f"{name}=={pin}")
    if not other:
        return ok("pins", f"{same} packages, each as tested")
    listed = ", ".join(f"{pin} (has {version(pin.split('==')[0])})" for pin in other[:_MAX_LISTED])
    more = f" and {len(other) - _MAX_LISTED} more" if len(other) > _MAX_LISTED else ""
    return warn(
        "pins",
        f"{len(other)} of {len(other) + same} differ from what was tested: {listed}{more}",
        f"pip install {' '.join(other[:_MAX_LISTED])}",
    )


def _check_home() -> Finding:
    """Checks that copies of models can be cached between runs."""
    try:
        cache = cache_folder()
    except StoreError as error:
        return fail("HOME", error.seen, error.fix)
    if cache.is_relative_to(tempfile.gettempdir()):
        home = os.environ.get("HOME", "not set")
        return warn(
            "HOME",
            f"nothing can be written there ({home}): models from S3 are copied to '{cache}' "
            "instead, and the embedded Valkey of a store on S3 cannot start",
            "export HOME=FOLDER, or XDG_CACHE_HOME and XDG_STATE_HOME, with a folder that you may "
            "write.",
        )
    return ok("HOME", f"'{cache}' can be written")


def _check_tmpdir() -> Finding:
    """Checks that the folder suits sockets, whose paths must be short, and spilled data."""
    wanted = os.environ.get("TMPDIR", "")
    try:
        used, sockets = scratch_folder(), socket_folder(_SOCKET_NAME_BYTES)
    except StoreError as error:
        return fail("TMPDIR", error.seen, error.fix)
    if wanted and not used.is_relative_to(Path(wanted).absolute()):
        what = f"'{wanted}' cannot be written: '{used}' is used instead"
        return warn("TMPDIR", what, "export TMPDIR=FOLDER, one that exists and that you may write.")
    if not sockets.is_relative_to(used.parent):
        return ok("TMPDIR", f"'{used}'; its path is too long for sockets: they are in '{sockets}'")
    return ok("TMPDIR", f"'{used}' can be written")


def _check_local_java() -> Finding:
    try:
        return ok("Java", f"{check_java()}, which Spark runs on")
    except MissingJava as error:
        what = f"{error.seen} Only `plait fuse --engine spark` on this machine needs it"
        return warn("Java", f"{what} ({' or '.join(map(str, JAVA_VERSIONS))}).", error.fix)


def _check_gpu() -> Finding:
    torch = version("torch") if _is_installed("torch") else ""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ok("GPU", "none: models train on the CPU")
    command = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return warn("GPU", f"nvidia-smi does not run ({error})", "Reinstall NVIDIA's driver.")
    cards = [line.strip() for line in said.stdout.splitlines() if line.strip()]
    if said.returncode or not cards:
        return warn(
            "GPU", "nvidia-smi finds no GPU", "Load the driver: modprobe nvidia; nvidia-smi"
        )
    if "+cpu" in torch:
        return warn(
            "GPU",
            f"{'; '.join(cards)}, and torch {torch} cannot use it",
            f"pip install --force-reinstall torch=={torch.split('+')[0]}",
        )
    return ok("GPU", "; ".join(cards))


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
