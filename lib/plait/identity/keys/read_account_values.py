"""Reads the identity keys of accounts, such as e-mail addresses or their hashes."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.clean.id_faults import find_id_faults
from plait.clean.parse_times import parse_times
from plait.config import Project
from plait.config.platform_settings import Accounts
from plait.contracts.id_rules import AROUND_IDS, is_bad_id
from plait.identity.id_spaces import home_account, home_platform
from plait.identity.keys.account_values import (
    ACCOUNT_ATTRIBUTES,
    REFUSED_VALUES,
    AccountValues,
)
from plait.identity.keys.key_types import KeyRule, key_rules
from plait.identity.keys.normalise_values import KeyDialect, normalise_values
from plait.identity.keys.quarantine_accounts import quarantine_accounts
from plait.identity.probabilistic.read_records import gather_records, read_records
from plait.identity.rows_in_parts import distinct_rows
from plait.privacy.erasure import Erasures
from plait.privacy.lift_erasures import lift_erasures
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, pseudonymise
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import accounts_mapping, link_attributes, read_accounts
from plait.sources.values.null_words import null_words_to_null

_KEY = "key:"


def read_attributes(
    project: Project, key: PseudonymKey, erased: Erasures | None = None
) -> AccountValues:
    """Returns the key values of all accounts; they are normalised here, and then pseudonymised.

    Nothing of accounts in `erased` is in the result but rows of quarantine.
    """
    found, rules, records = AccountValues(), key_rules(project), []
    known, refused = [found.attributes], [found.refused]
    quarantined = [found.quarantined]
    for platform, settings in project.platforms.items():
        accounts = settings.accounts
        if accounts is None:
            continue
        attributes = link_attributes(project.people.link, platform)
        where, mapping = f"platforms.{platform}.accounts", accounts_mapping(accounts, attributes)
        for file in find_files(
            project,
            accounts.files,
            accounts.file_format,
            where,
            otherwise=accounts.otherwise_format,
        ):
            for raw in read_accounts(file, accounts, attributes):
                batch = _parse_seen(_trim_text(raw, accounts), accounts)
                reasons = _find_faults(batch)
                good, bad = batch.filter(reasons.is_null()), batch.filter(reasons.is_not_null())
                found.unusable[platform] += bad.height
                space = project.id_namespace(platform)
                good = _without_erased(good, erased, key, space)
                shown = account_pseudonym(bad["account"], key, space)
                here = (platform, file.name)
                quarantined.append(
                    quarantine_accounts(bad, reasons.drop_nulls(), here, mapping, shown)
                )
                if attributes:
                    who = account_pseudonym(good["account"], key, space)
                    told = read_records(good, who, platform, accounts.null_words)
                    records.append(told.with_columns(country=pl.lit(settings.country, pl.String)))
                usable, useless = _attribute_rows(good, project, platform, key, rules)
                known.append(usable)
                refused.append(useless)
    found.attributes = distinct_rows(pl.concat(known))
    known.clear()
    found.refused = distinct_rows(pl.concat(refused))
    found.quarantined = pl.concat(quarantined)
    found.records = gather_records(records)
    return found


def _without_erased(
    good: pl.DataFrame, erased: Erasures | None, key: PseudonymKey, space: str
) -> pl.DataFrame:
    if not erased:
        return good
    every = lift_erasures(erased, good["account"], key, space)
    return good.filter(~every.covers(account_pseudonym(good["account"], key, space)))


def _trim_text(raw: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """Returns `raw` with accounts and keys trimmed, and accounts that are a null word as null.

    Accounts are those of events, which are trimmed.
    """
    named = [name for name in raw.columns if name == "account" or name.startswith(_KEY)]
    trimmed = raw.with_columns(pl.col(named).str.strip_chars(AROUND_IDS))
    return null_words_to_null(trimmed, accounts.null_words, ["account", "seen"])


def _parse_seen(batch: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """Returns `batch` with `seen` parsed, and as text in `seen_text`."""
    text = batch["seen"] if "seen" in batch.columns else pl.Series("seen", [None], pl.String)
    text = text.extend_constant(None, batch.height - 1) if text.len() < batch.height else text
    text = text.head(batch.height)
    times = parse_times(text, accounts.time.unit, accounts.time.zone)
    return batch.with_columns(times.alias("seen"), text.alias("seen_text"))


def _find_faults(batch: pl.DataFrame) -> pl.Series:
    """Returns why each row cannot be used; null if it can."""
    keys = [name for name in batch.columns if name.startswith(_KEY)]
    text, no_fault = pl.col("seen_text").str.strip_chars(), pl.lit(value=False)
    unread = pl.col("seen").is_null() & (text != "")
    return batch.select(
        pl.coalesce(
            pl.lit(find_id_faults(batch, "account", keys)),
            pl.when(pl.any_horizontal(no_fault, *(is_bad_id(pl.col(name)) for name in keys))).then(
                pl.lit("bad_id")
            ),
            pl.when(unread).then(pl.lit("bad_time")),
        )
    ).to_series()


def _attribute_rows(
    raw: pl.DataFrame,
    project: Project,
    platform: str,
    key: PseudonymKey,
    rules: Mapping[str, KeyRule],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns ACCOUNT_ATTRIBUTES and REFUSED_VALUES of usable rows."""
    settings = project.platforms[platform]
    words = settings.accounts.null_words if settings.accounts else ()
    own = home = account_pseudonym(raw["account"], key, project.id_namespace(platform))
    if home_platform(project, platform) not in (None, platform):
        home = home_account(raw["account"], key, project, platform)
    accounts = pl.DataFrame({"account": own, "home": home, "seen": raw["seen"]})
    accounts = accounts.with_columns(platform=pl.lit(platform))
    known = [pl.DataFrame(schema=ACCOUNT_ATTRIBUTES)]
    refused = [pl.DataFrame(schema=REFUSED_VALUES)]
    for column in (name for name in raw.columns if name.startswith(_KEY)):
        rule = rules.get(column.removeprefix(_KEY))
        if rule is None:
            continue
        forms = normalise_values(raw[column], KeyDialect(rule, settings.country, words))
        forms = forms.with_columns(
            pseudonymise(forms[name], key, f"{_KEY}{rule.name}").alias(name)
            for name in ("value", "alias")
        )
        rows = accounts.with_columns(raw[column].alias("raw"), key=pl.lit(rule.name))
        rows = rows.join(forms, on="raw")
        good = rows.filter(pl.col("reason").is_null())
        known.append(_conform(good.with_columns(alias=pl.lit(value=False)), ACCOUNT_ATTRIBUTES))
        other = good.filter(pl.col("alias").is_not_null())
        other = other.with_columns(value="alias", alias=pl.lit(value=True))
        known.append(_conform(other, ACCOUNT_ATTRIBUTES))
        refused.append(_conform(rows.filter(pl.col("reason").is_not_null()), REFUSED_VALUES))
    held = pl.concat(known)
    keyless = accounts.select("account", "platform", "home").join(held, on="account", how="anti")
    return pl.concat([held, _conform(keyless, ACCOUNT_ATTRIBUTES)]), pl.concat(refused)


def _conform(rows: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Returns the columns of `schema`; those that `rows` lacks are null."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )
