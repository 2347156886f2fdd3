"""Small logs in the shapes in which platforms and exports write them, with invented values."""

# ruff: noqa: E501, PERF401  # a row is written as it looks

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
Writer = Callable[[Path, random.Random], None]
SHAPES: dict[str, Writer] = {}


def shape(write: Writer) -> Writer:
    SHAPES[write.__name__] = write
    return write


def _at(n: int, minutes: int = 37) -> datetime:
    return START + timedelta(minutes=minutes * n)


def _lines(path: Path, lines: list[str], encoding: str = "utf-8") -> None:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)


@shape
def csv_shop(folder: Path, draw: random.Random) -> None:
    rows = ["customer_id,sku,event,ts,price"]
    for n in range(400):
        word = draw.choice(["view", "view", "add_to_cart", "purchase", "zoom"])
        price = f"{draw.random() * 50:.2f}"
        rows.append(
            f"C{draw.randint(1, 40)},SKU-{draw.randint(1, 60)},{word},{_at(n).timestamp():.0f},{price}"
        )
    _lines(folder / "orders.csv", rows)
    names = ["sku,name,category,brand,price"]
    names += [f"SKU-{n},Thing number {n},home|kitchen,Acme,{n}.50" for n in range(1, 61)]
    _lines(folder / "products.csv", names)
    accounts = ["customer_id,email_sha256"]
    accounts += [f"C{n},{n:064x}" for n in range(1, 41)]
    _lines(folder / "customers.csv", accounts)


@shape
def semicolons_in_latin_1(folder: Path, draw: random.Random) -> None:
    rows = ["Kundennr;Artikelnummer;Bezeichnung;Bestelldatum;Preis"]
    for n in range(300):
        thing = draw.randint(1, 50)
        price = f"{draw.randint(1, 1500)},{draw.randint(10, 99)}"
        rows.append(
            f"K{draw.randint(1, 30)};A-{thing:03};Tür Größe {thing};{_at(n):%d.%m.%Y %H:%M};{price}"
        )
    _lines(folder / "bestellungen.csv", rows, "latin-1")


@shape
def tabs(folder: Path, draw: random.Random) -> None:
    rows = ["user_id\tarticle_id\ttimestamp\tdwell_time_ms"]
    for n in range(300):
        rows.append(
            f"u{draw.randint(1, 30)}\tnews-{draw.randint(1, 50)}\t{_at(n).isoformat()}\t{draw.randint(500, 90_000)}"
        )
    _lines(folder / "reads.tsv", rows)


@shape
def ratings_without_header(folder: Path, draw: random.Random) -> None:
    rows = [
        f"{draw.randint(1, 40)}::{draw.randint(1, 900)}::{draw.randint(1, 5)}::{978_300_000 + n * 500}"
        for n in range(500)
    ]
    _lines(folder / "ratings.dat", rows)


@shape
def json_lines(folder: Path, draw: random.Random) -> None:
    rows = [
        {
            "uid": f"p{draw.randint(1, 30)}",
            "clip": {"id": f"v{draw.randint(1, 60)}", "length": 300},
            "verb": draw.choice(["start", "finish", "like"]),
            "at": _at(n).isoformat().replace("+00:00", "Z"),
            "watch_seconds": draw.randint(1, 300),
        }
        for n in range(300)
    ]
    _lines(folder / "plays.jsonl", [json.dumps(row) for row in rows])


@shape
def pretty_json_array(folder: Path, draw: random.Random) -> None:
    rows = [
        {"userId": draw.randint(1000, 1030), "postId": f"t{draw.randint(1, 60)}",
         "action": draw.choice(["like", "share", "comment"]), "createdAt": int(_at(n).timestamp() * 1000)}
        for n in range(200)
    ]  # fmt: skip
    (folder / "feed.json").write_text(json.dumps(rows, indent=2))


