"""`plait identity` resolve, why, history, review and report, on the command line."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from plait.cli.main import app
from plait.errors import PlaitError
from plait.identity.assertions.identity_log import read_history
from plait.store import Store
from tests.unit.identity.stored import TERMS, account, edge, person, publish_people

PROJECT = """\
store: store
platforms:
  crm:
    accounts: {files: crm.csv, account: id, keys: {email: mail}}
  shop:
    accounts: {files: shop.csv, account: id, keys: {email: mail, phone: tel}}
"""


@dataclass
class Records:
    """A project of records in a folder, and the verbs over it."""

    folder: Path

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        config = ("-c", str(self.folder / "plait.yaml"))
        return CliRunner().invoke(
            app, ["identity", *arguments, *config], input=typed, catch_exceptions=False
        )

    def said(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0
        return result.output


def _project(folder: Path) -> Records:
    (folder / "plait.yaml").write_text(PROJECT)
    (folder / "crm.csv").write_text("id,mail\nkim1,ann@x.org\nkim2,bob@x.org\n")
    (folder / "shop.csv").write_text(
        "id,mail,tel\ns1,ann@x.org,+4915112345678\ns2,,+4915112345678\ns3,zed@x.org,\n"
    )
    return Records(folder)


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The project, resolved once; tests only read it."""
    records = _project(tmp_path_factory.mktemp("resolved"))
    records.said("resolve", "--quiet", "--out", str(records.folder / "persons.csv"))
    return records


@pytest.fixture
def alike(tmp_path: Path) -> Records:
    """A project with a version in which three pairs of accounts are near the threshold."""
    records = _project(tmp_path)
    edges = [
        edge(a, b, "probabilistic", weight, terms=TERMS, dropped_as="below_threshold")
        for a, b, weight in (("a", "b", 0.75), ("a", "c", 0.5), ("b", "c", 0.3))
    ]
    settings = {"people.link.threshold": 0.8, "people.link.review_from": 0.2}
    publish_people(tmp_path / "store", {"1": "a", "2": "b", "3": "c"}, edges, settings=settings)
    return records


def _persons(path: Path) -> dict[str, str]:
    rows = csv.DictReader(path.open())
    return {f"{row['platform']}:{row['account']}": row["person"] for row in rows}


def test_resolve_writes_the_person_of_every_record(resolved: Records, tmp_path: Path) -> None:
    persons = _persons(resolved.folder / "persons.csv")
    assert persons["crm:kim1"] == persons["shop:s1"] == persons["shop:s2"]
    assert len(set(persons.values())) == 3
    said = resolved.said("resolve", "--out", str(tmp_path / "again.csv"))
    assert "Nothing is new: store version 1 has every record." in said
    assert _persons(tmp_path / "again.csv") == persons


def test_why_tells_the_chain_and_never_a_raw_id(resolved: Records, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    said = resolved.said("why", "crm:kim1", "shop:s2", "--html", str(page))
    assert "They are one person: 2 edges" in said
    assert "── phone ──" in said
    assert "kim1" not in page.read_text() + said
    record = json.loads(resolved.said("why", "crm:kim1", "shop:s2", "--json"))
    assert [each["rule"] for each in record["chain"]] == ["email", "phone"]
    assert record["joined"]


def test_why_of_strangers_and_of_one_person(resolved: Records) -> None:
    assert "Nothing is known that they share" in resolved.said("why", "crm:kim2", "shop:s3")
    assert "One person with 3 accounts" in resolved.said("why", "shop:s2")


def test_history_takes_an_account_or_a_person(resolved: Records) -> None:
    someone = _persons(resolved.folder / "persons.csv")["shop:s2"]
    assert "has 3 accounts on crm, shop" in resolved.said("history", "shop:s2")
    record = json.loads(resolved.said("history", someone, "--json"))
    assert (record["person"], record["events"][0]["change"]) == (someone, "founded")


def test_a_report_with_a_truth(resolved: Records, tmp_path: Path) -> None:
    truth, out = tmp_path / "truth.csv", tmp_path / "out.json"
    truth.write_text("platform,account,person\ncrm,kim1,x\nshop,s1,x\nshop,s3,x\ncrm,kim9,x\n")
    said = resolved.said("report", "--truth", str(truth), "--json", str(out))
    assert "1 account of the truth is not in the store" in said
    record = json.loads(out.read_text())
    assert record["truth"]["all"]["pairwise"]["precision"] == 1.0
    assert record["truth"]["all"]["pairwise"]["recall"] == pytest.approx(1 / 3)
    assert json.loads(resolved.said("report", "--json", "-"))["truth"] is None


def test_a_file_that_cannot_be_written_is_an_error(resolved: Records, tmp_path: Path) -> None:
    with pytest.raises(PlaitError, match="cannot be written"):
        resolved.run("report", "--json", str(tmp_path / "no" / "out.json"))


def test_questions_are_exported_and_answers_are_read_once(alike: Records) -> None:
    path = alike.folder / "answers.csv"
    assert "3 pairs" in alike.said("review", "--export", str(path))
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(",,,,", ",yes,,looked them up,", 1)
    path.write_text("\n".join(lines) + "\n")
    assert "1 answer in the log; 2 rows have no answer" in alike.said(
        "review", "--answers", str(path)
    )
    again = json.loads(alike.said("review", "--answers", str(path), "--json"))
    assert again == {"written": 0, "already": 1, "blank": 2}
    said = read_history(Store(alike.folder / "store")).assertions
    assert said.select("kind", "joined", "why").row(0) == ("answer", True, "looked them up")
    left = json.loads(alike.said("review", "--json"))
    assert len(left) == 2


def test_an_answer_does_not_overrule_an_unlink(alike: Records) -> None:
    alike.said("unlink", account("a"), account("b"), "--why", "two cousins")
    path = alike.folder / "answers.csv"
    lines = [f"{account('a')},{account('c')},no", f"{account('b')},{account('a')},yes"]
    path.write_text("\n".join(["account_a,account_b,same", *lines]) + "\n")
    with pytest.raises(PlaitError, match="two cousins"):
        alike.run("review", "--answers", str(path))
    assert read_history(Store(alike.folder / "store")).assertions["kind"].to_list() == ["unlink"]


def test_without_a_terminal_pairs_are_listed(alike: Records) -> None:
    said = alike.said("review")
    assert "1 of 3" in said
    assert "3 pairs to answer" in said


def test_pairs_are_answered_on_a_terminal(alike: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.cli.identity.review_command.is_terminal", lambda: True)
    said = alike.run("review", "--who", "ann", typed="perhaps\ny\ns\nq\n").output
    assert "1 answer in the log" in said
    rows = read_history(Store(alike.folder / "store")).assertions
    assert rows.select("who", "joined", "account_a").rows() == [("ann", True, account("a"))]


def test_an_unknown_person_says_how_to_find_one(alike: Records) -> None:
    with pytest.raises(PlaitError, match="platform:id"):
        alike.run("history", person("9"))
