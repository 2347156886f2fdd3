from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as safe

from plait.errors import DamagedVersion, NoModel, NotFinite
from plait.store import Registry, Store
from plait.store.model_manifest import build_manifest
from tests.s3 import Bucket


@pytest.fixture
def registry(store: Store) -> Registry:
    return Registry(store)


def test_on_s3_it_is_the_same_registry(
    bucket: Bucket, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    registry = Registry(Store(f"{bucket.uri}/store"))
    assert [registry.publish("default", folder) for _ in range(2)] == ["v1", "v2"]
    assert registry.promote("default") == "v2"
    assert registry.rollback("default") == "v1"
    assert [(v.version, v.current) for v in registry.describe("default")] == [
        ("v1", True), ("v2", False),
    ]  # fmt: skip
    version, copy = registry.fetch("default")
    assert (version, (copy / "config.json").read_text()) == ("v1", "{}")
    assert copy.is_relative_to(tmp_path / "cache")
    # A copy that was tampered with is fetched again; a damaged original is refused.
    (copy / "config.json").write_text("tampered")
    assert (registry.fetch("default")[1] / "config.json").read_text() == "{}"
    bucket.put("store/models/default/v1/config.json", "damaged")
    (copy / "config.json").unlink()
    with pytest.raises(DamagedVersion, match=r"config\.json"):
        registry.fetch("default")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "metrics.json").write_text(json.dumps({"mrr": 0.5}))
    return tmp_path / "model"


def test_the_first_version_is_promoted_by_itself(registry: Registry, folder: Path) -> None:
    assert registry.publish("default", folder) == "v1"
    assert registry.publish("default", folder) == "v2"
    version, path = registry.fetch("default")
    assert version == "v1"
    assert (path / "config.json").read_text() == "{}"


def test_the_list_holds_metrics_and_the_alias(registry: Registry, folder: Path) -> None:
    registry.publish("default", folder)
    registry.publish("default", folder)
    listed = registry.describe("default")
    assert [(v.version, v.metrics, v.current) for v in listed] == [
        ("v1", {"mrr": 0.5}, True),
        ("v2", {"mrr": 0.5}, False),
    ]


def test_promote_defaults_to_the_newest_and_rollback_undoes_it(
    registry: Registry, folder: Path
) -> None:
    for _ in range(3):
        registry.publish("default", folder)
    assert registry.promote("default", "v2") == "v2"
    assert registry.promote("default") == "v3"
    assert registry.rollback("default") == "v2"
    assert registry.rollback("default") == "v1"
    with pytest.raises(NoModel, match="no version before v1"):
        registry.rollback("default")


def test_promoting_the_same_version_twice_is_one_step_back(
    registry: Registry, folder: Path
) -> None:
    registry.publish("default", folder)
    registry.publish("default", folder)
    registry.promote("default", "v2")
    registry.promote("default", "v2")
    assert registry.rollback("default") == "v1"


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_damaged_version_is_refused(registry: Registry, folder: Path, damage: str) -> None:
    registry.publish("default", folder)
    path = registry.fetch("default")[1] / "config.json"
    path.write_text("{ }") if damage == "change" else path.unlink()
    with pytest.raises(DamagedVersion, match=r"config\.json.*plait models rollback"):
        registry.fetch("default")


def test_a_damaged_manifest_is_refused(registry: Registry, folder: Path) -> None:
    registry.publish("default", folder)
    (registry.fetch("default")[1] / "manifest.json").write_text("{")
    with pytest.raises(DamagedVersion, match=r"manifest\.json"):
        registry.fetch("default")


def test_a_version_without_its_manifest_was_never_published(
    registry: Registry, folder: Path
) -> None:
    registry.publish("default", folder)
    registry.publish("default", folder)
    (registry.fetch("default", "v2")[1] / "manifest.json").unlink()
    assert registry.versions("default") == ["v1"]
    assert registry.publish("default", folder) == "v3"


@pytest.mark.parametrize("killed", [True, False])
def test_a_run_that_publishes_again_has_one_version(
    registry: Registry, folder: Path, killed: bool
) -> None:
    made = registry.publish("default", folder, "a")
    if killed:  # before its manifest
        (registry.fetch("default", made)[1] / "manifest.json").unlink()
    assert registry.publish("default", folder, "b") == "v2"
    assert registry.publish("default", folder, "a") == made
    assert registry.versions("default") == ["v1", "v2"]


def test_unknown_names_are_answered_with_the_known(registry: Registry, folder: Path) -> None:
    with pytest.raises(NoModel, match="plait train"):
        registry.fetch("default")
    registry.publish("default", folder)
    with pytest.raises(NoModel, match="Did you mean 'default'"):
        registry.fetch("defualt")
    with pytest.raises(NoModel, match="Versions: v1"):
        registry.promote("default", "v9")


def test_versions_published_at_once_are_all_there(either_store: Store, folder: Path) -> None:
    registry = Registry(either_store)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: registry.publish("default", folder), range(4)))
    assert sorted(made) == registry.versions("default") == ["v1", "v2", "v3", "v4"]
    assert registry.current("default") in made


BROKEN = {
    "metrics.json": [b'{"mrr": NaN}', b'{"mrr": 1e999}', b'{"a": {"b": [-Infinity]}}'],
    "config.json": [b'{"item_item": {"shop": Infinity}}'],
    "weights.safetensors": [
        safe({"a": np.ones(3, np.float32), "b": np.array([1, value], kind)})
        for value, kind in ((np.nan, np.float32), (np.inf, np.float32), (-np.inf, np.float16))
    ],
}


@pytest.mark.parametrize(("file", "data"), [(f, d) for f, each in BROKEN.items() for d in each])
def test_numbers_that_are_not_finite_are_refused(
    registry: Registry, folder: Path, file: str, data: bytes
) -> None:
    registry.publish("default", folder)
    (folder / file).write_bytes(data)
    with pytest.raises(NotFinite, match=rf"'{file}' are not finite; nothing was published"):
        registry.publish("default", folder)
    assert registry.versions("default") == ["v1"]
    # One that an older plait published is neither loaded, nor promoted, nor gone back to.
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    home = Path(registry.fetch("default")[1]).parent / "v2"
    home.mkdir()
    for name, body in {**files, "manifest.json": build_manifest(files)}.items():
        (home / name).write_bytes(body)
    for refused in (lambda: registry.fetch("default", "v2"), lambda: registry.promote("default")):
        with pytest.raises(DamagedVersion, match=r"are not finite.*plait models rollback"):
            refused()
    assert registry.current("default") == "v1"
    assert json.dumps([v.metrics for v in registry.describe("default")], allow_nan=False)


def test_metrics_that_are_not_json_are_named(registry: Registry, folder: Path) -> None:
    registry.publish("default", folder)
    (registry.fetch("default")[1] / "metrics.json").write_text("{")
    with pytest.raises(DamagedVersion, match=r"metrics\.json"):
        registry.describe("default")
