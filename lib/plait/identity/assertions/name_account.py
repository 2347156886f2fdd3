"""The account that a user names for an assertion: `platform:id`, or a pseudonym."""

from __future__ import annotations

import re

import polars as pl

from plait.config import Project
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import NothingFused, PlaitError, UnknownPlatform, nearest
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.store.store import Store

_PSEUDONYM = re.compile(r"a_[0-9a-f]{4}_[0-9a-f]{32}")
_FORMS = "An account is platform:id (the id as in its log) or a pseudonym a_..."


class BadAccount(PlaitError):
    """A text that names no account."""


def name_account(
    text: str, project: Project, key: PseudonymKey, store: Store, standing: pl.DataFrame
) -> tuple[str, str]:
    """Returns (pseudonym, platform) of the account that `text` names.

    The store need not know an account that is named by platform:id.

    Raises:
        BadAccount: the text has neither form, or nothing tells the platform of a pseudonym.
        UnknownPlatform: the project has no such platform.
    """
    if _PSEUDONYM.fullmatch(text):
        return text, _platform_of(text, store, standing)
    platform, mark, raw = text.partition(":")
    raw = raw.strip(AROUND_IDS)
    if not mark or not raw:
        raise BadAccount(
            f"an account of '{platform}' was named without its id."
            if mark
            else "an account was named without its platform.",
            allowed=_FORMS,
            fix=f"Platforms: {', '.join(project.platforms)}.",
        )
    if platform not in project.platforms:
        raise UnknownPlatform(
            f"the project has no platform '{platform}'.",
            allowed=nearest(platform, project.platforms),
            fix=_FORMS,
        )
    return str(
        account_pseudonym(pl.Series([raw]), key, project.id_namespace(platform))[0]
    ), platform


def _platform_of(account: str, store: Store, standing: pl.DataFrame) -> str:
    try:
        found = store.scan("accounts").filter(pl.col("account") == account).collect()
    except NothingFused:
        found = pl.DataFrame(schema={"platform": pl.String})
    if found.height:
        return str(found["platform"][0])
    for side in "ab":
        asserted = standing.filter(pl.col(f"account_{side}") == account)
        if asserted.height:
            return str(asserted[f"platform_{side}"][0])
    raise BadAccount(
        f"neither the store nor the identity log has the account {account}.",
        allowed="Only an account that they have can be named by its pseudonym.",
        fix="Name it as platform:id.",
    )
