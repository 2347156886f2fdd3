"""The wheels for the images. They are downloaded outside of the image build."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from closure import ROOT
from packaging.utils import parse_wheel_filename

WHEELHOUSE = ROOT / ".wheelhouse"
SOURCES = {"pyspark"}  # PyPI has no wheel of it, so one is built
# The platform tags that Debian 12's C library supports, newest first.
PLATFORMS = ("manylinux_2_36", "manylinux_2_34", "manylinux_2_28", "manylinux_2_27",
             "manylinux_2_24", "manylinux_2_17", "manylinux2014", "manylinux_2_12",
             "manylinux2010", "manylinux_2_5", "manylinux1")  # fmt: skip


def fetch(pinned: Iterable[str], target: Mapping[str, str]) -> list[Path]:
    """Returns the wheels of packages at their versions. Downloads missing wheels.

    Args:
        pinned: `name==version` of each package; dependencies are not resolved.
        target: environment markers of the image's Python.
    """
    WHEELHOUSE.mkdir(exist_ok=True)
    wanted = list(pinned)
    there = _wheels(target)
    missing = [pin for pin in wanted if pin not in there]
    built = [pin for pin in missing if pin.split("==")[0] in SOURCES]
    if built:
        _pip("wheel", "--build-constraint", str(ROOT / "constraints.txt"), *built)
    loaded = [pin for pin in missing if pin not in built]
    if loaded:
        machine = target["platform_machine"]
        platforms = [f"--platform={name}_{machine}" for name in PLATFORMS]
        version = f"--python-version={target['python_full_version']}"
        _pip("download", "--only-binary=:all:", version, *platforms, *loaded)
    there = _wheels(target)
    wheels = [there[pin] for pin in wanted]
    for wheel in wheels:
        if wheel.name.startswith("torch-") and "+cpu" not in wheel.name:
            wheel.unlink()
            raise SystemExit(
                f"{wheel.name} is built for CUDA and takes several GB with its dependencies.\n"
                "Name a source of PyTorch's CPU wheels in PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL."
            )
    return wheels


def wheel_of_plait() -> Path:
    """Returns plait's own wheel, built from the source as it is."""
    folder = WHEELHOUSE / "plait"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    built = subprocess.run([*command, str(folder)], cwd=ROOT, capture_output=True, text=True)
    if built.returncode != 0:
        raise SystemExit(f"{built.stdout}{built.stderr}\nplait's wheel could not be built.")
    (wheel,) = folder.iterdir()
    return wheel


def _pip(verb: str, *arguments: str) -> None:
    where = "--wheel-dir" if verb == "wheel" else "--dest"
    command = [sys.executable, "-m", "pip", verb, "-qq", "--no-deps", where, str(WHEELHOUSE)]
    if subprocess.run([*command, *arguments]).returncode != 0:
        raise SystemExit(f"pip could not {verb} the packages of the images. See its error above.")


def _wheels(target: Mapping[str, str]) -> dict[str, Path]:
    """Returns the existing wheels by `name==version`, without the local version."""
    tag = "cp" + target["python_version"].replace(".", "")
    found = {}
    for path in WHEELHOUSE.glob("*.whl"):
        name, version, _, tags = parse_wheel_filename(path.name)
        if any(t.interpreter in (tag, "py3") or t.abi == "abi3" for t in tags):
            found[f"{name}=={version.public}"] = path
    return found
