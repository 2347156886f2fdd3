"""Runs the demo. Each chapter is reported as soon as it is finished."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from plait.config import Project, load_config
from plait.demo.chapter_results import (
    Chapter,
    CommandsChapter,
    EvaluateChapter,
    EventChapter,
    FuseChapter,
    LinkChapter,
    PlatformFiles,
    PlatformQuality,
    ServeChapter,
    TrainChapter,
    WorldChapter,
)
from plait.demo.curl_commands import build_curl_commands
from plait.demo.demo_folder import empty_folder, write_demo_key
from plait.demo.demo_person import EventTypeNames, choose_demo_person, past_events
from plait.demo.endpoint_client import EndpointClient, mark_changes
from plait.demo.endpoint_process import EndpointProcess, free_port_near, interruptible
from plait.demo.linkage_quality import count_found, measure_linkage
from plait.demo.transfer_value import measure_transfer
from plait.privacy.pseudonym_key import load_key
from plait.store import Store
from plait.world import World, build_world, draw_newcomer, write_world

PROTOCOL = "loo-full"
_FILES = {"shop": "csv.gz, monthly", "video": "jsonl", "social": "parquet", "news": "csv.zst"}
_CLOCKS = {
    "shop": "epoch seconds", "video": "epoch milliseconds",
    "social": "epoch microseconds", "news": "ISO 8601, +02:00",
}  # fmt: skip

OnChapter = Callable[[Chapter], None]


@dataclass(frozen=True)
class DemoOptions:
    """The options of a run of the demo."""

    folder: Path
    people: int = 2_000
    seed: int = 0
    k: int = 8
    keep: bool = False


def run_demo(options: DemoOptions, tell: OnChapter) -> None:
    """Runs all chapters in `options.folder`. Every process that it started ends with the call.

    Args:
        options: folder, number of people, seed, and whether the endpoint keeps running until
            the process is interrupted.
        tell: called with each chapter when it is finished.
    """
    start = time.monotonic()
    world, file = _make_world(options, tell)
    project = load_config(file)
    write_demo_key(project, options.seed)
    _fuse(project, world, tell)
    _train(project, tell)
    _evaluate(project, options.seed, tell)
    begun = time.monotonic()
    log = options.folder / "endpoint.log"
    with (
        interruptible(),
        EndpointProcess(file, free_port_near(project.serve.port), log) as endpoint,
    ):
        tell(ServeChapter(time.monotonic() - begun, endpoint.url))
        with EndpointClient(endpoint.url) as talk:
            commands = _send_event(world, project, talk, options, tell)
            _link_accounts(world, talk, options, tell)
        if not options.keep:
            endpoint.stop()
        tell(CommandsChapter(commands, str(options.folder), time.monotonic() - start, options.keep))
        endpoint.wait()


def _make_world(options: DemoOptions, tell: OnChapter) -> tuple[World, Path]:
    begun = time.monotonic()
    empty_folder(options.folder)
    # The logs end today, so that events sent to the endpoint come right after them.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    world = build_world(options.people, options.seed, end=today, crawlers=True)
    file = write_world(world, options.folder)
    accounts = world.people.accounts
    platforms = [
        PlatformFiles(
            platform=platform,
            account=accounts.filter(platform=platform)["account"][0],
            files=_FILES[platform],
            clock=_CLOCKS[platform],
            rows=len(log),
            items=len(world.catalogues[platform]),
            accounts=len(world.accounts[platform]),
        )
        for platform, log in world.logs.items()
    ]
    tell(WorldChapter(time.monotonic() - begun, options.people, str(options.folder), platforms))
    return world, file


def _fuse(project: Project, world: World, tell: OnChapter) -> None:
    from plait.fusion.fuse_logs import fuse

    begun = time.monotonic()
    version = fuse(project)
    seconds = time.monotonic() - begun
    store = Store(project.store_uri)
    accounts = store.read("accounts", version)
    people = store.read("people", version).filter(pl.col("merged_into").is_null())
    quarantine = store.read("quarantine", version)
    rows = sum(len(log) for log in world.logs.values())
    platforms = version.counts["platforms"].values()
    bots, key = store.read("bots", version), load_key(project)
    tell(
        FuseChapter(
            seconds=seconds,
            rows=rows,
            events=version.counts["events"],
            duplicates=sum(entry["duplicates"] + entry["superseded"] for entry in platforms),
            near_duplicates=sum(entry["removed"].get("near_duplicate", 0) for entry in platforms),
            crawled=sum(entry["removed"].get("bot", 0) for entry in platforms),
            quarantined=dict(quarantine["reason"].value_counts(sort=True).iter_rows()),
            accounts=len(accounts),
            people=len(people),
            several=int((people["platforms"].list.len() > 1).sum()),
            linkage=measure_linkage(accounts, world.people.accounts, key),
            crawlers=count_found(bots, world.crawlers, key),
        )
    )


def _train(project: Project, tell: OnChapter) -> None:
    from plait.training.train_model import train

    begun = time.monotonic()
    result = train(project)
    tell(TrainChapter(time.monotonic() - begun, result.version, result.metrics))


def _evaluate(project: Project, seed: int, tell: OnChapter) -> None:
    from plait.evaluation.evaluate_model import evaluate

    begun = time.monotonic()
    report = evaluate(project, PROTOCOL, seed=seed)
    platforms = [
        PlatformQuality(
            platform=platform,
            targets=figures["n"],
            popularity=report.baselines["popularity"][platform]["ndcg@10"],
            item_item=report.baselines["item-item"][platform]["ndcg@10"],
            model=figures["ndcg@10"],
            low=figures["ndcg@10_ci"][0],
            high=figures["ndcg@10_ci"][1],
        )
        for platform, figures in report.platforms.items()
    ]
    transfer = measure_transfer(project, seed)
    tell(EvaluateChapter(time.monotonic() - begun, PROTOCOL, platforms, transfer))


def _send_event(
    world: World, project: Project, talk: EndpointClient, options: DemoOptions, tell: OnChapter
) -> list[str]:
    """Requests a list, sends one event, requests it again. Returns commands that do the same."""
    known = choose_demo_person(world, _event_type_names(project))
    begun = time.monotonic()
    before = talk.recommend(known.list_platform, known.list_account, options.k)
    event = known.event
    took = talk.send(known.event_platform, known.event_account, [(event.type, event.item)])
    after = mark_changes(before, talk.recommend(known.list_platform, known.list_account, options.k))
    tell(
        EventChapter(
            seconds=time.monotonic() - begun,
            platform=known.list_platform,
            account=known.list_account,
            lately=known.lately,
            earlier=known.earlier,
            history=known.history,
            event=event,
            event_ms=took,
            before=before,
            after=after,
        )
    )
    return build_curl_commands(talk.url, known)


def _link_accounts(
    world: World, talk: EndpointClient, options: DemoOptions, tell: OnChapter
) -> None:
    newcomer = draw_newcomer(world)
    history = past_events(world, newcomer.first, "watch", newcomer.items)
    begun = time.monotonic()
    events = [(done.type, done.item) for done in history]
    talk.send(newcomer.first, newcomer.first_account, events)
    before = talk.recommend(newcomer.second, newcomer.second_account, options.k)
    talk.link((newcomer.first, newcomer.first_account), (newcomer.second, newcomer.second_account))
    after = talk.recommend(newcomer.second, newcomer.second_account, options.k)
    tell(
        LinkChapter(
            seconds=time.monotonic() - begun,
            topic=newcomer.topic,
            first=newcomer.first,
            second=newcomer.second,
            first_account=newcomer.first_account,
            second_account=newcomer.second_account,
            history=history,
            before=before,
            after=mark_changes(before, after),
        )
    )


def _event_type_names(project: Project) -> EventTypeNames:
    """Returns each platform's names of event types, as its project file maps them."""
    return {
        name: {word: kind for word, kind in platform.events[0].type.map.items() if kind}
        for name, platform in project.platforms.items()
    }
