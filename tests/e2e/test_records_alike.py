"""Real records without events: resolved and reported on the command line, by people.link alone."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from plait.cli.main import app

pytestmark = [pytest.mark.slow, pytest.mark.real]

FEBRL4 = """\
store: store
people:
  link:
    columns:
      given_name: given_name
      surname: surname
      street_number: street_number
      street: address_1
      address_2: address_2
      city: suburb
      postcode: postcode
      state: state
      birth_date: date_of_birth
      national_id: soc_sec_id
platforms:
  a: {{accounts: {{files: "{data}/dataset4a.csv", account: rec_id}}}}
  b: {{accounts: {{files: "{data}/dataset4b.csv", account: rec_id}}}}
"""
FAKE_1000 = """\
store: store
people:
  link:
    columns: {{given_name: first_name, surname: surname, birth_date: dob, city: city, email: email}}
platforms:
  people: {{accounts: {{files: "{data}/fake_1000.csv", account: unique_id}}}}
"""


def _febrl4_truth(data: Path) -> pl.DataFrame:
    parts = [
        pl.read_csv(data / f"dataset4{name}.csv", infer_schema=False).select(
            platform=pl.lit(name), account=pl.col("rec_id").str.strip_chars()
        )
        for name in "ab"
    ]
    return pl.concat(parts).with_columns(person=pl.col("account").str.extract(r"rec-(\d+)-"))


def _fake_1000_truth(data: Path) -> pl.DataFrame:
    rows = pl.read_csv(data / "fake_1000.csv", infer_schema=False)
    return rows.select(platform=pl.lit("people"), account="unique_id", person="cluster")


def _run(folder: Path, *arguments: str) -> str:
    command = ["identity", *arguments, "-c", str(folder / "plait.yaml")]
    return CliRunner().invoke(app, command, catch_exceptions=False).output


@pytest.mark.parametrize(
    ("project", "read_truth", "least"),
    [(FEBRL4, _febrl4_truth, 0.9985), (FAKE_1000, _fake_1000_truth, 0.85)],
    ids=["febrl4", "fake_1000"],
)
def test_records_that_are_alike_are_one_person(
    tmp_path: Path, shared: Path, project: str, read_truth: object, least: float
) -> None:
    data = shared / "identity"
    truth = read_truth(data)  # type: ignore[operator]
    truth.write_csv(tmp_path / "truth.csv")
    (tmp_path / "plait.yaml").write_text(project.format(data=data))
    _run(tmp_path, "resolve", "--quiet", "--out", str(tmp_path / "persons.csv"))
    compared = ("--truth", str(tmp_path / "truth.csv"), "--json", str(tmp_path / "o"))
    assert "say too little to be linked" in _run(tmp_path, "report", *compared)
    report = json.loads((tmp_path / "o").read_text())
    assert 0 <= report["model"]["unlinkable_share"] < 0.5
    assert "surname" in report["model"]["comparisons"]
    found = report["truth"]
    assert (found["unknown_accounts"], found["without_truth"]) == (0, 0)
    assert found["all"]["pairwise"]["f1"] >= least
    written = pl.read_csv(tmp_path / "persons.csv", infer_schema=False)
    assert set(written["account"]) == set(truth["account"])
    # A pair that was joined says why, in terms that add up to its weight.
    several = written.filter(pl.len().over("person") > 1).sort("person")
    one, two = (f"{p}:{a}" for p, a, _ in several.head(2).iter_rows())
    chain = json.loads(_run(tmp_path, "why", one, two, "--json"))["chain"]
    assert all(sum(term["bits"] for term in edge["terms"]) > 0 for edge in chain)
    assert chain
    assert "to answer" in _run(tmp_path, "review", "--limit", "1")
