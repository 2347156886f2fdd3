"""The sections of a project file: pseudonyms, train and serve; platforms and people have theirs.

The default of a training setting may depend on the size of the data.
"""

from __future__ import annotations

from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
)


class StrictModel(BaseModel):
    """A model that rejects unknown keys, so that typos are reported, and NaN and infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _check_text(cls, value: object) -> object:
        if isinstance(value, str) and any("\ud800" <= mark <= "\udfff" for mark in value):
            msg = "is no well-formed Unicode"
            raise ValueError(msg)
        return value


class Pseudonyms(StrictModel):
    """The source of the key that turns raw ids into pseudonyms."""

    key_file: str | None = Field(
        None,
        description="A file of mode 0600 that holds the key, or several, one a line, oldest "
        "first. The environment variable PLAIT_PSEUDONYM_KEY takes precedence. Default: "
        "<store>/pseudonym.key, made on first use; a store on S3 has no default.",
        examples=["/etc/plait/pseudonym.key"],
    )


class Training(StrictModel):
    """Training settings. If a value is null, it is chosen from the data."""

    family: str = Field(
        "neural",
        description="The kind of model: neural (CNN, RNN and MLP, trained by epochs), item_item "
        "(what the same people chose) or popularity. The settings from `epochs` on are those of "
        "neural.",
        examples=["item_item"],
    )
    split: Literal["loo", "time", "none"] = Field(
        "loo",
        description="What is held out for validation and test: loo, the last events of each "
        "person; time, all events from `cut` on; none, nothing.",
        examples=["time"],
    )
    cut: str | None = Field(
        None,
        description="With split: time, the time at which the test targets begin, ISO 8601, UTC. "
        "Default: the last tenth of the log.",
        examples=["2024-06-01T00:00:00Z"],
    )
    seed: int = Field(
        0, ge=0, lt=2**63, description="Seed of everything random. Unit: none.", examples=[7]
    )
    epochs: PositiveInt | None = Field(
        None,
        description="The largest number of epochs. Unit: epochs. Default: by the size of the data, "
        "3 to 30.",
        examples=[12],
    )
    patience: PositiveInt | None = Field(
        None,
        description="Early stopping: validations without an improvement before the run ends. "
        "Unit: epochs. Default: 5.",
        examples=[5],
    )
    dimensions: PositiveInt | None = Field(
        None,
        description="Width of hidden states and item embeddings. Unit: dimensions. Default: 64, or "
        "128 for a log of more than 50,000 targets.",
        examples=[64],
    )
    batch_size: PositiveInt | None = Field(
        None,
        description="People in one step, over all workers. Unit: people. Default: 32, or 128 for "
        "more than 1,000 people.",
        examples=[128],
    )
    negatives: PositiveInt | None = Field(
        None,
        description="Negatives sampled for each step and platform. Unit: items. Default: 1024.",
        examples=[1024],
    )
    learning_rate: PositiveFloat | None = Field(
        None,
        description="Peak learning rate of AdamW. Unit: none. Default: 0.004, or 0.002 for a log "
        "of more than 50,000 targets.",
        examples=[0.002],
    )
    weight_decay: NonNegativeFloat | None = Field(
        None, description="Weight decay of AdamW. Unit: none. Default: 0.5.", examples=[0.1]
    )
    dropout: NonNegativeFloat | None = Field(
        None,
        lt=1,
        description="Dropout of the network. Unit: probability. Default: 0.3, or 0.5 for a log of "
        "more than 50,000 targets.",
        examples=[0.3],
    )
    item_dropout: NonNegativeFloat | None = Field(
        None,
        lt=1,
        description="The largest share of a person's items that a step hides. Unit: share. "
        "Default: 0.6.",
        examples=[0.6],
    )
    calendar: bool = Field(
        False,
        description="Whether the calendar quarter is an input of the model.",
        examples=[True],
    )


class Serving(StrictModel):
    """Defaults of the endpoint."""

    port: PositiveInt = Field(
        8000, description="The TCP port that the endpoint listens on. Unit: none.", examples=[8080]
    )
    live_state: str | None = Field(
        None,
        description="Address of the Valkey server that holds live state. Default: an embedded "
        "Valkey.",
        examples=["redis://valkey:6379/0"],
    )
    live_state_durability: Literal["fsync", "best_effort"] = Field(
        "fsync",
        description="fsync: an accepted event is on Valkey's disk. best_effort: accept a Valkey "
        "that may lose accepted events (no appendfsync always, an eviction policy); responses to "
        "events then have `durable: false`.",
        examples=["best_effort"],
    )
    live_state_timeout_ms: PositiveInt = Field(
        200,
        description="How long a request waits for Valkey. After that, the response is made without "
        "live state. Unit: milliseconds.",
        examples=[500],
    )
    replicas: tuple[int, int] = Field(
        (1, 2),
        description="The smallest and the largest number of replicas. Unit: replicas.",
        examples=[[2, 8]],
    )
    impressions: bool = Field(
        True,
        description="Whether the endpoint writes the items that it recommends to the feedback log, "
        "for the next fuse.",
        examples=[False],
    )
