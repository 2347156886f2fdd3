"""The rule about values of identity keys that identify nobody."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from plait.checks.log_finding import EXAMPLES, CheckLevel, LogFinding
from plait.config import Project
from plait.identity.keys.blocked_reasons import blocked_fix, describe_blocked
from plait.say_count import say_count


def check_blocked_keys(project: Project, blocked: pl.DataFrame) -> Iterator[LogFinding]:
    """Yields the finding of `identity keys` of each key and reason for which values are ignored.

    Args:
        project: the project.
        blocked: BLOCKED_KEYS.
    """
    order = ["key", "reason"]
    for (key, reason), rows in blocked.partition_by(
        order, as_dict=True, maintain_order=True
    ).items():
        values, accounts = int(rows["values"].sum()), int(rows["accounts"].sum())
        most = rows.sort("accounts", descending=True).head(EXAMPLES)
        yield LogFinding(
            "identity keys", "", CheckLevel.warn,
            f"{say_count(values, 'value')} of '{key}' ({say_count(accounts, 'account')}) "
            f"identify nobody: {describe_blocked(str(reason))}.",
            {"values": values, "accounts": accounts},
            tuple(
                f"{key} = '{prefix}...' ({n:,} accounts)"
                for prefix, n in most.select("prefix", "accounts").iter_rows()
            ),
            blocked_fix(str(reason), str(key), project),
        )  # fmt: skip
