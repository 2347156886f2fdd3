"""The packages of an image: its roots and their dependencies, pinned by constraints.txt."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def pins() -> dict[str, str]:
    """Returns the version of every package that constraints.txt pins."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version for name, version in pairs}


def fusion_roots() -> list[str]:
    """Returns the names in fusion.txt."""
    lines = (HERE / "fusion.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def project_roots(extra: str = "") -> list[str]:
    """Returns the requirements in pyproject.toml: plait's own, or those of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: list[str] = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return found


def closure(roots: Iterable[str], target: Mapping[str, str]) -> set[str]:
    """Returns the names of `roots` and all their dependencies on `target`, as installed here.

    Args:
        roots: requirements as in pyproject.toml.
        target: the environment markers of the image's Python, which may be another patch
            release than the one that runs this.
    """
    names: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(root) for root in roots]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        names.add(name)
        for extra in {"", *wanted.extras} - {e for n, e in seen if n == name}:
            seen.add((name, extra))
            for line in _requires(name):
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({**target, "extra": extra}):
                    waiting.append(needed)
    return names


def pinned(names: Iterable[str]) -> list[str]:
    """Returns `name==version` for each, sorted.

    Raises:
        SystemExit: constraints.txt has no version for one.
    """
    versions = pins()
    missing = sorted(set(names) - set(versions))
    if missing:
        raise SystemExit(
            f"constraints.txt pins no version of {', '.join(missing)}.\n"
            "Every package of an image must be pinned there: `make lock` writes it."
        )
    return [f"{name}=={versions[name]}" for name in sorted(names)]


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        raise SystemExit(
            f"'{name}' is not installed here, so its dependencies are not known.\n"
            "`make images` installs it: pip install --constraint constraints.txt '.[dev]'."
        ) from None
