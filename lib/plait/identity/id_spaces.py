"""Platforms that share one account id space."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym


def home_platform(project: Project, platform: str) -> str | None:
    """Returns the home platform of the id space of `platform`, or null if it shares none.

    Groups of people.same_account_id that overlap are one id space. Its home platform is the
    alphabetically first, by its first name.
    """
    group = {platform}
    grew = True
    while grew:
        more = {
            name
            for declared in project.people.same_account_id
            if group & set(declared)
            for name in declared
        } | group
        grew, group = more != group, more
    return min(group, key=project.id_namespace) if len(group) > 1 else None


def home_account(raw: pl.Series, key: PseudonymKey, project: Project, platform: str) -> pl.Series:
    """Returns the account pseudonym that each raw id has, or would have, on its home platform.

    Accounts of one id space belong to one person if and only if these pseudonyms are equal. If the
    platform does not share its id space, the result is the account's own pseudonym.
    """
    home = home_platform(project, platform) or platform
    return account_pseudonym(raw, key, project.id_namespace(home))
