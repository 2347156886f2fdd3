"""Training settings. What is not given follows the size of the data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt


class StrictModel(BaseModel):
    """Forbids unknown keys, for a misspelt setting must never be ignored, and NaN and infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Training(StrictModel):
    """Hyper-parameters; null means: chosen from the data."""

    split: Literal["loo", "time", "none"] = Field("loo", description="what is held out")
    cut: str | None = Field(None, description="split: time, ISO 8601; default: the last tenth")
    seed: int = Field(0, ge=0, lt=2**63)
    epochs: PositiveInt | None = None
    patience: PositiveInt | None = Field(None, description="epochs without a better validation")
    dimensions: PositiveInt | None = None
    batch_size: PositiveInt | None = Field(None, description="people a step, over all workers")
    negatives: PositiveInt | None = Field(None, description="sampled a step and platform")
    learning_rate: PositiveFloat | None = None
    weight_decay: NonNegativeFloat | None = None
    dropout: NonNegativeFloat | None = Field(None, lt=1)
    item_dropout: NonNegativeFloat | None = Field(
        None, lt=1, description="the most of a person's items that a step hides"
    )
    calendar: bool = Field(False, description="calendar quarter as an input; see docs")
