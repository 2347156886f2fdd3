"""Platforms that share one account id space."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym


def home_platform(project: Project, platform: str) -> str | None:
    """Returns the platform that stands for `platform`'s id space, or null if it has its own.

    Groups that overlap are one; its alphabetically first platform stands for it.
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
    return min(group) if len(group) > 1 else None


def home_account(raw: pl.Series, key: PseudonymKey, project: Project, platform: str) -> pl.Series:
    """Returns the account pseudonym each raw id has, or would have, on its home platform.

    Accounts of one id space belong together exactly if these are equal. On a platform with an
    id space of its own it is the account's own pseudonym.
    """
    return account_pseudonym(raw, key, home_platform(project, platform) or platform)
