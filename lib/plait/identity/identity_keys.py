"""Reads the identity keys of accounts, such as the hash of an e-mail address."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.clean.id_faults import find_id_faults
from plait.config import Project
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.mask_lines import mask_kind
from plait.contracts.personal_fields import mask_text
from plait.contracts.quarantine_reasons import ACCOUNTS_SOURCE
from plait.contracts.store_tables import QUARANTINE
from plait.errors import ConfigError, nearest
from plait.identity.clusters import ALONE
from plait.identity.evidence import LINK, SAME_ID
from plait.identity.id_spaces import home_account
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, pseudonymise
from plait.sources.columns.mask_broken_lines import mask_broken_lines
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import accounts_mapping, read_accounts
from plait.sources.values.find_nested import find_nested
from plait.sources.values.null_words import null_words_to_null

ACCOUNT_ATTRIBUTES = {
    "account": pl.String(),
    "platform": pl.String(),
    "home": pl.String(),
    "key": pl.String(),
    "value": pl.String(),
}
# The `rule` of an account is the name of a key, or one of these.
_RESERVED = (ALONE, SAME_ID, LINK)


def read_attributes(
    project: Project, key: PseudonymKey
) -> tuple[pl.DataFrame, dict[str, int], pl.DataFrame]:
    """Returns ACCOUNT_ATTRIBUTES: one row per account and key value, all pseudonymised.

    An account without a value has one row with a null key. The second result is the number of
    unusable rows, by platform, and the third is these rows, as QUARANTINE.
    """
    parts: list[pl.DataFrame] = []
    unusable: dict[str, int] = {}
    faulty: list[pl.DataFrame] = [QUARANTINE.empty()]
    for platform, settings in project.platforms.items():
        if settings.accounts is None:
            continue
        where, mapping = f"platforms.{platform}.accounts", accounts_mapping(settings.accounts)
        for file in find_files(
            project,
            settings.accounts.files,
            settings.accounts.file_format,
            where,
            otherwise=settings.accounts.otherwise_format,
        ):
            for raw in read_accounts(file, settings.accounts):
                batch = _normalise_text(raw, settings.accounts.null_words)
                reasons = find_id_faults(
                    batch, "account", [n for n in batch.columns if n.startswith("key:")]
                )
                good, bad = batch.filter(reasons.is_null()), batch.filter(reasons.is_not_null())
                unusable[platform] = unusable.get(platform, 0) + bad.height
                here = (platform, file.name)
                faulty.append(_quarantine_rows(bad, reasons.drop_nulls(), here, mapping, key))
                parts += _attribute_rows(good, project, platform, key)
    attributes = pl.concat(parts).unique() if parts else pl.DataFrame(schema=ACCOUNT_ATTRIBUTES)
    return attributes, unusable, pl.concat(faulty)


def _normalise_text(raw: pl.DataFrame, words: Collection[str]) -> pl.DataFrame:
    """Returns `raw` with accounts and keys trimmed, and null words as null.

    Accounts are those of events, which are trimmed. A null word that counted as the value of a key
    would make one person of all accounts without that key.
    """
    named = [name for name in raw.columns if name == "account" or name.startswith("key:")]
    trimmed = raw.with_columns(pl.col(named).str.strip_chars(AROUND_IDS))
    return null_words_to_null(trimmed, words, named)


def _nested_fields(raw: pl.DataFrame) -> dict[str, pl.Expr]:
    """Returns whether each field, as the settings name it, is a JSON object or list."""
    return {
        name.replace(":", "s.", 1): pl.lit(find_nested(raw[name]))
        for name in raw.columns
        if name == "account" or name.startswith("key:")
    }


def _quarantine_rows(
    bad: pl.DataFrame, reasons: pl.Series, where: tuple[str, str], mapping: SourceMapping,
    key: PseudonymKey,
) -> pl.DataFrame:  # fmt: skip
    """Returns QUARANTINE rows of unusable account rows. All their fields are personal.

    Args:
        bad: the rows.
        reasons: the reason of each.
        where: the platform and the file.
        mapping: how their fields are made.
        key: the pseudonym key.
    """
    platform, file = where
    if not bad.height:
        return QUARANTINE.empty()
    keys = [name for name in bad.columns if name.startswith("key:")]
    account = pl.lit(account_pseudonym(bad["account"], key, platform))
    lengths = [mask_text(pl.col(name)).alias(name) for name in keys]
    kinds = [mask_kind(pl.col(name)).alias(name) for name in ("account", *keys)]
    whole = pl.struct(account.alias("account"), *lengths).struct.json_encode()
    masked = pl.struct(kinds).struct.json_encode()
    nested = _nested_fields(bad)
    lines = mask_broken_lines(bad, mapping)
    return QUARANTINE.conform(
        bad.select(
            "row",
            raw=pl.when(pl.col("fault").is_null())
            .then(whole)
            .otherwise(pl.coalesce(lines, masked)),
        )
        .with_columns(
            platform=pl.lit(platform),
            file=pl.lit(file),
            reason=reasons,
            source=pl.lit(ACCOUNTS_SOURCE),
        )
        .with_columns(
            field=pl.when(pl.col("reason").is_in(["null_account", "bad_id"]))
            .then(pl.lit("account"))
            .when(pl.col("reason") == "nested_value")
            .then(pl.coalesce(pl.when(is_so).then(pl.lit(n)) for n, is_so in nested.items()))
            .otherwise(pl.lit("row"))
        )
    )


def check_identity_keys(project: Project) -> None:
    """Raises ConfigError if a key has the name of a rule, or people.keys has an undeclared key."""
    declared = {
        name
        for platform in project.platforms.values()
        if platform.accounts is not None
        for name in platform.accounts.keys
    }
    for name in project.people.keys or []:
        if name not in declared:
            hint = nearest(name, declared) or "No platform declares a key."
            raise ConfigError(
                f"people.keys names '{name}', which no platform declares.",
                allowed=hint,
                fix="Correct people.keys, or add the key under platforms.NAME.accounts.keys.",
            )
    if reserved := sorted(declared & set(_RESERVED)):
        raise ConfigError(
            f"an identity key is called '{reserved[0]}', which is the name of another rule.",
            allowed=f"Any name but {', '.join(_RESERVED)}.",
            fix=f"Call it '{reserved[0]}_key' under accounts.keys of each platform that declares it"
            " (and in people.keys, if it is listed there).",
        )


def _attribute_rows(
    raw: pl.DataFrame, project: Project, platform: str, key: PseudonymKey
) -> list[pl.DataFrame]:
    accounts = pl.DataFrame(
        {
            "account": account_pseudonym(raw["account"], key, platform),
            "home": home_account(raw["account"], key, project, platform),
        }
    ).with_columns(platform=pl.lit(platform))
    parts = [
        accounts.with_columns(key=pl.lit(None, pl.String), value=pl.lit(None, pl.String)).select(
            list(ACCOUNT_ATTRIBUTES)
        )
    ]
    used = project.people.keys
    for name in (c.removeprefix("key:") for c in raw.columns if c.startswith("key:")):
        if used is not None and name not in used:
            continue
        # Hashes are compared without case, and empty values are ignored.
        plain = raw[f"key:{name}"].str.to_lowercase()
        plain = plain.set(plain == "", None)
        hashed = pseudonymise(plain, key, f"key:{name}")
        rows = accounts.with_columns(key=pl.lit(name), value=hashed)
        parts.append(rows.filter(pl.col("value").is_not_null()).select(list(ACCOUNT_ATTRIBUTES)))
    return parts
