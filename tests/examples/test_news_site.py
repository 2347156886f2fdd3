"""The counted answers of examples/news_site."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from plait.cli.quarantine_command import quarantine
from tests.examples.conftest import FusedExample


@pytest.fixture(scope="module")
def news(fuse_example: Callable[[str], FusedExample]) -> FusedExample:
    return fuse_example("news_site")


def test_every_shown_article_and_every_request_is_counted_once(news: FusedExample) -> None:
    # 50 readers: two lists each, with one click; 17, 17 and 16 of them read 4, 5 and 6 articles.
    # Six visitors without an account read two each.
    read = 17 * 4 + 17 * 5 + 16 * 6
    assert news.events_by_type("news") == {
        ("click", "item"): 2 * 50,
        ("read", "item"): read + 6 * 2,
    }
    counts = news.platform("news")
    shown, dirt = 2 * 50 * 5, 5 + 1 + 2 + 1 + 1
    assert counts["rows"] == (shown + dirt) + (read + 12 + 40 + 15 + 4 + 2)
    assert counts["duplicates"] == 1  # the click of the list that was written twice
    not_clicked = 2 * 50 * 4 + 4 + 1
    assert counts["removed"] == {"type": not_clicked + 40 + 15 + 4}
    assert counts["quarantined"] == {
        "bad_line": 2,
        "bad_time": 1,
        "ragged_row": 1,
        "unknown_type": 2,
    }
    assert "noted" not in counts  # every time has its zone
    assert (counts["accounts"], counts["people"], counts["items"]) == (50 + 6, 56, 40)


def test_both_logs_of_a_reader_are_on_one_clock(news: FusedExample) -> None:
    events = news.events_of("news", "U0")
    assert list(events.select("time", "type", "object_id").iter_rows()) == [
        (datetime(2025, 3, 5, 9, 47, 20, tzinfo=UTC), "click", "news:N4"),
        (datetime(2025, 3, 5, 10, 28, 17, tzinfo=UTC), "read", "news:N36"),
        (datetime(2025, 3, 5, 15, 12, 6, tzinfo=UTC), "read", "news:N12"),
        (datetime(2025, 3, 5, 20, 47, 9, tzinfo=UTC), "click", "news:N0"),
        (datetime(2025, 3, 6, 14, 13, 53, tzinfo=UTC), "read", "news:N32"),
        (datetime(2025, 3, 7, 18, 12, 41, tzinfo=UTC), "read", "news:N16"),
    ]


def test_the_catalogue_keeps_its_quotation_marks(news: FusedExample) -> None:
    article = news.store.read("items").filter(item="news:N10").to_dicts()[0]
    assert article["title"] == 'The 5" rule, part 10'
    assert article["categories"] == ["sports", "running"]


def test_a_fault_names_its_row_and_its_element(news: FusedExample) -> None:
    bad = news.store.read("quarantine").filter(file="data/impressions.tsv").sort("row")
    assert list(bad.select("row", "element", "reason", "value").iter_rows()) == [
        (102, 1, "unknown_type", None),
        (103, 2, "unknown_type", None),
        (104, 1, "bad_time", "6.3.2025 9:00"),
        (105, 1, "ragged_row", None),
    ]
    lines = news.store.read("quarantine").filter(reason="bad_line")
    assert sorted(lines["row"]) == [101, 201]


def test_a_crawler_that_names_itself_leaves_nothing(news: FusedExample) -> None:
    assert news.events_of("news", "203.0.113.9").is_empty()
    assert news.events_of("news", "198.51.100.0").height == 2


def test_a_fix_names_the_log_that_the_row_is_of(
    news: FusedExample, capsys: pytest.CaptureFixture[str]
) -> None:
    quarantine(config=news.config, as_json=True)
    fixes = {one["reason"]: one["fix"] for one in json.loads(capsys.readouterr().out)["reasons"]}
    assert fixes["bad_line"] == "Correct platforms.news.events.1.pattern."
    assert fixes["unknown_type"].endswith("in platforms.news.events.0.type.map.")
