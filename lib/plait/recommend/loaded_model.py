"""Recommendations without a server: `plait.load(config).recommend(user, k=10)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config import Project, load_config
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.store_tables import SEQUENCES
from plait.errors import BadRequest
from plait.features.time_features import to_microseconds
from plait.privacy.pseudonym import account_pseudonym, person_of
from plait.privacy.pseudonym_key import PseudonymKey, key_of_version, load_key
from plait.recommend.ranked_lists import Fallback, ScoredItem
from plait.recommend.recommender import Recommender
from plait.recommend.request_limits import check_id, check_k, check_platform
from plait.store import Store, StoreVersion

UserReference = Mapping[str, str] | str


@dataclass(frozen=True)
class PersonRecommendation:
    """A list for one person, and facts about the person.

    Attributes:
        person: id of the person, known or not.
        platform: the platform that was recommended from.
        platforms: the platforms on which the person has accounts.
        events: the person's number of item events, before trimming.
        items: the items, best first.
        titles: titles by item id, for the items that have one.
        fallback: the reason why the list is not personal, or None.
        model: name and version of the model.
    """

    person: str
    platform: str
    platforms: list[str]
    events: int
    items: list[ScoredItem]
    titles: dict[str, str]
    fallback: Fallback | None
    model: str

    def record(self) -> dict[str, Any]:
        """Returns the list as plain JSON values."""
        record = asdict(self)
        del record["titles"]
        for item in record["items"]:
            item["title"] = self.titles.get(item["item"])
        return record


class LoadedModel:
    """A model version with the newest store version, loaded in this process."""

    def __init__(
        self,
        recommender: Recommender,
        store: Store,
        key: PseudonymKey,
        namespace_of: Callable[[str], str],
    ) -> None:
        self.recommender = recommender
        self._store, self._key, self._namespace_of = store, key, namespace_of
        self._version: StoreVersion = store.current()

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that can be recommended from."""
        return self.recommender.platforms

    def recommend(
        self,
        user: UserReference,
        k: int = 10,
        *,
        platform: str | None = None,
        exclude: Sequence[str] = (),
        exclude_seen: bool = True,
        now: datetime | None = None,
    ) -> PersonRecommendation:
        """Returns the best `k` items for `user`.

        Args:
            user: {"platform": ..., "id": ...}, "platform:id", or {"person_id": ...}.
            k: requested items.
            platform: the platform to recommend from; default: the user's platform.
            exclude: item ids to leave out.
            exclude_seen: leave out items that the person has interacted with.
            now: the time of the request; default: the present.

        Raises:
            UnknownPlatform: `platform` is unknown.
            BadRequest: `k` is out of range, or `user` is malformed.
        """
        check_k(k)
        person, own = self._resolve(user)
        platform = platform or own
        if platform is None:
            raise BadRequest("a person_id alone names no platform.", fix="Pass platform=...")
        check_platform(platform, self.platforms)
        sequence = self._sequence(person)
        found = self.recommender.recommend(
            sequence,
            platform,
            k,
            exclude_seen=exclude_seen,
            exclude=[list(exclude)],
            now=to_microseconds(now),
        )[0]
        return PersonRecommendation(
            person=person,
            platform=platform,
            platforms=self._platforms(person),
            events=int(sequence["total"][0]),
            items=found.items,
            titles=self._titles([item.item for item in found.items]),
            fallback=found.fallback,
            model=f"{self.recommender.name} {self.recommender.version}",
        )

    def _resolve(self, user: UserReference) -> tuple[str, str | None]:
        """Returns the id of the person that `user` refers to, and the platform in `user`."""
        if isinstance(user, str):
            platform, colon, raw = user.partition(":")
            if not colon:
                raise BadRequest(
                    f"the user '{user[:64]}' names no platform.", fix="Write platform:id."
                )
        elif set(user) == {"person_id"}:
            return self._merged_person(check_id(user["person_id"], "person")), None
        elif set(user) == {"platform", "id"}:
            platform, raw = user["platform"], user["id"]
        else:
            raise BadRequest(
                f"a user with {sorted(user)} cannot be looked up.",
                allowed="Give platform and id, or person_id.",
            )
        check_platform(platform, self.platforms)
        ids = pl.Series([check_id(raw, "account").strip(AROUND_IDS)])
        account = account_pseudonym(ids, self._key, self._namespace_of(platform))
        known = (
            self._store.scan("accounts", self._version)
            .filter(pl.col("account") == account[0])
            .select("person")
            .collect()
        )
        if known.height:
            return self._merged_person(known["person"][0]), platform
        return account.to_frame("account").select(person_of(pl.col("account")))[0, 0], platform

    def _merged_person(self, person: str) -> str:
        """Returns the id that `person` was finally merged into, or `person` itself."""
        people = self._store.scan("people", self._version)
        while True:
            row = people.filter(pl.col("person") == person).select("merged_into").collect()
            if not row.height or row[0, 0] is None:
                return person
            person = row[0, 0]

    def _sequence(self, person: str) -> pl.DataFrame:
        """Returns the person's row of SEQUENCES; an empty one if there is none."""
        found = self._store.scan("sequences", self._version).filter(pl.col("person") == person)
        row = found.collect()
        lists: dict[str, list[list[str]]] = {
            name: [[]] for name, kind in SEQUENCES.polars.items() if kind == pl.List
        }
        empty = pl.DataFrame({"person": [person], "total": [0], **lists})
        return row if row.height else SEQUENCES.conform(empty)

    def _platforms(self, person: str) -> list[str]:
        accounts = self._store.scan("accounts", self._version).filter(pl.col("person") == person)
        return accounts.select(pl.col("platform").unique().sort()).collect()["platform"].to_list()

    def _titles(self, items: list[str]) -> dict[str, str]:
        titled = self._store.scan("items", self._version).filter(
            pl.col("item").is_in(items) & pl.col("title").is_not_null()
        )
        return dict(titled.select("item", "title").collect().iter_rows())


def load(config: Project | str | Path = "plait.yaml", version: str | None = None) -> LoadedModel:
    """Returns a model version that recommends from this process, without a server.

    Args:
        config: a project or its file.
        version: v1, v2, ...; default: `current`.

    Raises:
        NothingFused: there is no store version.
        NoModel: there is no such version.
        BadKey: the pseudonym keys are not those of the store version.
    """
    project = config if isinstance(config, Project) else load_config(config)
    store = Store(project.store_uri)
    held = store.current()
    key = key_of_version(load_key(project, create=False), held.settings, held.number)
    recommender = Recommender.load(project, version=version)
    return LoadedModel(recommender, store, key, project.id_namespace)
