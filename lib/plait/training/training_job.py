"""The settings of one training run, as plain values that are sent to every worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from plait.config import Project
from plait.config.project_sections import Training
from plait.errors import ConfigError, UnknownPlatform, nearest
from plait.store import Store, StoreVersion


@dataclass(frozen=True)
class TrainingJob:
    """One training run.

    Attributes:
        store: URI of the store with the tables and the registry.
        store_version: the store version to train on.
        model: name in the registry.
        platforms: names of all platforms, in the order of their codes.
        sequence_length: the number of item events kept per person.
        training: the project's `train` settings.
        cut: start of a time split's test targets, UTC microseconds; None: chosen from the data.
        refit: whether to train on all data, for the number of epochs that a search found.
        threads: CPU threads of each worker.
        checkpoint_every: seconds between checkpoints; 0: after every step.
        only: the platforms that the run sees, in the order of their codes; empty: all of them.
    """

    store: str
    store_version: int
    model: str
    platforms: tuple[str, ...]
    sequence_length: int
    training: Training
    cut: int | None
    refit: bool
    threads: int
    only: tuple[str, ...] = ()
    checkpoint_every: float = 60.0

    # Fields that a resumed run may change; all others are part of its fingerprint.
    MAY_CHANGE_ON_RESUME: ClassVar[tuple[str, ...]] = ("store", "threads", "checkpoint_every")

    @property
    def visible_platforms(self) -> tuple[str, ...]:
        """The platforms that the model will know, in the order of their codes."""
        return self.only or self.platforms

    @classmethod
    def for_project(
        cls,
        project: Project,
        training: Training,
        refit: bool,
        threads: int,
        only: Sequence[str] = (),
        checkpoint_every: float = 60.0,
    ) -> TrainingJob:
        """Returns the job of training `project` on its newest store version.

        Raises:
            UnknownPlatform: the project lacks a platform of `only`.
        """
        for name in only:
            if name not in project.platforms:
                raise UnknownPlatform(
                    f"the project has no platform '{name}'.",
                    allowed=nearest(name, project.platforms),
                )
        return cls(
            store=project.store_uri,
            store_version=Store(project.store_uri).current().number,
            model=project.model,
            platforms=tuple(project.platforms),
            sequence_length=project.sequence_length,
            training=training,
            cut=_parse_cut(training.cut),
            refit=refit,
            threads=threads,
            only=tuple(name for name in project.platforms if name in only),
            checkpoint_every=checkpoint_every,
        )

    def open_store(self) -> tuple[Store, StoreVersion]:
        """Returns the store and the store version to train on."""
        store = Store(self.store)
        return store, store.version(self.store_version)

    def as_config(self) -> dict[str, Any]:
        """Returns the job as JSON values, for Ray Train's train_loop_config."""
        return asdict(self) | {"training": self.training.model_dump()}

    @classmethod
    def from_config(cls, raw: dict[str, Any]) -> TrainingJob:
        """Returns the job from `raw`, the output of `as_config`."""
        tuples = {name: tuple(raw[name]) for name in ("platforms", "only")}
        return cls(**(raw | tuples | {"training": Training.model_validate(raw["training"])}))


def _parse_cut(cut: str | None) -> int | None:
    if cut is None:
        return None
    try:
        moment = datetime.fromisoformat(cut)
    except ValueError:
        raise ConfigError(
            f"train.cut is '{cut}', which is not a time.",
            allowed="ISO 8601, such as 2014-05-01 or 2014-05-01T12:00:00Z.",
        ) from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return round(moment.timestamp() * 1_000_000)
