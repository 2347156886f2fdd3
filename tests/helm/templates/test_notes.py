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


def test_they_claim_no_readiness_and_say_how_to_ask_for_it() -> None:
    said = notes()
    assert "curl -s localhost:8000/health/ready" in said
    assert "UpgradeInProgress" in said
    assert "is ready when this says" not in said
    assert said.index("/health/ready") < said.index("Your first request")


def test_they_say_what_reaches_nothing_that_runs() -> None:
    said = notes(serving={"upgrade": {"type": "None"}})
    assert "delete raycluster -l ray.io/originated-from-cr-name=plait" in said
    assert "delete raycluster" not in notes()


def test_they_say_what_an_upgrade_takes_and_where_the_key_is() -> None:
    said = notes(access={"enabled": True})
    assert "twice the pods" in said
    assert "get secret plait-access" in said
    assert "plait-pseudonyms outlives the release" in said
    assert "twice the pods" not in notes(serving={"upgrade": {"type": "None"}})
    named = notes(pseudonyms={"existingSecret": "mine"})
    assert "outlives the release" not in named
