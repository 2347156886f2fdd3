"""Asks the endpoint for its health, and for one list if there is a model."""

import os
import sys
import time
from pathlib import Path

import httpx

from plait.config import load_config

WAIT_S = 120
NO_MODEL = "plait train"  # what the endpoint's 503 asks for then
files = [Path(name) for name in os.environ.get("PLAIT_API_KEY_FILE", "").split(":") if name]
# A line of a key file is a key, and perhaps its scopes.
headers = {"X-API-Key": files[0].read_text().split()[0]} if files else {}
platform = sorted(load_config(os.environ["PLAIT_CONFIG"]).platforms)[0]
BODY = {"user": {"platform": platform, "id": "helm-test"}, "k": 3}


def wait_for_the_endpoint(http: httpx.Client) -> bool:
    """Returns whether it is ready: False where all that is missing is a model."""
    began = time.monotonic()
    while True:
        try:
            reply = http.get("/health/ready")
            said = f"{reply.status_code} {reply.text}"
            if reply.status_code == 200 or NO_MODEL in reply.text:
                print(f"answered after {time.monotonic() - began:.1f} s: {said}")
                return reply.status_code == 200
        except httpx.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
        if time.monotonic() - began > WAIT_S:
            sys.exit(f"not ready after {WAIT_S} s: {said}")
        time.sleep(1)


with httpx.Client(base_url=os.environ["ENDPOINT"], timeout=WAIT_S) as http:
    ready = wait_for_the_endpoint(http)
    if headers and (code := http.post("/v1/recommend", json=BODY).status_code) != 401:
        sys.exit(f"POST /v1/recommend without an API key: {code}, and 401 was expected")
    answer = http.post("/v1/recommend", json=BODY, headers=headers)
    said = (
        f"POST /v1/recommend for a new account on '{platform}': {answer.status_code} {answer.text}"
    )
    if not ready and answer.status_code == 503:
        print("The installation is as it should be: the endpoint answers, and takes the API key.")
        print("There is no model yet, so no list was asked for. Make one, and test again:")
        print("  plait submit fuse, then plait submit train")
    elif answer.status_code != 200 or not answer.json()["items"]:
        sys.exit(said)
    else:
        print(said)
