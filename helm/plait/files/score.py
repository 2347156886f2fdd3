"""Waits until the endpoint is ready, and asks it for one list."""

import os
import sys
import time

import httpx

from plait.config import load_config

WAIT_S = 120
key = os.environ.get("PLAIT_API_KEY")
headers = {"X-API-Key": key} if key else {}
platform = sorted(load_config(os.environ["PLAIT_CONFIG"]).platforms)[0]
began = time.monotonic()
with httpx.Client(base_url=os.environ["ENDPOINT"], timeout=WAIT_S, headers=headers) as http:
    while True:
        try:
            ready = http.get("/health/ready")
            said = f"{ready.status_code} {ready.text}"
        except httpx.HTTPError as error:
            ready, said = None, f"{type(error).__name__}: {error}"
        if ready is not None and ready.status_code == 200:
            break
        if time.monotonic() - began > WAIT_S:
            sys.exit(f"not ready after {WAIT_S} s: {said}")
        time.sleep(1)
    print(f"ready after {time.monotonic() - began:.1f} s")
    answer = http.post(
        "/v1/recommend", json={"user": {"platform": platform, "id": "helm-test"}, "k": 3}
    )
    if answer.status_code != 200 or not answer.json()["items"]:
        sys.exit(
            f"POST /v1/recommend for a stranger on '{platform}': {answer.status_code} {answer.text}"
        )
    print(f"POST /v1/recommend: {answer.text}")
