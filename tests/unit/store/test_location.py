"""S3 that is missing, denied, wrong, failing or silent: each is told, and in time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from plait.contracts.store_tables import QUARANTINE
from plait.errors import StoreError
from plait.store import Store, s3_settings
from plait.store.location import open_location
from tests.s3 import KEYS, Bucket

SECRETS = (*KEYS.values(), "StringToSign")


@contextmanager
def answering(status: int, code: str, *, after_s: float = 0.0) -> Iterator[str]:
    """An endpoint that answers every request with one error, as S3 words it."""
    asleep = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asleep.wait(after_s)
            # S3 repeats the access key, and what was signed.
            body = (
                f"<Error><Code>{code}</Code><Message>no</Message>"
                f"<AWSAccessKeyId>{KEYS['AWS_ACCESS_KEY_ID']}</AWSAccessKeyId>"
                f"<StringToSign>AWS4</StringToSign></Error>"
            ).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_HEAD = do_GET  # noqa: N815 - the names http.server calls

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Says nothing: who hung up had enough of waiting."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        asleep.set()
        server.shutdown()
        server.server_close()


def refused(address: str) -> str:
    """Returns what opening the store at `address` says; it holds no secret."""
    with pytest.raises(StoreError) as caught:
        open_location(address)
    said = str(caught.value)
    assert not [secret for secret in SECRETS if secret in said]
    assert caught.value.fix
    return said


def test_a_missing_bucket_is_named(bucket: Bucket) -> None:
    said = refused(f"s3://{bucket.name}-not/store")
    assert f"no bucket '{bucket.name}-not' on S3 at '{bucket.endpoint}'" in said
    assert "Create the bucket" in said


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", r"denies access .*ListBucket"),
        (403, "InvalidAccessKeyId", r"does not accept the credentials .*AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", r"does not accept the credentials .*AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", r"does not accept the credentials .*AWS_SESSION_TOKEN"),
        (301, "PermanentRedirect", r"another region .*Set AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", r"another region .*Set AWS_REGION"),
        (500, "InternalError", r"fails .*500 InternalError.*Run again"),
        (503, "SlowDown", r"fails .*503 SlowDown.*Run again"),
        (501, "NotImplemented", r"failed a request .*conditional writes"),
    ],
)
def test_what_s3_answers_is_told_with_its_fix(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, status: int, code: str, says: str
) -> None:
    monkeypatch.setattr(s3_settings, "RETRY_S", 0.5)
    with answering(status, code) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        said = refused(f"{bucket.uri}/store")
    assert re.search(says, said), said


def test_without_keys_it_says_which_names_are_read(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last to be asked for keys is the machine itself; here it has none."""
    monkeypatch.setattr(s3_settings, "RETRY_S", 0.5)
    for name in KEYS:
        monkeypatch.delenv(name)
    with answering(404, "NoRole") as machine:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", machine)
        said = refused(f"{bucket.uri}/store")
    assert f"no credentials for '{bucket.uri}/store'. Set AWS_ACCESS_KEY_ID" in said


def test_a_dead_endpoint_is_known_as_such_soon(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    start = time.monotonic()
    assert "does not answer" in refused(f"{bucket.uri}/store")
    assert time.monotonic() - start < 30


def test_an_endpoint_that_hangs_is_known_as_such_soon(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert s3_settings.REQUEST_S < s3_settings.RETRY_S < 60  # one that hangs is tried once more
    monkeypatch.setattr(s3_settings, "REQUEST_S", 1)
    monkeypatch.setattr(s3_settings, "RETRY_S", 1)
    with answering(200, "Late", after_s=20) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        start = time.monotonic()
        assert "does not answer" in refused(f"{bucket.uri}/store")
        assert time.monotonic() - start < 10


def test_a_store_that_fails_midway_says_so(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way into the store, once it was open: none shows what S3 answered."""
    store = Store(f"{bucket.uri}/store")
    store.publish({"quarantine": store.writer(QUARANTINE).commit()}, {}, [])
    monkeypatch.setattr(s3_settings, "RETRY_S", 0.5)
    row = pl.DataFrame([dict.fromkeys(QUARANTINE.columns, "1")])
    with answering(403, "SignatureDoesNotMatch") as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        location = store.location
        broken = Store.__new__(Store)
        broken.__dict__.update(store.__dict__)
        broken.location = type(location)(
            location.uri, s3_settings.open_bucket(bucket.name, "store"), s3_settings.delta_options()
        )
        broken.objects = broken.location.objects
        broken._versions = type(store._versions)(broken.objects, "versions")
        version = store.current()
        ways: list[Callable[[], object]] = [
            broken.current,
            lambda: broken.read("quarantine", version),
            lambda: broken.writer(QUARANTINE).write(row),
            lambda: broken.writer(QUARANTINE).commit(),
        ]
        for way in ways:
            with pytest.raises(StoreError, match="does not accept the credentials") as caught:
                way()
            assert not [secret for secret in SECRETS if secret in str(caught.value)]


def test_plain_http_needs_loopback_or_a_word(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:secret@minio.example:9000")
    with pytest.raises(StoreError, match=r"minio\.example' has no TLS.*AWS_ALLOW_HTTP") as caught:
        open_location(f"{bucket.uri}/store")
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    assert s3_settings.allows_http()


def test_every_part_is_told_the_same(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name for S3 alone goes before the one for all of AWS, in every library."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", bucket.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    store = Store(f"{bucket.uri}/a/b")
    store.publish({"quarantine": store.writer(QUARANTINE).commit()}, {}, [])  # obstore, deltalake
    assert store.read("quarantine").is_empty()
    assert store.location.options["aws_region"] == "eu-central-1"
    assert "a/b/versions/00000001.json" in bucket.keys("a")


def test_what_opens_a_store_is_never_shown(bucket: Bucket) -> None:
    location = open_location(f"{bucket.uri}/store")
    assert KEYS["AWS_SECRET_ACCESS_KEY"] in location.options.values()
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in repr(location)


@pytest.mark.parametrize("address", ["gs://bucket/x", "s3://KEY:SECRET@bucket/x", "s3:///x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="not an S3 address") as caught:
        open_location(address)
    assert "SECRET" not in str(caught.value)
