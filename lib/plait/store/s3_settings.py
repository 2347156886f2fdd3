"""S3 settings: reads the environment once for obstore, deltalake and Polars.

Each of these libraries also reads the environment, but not the same variables. So plait passes all
settings to them explicitly.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from obstore.store import S3Store

from plait.errors import StoreError

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_SETTINGS = {
    "aws_access_key_id": ("AWS_ACCESS_KEY_ID",),
    "aws_secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "aws_session_token": ("AWS_SESSION_TOKEN",),
    "aws_region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "aws_virtual_hosted_style_request": ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST",),
    "aws_skip_signature": ("AWS_SKIP_SIGNATURE",),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# A request may take 30 s, and a request that hangs is retried once, because no retry begins after
# 40 s of failures. An endpoint that refuses connections fails within seconds.
CONNECT_S, REQUEST_S, RETRY_S, RETRIES = 5, 30, 40, 6


def open_bucket(bucket: str, prefix: str = "") -> S3Store:
    """Returns a client of the objects under `prefix` of `bucket`.

    Raises:
        StoreError: the endpoint is plain http and not on loopback.
    """
    config = s3_environment()
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,  # type: ignore[arg-type]
        client_options={
            "allow_http": allows_http(),
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "timeout": timedelta(seconds=REQUEST_S),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_S),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=5),
                "base": 2,
            },
        },
    )


def delta_options() -> dict[str, str]:
    """Returns the storage options of deltalake. They contain secrets.

    Raises:
        StoreError: the endpoint is plain http and not on loopback.
    """
    return {
        **s3_environment(),
        "aws_allow_http": str(allows_http()).lower(),
        "connect_timeout": f"{CONNECT_S}s",
        "timeout": f"{REQUEST_S}s",
        "max_retries": str(RETRIES),
        "retry_timeout": f"{RETRY_S}s",
        # Commits are put if absent, so two writers cannot both write the same version.
        "conditional_put": "etag",
    }


def polars_options(options: Mapping[str, str]) -> dict[str, str | int] | None:
    """Returns the storage options of Polars, made from those of deltalake."""
    if not options:
        return None
    own = ("max_retries", "retry_timeout", "conditional_put")
    same = {name: value for name, value in options.items() if name not in own}
    return same | {"max_retries": RETRIES, "retry_timeout_ms": RETRY_S * 1000}


def s3_environment() -> dict[str, str]:
    """Returns endpoint, region, addressing style and credentials from the environment.

    Path style and us-east-1 are the defaults. Web identities and the roles of containers and
    instances need no settings here, because all three libraries find them.
    """
    found = {"aws_region": "us-east-1", "aws_virtual_hosted_style_request": "false"}
    for key, names in _SETTINGS.items():
        value = next((os.environ[name] for name in names if os.environ.get(name)), None)
        if value is not None:
            found[key] = value
    if s3_endpoint():
        found["aws_endpoint"] = s3_endpoint()
    return found


def s3_endpoint() -> str:
    """Returns the endpoint from the environment, or '' for that of AWS."""
    named = (os.environ[name] for name in ENDPOINT_VARIABLES if os.environ.get(name))
    return next(named, "").rstrip("/")


def allows_http() -> bool:
    """Whether plain http is allowed for S3: on loopback, or if AWS_ALLOW_HTTP is set.

    Raises:
        StoreError: the endpoint is plain http and not allowed.
    """
    url = s3_endpoint()
    configured = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
    if not url.startswith("http://") or configured:
        return configured
    parts = urlsplit(url)
    if parts.hostname in _LOOPBACK:
        return True
    raise StoreError(
        f"the S3 endpoint 'http://{parts.hostname}' has no TLS.",
        allowed="https, or http on loopback.",
        fix="Use https://, or set AWS_ALLOW_HTTP=true if the network is yours.",
    )
