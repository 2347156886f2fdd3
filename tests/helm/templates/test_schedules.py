from __future__ import annotations

from typer.testing import CliRunner

from plait.cli.main import app
from tests.helm.chart import pods, render


def test_a_schedule_submits_once_at_a_time() -> None:
    values = {"timeZone": "Europe/Berlin", "train": {"enabled": True, "args": ["--workers", "2"]}}
    chart = render(schedules=values)
    (job,) = chart.all("CronJob")
    assert job["metadata"]["name"] == "plait-scheduled-train"
    spec = job["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "Europe/Berlin")
    (pod,) = pods(job)
    assert pod["serviceAccountName"] == "plait-submitter"
    assert pod["containers"][0]["command"] == [
        "plait", "submit", "train", "--release", "plait", "--workers", "2",
    ]  # fmt: skip


def test_its_command_is_one_that_plait_has() -> None:
    for verb in ("fuse", "train", "evaluate", "recommend"):
        shown = CliRunner().invoke(app, ["submit", verb, "--help"], env={"COLUMNS": "200"})
        assert "--release" in shown.output, shown.output


def test_by_default_nothing_is_scheduled() -> None:
    assert render().all("CronJob") == []
