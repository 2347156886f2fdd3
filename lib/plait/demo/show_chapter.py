"""Renders each chapter for a terminal that is 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from itertools import zip_longest

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from plait.demo.chapter_results import (
    CHAPTER_NAMES,
    Chapter,
    CommandsChapter,
    DemoList,
    EvaluateChapter,
    EventChapter,
    FuseChapter,
    LinkChapter,
    ListedItem,
    PastEvent,
    ServeChapter,
    TrainChapter,
    WorldChapter,
)

WIDTH = 100
_TITLE = 40  # characters of a title in a list
_ACCENT, _DIM, _GOOD, _BAD = "bold cyan", "bright_black", "green", "yellow"


def render_chapter(chapter: Chapter) -> RenderableType:
    """Returns a heading with the chapter's duration, and its results."""
    if isinstance(chapter, CommandsChapter):
        seconds = f"{chapter.total_seconds:.1f} s in all"
    else:
        seconds = f"{chapter.seconds:.1f} s"
    place, name = list(CHAPTER_NAMES).index(type(chapter)) + 1, CHAPTER_NAMES[type(chapter)]
    left, right = f" {place} {name} ", f" {seconds}"
    heading = Text.assemble(
        (left, _ACCENT), ("─" * (WIDTH - len(left) - len(right) - 1), _DIM), (right, _DIM)
    )
    # The empty line comes last, so that it also separates the next chapter's progress output.
    return Group(heading, Text(), Padding(_body(chapter), (0, 1)), Text())


@singledispatch
def _body(chapter: Chapter) -> RenderableType:
    raise TypeError(chapter)


@_body.register
def _world_body(chapter: WorldChapter) -> RenderableType:
    table = _table("platform", "an account", "files", "clock", "rows>", "items>", "accounts>")
    for p in chapter.platforms:
        account = p.account if len(p.account) <= 14 else f"{p.account[:13]}…"
        table.add_row(
            Text(p.platform, "bold"), account, p.files, p.clock,
            f"{p.rows:,}", f"{p.items:,}", f"{p.accounts:,}",
        )  # fmt: skip
    said = f"{chapter.people:,} people with lasting tastes. Four platforms, four ways to log them:"
    return Group(Text(said), _pad_above(table))


@_body.register
def _fuse_body(chapter: FuseChapter) -> RenderableType:
    dirt = sum(chapter.quarantined.values())
    reasons = ", ".join(
        f"{n} {reason}" for reason, n in _group_reasons(chapter.quarantined).items()
    )
    return _facts(
        ("rows", f"{chapter.rows:,} in = {chapter.events:,} events + {chapter.duplicates:,} "
                 f"duplicates + {dirt:,} in quarantine + "
                 f"{chapter.crawled + chapter.near_duplicates:,} noise"),
        ("quarantine", reasons),
        ("noise", f"{chapter.crawlers.found} of {chapter.crawlers.planted} crawlers found, and "
                  f"{chapter.crawlers.others} people taken for one; {chapter.crawled:,} events of "
                  f"bots and {chapter.near_duplicates:,} double clicks removed"),
        ("people", f"{chapter.accounts:,} accounts = {chapter.people:,} people, "
                   f"{chapter.several:,} of them on several platforms"),
        ("truth", f"joined pairs: {chapter.linkage.precision:.1%} correct; real pairs: "
                  f"{chapter.linkage.recall:.1%} found, the others share no e-mail"),
    )  # fmt: skip


@_body.register
def _train_body(chapter: TrainChapter) -> RenderableType:
    m = chapter.metrics
    return _facts(
        ("model", f"CNN, then GRU, then MLP terms; best after {m['epochs']} epochs"),
        (
            "learned from",
            f"{m['events']:,} events of {m['people']:,} people on {m['items']:,} items",
        ),
        ("version", f"{chapter.version}, in the registry"),
    )


@_body.register
def _evaluate_body(chapter: EvaluateChapter) -> RenderableType:
    table = _table("platform", "people>", "popularity>", "item-item>", "plait>", "95 %>")
    for p in chapter.platforms:
        table.add_row(
            Text(p.platform, "bold"), f"{p.targets:,}", f"{p.popularity:.3f}",
            f"{p.item_item:.3f}", Text(f"{p.model:.3f}", "bold"), f"{p.low:.3f} to {p.high:.3f}",
        )  # fmt: skip
    t = chapter.transfer
    sure = _GOOD if t.low > 0 else _BAD
    gain = Text.assemble(
        ("Transfer gain ", "bold"),
        (f"{t.gain:+.3f}", f"bold {sure}"),
        (f" (95 % interval {t.low:+.3f} to {t.high:+.3f}): ", sure),
        f"NDCG@10 is {t.alone:.3f} when the model sees the\nplatform's own events only and "
        f"{t.joint:.3f} when it sees all of them; {t.targets:,} people on several platforms.",
    )
    said = "Everyone's last event, held out, ranked among all items of its platform. NDCG@10:"
    return Group(Text(said), _pad_above(table), Text(), gain)


