"""Commands to copy: the demo's calls, as curl makes them."""

from __future__ import annotations

import json
from typing import Any

from plait.demo.cast import Known


def curl_lines(url: str, known: Known) -> list[str]:
    """Returns three commands: ask, send an event, link two accounts."""
    asked = {"platform": known.asked, "id": known.asked_account}
    acting = {"platform": known.acting, "id": known.acting_account}
    event = {"user": acting, "type": known.event.type, "item_id": known.event.item}
    return [
        _curl(url, "/v1/recommend", {"user": asked, "platforms": [known.asked], "k": 5}),
        _curl(url, "/v1/events", {"events": [event]}),
        _curl(url, "/v1/identities:link", {"accounts": [acting, {**asked, "id": "0000001"}]}),
    ]


def _curl(url: str, path: str, body: dict[str, Any]) -> str:
    """Returns a command of two lines; JSON holds no single quote unless an id does."""
    data = json.dumps(body).replace("'", r"'\''")
    return f"curl -s {url}{path} -H 'content-type: application/json' \\\n  -d '{data}'"
