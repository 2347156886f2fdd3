"""init, then fuse: the project file that is drafted for a shape of logs reads it."""

from __future__ import annotations

import random
import shlex
from pathlib import Path
from typing import Any

import pytest

from plait.config.parse_project import parse_config
from plait.config.yaml_document import read_document
from plait.errors import EmptyInput, MissingFile
from plait.fusion.fuse_logs import fuse
from plait.inspection.inspect_folder import Inspection, inspect_folder
from tests.unit.fusion.small import within
from tests.unit.inspection.log_shapes import SHAPES

# What has to be written for each shape: settings of its log by path, and how many of its rows (or
# elements) become events.
WANTED: dict[str, tuple[dict[str, Any], int]] = {
    "csv_shop": (
        {"columns.account": "customer_id", "columns.item": "sku", "columns.value": "price",
         "time.unit": "s", "type.map.add_to_cart": "cart", "type.map.zoom": None},
        324,
    ),
    "semicolons_in_latin_1": (
        {"columns.account": "Kundennr", "columns.item": "Artikelnummer", "decimal": ",",
         "csv.encoding": "latin-1", "time.unit": "%d.%m.%Y %H:%M", "type": "purchase"},
        300,
    ),
    "tabs": (
        {"columns.item": "article_id", "columns.dwell.times": "0.001", "csv.separator": "tab",
         "time.unit": "iso"},
        300,
    ),
    "ratings_without_header": (
        {"csv.separator": "::", "csv.header": ["account", "item", "rating", "time"],
         "time.unit": "s", "type": "rate"},
        500,
    ),
    "json_lines": (
        {"columns.account": "uid", "columns.item": "clip.id", "columns.dwell": "watch_seconds",
         "type.map.finish": "watch", "type.map.start": "play"},
        300,
    ),
    "pretty_json_array": (
        {"format": "json", "columns.account": "userId", "columns.item": "postId",
         "time.unit": "ms", "type.column": "action"},
        200,
    ),
    "segment_calls": (
        {"each": "properties.products[]", "columns.item": "each.product_id",
         "columns.account.first": ["userId", "anonymousId"], "columns.time": "timestamp",
         "type.map.Order Completed": "purchase", "type.map.Product Added": "cart"},
        392,  # six are near duplicates
    ),
    "posted_batches": (
        {"records": "request.body[].message", "columns.account": "user", "columns.item": "item",
         "type.map.buy": "purchase"},
        150,
    ),
    "sessions_with_events": (
        {"each": "events[]", "columns.account": "session", "columns.item": "each.aid",
         "time.unit": "ms", "type.map.orders": "purchase"},
        261,
    ),
    "behaviours": (
        {"each": "items", "split": " ", "columns.account": "account",
         "columns.item.match": "^(.+)[-:_][01]$", "type.map.1": "click",
         "time.unit": "%m/%d/%Y %I:%M:%S %p"},
        1_125,  # the others are near duplicates
    ),
    "analytics_export": (
        {"each": "items[]", "columns.account": "user_pseudo_id", "columns.item": "each.item_id",
         "columns.session": "event_params[?(@.key=='ga_session_id')].value.int_value",
         "time.unit": "us", "type.map.view_item": "view", "type.map.session_start": None},
        132,
    ),
    "music_history": (
        {"columns.account.constant": "me", "columns.item.text": "{artistName} – {trackName}",
         "columns.dwell.times": "0.001", "type": "play", "files": ["StreamingHistory*.json"]},
        180,
    ),
    "video_history": (
        {"columns.account.constant": "me", "columns.item.match": r"[?&]v=([\w-]{11})",
         "type.map.Watched": "watch", "time.unit": "iso"},
        80,
    ),
    "viewing_history": (
        {"columns.item": "Title", "time.unit": "%m/%d/%y", "time.resolution": "day",
         "type": "watch"},
        100,
    ),
    "library": (
        {"columns.item": "Book Id", "columns.time.first": ["Date Read", "Date Added"],
         "columns.rating.map.0": None, "type.map.to-read": "save"},
        80,
    ),
    "access_log": (
        {"format": "lines", "columns.account": "ip", "time.unit": "%d/%b/%Y:%H:%M:%S %z",
         "columns.item.match": "/product/([^/?#]+)", "type.map.other": None},
        199,
    ),
    "hive_parquet": (
        {"files": ["events/**/*.parquet"], "columns.account": "user_id", "type.map.pv": "view"},
        300,
    ),
    "flags": (
        {"type.flags.is_click": "click", "type.flags.long_view": "watch",
         "type.flags.play_time_ms": "play", "columns.dwell.column": "play_time_ms",
         "time.unit": "ms"},
        584,  # the attention of each row, and its flags
    ),
    "parallel_lists": (
        {"each": ["article_ids", "times", "read_seconds"], "columns.item": "article_ids",
         "columns.time": "times", "columns.dwell": "read_seconds"},
        221,
    ),
    "adjacency": ({"format": "lines", "each": "items", "split": " ", "time": "order"}, 660),
    "date_and_clock": (
        {"columns.time.text": "{InvoiceDate} {InvoiceTime}", "type": "purchase"},
        300,
    ),
    "pairs_of_keys": (
        {"format": "lines", "columns.account": "user", "columns.item": "item",
         "type.map.buy": "purchase"},
        200,
    ),
    "json_in_csv": (
        {"columns.account": "userid", "columns.item": "payload.item",
         "type.column": "payload.action"},
        200,
    ),
    "typed_header": (
        {"columns.account": "user_id:token", "columns.item": "item_id:token",
         "columns.rating": "rating:float", "time.unit": "s"},
        200,
    ),
    "one_document_a_person": (
        {"each": "history[]", "columns.account": "user_id", "columns.item": "each.movie_id",
         "rating_scale.best": "10", "files": ["user_*.json"]},
        120,
    ),
    "addresses": (
        {"columns.account": "domain_userid", "columns.item.match": "/product/([^/?#]+)",
         "type.map.page_view": "view", "type.map.struct": None},
        91,
    ),
    "lines_before_the_header": (
        {"csv.skip": "1", "columns.account": "Nutzer", "type.map.Kauf": "purchase",
         "time.unit": "%d.%m.%Y, %H:%M"},
        152,
    ),
}  # fmt: skip


