"""What the chapters look like: plain, within 100 columns, nothing lost."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from plait.demo.chapter_results import (
    Chapter,
    CommandsChapter,
    CrawlersFound,
    DemoList,
    EvaluateChapter,
    EventChapter,
    FuseChapter,
    LinkageQuality,
    LinkChapter,
    ListedItem,
    PastEvent,
    PlatformFiles,
    PlatformQuality,
    ServeChapter,
    TrainChapter,
    TransferGain,
    WorldChapter,
)
from plait.demo.output_shape import normalize_output
from plait.demo.show_chapter import WIDTH, render_chapter

LONG = "A title that is far too long to stand in half of a terminal's width"
LIST = [ListedItem("shop:1", "Cast iron pan", 1.5), ListedItem("shop:2", LONG, 1.0)]
MARKED = [replace(LIST[1], mark="+1"), ListedItem("shop:3", "Star tracker", 2.0, "new")]
BEFORE = DemoList(LIST, "unknown_person", "p_1", 3.21)
AFTER = DemoList(MARKED, None, "p_1", 4.0)
HISTORY = [PastEvent("video", "watch", "video:v", LONG)]
TRANSFER = TransferGain(1255, 0.31, 0.35, 0.04, 0.03, 0.05)
CHAPTERS: list[Chapter] = [
    WorldChapter(1.0, 2000, "f", [PlatformFiles("news", "3f" * 18, "csv", "ISO", 10_000, 432, 99)]),
    FuseChapter(1.0, 1_107, 100, 2, 2, 1_000,
                {"bad_time": 1, "future_time": 1, "null_object": 1}, 9, 7, 2,
                LinkageQuality(1.0, 0.7), CrawlersFound(3, 3, 0)),
    TrainChapter(9.0, "v1", {"epochs": 6, "events": 33_789, "people": 2648, "items": 1728}),
    EvaluateChapter(2.0, "loo-full", [PlatformQuality("shop", 499, 0.03, 0.25, 0.26, 0.23, 0.29)],
              TRANSFER),
    ServeChapter(9.0, "http://127.0.0.1:8000"),
    EventChapter(0.1, "shop", "0000001", "Coffee", "Chess", HISTORY, HISTORY[0], 8.2, BEFORE,
                 AFTER),
    LinkChapter(0.1, "Chess", "video", "shop", "u_1", "0000002", HISTORY, BEFORE, AFTER),
    CommandsChapter(["curl -s http://127.0.0.1:8000/x"], ".plait/demo", 61.5),
]  # fmt: skip


def _text(chapter: Chapter, **options: object) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False, **options)  # type: ignore[arg-type]
    console.print(render_chapter(chapter))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: type(c).__name__)
def test_every_chapter_fits_and_is_plain_where_there_is_no_terminal(chapter: Chapter) -> None:
    text = _text(chapter)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "\x1b" not in text


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = _text(CHAPTERS[5], force_terminal=True)
    assert not re.search(r"\x1b\[(\d+;)*[39]\dm", text)  # bold and italics may stay


def test_the_lists_stand_side_by_side_with_marks_and_reasons() -> None:
    lines = _text(CHAPTERS[5]).splitlines()
    first = next(line for line in lines if line.strip().startswith("1 "))
    assert "Cast iron pan" in first
    assert "↑1" in first
    second = next(line for line in lines if line.strip().startswith("2 "))
    assert second.index("new") < second.index("Star tracker")
    assert any("3.2 ms, unknown_person" in line for line in lines)


def test_lists_of_unequal_length_are_shown_whole() -> None:
    longer = replace(
        CHAPTERS[5],
        after=DemoList([*MARKED, ListedItem("shop:9", "Third", 0.1, "new")], None, "p", 1),
    )
    assert "Third" in _text(longer)


def test_the_gain_is_told_with_its_interval() -> None:
    text = " ".join(_text(CHAPTERS[3]).split())
    assert "Transfer gain +0.040 (95 % interval +0.030 to +0.050)" in text
    assert "1,255 people" in text


def test_rows_in_are_rows_out() -> None:
    text = _text(CHAPTERS[1])
    assert "1,107 in = 100 events + 2 duplicates + 3 in quarantine + 1,002 noise" in text
    assert "1 null object, 2 impossible times" in text


def test_the_shape_forgets_numbers_names_and_titles() -> None:
    event = CHAPTERS[5]
    assert isinstance(event, EventChapter)
    other = replace(
        event,
        seconds=12.3,
        account="9999999",
        lately="Dog training",
        earlier="Yoga",
        history=[PastEvent("news", "read", "news:x", "Short")] * 3,
        after=DemoList([ListedItem("shop:4", "Pot", 1.0, "same")] * 2, None, "p_2", 123.4),
    )
    assert normalize_output(_text(event)) == normalize_output(_text(other, force_terminal=True))
    assert normalize_output(_text(event)) != normalize_output(_text(CHAPTERS[6]))


def test_the_shape_keeps_the_words() -> None:
    shape = normalize_output(_text(CHAPTERS[3]))
    assert "# evaluate --- # s" in shape
    assert "Transfer gain # (# % interval # to #)" in shape
