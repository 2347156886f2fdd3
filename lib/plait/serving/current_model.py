"""The model version that is served now. It follows the alias."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl
import torch

from plait.clean.account_ratings import AccountRatings
from plait.clean.strength_histogram import place_on_scale
from plait.clean.strength_rules import StrengthRules, strength_rules, uses_lengths
from plait.config import Project
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.contracts.store_tables import ITEMS, SEQUENCES
from plait.errors import LiveStateDown, PlaitError
from plait.live import LiveState
from plait.live.base_content import base_name
from plait.live.valkey.durability import DurabilityLevel
from plait.privacy.pseudonym_key import KEY_SETTING, PseudonymKey, key_of_version, load_key
from plait.recommend.recommender import Recommender
from plait.store import Registry, Store, StoreVersion
from plait.store.storage_errors import translate_errors

log = logging.getLogger("plait.serving")


@dataclass(frozen=True)
class ItemTitles:
    """Titles of items, by item id, from one store version."""

    version: int
    by_item: dict[str, str]


class CurrentModel:
    """Loads, warms up and swaps the model behind `current`, the live state's base and the titles.

    A swap replaces one reference, so one version serves a whole batch. Live state is checked at
    each refresh: a base that is missing or incomplete is loaded again.

    Attributes:
        key: the stage of the pseudonym keys under which the accounts of the base are; null until a
            store version was seen. It changes with the base, so answers go on while keys rotate.
        bots: the accounts that the newest store version removed as bots.
        strengths: what it learned of the strengths of each platform that normalises them.
        base_seen: whether live state has ever had a complete base, or was unreachable.
        base_missing: whether it has no complete base now.
        state_down: whether it is unreachable now.
        durability_fault: why Valkey is less durable than required, or ''.

    Args:
        project: names the store and the model.
        state: the live state into which the base is loaded.
        pinned: the version to serve, whatever `current` names; None: follow `current`.
        durability: the required durability of live state.
    """

    def __init__(
        self,
        project: Project,
        state: LiveState,
        pinned: str | None = None,
        durability: DurabilityLevel = DurabilityLevel.fsync,
    ) -> None:
        self._durability_level = durability
        self._accepted = False
        self.durability_fault = ""
        self._project, self._state, self._pinned = project, state, pinned
        self._store = Store(project.store_uri)
        self._registry = Registry(self._store)
        self.base_seen = False
        self.base_missing = self.state_down = False
        self.model: Recommender | None = None
        self.titles = ItemTitles(0, {})
        self.key: PseudonymKey | None = None
        self.bots = pl.Series("account", [], pl.String)
        self.strengths: Mapping[str, StrengthRules] = {}
        self.reason = "the model is being loaded"

    def refresh(self) -> None:
        """Follows the alias and the store. On failure the last good version stays in use.

        Raises:
            PlaitError: something newer cannot be loaded. The next call tries again.
        """
        faults = []
        for step in (self._follow_model, self._follow_store):
            try:
                with translate_errors(self._store.uri):
                    step()
            except PlaitError as error:
                faults.append(error)
        self.reason = str(faults[0]) if faults and self.model is None else ""
        if faults:
            raise faults[0]

    def _follow_model(self) -> None:
        version = self._pinned or self._registry.poll(self._project.model)
        if self.model is not None and self.model.version == version:
            return
        fresh = Recommender.load(self._project, version=version)
        warm_up(fresh)
        self.model = fresh

    def _follow_store(self) -> None:
        version = self._store.poll()
        key = self._key_of(version)
        self.key = self.key or key
        if version.number != self.titles.version:
            self.bots = self._store.read("bots", version)["account"]
            self.strengths = self._read_strengths(version)
            self.titles = ItemTitles(version.number, self._read_titles(version))
        self._follow_base(version, key)

    def _key_of(self, version: StoreVersion) -> PseudonymKey:
        """Returns the key of `version`; reads the keys again if it has another than the last."""
        if self.key is not None and version.settings.get(KEY_SETTING) in (None, self.key.id):
            return self.key
        return key_of_version(
            load_key(self._project, create=False), version.settings, version.number
        )

    def _follow_base(self, version: StoreVersion, key: PseudonymKey) -> None:
        try:
            self._follow_durability()
            found = self._state.base_status()
            if not found.whole and not self.base_missing:
                self.base_missing = True
                log.warning("live state has no complete base; loading version %d", version.number)
            self._state.load_base(self._store, version)
            self._state.finish_erasures()
            status = self._state.base_status()
            self.base_missing = not status.whole
            if status.base == base_name(version):
                self.key = key
        except LiveStateDown:
            self.base_seen = self.state_down = True  # responses say state_unavailable
            raise
        self.state_down = False
        self.base_seen = self.base_seen or not self.base_missing

    @property
    def variant(self) -> str:
        """The alias that is served, or the version if one is pinned."""
        return self._pinned or "current"

    @property
    def durability_refusal(self) -> str:
        """Why Valkey is refused, or ''. It is '' once Valkey has been as durable as required."""
        return "" if self._accepted else self.durability_fault

    def _follow_durability(self) -> None:
        fault = self._state.durability_fault()
        lossy = str(fault) if fault and self._durability_level is DurabilityLevel.fsync else ""
        if lossy and lossy != self.durability_fault:
            log.warning("%s Until then every event goes to the feedback log as well.", lossy)
        self.durability_fault = lossy
        self._accepted = self._accepted or not lossy

    def _read_strengths(self, version: StoreVersion) -> dict[str, StrengthRules]:
        items = ITEMS.empty()
        if uses_lengths(self._project):
            columns = self._store.scan("items", version).select("item", "platform", "length_s")
            items = columns.filter(pl.col("length_s") > 0).collect()
        rules = strength_rules(self._project, version.learned, items)
        return {
            name: replace(rule, rated=self._read_ratings(version, name, rule))
            if rule.settings.rating and rule.learned.opinion
            else rule
            for name, rule in rules.items()
        }

    def _read_ratings(
        self, version: StoreVersion, platform: str, rule: StrengthRules
    ) -> AccountRatings:
        """Returns the ratings that a fuse would count before those that are posted now."""
        rated = (
            self._store.scan("events", version)
            .filter(
                (pl.col("platform") == platform)
                & (pl.col("type") == "rate")
                & pl.col("rating").is_finite()
            )
            .select("account", place=place_on_scale(rule.worst, rule.best))
        )
        return AccountRatings.of(rated.collect())

    def _read_titles(self, version: StoreVersion) -> dict[str, str]:
        named = (
            self._store.scan("items", version)
            .filter(pl.col("title").is_not_null())
            .select("item", "title")
            .collect()
        )
        return dict(named.iter_rows())


def warm_up(model: Recommender) -> None:
    """Runs one batch with a person without events, one with a view and one with a dislike.

    So the first request does not wait for lazy initialization.
    """
    for platform in model.platforms:
        item = model.model.vocabulary.items.filter(pl.col("platform") == platform).head(1)
        known = pl.DataFrame(
            {
                "person": ["a", "b", "c"],
                "total": [0, 1, 1],
                **{
                    name: [[], [liked], [disliked]]
                    for (name, liked), disliked in zip(
                        _warm_up_event(item, platform, "view").items(),
                        _warm_up_event(item, platform, "dislike").values(),
                        strict=True,
                    )
                },
            }
        )
        model.recommend(SEQUENCES.conform(known), platform, 10)


def _warm_up_event(item: pl.DataFrame, platform: str, kind: str) -> dict[str, object]:
    return {
        "event_id": "warm",
        "platform": platform,
        "item": item["item"][0],
        "type": kind,
        "time": None,
        "order": None,
        "strength": EVENT_STRENGTHS[kind],
    }


def limit_threads(count: int) -> None:
    """Limits torch to `count` threads. The event loop and Valkey need the other cores."""
    torch.set_num_threads(count)