def _inspect(shape: str, folder: Path) -> tuple[Inspection, dict[str, Any]]:
    SHAPES[shape](folder, random.Random(5))
    found = inspect_folder(folder, folder)
    (folder / "plait.yaml").write_text(found.text)
    return found, read_document(folder / "plait.yaml", "plait.yaml")


def _setting(settings: Any, path: str) -> Any:
    for key in path.split("."):
        settings = settings[key]
    return [settings] if path == "files" and isinstance(settings, str) else settings


@pytest.mark.slow
def test_every_shape_of_logs_is_recognised_and_fused(tmp_path: Path) -> None:
    platforms = {}
    for shape, (wanted, _) in WANTED.items():
        (tmp_path / shape).mkdir()
        _, raw = _inspect(shape, tmp_path / shape)
        (platform,) = raw["platforms"].values()
        found = {path: _setting(platform["events"], path) for path in wanted}
        assert found == wanted, shape
        platforms[shape] = within(shape, platform)
    version = fuse(parse_config({"store": "store", "platforms": platforms}, folder=tmp_path))
    counts = version.counts["platforms"]
    assert {shape: counts[shape]["events"] for shape in WANTED} == {
        shape: events for shape, (_, events) in WANTED.items()
    }


def test_every_shape_is_tested() -> None:
    assert SHAPES.keys() == WANTED.keys()


def test_catalogue_and_account_attributes_belong_to_the_log(tmp_path: Path) -> None:
    _, raw = _inspect("csv_shop", tmp_path)
    shop = raw["platforms"]["orders"]
    assert shop["kind"] == "shop"
    assert shop["catalogue"]["files"] == "products.csv"
    assert shop["catalogue"]["columns"] == {
        "item": "sku", "title": "name", "categories": "category", "brand": "brand",
        "price": "price",
    }  # fmt: skip
    assert shop["accounts"] == {
        "files": "customers.csv", "format": "csv", "account": "customer_id",
        "keys": {"email_hash": "email_sha256"},
    }  # fmt: skip


def test_a_catalogue_without_header_is_found_by_its_ids(tmp_path: Path) -> None:
    _, raw = _inspect("behaviours", tmp_path)
    catalogue = raw["platforms"]["behaviors"]["catalogue"]
    assert catalogue["files"] == "news.tsv"
    assert catalogue["columns"] == {"item": "item", "title": "title", "categories": "categories"}


def test_each_sub_folder_is_a_platform(tmp_path: Path) -> None:
    for shape in ("csv_shop", "json_lines"):
        (tmp_path / shape).mkdir()
        SHAPES[shape](tmp_path / shape, random.Random(5))
    found = inspect_folder(tmp_path, tmp_path)
    assert found.platforms == ["csv_shop", "json_lines"]
    (tmp_path / "plait.yaml").write_text(found.text)
    assert fuse(tmp_path / "plait.yaml").counts["events"] == 624


