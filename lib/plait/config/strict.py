"""Pydantic models that reject unknown keys, frozen once read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Forbids unknown keys: a misspelt setting must never be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)
