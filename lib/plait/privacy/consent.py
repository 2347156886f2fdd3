"""What accounts consent to: the newest statement of each purpose, and what follows from it.

An account that does not consent to both link and share is a person of its own. So its events reach
no other account's history, and no other account's events reach its own. Where a platform has no
`consent` section, an account that says nothing consents to everything.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.config import Project
from plait.contracts.consent_rows import CONSENT_STATEMENTS, CONSENTS, PURPOSES


def merge_statements(statements: pl.DataFrame) -> pl.DataFrame:
    """Returns CONSENT_STATEMENTS with the newest statement of each account and purpose.

    A statement without a time is older than all others, unless it withdraws: then it holds. If two
    have the same time, the stricter holds. The result does not depend on the order of rows.
    """
    undated = pl.col("time").is_null()
    return (
        statements.with_columns(late=undated & ~pl.col("allowed"))
        .sort("late", "time", ~pl.col("allowed"), nulls_last=False)
        .unique(["account", "platform", "purpose"], keep="last", maintain_order=True)
        .select(list(CONSENT_STATEMENTS))
    )


def default_consent(project: Project) -> dict[str, tuple[str, ...]]:
    """Returns the purposes to which accounts of each platform consent that say nothing."""
    return {
        name: PURPOSES if platform.consent is None else tuple(platform.consent.default)
        for name, platform in project.platforms.items()
    }


def strict_platforms(project: Project) -> list[str]:
    """Returns the platforms whose accounts may not be joined to others as long as they are new."""
    given = default_consent(project)
    return sorted(name for name, said in given.items() if not {"link", "share"} <= {*said})


def resolve_consents(
    accounts: pl.DataFrame, statements: pl.DataFrame, default: Mapping[str, tuple[str, ...]]
) -> pl.DataFrame:
    """Returns CONSENTS of every account.

    Args:
        accounts: account, platform; one row per account.
        statements: CONSENT_STATEMENTS, merged.
        default: the purposes of accounts that say nothing, by platform.
    """
    found = accounts.select("account", "platform")
    for purpose in PURPOSES:
        said = statements.filter(purpose=purpose).select("account", pl.col("allowed").alias("said"))
        granted = [name for name, purposes in default.items() if purpose in purposes]
        found = found.join(said, on="account", how="left").select(
            pl.exclude("said"),
            pl.coalesce("said", pl.col("platform").is_in(granted)).alias(purpose),
        )
    return found.select(list(CONSENTS))


def may_join() -> pl.Expr:
    """Returns whether an account of CONSENTS may be joined to others."""
    return pl.col("link") & pl.col("share")


def refusing_accounts(consents: pl.DataFrame) -> pl.DataFrame:
    """Returns account: those of CONSENTS that may not be joined to others."""
    return consents.filter(~may_join()).select("account")
