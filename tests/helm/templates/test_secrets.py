from __future__ import annotations

import base64

from tests.helm.chart import CHART, render


def test_what_nobody_named_is_made() -> None:
    chart = render(access={"enabled": True})
    names = {"plait-pseudonyms", "plait-access", "plait-live-state", "plait-gcs"}
    assert chart.names("Secret") == names
    for secret in chart.all("Secret"):
        (value,) = secret["data"].values()
        assert len(base64.b64decode(value)) == 64
    kept = chart.one("Secret", "plait-pseudonyms")["metadata"]["annotations"]
    assert kept == {"helm.sh/resource-policy": "keep"}


def test_what_is_named_is_not_made() -> None:
    assert "plait-gcs" not in render(gcsStore={"existingSecret": "mine"}).names("Secret")


def test_nothing_is_made_unasked() -> None:
    files = (CHART / "profiles" / "production.yaml", CHART / "ci" / "production.yaml")
    assert render(*files).names("Secret") == set()


def test_a_secret_is_found_again_on_upgrade() -> None:
    """What `lookup` finds goes before what is made; the cluster's tests see it happen."""
    template = (CHART / "templates" / "secrets.yaml").read_text()
    assert "$old | default (randAlphaNum" in template
