"""Reads the identity keys of accounts, such as the hash of an e-mail address."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.errors import ConfigError, nearest
from plait.identity.clusters import ALONE
from plait.identity.evidence import LINK, SAME_ID
from plait.identity.id_spaces import home_account
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, pseudonymise
from plait.sources.find_files import find_files
from plait.sources.read_platform import read_accounts

ACCOUNT_ATTRIBUTES = {
    "account": pl.String(),
    "platform": pl.String(),
    "home": pl.String(),
    "key": pl.String(),
    "value": pl.String(),
}
_MAX_ACCOUNT_CHARS = 512
# The `rule` of an account is the name of a key, or one of these.
_RESERVED = (ALONE, SAME_ID, LINK)


def read_attributes(project: Project, key: PseudonymKey) -> tuple[pl.DataFrame, dict[str, int]]:
    """Returns ACCOUNT_ATTRIBUTES: one row per account and key value, all pseudonymised.

    An account without a value has one row with a null key. The second result is the number of
    unusable rows, by platform.
    """
    parts: list[pl.DataFrame] = []
    unusable: dict[str, int] = {}
    for platform, settings in project.platforms.items():
        if settings.accounts is None:
            continue
        where = f"platforms.{platform}.accounts"
        for file in find_files(project, settings.accounts.files, settings.accounts.format, where):
            for batch in read_accounts(file, settings.accounts):
                good = batch.filter(
                    pl.col("fault").is_null()
                    & (pl.col("account") != "")
                    & (pl.col("account").str.len_chars() <= _MAX_ACCOUNT_CHARS)
                    & ~pl.col("account").str.contains(r"[\x00-\x1f\x7f]")
                )
                bad = batch.height - good.height
                unusable[platform] = unusable.get(platform, 0) + bad
                parts += _attribute_rows(good, project, platform, key)
    if not parts:
        return pl.DataFrame(schema=ACCOUNT_ATTRIBUTES), unusable
    return pl.concat(parts).unique(), unusable


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
        plain = raw[f"key:{name}"].str.strip_chars().str.to_lowercase()
        plain = plain.set(plain == "", None)
        hashed = pseudonymise(plain, key, f"key:{name}")
        rows = accounts.with_columns(key=pl.lit(name), value=hashed)
        parts.append(rows.filter(pl.col("value").is_not_null()).select(list(ACCOUNT_ATTRIBUTES)))
    return parts
