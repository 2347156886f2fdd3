"""Checks the names of identity keys."""

from __future__ import annotations

import phonenumbers

from plait.config import Project
from plait.errors import ConfigError, nearest
from plait.identity.clusters import ALONE
from plait.identity.evidence import LINK, PROBABILISTIC, SAME_ID

# The `rule` of an account is the name of a key, or one of these.
_RESERVED = (ALONE, SAME_ID, LINK, PROBABILISTIC)


def check_identity_keys(project: Project) -> None:
    """Raises ConfigError if a key has the name of a rule, or people.keys has an undeclared key.

    Also if the country of a platform has no numbering plan.
    """
    for name, platform in project.platforms.items():
        if platform.country not in (None, *phonenumbers.SUPPORTED_REGIONS):
            hint = nearest(str(platform.country), phonenumbers.SUPPORTED_REGIONS)
            british = platform.country == "UK"
            raise ConfigError(
                f"platforms.{name}.country is '{platform.country}', which is no country.",
                allowed="The United Kingdom is GB." if british else hint,
                fix=f"Set platforms.{name}.country: {'GB' if british else 'DE'}"
                + ("" if british else ", or another code of ISO 3166 with two letters."),
            )
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
