"""Tables that few logs have: each is told apart by its form, not by the name of its source."""

# ruff: noqa: E501  # a row is written as it looks

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plait.config import load_config
from plait.config.yaml_document import read_document
from plait.errors import EmptyInput
from plait.fusion.fuse_logs import fuse
from plait.fusion.preview_logs import preview_logs
from plait.inspection.inspect_folder import inspect_folder

NUMBERS = range(120)
FIRST = 1_700_000_000


def _user(n: int) -> str:
    return f"u{n * 7 % 11}"


def _item(n: int) -> str:
    return f"i{n * 5 % 17}"


def _at(n: int) -> str:
    return f"2024-03-{1 + n // 24:02} {n % 24:02}:05:00"


def _csv(head: str, *columns: Any) -> str:
    """Returns a CSV file with a row for each number, of the values that the functions give."""
    rows = [",".join(str(make(n)) for make in columns) for n in NUMBERS]
    return "\n".join([head, *rows] if head else rows) + "\n"


def _jsonl(make: Any) -> str:
    return "\n".join(json.dumps(make(n)) for n in NUMBERS) + "\n"


LOG = _csv("user_id,item_id,ts", _user, _item, lambda n: FIRST + n * 999)
LATER = _csv("user_id,item_id,ts", _user, _item, lambda n: FIRST + (200 + n) * 999)

