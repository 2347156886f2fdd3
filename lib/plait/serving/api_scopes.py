"""The scopes of API keys: what a key may be used for, by path."""

from __future__ import annotations

SCOPES = ("recommend", "events", "identity", "privacy")
# A key without scopes has all that a key could do before there were scopes.
DEFAULT_SCOPES = frozenset(SCOPES) - {"privacy"}

_SCOPE_OF_PREFIX = {
    "/v1/recommend": "recommend",
    "/v1/rank": "recommend",
    "/v1/events": "events",
    "/v1/identities": "identity",
    "/v1/persons": "privacy",
    "/v1/accounts": "privacy",
    "/v1/erasures": "privacy",
}


def needed_scope(path: str) -> str:
    """Returns the scope that a call to `path` needs; '' for a path that does not exist."""
    return next((s for prefix, s in _SCOPE_OF_PREFIX.items() if path.startswith(prefix)), "")


def parse_key(line: str) -> tuple[str, frozenset[str], list[str]]:
    """Returns the key of a line `KEY scope,scope`, its scopes, and the words that are no scopes.

    A key without scopes has DEFAULT_SCOPES. One with unknown scopes has the known ones only.
    """
    key, _, rest = line.strip().partition(" ")
    named = [word.strip() for word in rest.split(",") if word.strip()]
    unknown = [word for word in named if word not in SCOPES]
    return key, frozenset(named) & frozenset(SCOPES) if named else DEFAULT_SCOPES, unknown
