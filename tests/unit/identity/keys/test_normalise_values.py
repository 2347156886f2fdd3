"""The forms in which values of keys are compared, and values that identify nobody."""

from __future__ import annotations

import base64
import hashlib

import polars as pl
import pytest

from plait.config.people_settings import KeySettings, KeyType
from plait.config.source_settings import NULL_WORDS
from plait.identity.keys.key_types import KeyRule, type_by_name
from plait.identity.keys.normalise_values import KeyDialect, normalise_values

UUID = "6D92078A-8246-4BA4-AE5B-76104861E7DC"


def _forms(
    kind: KeyType, *values: str, country: str | None = None, blocked: list[str] | None = None
) -> dict[str, dict[str, str | None]]:
    rule = KeyRule.of("k", KeySettings(type=kind, blocked=blocked or []), 2)
    dialect = KeyDialect(rule, country, NULL_WORDS)
    found = normalise_values(pl.Series(values, dtype=pl.String), dialect)
    assert found["raw"].is_unique().all()
    return {row["raw"]: row for row in found.to_dicts()}


def _values(kind: KeyType, *values: str, country: str | None = None) -> list[str | None]:
    found = _forms(kind, *values, country=country)
    assert all(found[value]["reason"] is None for value in values), found
    return [found[value]["value"] for value in values]


def _reason(kind: KeyType, value: str, country: str | None = None) -> str | None:
    return _forms(kind, value, country=country)[value]["reason"]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("Ann@X.DE", "ann@x.de"),
        ("Ann Lee <ann@x.de>", "ann@x.de"),
        ("mailto:ann@x.de?subject=hello", "ann@x.de"),
        ("ann@x.de.", "ann@x.de"),
        ('"ann"@x.de', "ann@x.de"),
        ("zoë@x.de", "zoë@x.de"),  # NFD
        ("ann@bücher.de", "ann@xn--bcher-kva.de"),
        ("ann@BÜCHER.de", "ann@xn--bcher-kva.de"),
        ("ann@x。de", "ann@x.de"),
        ("A.n.n+shop@GoogleMail.com", "ann@gmail.com"),
        ("a.n.n@outlook.com", "a.n.n@outlook.com"),
        ("ann+shop@proton.me", "ann@proton.me"),
        ("ann+shop@x.de", "ann+shop@x.de"),  # the plus may belong to the name
        ("straße@x.de", "straße@x.de"),
    ],
)
def test_one_mailbox_has_one_form(said: str, address: str) -> None:
    assert _values("email", said) == [_sha256(address)]


@pytest.mark.parametrize(
    "said",
    ["ann", "@x.de", "ann@", "ann@localhost", "a@b@x.de", "a@x.de, b@x.de", "an n@x.de",
     "ann@x..de", "+@gmail.com", "ann@[127.0.0.1]", "ann@-.de", f"{'n' * 65}@x.de"],
)  # fmt: skip
def test_what_is_no_address_identifies_nobody(said: str) -> None:
    assert _reason("email", said) == "invalid"


def test_a_key_called_mail_may_hold_tokens() -> None:
    rule = KeyRule.of("mail", KeySettings(), 2)
    found = normalise_values(pl.Series(["Token-7", "a@b@c.de"]), KeyDialect(rule)).sort("raw")
    assert found["value"].to_list()[0] == "token-7"
    assert found["reason"].to_list() == [None, "invalid"]


