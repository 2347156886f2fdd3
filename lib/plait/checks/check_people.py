"""Rules about accounts and people: one account with too much, platforms that share no person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import polars as pl

from plait.checks.log_finding import EXAMPLES, CheckLevel, LogFinding, say_share
from plait.checks.log_profile import LogProfile
from plait.config import Project
from plait.config.yaml_text import write_inline
from plait.identity.cluster_guards import ACCOUNT_PAIRS, CONTRADICTIONS
from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import gather_edges, same_id_edges
from plait.identity.key_guards import guards_of_keys
from plait.identity.keys.key_evidence import KeyEvidence
from plait.identity.keys.key_types import key_rules

_WARN_SHARE, _FAIL_SHARE = 0.05, 0.3  # of all events of a platform, by one account
_WARN_TIMES = 5  # times the mean of an account
_MIN_ACCOUNTS = 20  # of fewer accounts, one may well have this much


def check_concentration(
    platform: str, profile: LogProfile, setting: str, column: str | None
) -> LogFinding:
    """Returns the finding of `one account`: one that has too many of the events.

    Args:
        platform: the platform.
        profile: the sums of its logs.
        setting: the setting of its first log.
        column: the column of accounts there, if the account is one.
    """
    accounts, events = profile.accounts, profile.events
    verbs = write_inline({"column": column or "COLUMN", "map": {"WORD": None}})
    fix = (
        "If it is a bot, leave it to fuse, which removes bots (`plait bots`). "
        f"If nobody is behind it, make it null: set {setting}.columns.account: {verbs}"
    )
    named = {word: n for word, n in profile.named.most_common() if n > events * _WARN_SHARE}
    if named and accounts.height >= _MIN_ACCOUNTS:
        word, n = next(iter(named.items()))
        level = CheckLevel.fail if n > events * _FAIL_SHARE else CheckLevel.warn
        shown = tuple(f"account = '{w}' ({m:,} rows)" for w, m in named.items())
        said = f"{say_share(n, profile.rows)} have the account '{word}', which names nobody."
        fix = fix.replace("WORD", f'"{word}"')
        counts = {"events": events, "by the account": n}
        return LogFinding("one account", platform, level, said, counts, shown[:EXAMPLES], fix)
    most = int(accounts["events"].max() or 0)  # type: ignore[arg-type]
    counts = {"accounts": accounts.height, "events of the largest": most}
    enough = max(_WARN_SHARE, _WARN_TIMES / max(accounts.height, 1))
    if accounts.height >= _MIN_ACCOUNTS and most > events * min(enough, _FAIL_SHARE):
        level = CheckLevel.fail if most > events * _FAIL_SHARE else CheckLevel.warn
        said = f"One account has {say_share(most, events)}."
        fix += ", with its id in place of WORD."
        return LogFinding("one account", platform, level, said, counts, (), fix)
    said = f"{accounts.height:,} accounts; the largest has {say_share(most, events)}."
    return LogFinding("one account", platform, CheckLevel.passed, said, counts)


def check_attributes(
    project: Project, profiles: Mapping[str, LogProfile], attributes: pl.DataFrame
) -> Iterator[LogFinding]:
    """Yields the finding of `accounts` of each platform whose account rows are of no use.

    Args:
        project: the project.
        profiles: the profile of each platform.
        attributes: ACCOUNT_ATTRIBUTES.
    """
    for name, platform in project.platforms.items():
        if platform.accounts is None or not platform.accounts.keys:
            continue
        where = f"platforms.{name}.accounts"
        rows = attributes.filter(pl.col("platform") == name)
        known = rows["account"].n_unique()
        if not rows["key"].count():
            yield LogFinding(
                "accounts", name, CheckLevel.warn, "No account has a value of a key.",
                {"accounts": known}, (),
                f"Set {where}.files to files with rows, and {where}.keys to their columns.",
            )  # fmt: skip
            continue
        seen = profiles[name].accounts["account"]
        both = int(seen.is_in(rows["account"].unique().implode()).sum())
        if seen.len() and not both:
            yield LogFinding(
                "accounts", name, CheckLevel.warn,
                f"None of the {known:,} accounts with attributes has an event.",
                {"accounts": known, "with events": both}, (),
                f"Set {where}.account to the column with the account ids of the events.",
            )  # fmt: skip


def check_shared_people(
    project: Project,
    profiles: Mapping[str, LogProfile],
    attributes: pl.DataFrame,
    by_key: KeyEvidence,
) -> list[LogFinding]:
    """Returns the finding of `shared people` of each pair of platforms.

    Args:
        project: the project, for its identity rules.
        profiles: the profile of each platform.
        attributes: ACCOUNT_ATTRIBUTES.
        by_key: the evidence of keys.
    """
    parts = [
        profile.accounts.select("account", "home", platform=pl.lit(name))
        for name, profile in profiles.items()
    ]
    if len(parts) < 2:
        return []
    # A platform without events is known by its records.
    silent = [name for name, platform in project.platforms.items() if not platform.events]
    records = attributes.filter(pl.col("platform").is_in(silent))
    parts.append(records.select("account", "home", "platform").unique())
    accounts = pl.concat(parts)
    edges = gather_edges([same_id_edges(accounts), by_key.edges])
    guards = guards_of_keys(
        key_rules(project),
        by_key.held,
        project.people.max_accounts,
        apart=pl.DataFrame(schema=ACCOUNT_PAIRS),
        contradictions=pl.DataFrame(schema=CONTRADICTIONS),
    )
    people = cluster_accounts(accounts.select("account").unique(), edges, guards).components
    held = accounts.join(people, on="account").select("platform", "component").unique()
    sets = {str(n): part["component"] for (n,), part in held.partition_by(
        "platform", as_dict=True).items()}  # fmt: skip
    empty = pl.Series("component", [], pl.String)
    shared = {
        (a, b): int(sets.get(a, empty).is_in(sets.get(b, empty).implode()).sum())
        for a, b in combinations(profiles, 2)
    }
    counts: dict[str, float] = {f"{a} and {b}": n for (a, b), n in shared.items()}
    apart = {name for name in profiles if not any(n for pair, n in shared.items() if name in pair)}
    if not apart:
        said = ", ".join(f"{pair}: {n:,.0f}" for pair, n in counts.items())
        return [
            LogFinding("shared people", "", CheckLevel.passed, f"People on both: {said}.", counts)
        ]
    names = ", ".join(f"'{name}'" for name in sorted(apart))
    ruled = project.people.same_account_id or by_key.held.height
    level = CheckLevel.fail if ruled and len(apart) == len(profiles) else CheckLevel.warn
    return [
        LogFinding(
            "shared people", "", level,
            f"No person of {names} is known on another platform, so nothing is transferred.",
            counts, (),
            f"Set people.same_account_id: [[{', '.join(profiles)}]] if their account ids are the "
            "same, or name a key that they share in platforms.NAME.accounts.keys.",
        )
    ]  # fmt: skip
