from __future__ import annotations

from typing import Any

from tests.helm.chart import LEAST, merged, run


def notes(**values: Any) -> str:
    done = run(values=merged(LEAST, values), notes=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("\nNOTES:\n")[2]


def test_they_begin_with_the_first_request() -> None:
    said = notes()
    assert "port-forward svc/plait-serve-svc 8000" in said
    assert "curl -s localhost:8000/v1/recommend" in said
    assert '"platform": "shop"' in said  # one that the project has
    assert "X-API-Key" not in said


def test_they_say_what_an_upgrade_takes_and_where_the_key_is() -> None:
    said = notes(access={"enabled": True})
    assert "twice the pods" in said
    assert "get secret plait-access" in said
    assert "plait-pseudonyms outlives the release" in said
    assert "twice the pods" not in notes(serving={"upgrade": {"type": "None"}})
    named = notes(pseudonyms={"existingSecret": "mine"})
    assert "outlives the release" not in named
