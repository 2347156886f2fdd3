from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from plait.serving import launch_endpoint
from plait.serving.api_keys import KEY_FILES_VARIABLE, KEY_VARIABLE
from plait.serving.ray_environment import free_port


class Enough(Exception):
    """Raised in place of Ray's start."""


@pytest.fixture
def file(small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `small`; nothing after Valkey is started."""
    shutil.copytree(small.store.uri, tmp_path / "store")
    written = small.project.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    file = tmp_path / "plait.yaml"
    file.write_text(yaml.safe_dump(written | {"store": "store"}), encoding="utf-8")

    def enough(*_: object) -> None:
        raise Enough

    monkeypatch.setattr(launch_endpoint, "_start_ray", enough)
    for name in (KEY_VARIABLE, KEY_FILES_VARIABLE, "PLAIT_LIVE_STATE"):
        monkeypatch.delenv(name, raising=False)
    return file


def said(file: Path, host: str, capfd: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(Enough), launch_endpoint.run_endpoint(file, host=host, port=free_port()):
        pass
    return capfd.readouterr().err


@pytest.mark.parametrize(
    ("host", "key", "loud"),
    [
        ("0.0.0.0", None, True),
        ("::", None, True),
        ("", None, True),
        ("127.0.0.1", None, False),
        ("::1", None, False),
        ("localhost", None, False),
        ("0.0.0.0", KEY_VARIABLE, False),
        ("0.0.0.0", KEY_FILES_VARIABLE, False),
    ],
)
def test_an_endpoint_without_a_key_that_others_reach_says_so_loudly(
    file: Path, host: str, key: str | None, loud: bool,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if key:
        monkeypatch.setenv(key, "a-secret" if key == KEY_VARIABLE else str(file.parent / "keys"))
    told = said(file, host, capfd)
    assert ("EVERYONE" in told) == loud, told
    if loud:
        assert "WARNING" in told and "PLAIT_API_KEY" in told
        assert (host or "every interface") in told
