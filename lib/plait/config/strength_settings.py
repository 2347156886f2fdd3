"""How a platform's events are made comparable in strength."""

from __future__ import annotations

from pydantic import Field

from plait.config.project_sections import StrictModel


class StrengthSettings(StrictModel):
    """What the strength of an event is relative to. What is off leaves the strength of its type."""

    dwell: bool = Field(
        False,
        description="Whether the strength of view, click, play, watch and read follows the dwell, "
        "relative to the length of the item (catalogue.columns.length), else to the platform's "
        "usual dwell of that type. It needs events.columns.dwell.",
        examples=[True],
    )
    rating: bool = Field(
        False,
        description="Whether the strength of a rate event is relative to the earlier ratings of "
        "the account and to the ratings of the platform. It needs events.columns.rating.",
        examples=[True],
    )
    repeats: bool = Field(
        False,
        description="Whether repeated view, click, play, watch and read events of one person with "
        "one item count less: the n-th has 1/sqrt(n) of its strength.",
        examples=[True],
    )

    @property
    def relative_to(self) -> list[str]:
        """The names of the settings that are on."""
        return [name for name in ("dwell", "rating", "repeats") if getattr(self, name)]

    @property
    def any(self) -> bool:
        """Whether the strength of any event may differ from that of its type."""
        return bool(self.relative_to)

    @property
    def learns(self) -> bool:
        """Whether parameters are learned from the log."""
        return self.dwell or self.rating