@_body.register
def _serve_body(chapter: ServeChapter) -> RenderableType:
    return _facts(("endpoint", Text(chapter.url, "bold")), ("try it", f"{chapter.url}/docs"))


@_body.register
def _event_body(chapter: EventChapter) -> RenderableType:
    e = chapter.event
    said = Text.assemble(
        ("A known person", "bold"), f": {chapter.platform} account {chapter.account}, "
        f"{_lower_first(chapter.earlier)} before, {_lower_first(chapter.lately)} lately:",
    )  # fmt: skip
    sent = Text.assemble(
        "Now they ", (f"{e.type} ", "bold"), (f"“{e.title}”", "italic"), f" on {e.platform}. "
        f"On disk in {chapter.event_ms:.0f} ms. Their {chapter.platform} list:",
    )  # fmt: skip
    lists = _side_by_side(chapter.before, chapter.after, "before", "right after the event")
    return Group(said, _history(chapter.history), Text(), sent, lists)


@_body.register
def _link_body(chapter: LinkChapter) -> RenderableType:
    said = Text.assemble(
        ("A new person", "bold"), f": {chapter.first} account {chapter.first_account}, "
        "unknown until now, sends"
    )  # fmt: skip
    ask = Text(
        f"Then {chapter.second} account {chapter.second_account} requests a list, and the two "
        f"are linked over HTTP. The {chapter.second} list:"
    )
    lists = _side_by_side(chapter.before, chapter.after, "before linking", "after linking")
    return Group(said, _history(chapter.history), Text(), ask, lists)


@_body.register
def _commands_body(chapter: CommandsChapter) -> RenderableType:
    keep = (
        "The endpoint runs until Ctrl-C. Commands to copy:"
        if chapter.kept
        else "The endpoint has stopped. `plait demo --keep` keeps it running for these commands:"
    )
    commands = Group(*(Text(c, style="cyan") for c in chapter.commands))
    return Group(
        Text(keep), Text(), commands, Text(),
        Text(f"All files are in {chapter.folder}. Start with plait.yaml.", style=_DIM),
    )  # fmt: skip


def _history(history: Iterable[PastEvent]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    for done in history:
        grid.add_row(Text(" ·"), Text(done.platform, _DIM), Text(done.type, _DIM), done.title)
    return grid


def _side_by_side(before: DemoList, after: DemoList, left: str, right: str) -> RenderableType:
    table = _table("#>", left, "", right)
    for place, (old, new) in enumerate(zip_longest(before.items, after.items), 1):
        table.add_row(str(place), _title(old) if old else "", *(_marked_title(new) if new else ()))
    table.add_row("", _footer(before), "", _footer(after))
    return _pad_above(table)


def _pad_above(table: Table) -> RenderableType:
    return Padding(table, (1, 0, 0, 0))


def _footer(answer: DemoList) -> Text:
    why = f", {answer.fallback}" if answer.fallback else ""
    return Text(f"{answer.took_ms:.1f} ms{why}", style=_DIM)


def _marked_title(listed: ListedItem) -> tuple[Text, Text]:
    if listed.mark == "new":
        return Text("new", _GOOD), _title(listed, _GOOD)
    if listed.mark == "same":
        return Text("", _DIM), _title(listed)
    up = listed.mark.startswith("+")
    return Text(("↑" if up else "↓") + listed.mark[1:], _DIM), _title(listed)


def _title(listed: ListedItem, style: str = "") -> Text:
    text = Text(listed.title, style=style, no_wrap=True)
    text.truncate(_TITLE, overflow="ellipsis")
    return text


def _facts(*rows: tuple[str, str | Text]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=_DIM, no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    return grid


def _table(*headings: str) -> Table:
    """Returns a table with light lines; a heading that ends in > is right-aligned."""
    table = Table(
        box=box.SIMPLE_HEAD, header_style=_DIM, border_style=_DIM, pad_edge=False, show_edge=False
    )
    for heading in headings:
        right = heading.endswith(">")
        table.add_column(heading.removesuffix(">"), justify="right" if right else "left")
    return table


def _group_reasons(quarantined: dict[str, int]) -> dict[str, int]:
    """Returns the count per reason in words. All reasons for a wrong time are counted as one."""
    times = sum(n for reason, n in quarantined.items() if reason.endswith("_time"))
    others = {r.replace("_", " "): n for r, n in sorted(quarantined.items()) if "_time" not in r}
    return others | ({"impossible times": times} if times else {})


def _lower_first(topic: str) -> str:
    return topic[0].lower() + topic[1:]
