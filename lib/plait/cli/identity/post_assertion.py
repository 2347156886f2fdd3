"""Posts a link or an unlink to a running endpoint."""

from __future__ import annotations

import os
from typing import Any

from plait.errors import PlaitError


class NotPosted(PlaitError):
    """The endpoint did not accept an assertion, or does not answer."""


def post_assertion(
    url: str, kind: str, texts: tuple[str, str], who: str, why: str, *, dry_run: bool
) -> dict[str, Any]:
    """Posts an assertion about two accounts (platform:id) to the endpoint; returns its answer.

    Raises:
        NotPosted: an account is a pseudonym, or the endpoint does not accept the assertion.
    """
    import httpx

    pairs = [text.partition(":") for text in texts]
    if not all(mark for _, mark, _ in pairs):
        raise NotPosted(
            "the endpoint does not take pseudonyms.",
            fix="Name both accounts as platform:id, or leave out --url.",
        )
    body = {
        "accounts": [{"platform": platform, "id": raw} for platform, _, raw in pairs],
        "who": who,
        "why": why,
    }
    key = os.environ.get("PLAIT_API_KEY", "")
    headers = {"X-API-Key": key} if key else {}
    address = f"{url.rstrip('/')}/v1/identities:{kind}"
    try:
        reply = httpx.post(
            address, json=body | ({"dry_run": True} if dry_run else {}), headers=headers, timeout=30
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotPosted(
            f"{address} does not answer ({type(error).__name__}).",
            fix="Check the address and that `plait serve` runs, or leave out --url.",
        ) from None
    if reply.status_code != httpx.codes.OK:
        raise NotPosted(
            f"{address} returned {reply.status_code}: {_problem(reply)}",
            fix="Correct it, or leave out --url.",
        )
    answer: dict[str, Any] = reply.json()
    return answer


def _problem(reply: Any) -> str:
    """Returns what the endpoint says is wrong."""
    try:
        problem = reply.json()
        said = [problem["detail"], *(error["msg"] for error in problem.get("errors", []))]
        return " ".join(map(str, said))[:300]
    except (ValueError, KeyError, TypeError):
        return str(reply.text[:300])
