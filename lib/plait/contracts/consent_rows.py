"""The purposes that an account may consent to, and statements of consent as rows."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

# - link: the account may be joined with accounts of other platforms into one person.
# - share: its events may be used for the lists of other platforms.
# - train: its events may be used to train and evaluate models.
# An account is joined to others only if it consents to both link and share.
Purpose = Literal["link", "share", "train"]
PURPOSES: tuple[Purpose, ...] = ("link", "share", "train")

# One statement of an account about one purpose. `time` is null if it is unknown.
CONSENT_STATEMENTS: dict[str, Any] = {
    "account": pl.String(),
    "platform": pl.String(),
    "purpose": pl.String(),
    "allowed": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
}
# What holds for each account: one row per account, no nulls.
CONSENTS: dict[str, Any] = {
    "account": pl.String(),
    **dict.fromkeys(PURPOSES, pl.Boolean()),
}
