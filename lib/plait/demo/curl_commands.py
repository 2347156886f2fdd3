"""The demo's calls as curl commands to copy."""

from __future__ import annotations

import json
from urllib.parse import quote

from plait.demo.demo_person import DemoPerson


def build_curl_commands(url: str, known: DemoPerson) -> list[str]:
    """Returns three commands: recommend, send an event, link two accounts."""
    acting = _shell_json({"platform": known.event_platform, "id": known.event_account})
    other = _shell_json({"platform": known.list_platform, "id": "0000001"})
    event = _shell_json({"type": known.event.type, "item_id": known.event.item})
    account = quote(known.list_account, safe="")
    return [
        f"curl -s '{url}/v1/recommend/{known.list_platform}/{account}?k=5'",
        _curl_post(url, "/v1/events", f'{{"events": [{{"user": {acting},', f"{event[1:]}]}}"),
        _curl_post(url, "/v1/identities:link", f'{{"accounts": [{acting},', f"{other}]}}"),
    ]


def _curl_post(url: str, path: str, *body: str) -> str:
    """Returns a command. `body` is JSON split into lines that fit a terminal."""
    lines = "\n      ".join(body)
    return f"curl -s {url}{path} -H 'content-type: application/json' \\\n  -d '{lines}'"


def _shell_json(value: dict[str, str]) -> str:
    """Returns JSON for use within single quotes of a shell, with apostrophes escaped."""
    return json.dumps(value).replace("'", r"\u0027")
