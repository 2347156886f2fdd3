"""The images as `make images` left them: REGISTRY and TAG name them as there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.cluster

IMAGES = {"spark": "185", "ray": "1000"}
TOOLS = ("gcc", "cc", "make", "pip", "pip3", "javac", "strip")
LARGEST_LAYER_OF_PLAIT = 8_000_000  # bytes
PROJECT = """
store: store
platforms:
  shop:
    kind: shop
    events:
      files: orders.csv
      columns: {account: customer, item: sku, time: ts}
      time: {unit: s}
      type: purchase
"""
ORDERS = "customer,sku,ts\na,x,1700000000\nb,y,1700000100\na,y,1700000200\nc,,1700000300\n"


def name(image: str) -> str:
    """What `make images` called it."""
    registry, tag = os.environ.get("REGISTRY", "localhost"), os.environ.get("TAG", "dev")
    return f"{registry}/plait-{image}:{tag}"


def run(
    image: str, *command: str, env: dict[str, str] | None = None, work: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command as strictly as the `restricted` level, with a root that cannot be written."""
    strict = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    strict += [
        "--security-opt",
        "no-new-privileges",
        "--network",
        "none",
        "--hostname",
        "localhost",
    ]
    said = [part for item in (env or {}).items() for part in ("--env", "=".join(item))]
    folder = [f"--volume={work}:/project"] if work else []
    whole = ["docker", "run", "--rm", *strict, *said, *folder, name(image), *command]
    return subprocess.run(whole, capture_output=True, text=True, timeout=600)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A tiny project in a folder that every user may write."""
    (tmp_path / "plait.yaml").write_text(PROJECT)
    (tmp_path / "orders.csv").write_text(ORDERS)
    tmp_path.chmod(0o777)
    return tmp_path


@pytest.mark.parametrize("image", IMAGES)
def test_its_user_is_a_number_with_a_name_and_a_home(image: str) -> None:
    asked = ["docker", "image", "inspect", "--format", "{{.Config.User}}", name(image)]
    user = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    assert user == f"{IMAGES[image]}:{IMAGES[image]}"
    said = run(image, "sh", "-c", "id -un; id -u; echo $HOME; test -d $HOME && echo there")
    assert said.stdout.split() == [image, IMAGES[image], f"/home/{image}", "there"]


@pytest.mark.parametrize("image", IMAGES)
def test_plait_runs(image: str) -> None:
    said = run(image, "plait", "--version")
    assert said.stdout.startswith("plait "), said.stderr


@pytest.mark.parametrize("image", IMAGES)
def test_no_tool_to_build_or_install_is_left(image: str) -> None:
    search = f'for tool in {" ".join(TOOLS)}; do command -v "$tool"; done; python -m pip --version'
    assert run(image, "sh", "-c", search).stdout == ""


@pytest.mark.parametrize("image", IMAGES)
def test_nothing_but_plait_is_in_the_last_layer(image: str) -> None:
    asked = ["docker", "history", "--human=false", "--format", "{{json .}}", name(image)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    last = json.loads(said.splitlines()[0])
    assert 0 < int(last["Size"]) < LARGEST_LAYER_OF_PLAIT
    layout = "cd /opt/plait && ls jobs/fuse.py serve/app.py env/lib/python3*/site-packages/plait"
    assert run(image, "sh", "-c", layout).returncode == 0


@pytest.mark.parametrize("image", IMAGES)
def test_every_module_is_compiled_and_once(image: str) -> None:
    count = "cd /opt/plait/env/lib && find . -name '*.py' | wc -l; find . -name '*.pyc' | wc -l"
    sources, compiled = map(int, run(image, "sh", "-c", count).stdout.split())
    assert sources * 0.99 < compiled <= sources


def test_both_engines_fuse_the_same_in_the_spark_image(work: Path) -> None:
    fuse = [
        "python",
        "/opt/plait/jobs/fuse.py",
        "-c",
        "/project/plait.yaml",
        "--full",
        "--engine",
    ]
    records = []
    for engine in ("local", "spark"):
        said = run("spark", *fuse, engine, work=work, env={"PLAIT_PSEUDONYM_KEY": "0" * 64})
        assert said.returncode == 0, said.stdout + said.stderr
        records.append(json.loads(said.stdout.splitlines()[-1]))
    assert records[0]["events"] == records[1]["events"] == 3
    assert records[0]["platforms"] == records[1]["platforms"]


def test_a_driver_runs_what_spark_hands_it() -> None:
    said = run("spark", "driver", "--version", env={"SPARK_DRIVER_BIND_ADDRESS": "127.0.0.1"})
    assert said.returncode == 0 and "version 4." in said.stderr, said.stderr


def test_an_executor_looks_for_its_driver() -> None:
    variables = {
        "SPARK_EXECUTOR_MEMORY": "500m", "SPARK_EXECUTOR_CORES": "1", "SPARK_EXECUTOR_ID": "1",
        "SPARK_EXECUTOR_POD_IP": "127.0.0.1", "SPARK_EXECUTOR_POD_NAME": "pod",
        "SPARK_APPLICATION_ID": "app", "SPARK_RESOURCE_PROFILE_ID": "0",
        "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@127.0.0.1:1",
        # Options keep their order and their spaces: the JVM prints the one that counts, the last.
        "SPARK_JAVA_OPT_9": "-Dspark.said=of nine",
        "SPARK_JAVA_OPT_10": "-XshowSettings:properties",
        "SPARK_JAVA_OPT_11": "-Dspark.said=of eleven",
    }  # fmt: skip
    said = run("spark", "executor", env=variables)
    text = said.stdout + said.stderr
    assert said.returncode != 0
    assert "spark.said = of eleven" in text, text
    assert "Connection refused: /127.0.0.1:1" in text, text


def test_neither_without_what_spark_says() -> None:
    assert "SPARK_DRIVER_BIND_ADDRESS" in run("spark", "driver").stderr
    assert "SPARK_EXECUTOR_MEMORY" in run("spark", "executor").stderr
    assert run("spark").returncode == 2


def test_the_ray_image_has_what_the_chart_and_kuberay_call() -> None:
    tools = "bash wget haproxy plait-haproxy ray serve"
    called = f"command -v {tools} && /opt/plait/bin/valkey-server --version"
    said = run("ray", "sh", "-c", called)
    assert "Valkey server v=" in said.stdout, said.stderr


def test_the_application_can_be_imported_in_the_ray_image() -> None:
    assert run("ray", "python", "-c", "from serve.app import app").returncode == 0


def test_the_sizes_are_within_the_budget(repository: Path) -> None:
    script = repository / "infra" / "images" / "sizes.py"
    whole = [sys.executable, str(script), *(name(image) for image in IMAGES)]
    said = subprocess.run(whole, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
