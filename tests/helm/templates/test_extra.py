from __future__ import annotations

from tests.helm.chart import render


def test_more_manifests_are_templates() -> None:
    more = {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "{{ .Release.Name }}-more"}, "data": {"of": "{{ .Chart.Name }}"},
    }  # fmt: skip
    assert render(extraObjects=[more]).one("ConfigMap", "plait-more")["data"] == {"of": "plait"}
