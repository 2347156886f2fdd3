"""What a run on the cluster wrote, against the local engine on the same logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.config import load_config
from plait.fusion.fuse_logs import fuse
from tests.s3 import Bucket

from .served import plait, secret


def assert_as_local(
    desk: Path,
    logs: Path,
    storage: Bucket,
    shell: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asserts that the store's tables are those that the local engine makes of the same logs.

    What people did since is a log too: the endpoint's.
    """
    for key in storage.keys("store/feedback/"):
        source = {"Bucket": storage.name, "Key": key}
        there = key.replace("store/", "local/", 1)
        storage.client.copy_object(Bucket=storage.name, Key=there, CopySource=source)
    for name, value in shell.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", secret("plait-pseudonyms", "pseudonym-key"))
    text = (desk / "plait.yaml").read_text()
    mine = logs.with_name("local.yaml")
    mine.write_text(text.replace("s3://plait/store", "s3://plait/local"))
    fuse(load_config(mine))
    code, out, err = plait("diff", "s3://plait/local", "s3://plait/store", env=shell, check=False)
    assert code == 0, out + err