# The files of a case, what is written for its log (or, after a slash, elsewhere in the platform),
# and how many events it gives.
CASES: dict[str, tuple[dict[str, str], dict[str, Any], int]] = {
    "a script that assigns a list": (
        {"seen.js": "window.YTD.seen.part0 = [\n" + ",\n".join(
            json.dumps({"view": {"userId": _user(n), "itemId": _item(n), "viewedAt": _at(n)}})
            for n in NUMBERS) + "\n];\n"},
        {"format": "json", "columns.account": "view.userId"},
        120,
    ),
    "a script that assigns an object": (
        {"plays.js": "var archive = " + json.dumps({"version": 2, "plays": [
            {"user": _user(n), "song": _item(n), "playedAt": _at(n)} for n in NUMBERS]}) + "\n"},
        {"format": "json", "records": "plays[]", "columns.item": "song", "type": "play"},
        120,
    ),
    "names of columns in a comment": (
        {"web.log": "#Version: 1.0\n#Fields: date time c-ip cs-uri-stem sc-status\n" + "".join(
            f"{_at(n)} 10.0.0.{n % 9} /video/{_item(n)} {200 if n % 4 else 404}\n" for n in NUMBERS)},
        {"csv.header": ["date", "time", "c-ip", "cs-uri-stem", "sc-status"],
         "columns.account": "c-ip", "columns.time.text": "{date} {time}", "type.map.other": None},
        90,
    ),
    "names of columns in a file": (
        {"hits.tsv": _csv("", _user, _item, lambda n: FIRST + n * 999).replace(",", "\t"),
         "names.tsv": "user_id\titem_id\ttimestamp\n"},
        {"csv.header": ["user_id", "item_id", "timestamp"], "columns.item": "item_id"},
        120,
    ),
    "values of several lines": (
        {"reviews.csv": _csv("user_id,item_id,text,stars,ts", _user, _item,
                             lambda n: '"good, and\nmore, ""so""\nto say"', lambda n: 1 + n % 5,
                             lambda n: FIRST + n * 999)},
        {"columns.rating": "stars", "type": "rate"},
        120,
    ),
    "ids that are nearly all numbers": (
        {"log.csv": _csv("user_id,isbn,ts", _user, lambda n: f"{n % 20:09}{'X' if n % 20 == 3 else 1}",
                         lambda n: FIRST + n * 999),
         "books.csv": _csv("isbn,title", lambda n: f"{n:09}{'X' if n == 3 else 1}", lambda n: f"Book {n}")},
        {"columns.item": "isbn", "/catalogue.columns.item": "isbn"},
        120,
    ),
    "a catalogue in long form": (
        {"log.csv": LOG,
         "properties.csv": _csv("ts,item_id,property,value", lambda n: FIRST + n, lambda n: f"i{n % 17}",
                                lambda n: ("category", "price", "790")[n % 3], lambda n: n % 7)},
        {"/catalogue.merge": "true", "/catalogue.columns.published": "ts",
         "/catalogue.columns.price": "= case when \"property\" = 'price' then \"value\" end"},
        120,
    ),
    "a catalogue whose makers come again": (
        {"log.csv": LOG,
         "about.csv": "item_id,author_id,upload_date,duration\n" + "".join(
             f"i{n},{n % 3},2024-01-0{1 + n % 9},{60 + n}\n" for n in range(17))},
        {"columns.item": "item_id", "/catalogue.columns.length": "duration"},
        120,
    ),
    "folders of days, and a catalogue beside them": (
        {"2024-03-01/a.csv": LOG, "2024-03-02/a.csv": LATER,
         "items.csv": "item_id,title,published\n" + "".join(
             f"i{n},Thing {n},2024-01-0{1 + n % 9}\n" for n in range(17))},
        {"files": "*/a*.csv", "/catalogue.files": "items.csv"},
        240,
    ),
    "time spent as hours and minutes": (
        {"viewing.csv": _csv("Profile Name,Title,Start Time,Duration", _user, lambda n: f"Film {n % 9}: Part {n}",
                             _at, lambda n: f"00:{n % 60:02}:30")},
        {"columns.account": "Profile Name", "columns.item": "Title", "columns.dwell":
         "= TRY_CAST(split_part(\"Duration\", ':', 1) AS DOUBLE) * 3600 + TRY_CAST(split_part("
         "\"Duration\", ':', 2) AS DOUBLE) * 60 + TRY_CAST(split_part(\"Duration\", ':', 3) AS DOUBLE) * 1"},
        120,
    ),
    "goods that came back": (
        {"invoices.csv": _csv("CustomerID,StockCode,Quantity,InvoiceDate", _user, _item,
                              lambda n: -1 if n % 10 == 0 else 2, _at)},
        {"type.map.returned": None},
        108,
    ),
    "rows without a rating": (
        {"diary.csv": _csv("user_id,film_id,watched_date,rating", _user, _item, _at, lambda n: n % 3 or "")},
        {"columns.rating": "rating", "type":
         "= case when coalesce(trim(\"rating\"), '') not in ('') then 'rate' else 'watch' end"},
        120,
    ),
    "values with their types": (
        {"events.json": _jsonl(lambda n: {
            "_id": {"$oid": f"{n:024x}"}, "userId": {"$oid": f"{n % 9:024x}"}, "action": "buy",
            "productId": {"$numberLong": str(n % 20)}, "at": {"$date": _at(n).replace(" ", "T") + "Z"}})},
        {"columns.account": "userId.$oid", "columns.item": "productId.$numberLong",
         "columns.time": "at.$date"},
        120,
    ),
    "lists where there is no single item": (
        {"track.jsonl": _jsonl(lambda n: {
            "userId": _user(n), "messageId": f"m{n}", "timestamp": _at(n), "type": "track",
            **({"event": "Order Completed", "properties": {"products": [{"product_id": _item(n)}, {"product_id": "i99"}]}}
               if n % 4 == 0 else {"event": "Product Viewed", "properties": {"product_id": _item(n)}})})},
        {"each": "properties.products[]",
         "columns.item.first": ["properties.product_id", "each.product_id"]},
        150,
    ),
    "an object here, its address there": (
        {"outbox.json": json.dumps({"orderedItems": [
            {"id": f"a{n}", "type": "Create" if n % 2 else "Announce", "published": _at(n),
             "object": {"id": f"https://m.invalid/{n}"} if n % 2 else f"https://n.invalid/{n}"}
            for n in NUMBERS]})},
        {"columns.item.first": ["object.id", "object"], "type.map.Announce": "share"},
        120,
    ),
    "titles in a file without a header": (
        {"plays.csv": _csv("", lambda n: 151_000 + n % 9, lambda n: f"The Game {n % 7}",
                           lambda n: ("purchase", "play")[n % 2], lambda n: n / 8)},
        {"columns.item": "item", "type.column": "type"},
        120,
    ),
    "words with dots": (
        {"ce.jsonl": _jsonl(lambda n: {
            "type": ("com.shop.product.viewed", "com.shop.order.placed")[n % 2], "time": _at(n),
            "data": {"customerId": _user(n), "sku": _item(n)}})},
        {"type.map": {"com.shop.product.viewed": "view", "com.shop.order.placed": "purchase"}},
        120,
    ),
    "requests in a file without a header": (
        {"lb.log": "".join(
            f'https {_at(n).replace(" ", "T")}Z app/lb 10.0.0.{n % 9}:28 10.1.0.1:80 0.0 0.{n} 0.0 200 34 {n % 50} '
            f'"GET https://s.invalid:443/product/{_item(n)}?a={n} HTTP/2.0" "M/5 (X)" E T "Root={n}" "forward"\n'
            for n in NUMBERS)},
        {"columns.item.match": "/product/([^/?#]+)", "type": "view"},
        120,
    ),
    "a time beside what looks like seconds": (
        {"cdc.jsonl": _jsonl(lambda n: {
            "after": {"user_id": _user(n), "article_id": _item(n), "created_at": FIRST + n * 999},
            "ts_ms": (FIRST + n * 999) * 1000})},
        {"columns": {"account": "after.user_id", "item": "after.article_id", "time": "after.created_at"}},
        120,
    ),
    "two kinds of things": (
        {"history.json": json.dumps([
            {"watched_at": _at(n), ("movie" if n % 3 else "episode"): {"title": f"Title {n}", "year": 1990}}
            for n in NUMBERS])},
        {"columns.item.first": ["movie.title", "episode.title"]},
        120,
    ),
    "texts of one person in a file without a header": (
        {"ada.csv": _csv("", lambda n: f"The Band {n % 4}", lambda n: f"A Song {n % 30}", _at)},
        {"columns.account.constant": "me", "columns.item.text": "{column_1} – {column_2}"},
        120,
    ),
    "searches in titles": (
        {"searches.json": json.dumps([
            {"title": f"Searched for owl {n}", "titleUrl": f"https://v.invalid/results?q=owl+{n}",
             "time": _at(n).replace(" ", "T") + "Z"} for n in NUMBERS])},
        {"columns.query.match": "^\\w+ (?:for )?(.+)$", "type.map.Searched": "search"},
        120,
    ),
}  # fmt: skip


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _setting(platform: Any, path: str) -> Any:
    here = platform if path.startswith("/") else platform["events"]
    for key in path.removeprefix("/").split("."):
        here = here[key]
    return here