@shape
def segment_calls(folder: Path, draw: random.Random) -> None:
    rows = []
    for n in range(200):
        products = [
            {"product_id": f"P{draw.randint(1, 40)}", "price": 9.5, "quantity": 1}
            for _ in range(draw.randint(1, 3))
        ]
        rows.append({
            "type": "track", "event": draw.choice(["Product Viewed", "Product Added", "Order Completed"]),
            "userId": f"u{draw.randint(1, 25)}" if n % 3 else None, "anonymousId": f"anon-{draw.randint(1, 40)}",
            "messageId": f"m-{n}", "timestamp": _at(n).isoformat().replace("+00:00", ".123Z"),
            "receivedAt": _at(n + 1).isoformat(), "properties": {"currency": "EUR", "products": products},
        })  # fmt: skip
    _lines(folder / "track.jsonl", [json.dumps(row) for row in rows])


@shape
def posted_batches(folder: Path, draw: random.Random) -> None:
    body = [
        {"message": {"user": f"u{draw.randint(1, 20)}", "item": f"i{draw.randint(1, 30)}",
                     "action": draw.choice(["click", "buy"]), "ts": int(_at(n).timestamp())}}
        for n in range(150)
    ]  # fmt: skip
    (folder / "dump.json").write_text(json.dumps({"request": {"id": "r1", "body": body}}))


@shape
def sessions_with_events(folder: Path, draw: random.Random) -> None:
    rows = []
    for session in range(60):
        events = [
            {"aid": draw.randint(1, 90), "ts": int(_at(session * 9 + n).timestamp() * 1000),
             "type": draw.choice(["clicks", "carts", "orders"])}
            for n in range(draw.randint(1, 8))
        ]  # fmt: skip
        rows.append({"session": session, "events": events})
    _lines(folder / "train.jsonl", [json.dumps(row) for row in rows])


@shape
def behaviours(folder: Path, draw: random.Random) -> None:
    news = [
        f"N{n}\t{draw.choice(['sports', 'finance', 'health'])}\tsub{n % 7}\tWhat happened at place {n}\t"
        f"The longer story of place {n}, told twice\thttps://news.invalid/{n}.html\t[]\t[]"
        for n in range(100, 160)
    ]
    rows = []
    for n in range(200):
        history = " ".join(f"N{draw.randint(100, 159)}" for _ in range(draw.randint(2, 9)))
        shown = " ".join(
            f"N{draw.randint(100, 159)}-{int(k == 0)}" for k in range(draw.randint(2, 9))
        )
        rows.append(
            f"{n + 1}\tU{draw.randint(1, 60)}\t{_at(n * 9):%m/%d/%Y %I:%M:%S %p}\t{history}\t{shown}"
        )
    _lines(folder / "behaviors.tsv", rows)
    _lines(folder / "news.tsv", news)


