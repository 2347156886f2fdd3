"""The dialect of a platform's log: how its values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plait.config.event_settings import CreatorKind, Events
from plait.config.platform_settings import Platform
from plait.contracts.event_types import EVENT_TYPES, TimeResolution
from plait.errors import UnknownEventType, nearest


@dataclass(frozen=True)
class EventDialect:
    """How the values of a log are written. The default is plait's own dialect, used over HTTP.

    Attributes:
        unit: the format of times.
        resolution: the true resolution of the times; 'order' if there are no times.
        type: the event type of all rows, or null if the `type` column has it.
        types: the log's type names to plait's event types. plait's names need no entry.
        worst, best: the ends of the rating scale.
        creators: whether creators are accounts of the platform, or public names.
    """

    unit: str = "iso"
    resolution: TimeResolution = "us"
    type: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    worst: float = 1.0
    best: float = 5.0
    creators: CreatorKind = "names"

    @classmethod
    def of(cls, where: str, events: Events, creators: CreatorKind) -> EventDialect:
        """Returns the dialect of a log from its settings, which are at `where`.

        Raises:
            UnknownEventType: a type in the project file is not in plait's vocabulary.
        """
        where = f"{where}.type"
        fixed = None if events.type.constant is None else str(events.type.constant)
        types = events.type.flags or {k: w for k, w in events.type.map.items() if w is not None}
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
        time, scale = events.time, events.rating_scale
        return cls(
            time.unit, time.resolution, fixed, dict(types), scale.worst, scale.best, creators
        )

    @classmethod
    def spoken(cls, platform: Platform) -> EventDialect:
        """Returns plait's own dialect, with the rating scale and the creators of the platform."""
        scale = platform.events[0].rating_scale
        return cls(worst=scale.worst, best=scale.best, creators=platform.creators)