@pytest.mark.parametrize("case", CASES)
def test_an_unusual_table_is_recognised_and_fused(case: str, tmp_path: Path) -> None:
    files, wanted, events = CASES[case]
    _write(tmp_path, files)
    (tmp_path / "plait.yaml").write_text(inspect_folder(tmp_path, tmp_path).text)
    (platform,) = read_document(tmp_path / "plait.yaml", "plait.yaml")["platforms"].values()
    assert {path: _setting(platform, path) for path in wanted} == wanted
    assert fuse(tmp_path / "plait.yaml").counts["events"] == events


def test_files_of_one_person_are_logs_of_one_platform(tmp_path: Path) -> None:
    films = [f"2024-03-0{1 + n % 9},Film {n},19{50 + n}" for n in range(40)]
    for name in ("watched.csv", "watchlist.csv"):
        _write(tmp_path, {name: "\n".join(["Date,Name,Year", *films])})
    _write(tmp_path, {"profile.csv": "Date Joined,Username\n2020-01-01,ada\n"})
    found = inspect_folder(tmp_path, tmp_path)
    assert len(found.platforms) == 1
    assert [one.kind for one in found.taken if one.platform] == ["event log of one person"] * 2
    assert "type: save" in found.text


def test_folders_named_after_events_are_logs_of_one_platform(tmp_path: Path) -> None:
    _write(tmp_path, {"views/part-0.csv": LOG, "purchases/part-0.csv": LATER})
    found = inspect_folder(tmp_path, tmp_path)
    assert len(found.platforms) == 1
    assert "type: view" in found.text
    assert "type: purchase" in found.text


