"""Nothing personal stands in the store or in what is printed, whatever a row looks like."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from plait.cli.main import app
from plait.errors import UnknownColumn

MARK = "Zq7mark"  # in every personal value, and in nothing else
_EVENTS = {
    "columns": {
        "event_id": "id", "account": "user", "item": "item", "query": "words", "creator": "maker",
        "session": "visit", "rating": "stars", "time": "time",
    },
    "time": {"unit": "s"},
    "type": {"column": "kind"},
}  # fmt: skip
PROJECT = {
    "store": "store",
    "platforms": {
        "shop": {"events": _EVENTS | {"files": "shop.csv"}},
        "social": {"kind": "social", "events": _EVENTS | {"files": "social.jsonl"}},
        "video": {"events": _EVENTS | {"files": "video.parquet"}},
    },
}
COLUMNS = ("id", "user", "item", "words", "maker", "visit", "stars", "mail", "kind", "time")
NOW = "1700000000"


def _row(n: int, **other: str | None) -> dict[str, str | None]:
    row: dict[str, str | None] = {
        "id": f"{MARK}-e{n}", "user": f"{MARK}-u{n}", "item": f"i{n}", "words": None,
        "maker": None, "visit": f"{MARK}-v{n}", "stars": "4", "mail": f"{MARK}{n}@example.org",
        "kind": "view", "time": NOW,
    }  # fmt: skip
    return row | other


def _rows() -> list[dict[str, str | None]]:
    """Returns a good row, and one of each fault that a field can have."""
    query, maker = f"{MARK} shoes", f"{MARK}-maker"
    searched = {"item": None, "words": query}
    return [
        _row(1),
        _row(2, time="soon"),
        _row(3, time="soon", **searched),
        _row(4, kind="wished", item=None, maker=maker),
        _row(5, stars="many", **searched),
        _row(6, item=None, words=query * 400, kind="search"),
        _row(7, user=f"{MARK}-u7" * 90),
        _row(8, id=f"{MARK}\x02", item="i8"),
        _row(9, visit=f"{MARK}\x03"),
        _row(10, user=None, **searched),
        _row(11, item=None, maker=f"{MARK}\x04"),
        _row(12, item=None),
    ]


def _csv(rows: list[dict[str, str | None]]) -> str:
    lines = [",".join(row[name] or "" for name in COLUMNS) for row in rows]
    user, words = f"{MARK}-u", f"{MARK} red"
    return "\n".join([
        ",".join(COLUMNS), *lines,
        f"e1,{user},i1,{words}, {MARK} shoes,,v,4,m,view,{NOW}",  # a comma in the query
        f"{user},i1,{words},,{MARK},4,m,view,{NOW}",  # the id is missing: all stands one off
        f"{words},{user}",
        f'e2,u2,"i2,{MARK},,v,4,m,view,{NOW}\n{user},{MARK},x",,,,,,wished,{NOW}',  # an open quote
    ]) + "\n"  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    rows = _rows()
    (tmp_path / "plait.yaml").write_text(json.dumps(PROJECT))
    (tmp_path / "shop.csv").write_text(_csv(rows))
    broken = [f'{{"id": "{MARK}", "user": "{MARK}', MARK, f'["{MARK}"]']
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "social.jsonl").write_text("\n".join([*lines, *broken]) + "\n")
    schema = dict.fromkeys(COLUMNS, pl.String())
    pl.DataFrame(rows, schema=schema).write_parquet(tmp_path / "video.parquet")
    return tmp_path


def _run(folder: Path, *arguments: str) -> str:
    command = [*arguments, "-c", str(folder / "plait.yaml")]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _stored(folder: Path) -> str:
    """Returns all text that the files of the store hold, Parquet decoded."""
    texts = []
    for file in sorted(p for p in (folder / "store").rglob("*") if p.is_file()):
        if file.suffix == ".parquet":
            texts += [str(row) for row in pl.read_parquet(file).rows()]
        else:
            texts.append(file.read_text())
    return "\n".join(texts)


def test_no_personal_value_is_stored_or_printed(folder: Path) -> None:
    said = [_run(folder, "fuse"), _run(folder, "quarantine", "--limit", "99")]
    said += [_run(folder, "quarantine", *more) for more in ([], ["--limit", "99", "--json"])]
    assert said[1].count("\n") >= 35
    for text in (*said, _stored(folder)):
        at = text.find(MARK)
        assert at < 0, text[max(at - 200, 0) : at + 100]


def test_a_first_line_of_values_is_not_quoted(folder: Path) -> None:
    (folder / "shop.csv").write_text(f"e1,{MARK},i1,,,,4,{MARK}@example.org,view,{NOW}\n")
    command = ["fuse", "-c", str(folder / "plait.yaml")]
    with pytest.raises(UnknownColumn, match="seems to have values, not column names") as raised:
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert MARK not in str(raised.value)


def test_quarantine_still_leads_to_the_row(folder: Path) -> None:
    _run(folder, "fuse", "--quiet")
    lines = _run(folder, "quarantine", "--limit", "99", "--json").splitlines()
    found = {(row["file"], row["row"]): row for row in map(json.loads, lines)}
    late = found["social.jsonl", 3]
    assert (late["reason"], late["field"], late["value"]) == ("bad_time", "time", "soon")
    raw = json.loads(late["raw"])
    assert raw["account"].startswith("a_")
    assert raw["session"].startswith("s_")
    assert raw["query"] == f"<{len(MARK) + 6} characters>"
    assert raw["rating"] == "4"
    assert "mail" not in raw
    assert found["video.parquet", 4]["value"] == "wished"
    torn = found["social.jsonl", 13]
    assert (torn["reason"], torn["value"]) == ("bad_json", None)
    assert "characters>" in json.loads(torn["raw"])["line"]
    ragged = found["shop.csv", 13]
    assert (ragged["reason"], ragged["value"]) == ("ragged_row", None)
    assert {value[0] for value in json.loads(ragged["raw"]).values() if value} == {"<"}
