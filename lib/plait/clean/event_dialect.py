"""The dialect of a platform's log: how its values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from plait.config.event_settings import CreatorKind, Events
from plait.config.platform_settings import Platform
from plait.config.source_settings import NULL_WORDS
from plait.contracts.event_rows import NO_FLAG
from plait.contracts.event_types import EVENT_TYPES, TimeResolution
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import UnknownEventType, nearest


@dataclass(frozen=True)
class EventDialect:
    """How the values of a log are written. The default is plait's own dialect, used over HTTP.

    Attributes:
        unit: the format of times: iso, an epoch unit, or a pattern of strptime.
        zone: the zone of times that name no offset.
        zone_named: whether the project file names that zone.
        resolution: the true resolution of the times; 'order' if there are no times.
        type: the event type of all rows, or null if the `type` column has it.
        types: the log's type names to plait's event types. plait's names need no entry.
        unwanted: the type names whose rows are removed.
        ignore_case: whether type names are compared in lower case; `types` and `unwanted` have it.
        decimal: the decimal mark of numbers.
        null_words: words that mean that there is no value.
        worst, best: the ends of the rating scale.
        namespace: the namespace of accounts, sessions and event ids; null: the platform's name.
        creators: whether creators are accounts of the platform, or public names.
    """

    unit: str = "iso"
    resolution: TimeResolution = "us"
    type: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    worst: float = 1.0
    best: float = 5.0
    creators: CreatorKind = "names"
    zone: str = "UTC"
    zone_named: bool = True  # over HTTP, times without an offset are UTC by contract
    unwanted: frozenset[str] = frozenset()
    ignore_case: bool = False
    decimal: str = "."
    null_words: frozenset[str] = frozenset(NULL_WORDS)
    namespace: str | None = None

    @classmethod
    def of(cls, where: str, events: Events, platform: Platform) -> EventDialect:
        """Returns the dialect of a log of `platform` from its settings, which are at `where`.

        Raises:
            UnknownEventType: a type in the project file is not in plait's vocabulary.
        """
        where = f"{where}.type"
        fixed = None if events.type.constant is None else str(events.type.constant)
        wanted = events.type.flags or events.type.map
        types = {name: word for name, word in wanted.items() if word is not None}
        words = {where: fixed} if fixed else {f"{where}.map.{k}": w for k, w in types.items()}
        for key, word in words.items():
            if word not in EVENT_TYPES:
                hint = nearest(word, EVENT_TYPES)
                close = hint.startswith("Did you mean")
                raise UnknownEventType(
                    f"'{word}' is not an event type (in {key}).",
                    allowed=(hint if close else "") + f" Types: {', '.join(EVENT_TYPES)}.",
                    fix=f"Set {key}: {hint[14:-2] if close else 'TYPE'}",
                )
        time, scale = events.time, platform.rating_scale
        case = events.type.ignore_case
        unwanted = {name for name, word in wanted.items() if word is None}
        return cls(
            unit=time.unit,
            resolution=time.resolution,
            type=fixed,
            types={_type_key(name, case): word for name, word in types.items()},
            worst=scale.worst,
            best=scale.best,
            creators=platform.creators,
            zone=time.zone,
            zone_named="zone" in time.model_fields_set,
            unwanted=frozenset(_type_key(name, case) for name in unwanted)
            | ({NO_FLAG} if events.type.flags else frozenset()),
            ignore_case=case,
            decimal=events.decimal,
            null_words=frozenset(events.null_words),
            namespace=platform.first_name,
        )

    @classmethod
    def spoken(cls, platform: Platform) -> EventDialect:
        """Returns plait's own dialect, with what is of the platform itself."""
        scale = platform.rating_scale
        return cls(
            worst=scale.worst,
            best=scale.best,
            creators=platform.creators,
            namespace=platform.first_name,
        )

    @property
    def known_words(self) -> dict[str, str]:
        """The type names of the log, and the event type of each; plait's own are among them."""
        return {word: word for word in EVENT_TYPES} | dict(self.types)

    @property
    def null_types(self) -> frozenset[str]:
        """The null words that the project file does not name as types."""
        named = self.types.keys() | self.unwanted
        return frozenset(w for w in self.null_words if _type_key(w, self.ignore_case) not in named)

    def type_names(self, raw: pl.Expr) -> pl.Expr:
        """Returns the type names of a log as `types` and `unwanted` have them."""
        name = raw.str.strip_chars(AROUND_IDS)
        return name.str.to_lowercase() if self.ignore_case else name


def _type_key(name: str, ignore_case: bool) -> str:
    return name.strip(AROUND_IDS).lower() if ignore_case else name.strip(AROUND_IDS)
