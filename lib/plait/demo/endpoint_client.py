"""A client of the endpoint that uses its public HTTP API, as an application would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from plait.demo.chapter_results import DemoList, ListedItem
from plait.errors import PlaitError


class CallRefused(PlaitError):
    """The endpoint responded with a problem."""


class EndpointClient:
    """A client of the endpoint at `url`."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=30, transport=transport)

    def __enter__(self) -> EndpointClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def recommend(self, platform: str, account: str, k: int) -> DemoList:
        """Returns the k best items of `platform` for one of its accounts."""
        body = {"user": {"platform": platform, "id": account}, "platforms": [platform], "k": k}
        reply = self._post("/v1/recommend", body)
        return DemoList(
            items=[
                ListedItem(item["item_id"], item["title"] or item["item_id"], item["score"])
                for item in reply["items"]
            ],
            fallback=reply["fallback"],
            person=reply["person"]["person_id"],
            took_ms=reply["took_ms"],
        )

    def send(self, platform: str, account: str, events: list[tuple[str, str]]) -> float:
        """Sends (type, item id) events of one account. Returns the milliseconds it took.

        Raises:
            CallRefused: an event was rejected.
        """
        user = {"platform": platform, "id": account}
        body = [{"user": user, "type": kind, "item_id": item} for kind, item in events]
        reply = self._post("/v1/events", {"events": body})
        if reply["accepted"] != len(events):
            raise CallRefused(
                f"{reply['accepted']} of {len(events)} events accepted: {reply['rejected']}"
            )
        return float(reply["took_ms"])

    def link(self, first: tuple[str, str], second: tuple[str, str]) -> None:
        """Links two (platform, account) pairs to one person."""
        accounts = [{"platform": platform, "id": account} for platform, account in (first, second)]
        self._post("/v1/identities:link", {"accounts": accounts})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = self._http.post(path, json=body)
        if reply.status_code != httpx.codes.OK:
            raise CallRefused(
                f"POST {path} returned {reply.status_code}: {reply.text[:300]}",
                fix="Report it together with endpoint.log.",
            )
        answer: dict[str, Any] = reply.json()
        return answer


def mark_changes(before: DemoList, after: DemoList) -> DemoList:
    """Returns `after` with each item marked: new, same, or how many positions it moved."""
    places = {listed.item: place for place, listed in enumerate(before.items)}
    marked = []
    for place, listed in enumerate(after.items):
        moved = places.get(listed.item, -1) - place
        known = listed.item in places
        marked.append(
            replace(listed, mark=("same" if not moved else f"{moved:+d}") if known else "new")
        )
    return replace(after, items=marked)
