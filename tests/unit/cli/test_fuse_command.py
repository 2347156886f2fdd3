"""`plait fuse` says what became of every row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plait.cli.main import app

PROJECT = """\
store: store
platforms:
  shop: &platform
    events:
      files: shop.csv
      columns: {account: user, item: item, time: time}
      time: {unit: s}
      type: purchase
"""
LOG = "user,item,time\nann,i1,1700000000\nann,i1,1700000000\n,i2,1700000000\nbob,i1,x\nbob,i1,y\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "plait.yaml").write_text(PROJECT)
    (tmp_path / "shop.csv").write_text(LOG)
    return tmp_path / "plait.yaml"


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["fuse", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_summary_names_every_row(config: Path) -> None:
    said = _run("-c", str(config), "--quiet")
    assert "store version 1" in said
    row, *_ = (line.split() for line in said.splitlines() if line.strip().startswith("shop"))
    assert row == ["shop", "5", "1", "1", "3", "1", "1", "1"]
    assert "bad_time" in said
    assert "shop.csv:4 time = 'x'" in said
    assert "null_account" in said
    assert "More than half of 'shop' is in quarantine (3 of 5 rows)" in said.replace("\n", " ")
    assert "There is only one platform" in said
    assert "rows/s" in said


@pytest.mark.parametrize(("width", "side_by_side"), [(60, True), (110, False)])
def test_a_narrow_terminal_has_platforms_side_by_side(
    config: Path, width: int, side_by_side: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.cli.console.PIPED_WIDTH", width)
    lines = [line.split() for line in _run("-c", str(config), "--quiet").splitlines()]
    assert (["quarantined", "3"] in lines) is side_by_side
    assert (["shop", "5", "1", "1", "3", "1", "1", "1"] in lines) is not side_by_side


def test_null_words_and_times_without_a_zone_are_told(config: Path) -> None:
    video = PROJECT.partition("platforms:\n")[2].replace("shop", "video").replace("&platform", "")
    config.write_text(PROJECT + video.replace("unit: s", "unit: iso"))
    (config.parent / "video.csv").write_text(
        "user,item,time\nann,c1,2024-01-05 10:00\nNA,c1,2024-01-05 11:00\n"
    )
    said = " ".join(_run("-c", str(config), "--quiet").split())
    assert (
        "'video' has words such as NA in place of values, which were read as null: 1 of account."
        in said
    )
    assert "Times without an offset were read as UTC: 2 of 'video'." in said
    assert "Set platforms.video.events.time.zone: UTC" in said
    config.write_text(config.read_text().replace("unit: iso", "unit: iso, zone: UTC"))
    said = " ".join(_run("-c", str(config), "--quiet").split())
    assert "Times without an offset" not in said


def test_json_is_one_object(config: Path) -> None:
    found = json.loads(_run("-c", str(config), "--json"))
    assert found["version"] == 1
    assert found["platforms"]["shop"]["quarantined"] == {"bad_time": 2, "null_account": 1}
    assert found["seconds"] > 0


def test_it_says_what_was_read_and_why(config: Path) -> None:
    def said(*more: str) -> str:
        return _run("-c", str(config), "--quiet", *more).replace("\n", " ")

    config.write_text(PROJECT.replace("shop.csv", "shop*.csv"))
    assert "Full: 1 file, 5 rows read; 1 bucket written." in said()
    assert said() == (
        "Nothing is new: store version 1 contains every file. To read them all again: --full "
    )
    (config.parent / "shop-2.csv").write_text("user,item,time\neve,i1,1700000000\n")
    more = said()
    assert "store version 2" in more
    assert "Incremental: 1 file new or changed, 1 row read; 1 of 1 bucket rewritten." in more
    assert "Full (a full run was requested): 2 files, 6 rows read; 1 bucket written." in said(
        "--full"
    )
    config.write_text(PROJECT.replace("shop.csv", "shop*.csv") + "      keep: order is null\n")
    assert "Full (settings changed: platforms.shop.events.keep): 2 files" in said()


def test_files_without_content_are_named(config: Path) -> None:
    config.write_text(PROJECT.replace("shop.csv", "shop*.csv"))
    for number in range(7):
        (config.parent / f"shop-{number}.csv").touch()
    line = "Skipped, without content: shop-0.csv, shop-1.csv, shop-2.csv, shop-3.csv, shop-4.csv"
    for _ in range(2):
        assert f"{line} and 2 more." in _run("-c", str(config), "--quiet")


def test_nothing_new_is_told_in_json_too(config: Path) -> None:
    _run("-c", str(config), "--json")
    found = json.loads(_run("-c", str(config), "--json"))
    assert (found["version"], found["run"]["mode"], found["run"]["rows"]) == (1, "none", 0)


def test_the_summary_says_how_to_see_the_rows(config: Path) -> None:
    said = _run("-c", str(config), "--quiet").replace("\n", "")
    assert f"What corrects them: plait quarantine -c {config}" in said


def test_removed_rows_have_their_rule_in_words(config: Path) -> None:
    (config.parent / "shop.csv").write_text(
        "user,item,time\nann,i1,1700000000\nbob,i2,1700000000\n"
    )
    config.write_text(PROJECT + "      keep: item != 'i1'\n")
    said = _run("-c", str(config), "--quiet")
    assert "keep: the filter of the project leaves it out (removed)" in said


def test_a_catalogue_that_matches_no_event_is_a_warning(config: Path) -> None:
    catalogue = "    catalogue: {files: items.csv, columns: {item: id}}\n"
    config.write_text(PROJECT + catalogue)
    (config.parent / "items.csv").write_text("id,name\np1,Lamp\n")
    said = _run("-c", str(config), "--quiet").replace("\n", " ")
    assert "The catalogue of 'shop' has no item of its events." in said
    assert "The catalogue has shop:p1; the events have shop:i1." in said


def test_platforms_without_a_common_key_are_told_that_transfer_is_off(config: Path) -> None:
    config.write_text(PROJECT + "  video: *platform\n")
    assert "transfer between platforms is off" in _run("-c", str(config)).replace("\n", " ")


def test_people_on_several_platforms_are_counted(config: Path) -> None:
    joined = "people:\n  same_account_id: [[shop, video]]\n"
    config.write_text(PROJECT + "  video: *platform\n" + joined)
    said = _run("-c", str(config)).replace("\n", " ")
    assert "1 people (100%) are known on two or more platforms" in said
