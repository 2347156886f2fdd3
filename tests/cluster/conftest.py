"""The cluster the tests run on, a bucket in it, and the release that most of them share."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from tests.faults.logs import write_project
from tests.s3 import KEYS, Bucket

from .document import Document
from .kubectl import environment, get, kubectl, wait_until
from .steps import Steps

_STEPS = pytest.StashKey[Steps]()
STORAGE, BUCKET = "storage", "plait"
ROWS = 3_000
# The order in which a release lives: each file finds what the ones before it left.
ORDER = (
    "test_install", "test_road", "test_upgrade", "test_killed", "test_load", "test_keys",
    "test_drain", "test_head", "test_zero", "test_policies", "test_rights",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
    order = {name: place for place, name in enumerate(ORDER)} | {"test_uninstall": len(items)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
    if os.environ.get("KEEP"):
        items[:] = [item for item in items if item.path.stem != "test_uninstall"]


def pytest_unconfigure(config: pytest.Config) -> None:
    steps = config.stash.get(_STEPS, None)
    if steps is not None:
        print("\n".join(["", *steps.table()]))  # noqa: T201


@pytest.fixture(scope="session")
def steps(request: pytest.FixtureRequest) -> Steps:
    """Where every test notes the seconds of what it does."""
    return request.config.stash.setdefault(_STEPS, Steps())


@pytest.fixture(scope="session", autouse=True)
def cluster() -> None:
    """A Kubernetes that answers; without one every test fails, and says what starts one."""
    if "ok" not in kubectl("get", "--raw", "/readyz", "--request-timeout=10s", check=False):
        pytest.fail(f"no cluster answers at {environment()['KUBECONFIG']}: run make test-cluster")


@pytest.fixture(scope="session")
def desk(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the commands of the documentation are typed; KEEP=1 keeps it too."""
    folder = tmp_path_factory.mktemp("desk")
    if os.environ.get("KEEP"):
        folder = Path(tempfile.gettempdir()) / "plait-desk"
        folder.mkdir(exist_ok=True)
    (folder / "helm").unlink(missing_ok=True)
    (folder / "helm").symlink_to(repository / "helm")
    return folder


@pytest.fixture(scope="session")
def shell(repository: Path, storage: Bucket) -> dict[str, str]:
    """The environment in which they are typed: plait, helm, kubectl and the bucket are found."""
    found = environment()
    tools = [str(Path(sys.executable).parent), str(repository / ".venv" / "share")]
    library = str(repository / "lib")
    return found | KEYS | {
        "AWS_ENDPOINT_URL": storage.endpoint, "AWS_ALLOW_HTTP": "true",
        "PATH": os.pathsep.join([*tools, found["PATH"]]),
        "PYTHONPATH": library,
    }  # fmt: skip


@pytest.fixture(scope="session")
def operations(repository: Path) -> Document:
    """The page for who runs the cluster."""
    return Document(repository / "docs" / "operations.md")


@pytest.fixture(scope="session")
def platform(repository: Path) -> Document:
    """The page for who submits jobs."""
    return Document(repository / "docs" / "platform.md")


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project file beside the raw logs that lie in the bucket."""
    return write_project(tmp_path_factory.mktemp("raw") / "project")


@pytest.fixture(scope="session")
def storage(logs: Path) -> Iterator[Bucket]:
    """A bucket in a pod of the cluster, with the raw logs under raw/."""
    kubectl("create", "namespace", STORAGE, check=False)
    pod = (Path(__file__).parent / "bucket" / "pod.yaml").read_text()
    kubectl("apply", "-n", STORAGE, "-f", "-", stdin=pod)
    kubectl("wait", "-n", STORAGE, "pod/bucket", "--for=condition=Ready", "--timeout=90s")
    address = get("service", "bucket", "-n", STORAGE)["spec"]["clusterIP"]
    endpoint = f"http://{address}:9000"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip

    def reached() -> bool:  # kube-proxy learns of a Service a moment after the API server
        try:
            with suppress(client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=BUCKET)
        except EndpointConnectionError as error:
            raise AssertionError(str(error)) from None
        return True

    wait_until(reached, 30, "the bucket is made")
    bucket = Bucket(BUCKET, endpoint, client)
    for file in logs.parent.glob("*.csv"):
        bucket.put(f"raw/{file.name}", file.read_bytes())
    yield bucket
    if not os.environ.get("KEEP"):
        kubectl("delete", "namespace", STORAGE, "--wait=false")
