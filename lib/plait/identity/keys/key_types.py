"""The types of identity keys: what each is worth, and how many accounts may share a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from plait.config import Project
from plait.config.people_settings import KeySettings, KeyType

_HASHED_NAME = re.compile(r"^hashed[_-]|[_-](hash(ed)?|sha_?\d*|md5)$|^(hash(ed)?|sha\d*|md5)$")
_WORDS: dict[KeyType, str] = {
    "email": "email mail e_mail emailaddress",
    "phone": "phone tel telephone mobile msisdn cell",
    "device": "device idfa idfv gaid adid aaid imei",
    "cookie": "cookie visitor anonymous anonymousid gaclientid",
    "loyalty": "loyalty card member membership",
}


@dataclass(frozen=True)
class TypeRule:
    """What a type of key is worth.

    Attributes:
        priority: stronger evidence has a higher number.
        weight: the probability that two accounts with one value are one person, 0 to 1, if the
            value is within its limits.
        per_platform: the most accounts of one platform that a value may join.
        weak: whether people share such a thing without being one person.
        strong: whether accounts with different values of it are hardly one person, if nothing but
            a weak key joins them.
    """

    priority: int
    weight: float
    per_platform: int
    weak: bool = False
    strong: bool = False


# An account of a person on each platform is what plait looks for; several on one platform are the
# sign of a value that people share. So the limit is counted on each platform. A tablet or a browser
# that two accounts of one platform use belongs to a family, a shop or a library. People do open a
# second account with one address or number, or a card for the household.
# The weights order the evidence, and are below 1 because a value may be mistyped, passed on or
# shared: numbers are given to new owners after months, devices are shared at home.
TYPE_RULES: Mapping[KeyType, TypeRule] = {
    "loyalty": TypeRule(60, 0.99, 5, strong=True),
    "email": TypeRule(50, 0.98, 3, strong=True),
    "phone": TypeRule(40, 0.96, 3, strong=True),
    "hash": TypeRule(30, 0.96, 5),
    "id": TypeRule(30, 0.96, 5),
    "device": TypeRule(20, 0.85, 1, weak=True),
    "cookie": TypeRule(10, 0.8, 1, weak=True),
}


@dataclass(frozen=True)
class KeyRule:
    """How the values of one key are compared, and what they may join.

    Attributes:
        name: the name of the key.
        type: how values are normalised.
        priority: stronger evidence has a higher number.
        weight: the weight of its edges, 0 to 1.
        limit: the most accounts that a value may join.
        per_platform: the most accounts of one platform that a value may join.
        weak: see TypeRule.
        strong: see TypeRule.
        guessed: whether the type is only known by the key's name.
        window_days: the days in which accounts are counted; null: all time.
        blocked: values that identify nobody, as written in the settings.
    """

    name: str
    type: KeyType
    priority: int
    weight: float
    limit: int
    per_platform: int
    weak: bool = False
    strong: bool = False
    guessed: bool = False
    window_days: float | None = None
    blocked: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, name: str, settings: KeySettings, platforms: int) -> KeyRule:
        """Returns the rule of the key `name` in a project of so many `platforms`.

        The values of a key such as device_hash are compared as hashes, and are worth what devices
        are.
        """
        type_ = settings.type or type_by_name(name)
        meaning = type_by_name(_HASHED_NAME.sub("", name.lower())) if type_ == "hash" else type_
        worth = TYPE_RULES[meaning if meaning != "id" else type_]
        per_platform = settings.per_platform or settings.limit or worth.per_platform
        return cls(
            name,
            type_,
            settings.priority or worth.priority,
            worth.weight,
            settings.limit or per_platform * platforms,
            per_platform,
            worth.weak,
            worth.strong,
            settings.type is None,
            settings.window_days,
            tuple(settings.blocked),
        )


def type_by_name(name: str) -> KeyType:
    """Returns the type of a key that is called `name`: email_hash is a hash, login is an id."""
    low = name.lower().rstrip("0123456789")
    if _HASHED_NAME.search(name.lower()) or _HASHED_NAME.search(low):
        return "hash"
    parts = {low, low.replace("_", ""), *re.split(r"[_\W]+", low)}
    if low in ("e_mail", "e-mail") or low.startswith(("e_mail_", "e-mail-")):
        return "email"
    return next((kind for kind, words in _WORDS.items() if parts & set(words.split())), "id")


def key_rules(project: Project) -> dict[str, KeyRule]:
    """Returns the rule of every key that the project uses, by its name."""
    settings, platforms = project.people.keys, project.platforms.values()
    declared = {name: KeySettings() for p in platforms if p.accounts for name in p.accounts.keys}
    used = declared if settings is None else settings
    return {name: KeyRule.of(name, each, len(project.platforms)) for name, each in used.items()}