def test_a_plain_value_equals_its_hash() -> None:
    plain, hashed = _values("email", "Ann@x.de", _sha256("ann@x.de").upper())
    assert plain == hashed
    dotted = _forms("email", "A.Lee@gmail.com")["A.Lee@gmail.com"]
    assert dotted["value"] == _sha256("alee@gmail.com")
    assert dotted["alias"] == _sha256("a.lee@gmail.com")  # as those hash it who keep the dots
    phone = _forms("phone", "+49 151 12345678")["+49 151 12345678"]
    assert (phone["value"], phone["alias"]) == (
        _sha256("+4915112345678"), _sha256("4915112345678"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "country", "number"),
    [
        ("+49 (0)151 / 123-456-78", None, "+4915112345678"),
        ("004915112345678", None, "+4915112345678"),
        ("tel:+49-151-12345678", None, "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("15112345678.0", "DE", "+4915112345678"),
        ("4915112345678.0", "DE", "+4915112345678"),
        ("4.915112345678E+12", "DE", "+4915112345678"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("1 202 555 0143", "US", "+12025550143"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("+49 30 1234567 ext. 5", None, "+49301234567;ext=5"),
    ],
)
def test_one_number_has_one_form(said: str, country: str | None, number: str) -> None:
    assert _values("phone", said, country=country) == [_sha256(number)]


@pytest.mark.parametrize(
    ("said", "country", "reason"),
    [
        ("0151 12345678", None, "no_country"),
        ("4915112345678", None, "no_country"),
        ("+49 1", None, "invalid"),
        ("ask me", None, "invalid"),
        ("12345", "DE", "invalid"),
        ("4.91511E+12", "DE", "rounded"),
        ("9999999999", "US", "zeros"),
        ("000-000", "DE", "zeros"),
        ("1234567890", "US", "placeholder"),
    ],
)
def test_numbers_that_identify_nobody(said: str, country: str | None, reason: str) -> None:
    assert _reason("phone", said, country) == reason


def test_devices_cards_and_cookies() -> None:
    assert len({*_values("device", UUID, UUID.lower(), UUID.replace("-", ""), f"{{{UUID}}}")}) == 1
    assert _values("loyalty", "1234 5678", "1234-5678", "12345678.0") == ["12345678"] * 3
    assert _values("loyalty", "0042") == ["0042"]
    assert _values("cookie", "GA1.2.aB") != _values("cookie", "GA1.2.ab")
    assert _values("id", "Ann", "ann") == ["ann", "ann"]


@pytest.mark.parametrize("kind", ["email", "phone", "device", "cookie", "loyalty", "hash", "id"])
@pytest.mark.parametrize("name", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_hashes_are_compared_as_they_are(kind: KeyType, name: str) -> None:
    digest = hashlib.new(name, b"ann@x.de").digest()
    written = [digest.hex(), digest.hex().upper()]
    assert _values(kind, *written) == [digest.hex()] * 2
    if (text := base64.b64encode(digest).decode()).endswith("="):
        assert _values(kind, text) == [text]


@pytest.mark.parametrize("kind", ["email", "hash", "id"])
@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("text", ["", " ", "NA", "null", "NULL", "none", "undefined", "n/a"])
def test_hashes_of_nothing_identify_nobody(kind: KeyType, name: str, text: str) -> None:
    digest = hashlib.new(name, text.encode())
    assert _reason(kind, digest.hexdigest().upper()) == "empty_hash"
    assert _reason(kind, base64.b64encode(digest.digest()).decode()) in ("empty_hash", "invalid")


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("id", "Na", "null_word"),
        ("id", "UNKNOWN", "placeholder"),
        ("id", "0", "zeros"),
        ("id", "0" * 64, "zeros"),
        ("id", "f" * 32, "zeros"),
        ("device", "00000000-0000-0000-0000-000000000000", "zeros"),
        ("device", "9774d56d682e549c", "placeholder"),
        ("email", "test@test.com", "placeholder"),
        ("email", "no-reply@shop.de", "placeholder"),
        ("email", "ann@example.com", None),
        ("loyalty", "1111", None),
    ],
)
def test_values_that_are_written_for_none(kind: KeyType, said: str, reason: str | None) -> None:
    assert _reason(kind, said) == reason


def test_blocked_values_are_compared_in_their_normal_form() -> None:
    given = ["info@x.de", _sha256("info@x.de"), "INFO@X.DE", "ann@x.de"]
    found = _forms("email", *given, blocked=["Info@x.de"])
    assert [found[each]["reason"] for each in given] == ["blocked"] * 3 + [None]
    assert _forms("id", "K9", blocked=["k9"])["K9"]["reason"] == "blocked"


@pytest.mark.parametrize(
    ("kind", "said", "prefix"),
    [
        ("email", "annabel.lee@x.de", "ann"),
        ("email", "a@x.de", "a"),
        ("id", "abc", ""),
        ("hash", _sha256("x"), _sha256("x")[:6]),
        ("id", "null", "null"),
    ],
)
def test_what_is_shown_of_a_value_is_safe(kind: KeyType, said: str, prefix: str) -> None:
    assert _forms(kind, said)[said]["prefix"] == prefix


@pytest.mark.parametrize(
    ("name", "kind"),
    [("email", "email"), ("Mail", "email"), ("e_mail", "email"), ("work_email", "email"),
     ("email2", "email"), ("email_hash", "hash"), ("email_sha256", "hash"), ("mail_md5", "hash"),
     ("hashed_email", "hash"), ("phone", "phone"), ("msisdn", "phone"), ("idfa", "device"),
     ("device_id", "device"), ("anonymous_id", "cookie"), ("loyalty_card", "loyalty"),
     ("member_id", "loyalty"), ("login", "id"), ("customer_id", "id"), ("mailbox", "id")],
)  # fmt: skip
def test_the_name_of_a_key_tells_its_type(name: str, kind: KeyType) -> None:
    assert type_by_name(name) == kind