def test_each_list_of_a_document_is_a_log(tmp_path: Path) -> None:
    def seen(name: str) -> list[dict[str, str]]:
        return [{name: _at(n), "link": f"https://v.invalid/video/{n * 7 % 50}/"} for n in NUMBERS]

    export = {
        "Activity": {"History": {"VideoList": seen("Date")}, "Like List": {"Items": seen("date")}}
    }
    _write(tmp_path, {"export.json": json.dumps(export)})
    found = inspect_folder(tmp_path, tmp_path)
    (tmp_path / "plait.yaml").write_text(found.text)
    assert len(found.platforms) == 1
    assert "each: Activity.Like List.Items[]" in found.text.replace("'", "")
    assert "type: like" in found.text
    assert fuse(tmp_path / "plait.yaml").counts["events"] == 240


def test_counts_of_events_are_no_log(tmp_path: Path) -> None:
    days = [f"2024-03-{n:02},p{n % 3},{n * 7},{n}" for n in range(1, 31)]
    _write(tmp_path, {"report.csv": "\n".join(["date,product,views,purchases", *days])})
    with pytest.raises(EmptyInput, match=r"counts of events \(views, purchases\)"):
        inspect_folder(tmp_path, tmp_path)


def test_a_join_that_is_needed_is_told_with_its_command(tmp_path: Path) -> None:
    _write(tmp_path, {
        "orders.csv": _csv("order_id,user_id,hour", str, _user, lambda n: n % 24),
        "lines.csv": _csv("order_id,product_id,position", lambda n: n // 2, _item, lambda n: n % 2),
    })  # fmt: skip
    with pytest.raises(EmptyInput) as error:
        inspect_folder(tmp_path, tmp_path)
    assert "its accounts are in orders.csv, by 'order_id'" in str(error.value)
    assert 'pl.read_csv("lines.csv", infer_schema=False).join(' in (error.value.fix or "")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("reviews.json", "{'user': 'ann', 'items': []}\n" * 5, "ast.literal_eval"),
        ("m.csv", "\n".join(",".join(f"{n * k / 7:.2f}" for k in range(30)) for n in NUMBERS),
         "30 columns of numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_the_way_to_it(
    name: str, text: str, why: str, tmp_path: Path
) -> None:
    _write(tmp_path, {name: text})
    with pytest.raises(EmptyInput) as error:
        inspect_folder(tmp_path, tmp_path)
    assert why in str(error.value)


def test_links_of_accounts_are_no_log(tmp_path: Path) -> None:
    pairs = {(n * 7 % 40, n % 39) for n in NUMBERS}
    rows = sorted(pairs | {(b, a) for a, b in pairs})
    _write(tmp_path, {"log.csv": LOG, "edges.txt": "\n".join(f"{a}\t{b}" for a, b in rows)})
    found = inspect_folder(tmp_path, tmp_path)
    assert found.platforms == ["log"]
    assert any("links of accounts" in one.kind for one in found.taken)


def _answers(text: str) -> Iterator[str]:
    """Yields the draft with each of its other answers in place of the setting below it."""
    lines = [*text.splitlines(), ""]
    marked = [line.lstrip(" -").startswith("#|") for line in lines]
    starts = [n for n, mark in enumerate(marked) if mark and not marked[n - 1]]
    for start in starts:
        end = start + marked[start:].index(False)
        depth = lines[start].index("#|")
        block = [line.replace("#| ", "", 1) for line in lines[start:end]]
        names = {line.split(":")[0].strip() for line in block if line[depth] != " "}
        kept, skipping = [], False
        for n, line in enumerate(lines[end:]):
            at = len(line) - len(line.lstrip())
            if at <= depth and not line.lstrip().startswith("#"):
                skipping = at == depth and line.strip(" -").split(":")[0] in names
                if at < depth:
                    kept += lines[end + n :]
                    break
            if not skipping:
                kept.append(line)
        yield "\n".join([*lines[:start], *block, *kept])


@pytest.mark.parametrize(
    "case",
    ["names of columns in a comment", "time spent as hours and minutes", "rows without a rating",
     "titles in a file without a header", "lists where there is no single item"],
)  # fmt: skip
def test_every_other_answer_works(case: str, tmp_path: Path) -> None:
    _write(tmp_path, CASES[case][0])
    answers = list(_answers(inspect_folder(tmp_path, tmp_path).text))
    assert answers
    for text in answers:
        (tmp_path / "plait.yaml").write_text(text)
        (preview,) = preview_logs(load_config(tmp_path / "plait.yaml")).values()
        assert preview.events
