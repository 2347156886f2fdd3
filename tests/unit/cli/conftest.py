"""A small project whose store lies in a folder, then on S3, and the command line over it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from plait.cli.main import app
from plait.errors import PlaitError
from plait.store import Store
from plait.store.store_objects import write_object
from tests.s3 import Bucket

PROJECT = """\
store: {store}
platforms:
  shop:
    events:
      files: "logs/*.csv"
      columns: {{account: user, item: item, time: time}}
      time: {{unit: s}}
      type: purchase
"""


@dataclass
class Shop:
    """The project: add a log, fuse, and call verbs."""

    folder: Path
    uri: str
    clock: int = field(default=1_700_000_000)

    @property
    def store(self) -> Store:
        return Store(self.uri)

    def log(self, *items: str) -> None:
        """Adds a log in which each item is bought once, by a buyer of its own."""
        self.clock += 60
        rows = "".join(f"u-{item},{item},{self.clock}\n" for item in items)
        (self.folder / "logs" / f"{self.clock}.csv").write_text("user,item,time\n" + rows)

    def fuse(self, *items: str) -> None:
        """Adds a log of `items` and fuses."""
        self.log(*items)
        assert self.run("fuse", "--json").exit_code == 0

    def items(self, number: int | None = None) -> list[str]:
        """Returns the items of a version (default: the current one), in order."""
        version = None if number is None else self.store.version(number)
        return sorted(self.store.read("events", version)["object_id"])

    def run(self, verb: str, *arguments: str) -> Result:
        config = ("-c", str(self.folder / "plait.yaml"))
        return CliRunner().invoke(app, [verb, *arguments, *config], catch_exceptions=False)

    def refused(self, verb: str, *arguments: str) -> str:
        """Returns what the verb's error says."""
        with pytest.raises(PlaitError) as caught:
            self.run(verb, *arguments)
        return str(caught.value)


@pytest.fixture(scope="module")
def three_versions(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Versions of the items a, then a and b, then a, b and c, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        shop = _open_shop(tmp_path_factory.mktemp("fused"), None, patch)
        for item in "abc":
            shop.fuse(item)
    return shop


@pytest.fixture
def fused(shop: Shop, three_versions: Shop) -> Shop:
    """A shop with the three versions."""
    shutil.copytree(three_versions.folder / "logs", shop.folder / "logs", dirs_exist_ok=True)
    shop.clock = three_versions.clock
    store = three_versions.folder / "store"
    if (path := shop.store.path("")) is not None:
        shutil.copytree(store, path, dirs_exist_ok=True)
        return shop
    files = sorted(file for file in store.rglob("*") if file.is_file())  # tables before versions
    for file in files:
        write_object(shop.store.objects, file.relative_to(store).as_posix(), file.read_bytes())
    return shop


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    s3 = request.getfixturevalue("bucket") if request.param == "s3" else None
    return _open_shop(tmp_path, s3, monkeypatch)


def _open_shop(folder: Path, s3: Bucket | None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "k" * 64)
    (folder / "logs").mkdir()
    uri = f"{s3.uri}/shop" if s3 else str(folder / "store")
    (folder / "plait.yaml").write_text(PROJECT.format(store=uri))
    return Shop(folder, uri)
