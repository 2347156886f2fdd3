"""The settings of denoising: near duplicates, bots, and sessions made from gaps."""

from __future__ import annotations

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from plait.config.project_sections import StrictModel


class BotRules(StrictModel):
    """When an account counts as a bot. Each rule combines two signals; see docs/data.md."""

    remove: bool = Field(
        True, description="Whether to remove the events of bots.", examples=[False]
    )
    min_events: PositiveInt = Field(
        500,
        description="An account with fewer events is never a bot. Unit: events.",
        examples=[2000],
    )
    events_per_hour: PositiveInt = Field(
        1200,
        description="An account is fast if one hour of the clock has at least this many of its "
        "events, not counting those in succession on one object. Unit: events.",
        examples=[3600],
    )
    gap_variation: NonNegativeFloat = Field(
        0.5,
        description="An account is regular if the standard deviation of the times between its "
        "events, pauses left out, divided by their mean, is at most this. Unit: none.",
        examples=[0.2],
    )
    breadth: float = Field(
        0.9,
        ge=0,
        le=1,
        description="An account is broad if its distinct objects, divided by its events, are at "
        "least this. Unit: none.",
        examples=[0.95],
    )
    sleepless_hours: PositiveFloat = Field(
        36.0,
        description="An account is sleepless if it was once active for at least this long without "
        "a pause, and `hour_entropy` holds too. Unit: hours.",
        examples=[72],
    )
    hour_entropy: NonNegativeFloat = Field(
        4.5,
        description="The entropy of the hours of the day (UTC) of its events from which an account "
        "can be sleepless; all 24 hours alike give 4.585. Unit: bits.",
        examples=[4.4],
    )
    pause_hours: PositiveFloat = Field(
        4.0,
        description="A longer time without an event is a pause. Unit: hours.",
        examples=[6],
    )


class DenoiseSettings(StrictModel):
    """Which events of a platform are noise."""

    near_duplicate_seconds: NonNegativeFloat = Field(
        2.0,
        description="An event that repeats another one of its account within this time is removed "
        "as a near duplicate, such as a double click; 0 keeps all. Unit: seconds.",
        examples=[10],
    )
    bots: BotRules = Field(
        default_factory=BotRules,
        description="When an account counts as a bot or a crawler. Default: see its keys.",
        examples=[{"remove": False}, {"min_events": 2000}],
    )
    session_gap_minutes: PositiveFloat | None = Field(
        None,
        description="Accounts whose events name no session get sessions, which end at a gap of "
        "more than this. Unit: minutes. Default: no sessions are made.",
        examples=[30],
    )
