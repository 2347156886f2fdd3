"""Reads the records of accounts as their files have them; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from plait.config import Project
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.store_tables import ACCOUNTS
from plait.identity.stored_people import StoredPeople
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import link_attributes, read_accounts


def raw_records(project: Project, key: PseudonymKey, platform: str) -> Iterator[pl.DataFrame]:
    """Yields the records of `platform`: raw, pseudonym, and its fields as text.

    Raises:
        PlaitError: a file cannot be read.
    """
    settings = project.platforms[platform].accounts
    if settings is None:
        return
    where = f"platforms.{platform}.accounts"
    for file in find_files(
        project, settings.files, settings.file_format, where, otherwise=settings.otherwise_format
    ):
        for rows in read_accounts(file, settings, link_attributes(project.people.link, platform)):
            ids = rows["account"].str.strip_chars(AROUND_IDS)
            fields = rows.select(
                pl.col(name).cast(pl.String) for name in rows.columns if ":" in name
            )
            named = [
                ids.alias("raw"),
                account_pseudonym(ids, key, project.id_namespace(platform)).alias("pseudonym"),
            ]
            yield pl.DataFrame(named).hstack(fields)


def persons_of_records(project: Project, key: PseudonymKey, people: StoredPeople) -> pl.DataFrame:
    """Returns platform, account (the id as in its file), person; one row per account, sorted.

    Accounts without a record are not in it, because only a record has the raw id.

    Raises:
        PlaitError: a file cannot be read.
    """
    known = people.store.scan(ACCOUNTS.name, people.version).select("account", "person").collect()
    parts = [
        rows.select("pseudonym", account="raw").with_columns(platform=pl.lit(platform))
        for platform in project.platforms
        for rows in raw_records(project, key, platform)
    ]
    schema = dict.fromkeys(("pseudonym", "account", "platform"), pl.String)
    raw = pl.concat([pl.DataFrame(schema=schema), *parts]).unique()
    found = raw.join(known, left_on="pseudonym", right_on="account")
    return found.select("platform", "account", "person").sort("platform", "account")


def values_of(
    project: Project, key: PseudonymKey, platform: str, accounts: Collection[str]
) -> pl.DataFrame:
    """Returns pseudonym and the raw fields of `accounts`, for the terminal of a reviewer only.

    Args:
        project: the project.
        key: the pseudonym key.
        platform: the platform of the accounts.
        accounts: pseudonyms.
    """
    wanted = pl.col("pseudonym").is_in(list(accounts))
    parts = [rows.filter(wanted).drop("raw") for rows in raw_records(project, key, platform)]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"pseudonym": pl.String})
