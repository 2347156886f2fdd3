"""The results of the demo's chapters: plain data, to be shown or written as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PlatformFiles:
    """The files of one platform of the world."""

    platform: str
    account: str  # one of its account ids
    files: str
    clock: str
    rows: int
    items: int
    accounts: int


@dataclass(frozen=True)
class WorldChapter:
    """Chapter 1: the raw logs are written."""

    seconds: float
    people: int
    folder: str
    platforms: list[PlatformFiles]


@dataclass(frozen=True)
class LinkageQuality:
    """Precision and recall of the joined pairs of accounts against the world's truth."""

    precision: float
    recall: float


@dataclass(frozen=True)
class CrawlersFound:
    """The accounts removed as bots, compared with the crawlers of the world."""

    planted: int
    found: int
    others: int  # accounts of people that were removed


@dataclass(frozen=True)
class FuseChapter:
    """Chapter 2: one event table; accounts that share a key become one person."""

    seconds: float
    rows: int
    events: int
    duplicates: int
    near_duplicates: int
    crawled: int  # events of bots
    quarantined: dict[str, int]
    accounts: int
    people: int
    several: int  # people on two or more platforms
    linkage: LinkageQuality
    crawlers: CrawlersFound


@dataclass(frozen=True)
class TrainChapter:
    """Chapter 3: a model version in the registry."""

    seconds: float
    version: str
    metrics: dict[str, Any]  # as in the registry


@dataclass(frozen=True)
class PlatformQuality:
    """NDCG@10 on one platform: the model and two baselines."""

    platform: str
    targets: int
    popularity: float
    item_item: float
    model: float
    low: float
    high: float


@dataclass(frozen=True)
class TransferGain:
    """The gain from the other platforms: one model and the same targets, with two histories.

    Attributes:
        targets: number of held-out last events of people with events on another platform too.
        alone: NDCG@10 when the model sees only the target platform's events.
        joint: NDCG@10 when it sees all of them.
        gain, low, high: mean of joint - alone and its 95 % bootstrap interval.
    """

    targets: int
    alone: float
    joint: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class EvaluateChapter:
    """Chapter 4: every person's last event, ranked against all items of its platform."""

    seconds: float
    protocol: str
    platforms: list[PlatformQuality]
    transfer: TransferGain


@dataclass(frozen=True)
class ServeChapter:
    """Chapter 5: the endpoint is ready."""

    seconds: float
    url: str


@dataclass(frozen=True)
class ListedItem:
    """One item of a list. `mark`: how its position changed since the previous list."""

    item: str
    title: str
    score: float | None
    mark: str = ""  # new, same, +2 (places up), -1 (down)


@dataclass(frozen=True)
class DemoList:
    """A list that the endpoint returned."""

    items: list[ListedItem]
    fallback: str | None
    person: str
    took_ms: float


@dataclass(frozen=True)
class PastEvent:
    """An event of a person, with its title."""

    platform: str
    type: str
    item: str
    title: str


@dataclass(frozen=True)
class EventChapter:
    """Chapter 6: the list of a known person before and after one event on another platform."""

    seconds: float
    platform: str
    account: str
    lately: str  # the topic of their last events
    earlier: str  # an older one, which the event returns to
    history: list[PastEvent]  # their last events, newest last
    event: PastEvent
    event_ms: float  # time until the endpoint had it on disk
    before: DemoList
    after: DemoList


@dataclass(frozen=True)
class LinkChapter:
    """Chapter 7: the list of a new person on a second platform, before and after the link."""

    seconds: float
    topic: str
    first: str
    second: str
    first_account: str
    second_account: str
    history: list[PastEvent]
    before: DemoList
    after: DemoList


@dataclass(frozen=True)
class CommandsChapter:
    """The end: commands to copy, and the folder of all files."""

    commands: list[str]
    folder: str
    total_seconds: float
    kept: bool = field(default=False)


Chapter = (
    WorldChapter
    | FuseChapter
    | TrainChapter
    | EvaluateChapter
    | ServeChapter
    | EventChapter
    | LinkChapter
    | CommandsChapter
)
CHAPTER_NAMES: dict[type, str] = {
    WorldChapter: "world", FuseChapter: "fuse", TrainChapter: "train", EvaluateChapter: "evaluate",
    ServeChapter: "serve",
    EventChapter: "event", LinkChapter: "link", CommandsChapter: "try",
}  # fmt: skip