@shape
def analytics_export(folder: Path, draw: random.Random) -> None:
    rows = []
    for n in range(250):
        item = f"sku{draw.randint(1, 40)}"
        items = [{"item_id": item, "item_name": f"Thing {item}", "price": 12.5, "quantity": 1}]
        rows.append({
            "event_date": f"{_at(n):%Y%m%d}", "event_timestamp": str(int(_at(n).timestamp() * 1e6)),
            "event_name": draw.choice(["view_item", "add_to_cart", "purchase", "session_start"]),
            "user_pseudo_id": f"{draw.randint(1, 30)}.17", "user_id": None,
            "event_params": [
                {"key": "page_location", "value": {"string_value": f"https://shop.invalid/p/{item}"}},
                {"key": "ga_session_id", "value": {"int_value": str(1700 + n // 5)}},
            ],
            "items": items if n % 4 else [],
        })  # fmt: skip
    _lines(folder / "events_20240301.jsonl", [json.dumps(row) for row in rows])


@shape
def music_history(folder: Path, draw: random.Random) -> None:
    for part in range(2):
        rows = [
            {"endTime": f"{_at(part * 90 + n):%Y-%m-%d %H:%M}", "artistName": f"Band {draw.randint(1, 9)}",
             "trackName": f"Song {draw.randint(1, 40)}", "msPlayed": draw.randint(1_000, 240_000)}
            for n in range(90)
        ]  # fmt: skip
        (folder / f"StreamingHistory{part}.json").write_text(json.dumps(rows, indent=2))


@shape
def video_history(folder: Path, draw: random.Random) -> None:
    rows = [
        {"header": "YouTube", "title": f"Watched Film {n}", "time": _at(n).isoformat().replace("+00:00", ".5Z"),
         "titleUrl": f"https://www.youtube.com/watch?v=abcDEF{draw.randint(10_000, 99_999)}",
         "subtitles": [{"name": f"Channel {n % 9}", "url": "https://www.youtube.com/channel/x"}]}
        for n in range(80)
    ]  # fmt: skip
    (folder / "watch-history.json").write_text(json.dumps(rows, indent=2))


@shape
def viewing_history(folder: Path, draw: random.Random) -> None:
    rows = ["Title,Date"]
    for n in range(100):
        rows.append(f'"Show {draw.randint(1, 20)}: Season 1: Part {n}","{_at(-n * 30):%m/%d/%y}"')
    _lines(folder / "NetflixViewingHistory.csv", rows)


@shape
def library(folder: Path, draw: random.Random) -> None:
    rows = [
        "Book Id,Title,Author,ISBN,My Rating,Average Rating,Publisher,Date Read,Date Added,Exclusive Shelf"
    ]
    for n in range(80):
        read = n % 3 != 0
        shelf = "read" if read else "to-read"
        date = f"{_at(n * 40):%Y/%m/%d}" if read else ""
        rating = draw.randint(1, 5) if read else 0
        rows.append(
            f'{5000 + n},"Book, the {n}th",Writer {n % 13},"=""{n:010}""",{rating},'
            f"3.{n % 99:02},House,{date},{_at(n * 30):%Y/%m/%d},{shelf}"
        )
    _lines(folder / "goodreads_library_export.csv", rows)


@shape
def access_log(folder: Path, draw: random.Random) -> None:
    rows = []
    for n in range(300):
        path = draw.choice(
            [f"/product/{draw.randint(1, 40)}?ref=a", f"/product/{draw.randint(1, 40)}", "/"]
        )
        rows.append(
            f"10.0.0.{draw.randint(1, 30)} - - [{_at(n):%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {path} HTTP/1.1" 200 {draw.randint(99, 9999)} "-" "Mozilla/5.0"'
        )
    _lines(folder / "access.log", rows)


@shape
def hive_parquet(folder: Path, draw: random.Random) -> None:
    for day in range(3):
        below = folder / "events" / f"dt=2024-03-0{day + 1}"
        below.mkdir(parents=True)
        pl.DataFrame({
            "user_id": [draw.randint(1, 30) for _ in range(100)],
            "item_id": [draw.randint(1, 60) for _ in range(100)],
            "behavior_type": [draw.choice(["pv", "cart", "fav", "buy"]) for _ in range(100)],
            "event_time": [_at(n + day * 39).replace(tzinfo=None) for n in range(100)],
        }).write_parquet(below / "part-0.parquet")  # fmt: skip
        (folder / "events" / "_SUCCESS").write_text("")


@shape
def flags(folder: Path, draw: random.Random) -> None:
    rows = [
        "user_id,video_id,time_ms,is_click,is_like,is_follow,long_view,play_time_ms,duration_ms,tab"
    ]
    for n in range(300):
        video = draw.randint(1, 50)
        marks = ",".join(str(int(draw.random() < share)) for share in (0.5, 0.1, 0.05, 0.3))
        rows.append(
            f"{draw.randint(1, 30)},{video},{int(_at(n).timestamp() * 1000)},{marks},"
            f"{draw.randint(0, 60_000)},{video * 1000},{draw.randint(0, 9)}"
        )
    _lines(folder / "log_standard.csv", rows)


@shape
def parallel_lists(folder: Path, draw: random.Random) -> None:
    rows = []
    for user in range(40):
        count = draw.randint(2, 9)
        rows.append({
            "user": f"u{user}", "article_ids": [draw.randint(1, 80) for _ in range(count)],
            "times": [_at(user + n).replace(tzinfo=None) for n in range(count)],
            "read_seconds": [draw.random() * 90 for _ in range(count)],
        })  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "history.parquet")


@shape
def adjacency(folder: Path, draw: random.Random) -> None:
    rows = [
        " ".join(map(str, [user, *draw.sample(range(200), draw.randint(2, 20))]))
        for user in range(60)
    ]
    _lines(folder / "train.txt", rows)


@shape
def date_and_clock(folder: Path, draw: random.Random) -> None:
    rows = ["CustomerID,StockCode,Quantity,InvoiceDate,InvoiceTime,UnitPrice"]
    for n in range(300):
        at = _at(n, 97)
        rows.append(
            f"{draw.randint(17000, 17030)},{draw.randint(20000, 20060)},1,{at:%Y-%m-%d},{at:%H:%M},2.55"
        )
    _lines(folder / "invoices.csv", rows)


@shape
def pairs_of_keys(folder: Path, draw: random.Random) -> None:
    rows = [
        f"time={_at(n).isoformat()} level=info user=u{draw.randint(1, 20)} action={draw.choice(['view', 'buy'])} "
        f"item=i{draw.randint(1, 30)}"
        for n in range(200)
    ]
    _lines(folder / "app.log", rows)


@shape
def json_in_csv(folder: Path, draw: random.Random) -> None:
    rows = ["userid,payload,created_at"]
    for n in range(200):
        payload = json.dumps({"item": f"i{draw.randint(1, 20)}", "action": "view"}).replace(
            '"', '""'
        )
        rows.append(f'u{draw.randint(1, 20)},"{payload}",{_at(n):%Y-%m-%d %H:%M:%S}')
    _lines(folder / "app.csv", rows)


@shape
def typed_header(folder: Path, draw: random.Random) -> None:
    rows = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    for n in range(200):
        rows.append(
            f"{draw.randint(1, 30)}\t{draw.randint(1, 60)}\t{draw.randint(1, 5)}\t{881_250_949 + n}"
        )
    _lines(folder / "log.inter", rows)


@shape
def one_document_a_person(folder: Path, draw: random.Random) -> None:
    for user in range(12):
        history = [
            {
                "movie_id": draw.randint(1, 40),
                "watched_at": _at(n).isoformat(),
                "rating": draw.randint(1, 10),
            }
            for n in range(10)
        ]
        record = {"user_id": f"u{user}", "country": "DE", "history": history}
        (folder / f"user_{user}.json").write_text(json.dumps(record, indent=1))


@shape
def addresses(folder: Path, draw: random.Random) -> None:
    rows = [
        json.dumps({
            "app_id": "web", "event": draw.choice(["page_view", "struct"]), "collector_tstamp": _at(n).isoformat(),
            "event_id": f"{n:08x}-0000-4000-8000-000000000000", "domain_userid": f"{draw.randint(1, 30):08x}",
            "user_id": None, "page_url": f"https://shop.invalid/product/{draw.randint(1, 40)}?a=1",
        })
        for n in range(200)
    ]  # fmt: skip
    _lines(folder / "events.jsonl", rows)


@shape
def lines_before_the_header(folder: Path, draw: random.Random) -> None:
    rows = ["Exportiert am 01.02.2024", "", '"Nutzer";"Aktion";"Artikel";"Zeitpunkt"']
    for n in range(200):
        word = draw.choice(["Kauf", "Warenkorb", "Ansicht", "Beratung"])
        rows.append(
            f'"n{draw.randint(1, 20)}";"{word}";"Ä{draw.randint(1, 30)}";"{_at(n):%d.%m.%Y, %H:%M}"'
        )
    _lines(folder / "export.csv", rows, "cp1252")