def test_unknown_words_are_asked_for_with_their_rows(tmp_path: Path) -> None:
    found, _ = _inspect("csv_shop", tmp_path)
    assert "zoom: null  # 76 rows: what is it?" in found.text
    assert any("what is it?" in question for one in found.taken for question in one.questions)


def test_day_or_month_first_is_asked(tmp_path: Path) -> None:
    draw = random.Random(1)
    rows = [
        f"u{draw.randint(1, 9)},i{n % 9},0{draw.randint(1, 9)}/0{draw.randint(1, 9)}/2024"
        for n in range(100)
    ]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,date", *rows]))
    text = inspect_folder(tmp_path, tmp_path).text
    assert "03/04/2024 could be both." in text
    assert "#| time: {unit: '%d/%m/%Y', resolution: day}" in text


def test_no_value_of_a_person_is_written(tmp_path: Path) -> None:
    rows = [
        f"{name}@mail.invalid,{name} Smith,sku{n % 7},view,{1_700_000_000 + n * 60}"
        for n in range(60)
        for name in ("anna", "bert", "carla")
    ]
    (tmp_path / "log.csv").write_text("\n".join(["email,full name,sku,action,ts", *rows]))
    text = inspect_folder(tmp_path, tmp_path).text
    assert "account: email" in text
    assert not [word for word in ("anna", "bert", "carla", "Smith", "sku1") if word in text]


def test_a_folder_without_logs_says_what_was_seen(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("city,degrees\nBerlin,3\nRome,12\n")
    (tmp_path / "note.txt").write_text("hello\nthis is a note\n")
    with pytest.raises(EmptyInput) as error:
        inspect_folder(tmp_path, tmp_path)
    assert "weather.csv (no column has items or accounts or times)" in str(error.value)
    assert "note.txt" in str(error.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no folder"):
        inspect_folder(tmp_path / "gone", tmp_path)


def test_a_log_of_more_accounts_than_its_sample_has_rows_is_a_log(tmp_path: Path) -> None:
    words = ["view", "view", "buy"]
    rows = [f"{n * 7},{n % 90},{words[n % 3]},{1_700_000_000 + n},{n % 50}.5" for n in range(5_000)]
    (tmp_path / "log.csv").write_text("\n".join(["user_id,item_id,event_type,ts,price", *rows]))
    found = inspect_folder(tmp_path, tmp_path)
    assert [one.kind for one in found.taken] == ["event log"]
    assert "{account: user_id, item: item_id, time: ts, value: price}" in found.text


def test_columns_may_be_named_as_those_that_a_reader_adds(tmp_path: Path) -> None:
    rows = [f"{n},{n % 3},x,y,u{n % 9},i{n % 7},{1_700_000_000 + n * 60}" for n in range(100)]
    header = "row,line,element,fault,user_id,item_id,ts"
    (tmp_path / "log.csv").write_text("\n".join([header, *rows]))
    found = inspect_folder(tmp_path, tmp_path)
    assert [one.kind for one in found.taken] == ["event log"]
    assert "{account: user_id, item: item_id, time: ts}" in found.text


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("length_s", "length: length_s"),
        ("duration_ms", "length: {column: duration_ms, times: 0.001}"),
        ("runtime_minutes", "length: {column: runtime_minutes, times: 60}"),
    ],
)
def test_a_catalogue_has_the_length_of_its_items(name: str, wanted: str, tmp_path: Path) -> None:
    log = [f"u{n % 9},v{n * 7 % 20},{1_700_000_000 + n * 60}" for n in range(200)]
    (tmp_path / "plays.csv").write_text("\n".join(["user_id,video_id,ts", *log]))
    videos = [f"v{n},Title of number {n},{90 + n}" for n in range(20)]
    (tmp_path / "videos.csv").write_text("\n".join([f"video_id,title,{name}", *videos]))
    assert wanted in " ".join(inspect_folder(tmp_path, tmp_path).text.split())


def test_files_that_have_to_be_joined_are_joined_as_the_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = [f"{1000 + n},u{n % 20},2024-01-{n % 27 + 1:02}T10:00:00Z" for n in range(200)]
    (tmp_path / "orders.csv").write_text("\n".join(["order_id,user_id,created_at", *heads]))
    lines = [f'{{"order_id": {1000 + n}, "product_id": "p{n % 31}"}}' for n in range(200)]
    (tmp_path / "it's sold.jsonl").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmptyInput, match="plait joins no files") as caught:
        inspect_folder(Path(), Path())
    *_, option, script = shlex.split(caught.value.fix)
    assert option == "-c"
    exec(script, {})
    for name in ("orders.csv", "it's sold.jsonl"):
        (tmp_path / name).unlink()
    text = inspect_folder(Path(), Path()).text
    assert "account: user_id" in text
    assert "item: product_id" in text
