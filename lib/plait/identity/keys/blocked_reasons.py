"""Why a value of an identity key identifies nobody, in words, and what changes it."""

from __future__ import annotations

from plait.config import Project

# Reason to words that complete "the value identifies nobody: ...", and the fix. {k} stands for the
# key, {p} for the platforms that have it.
BLOCKED_REASONS = {
    "null_word": (
        "a word such as NA is written where there is no value",
        "If it is a value, set platforms.{p}.accounts.nulls: []",
    ),
    "empty_hash": (
        "it is the hash of an empty text or of a word such as NA",
        "Hash only values that are there.",
    ),
    "zeros": ("it is one character, repeated", "Leave the value empty where there is none."),
    "placeholder": (
        "it is written where a person gives no value",
        "Leave the value empty where there is none.",
    ),
    "blocked": ("the settings block it", "To use it, remove it from people.keys.{k}.blocked."),
    "invalid": (
        "it is not what the key says",
        "Correct the values, the column in platforms.{p}.accounts.keys.{k}, or "
        "people.keys.{k}.type.",
    ),
    "no_country": (
        "a phone number without a country code cannot be compared",
        "Set platforms.{p}.country to the country of the numbers, such as DE.",
    ),
    "rounded": (
        "it is a number whose last digits are lost",
        "Write the numbers as text in the files of platforms.{p}.accounts.",
    ),
    "over_limit": (
        "more accounts have it than one person would",
        "If one person may have so many, set people.keys.{k}.per_platform and limit higher.",
    ),
}


def describe_blocked(reason: str) -> str:
    """Returns the words of a reason of BLOCKED_KEYS."""
    return BLOCKED_REASONS[reason][0]


def blocked_fix(reason: str, key: str, project: Project) -> str:
    """Returns what changes that values of `key` are ignored for `reason`."""
    having = [
        name for name, p in project.platforms.items() if p.accounts and key in p.accounts.keys
    ]
    if reason == "no_country":
        having = [name for name in having if project.platforms[name].country is None] or having
    named = having[0] if len(having) == 1 else "NAME"
    return BLOCKED_REASONS[reason][1].format(k=key, p=named)
