"""Values that are written where a person gave none, and so identify nobody."""

from __future__ import annotations

import polars as pl

from plait.config.people_settings import KeyType

# What people and programs write where they have no value; in any case.
WORDS = frozenset({
    "unknown", "unbekannt", "inconnu", "desconocido", "anonymous", "anonym", "guest", "gast",
    "visitor", "test", "testing", "tester", "dummy", "example", "sample", "default", "empty",
    "missing", "nobody", "n.a.", "n.n.", "k.a.", "tbd", "tba", "xxx", "xx", "asdf", "qwerty",
    "no", "none", "yes", "true", "false", "?", "??", ".", "..", "_", "*", "nan", "inf", "-inf",
    "invalid", "error", "void", "noemail", "nomail", "no-email", "no_email", "nophone",
    "no-phone", "no_phone", "redacted", "removed", "deleted", "private", "masked", "hidden",
    "undisclosed", "unavailable", "notprovided", "not_provided", "not-provided",
    "not available", "not provided", "not given", "no email", "no phone", "none given", "#ref!",
    "#value!", "#name?", "{}", "[]", "0x0",
})  # fmt: skip

# Names of mailboxes that nobody reads, or that are made up where an address is required.
_NOBODY = (
    "noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply",
    "nobody", "null", "none", "nomail", "noemail", "no-email", "no_email", "unknown",
    "undefined", "anonymous", "notprovided", "mailer-daemon",
)  # fmt: skip
# Names that are made up together with their domain: test@test.com, abc@example.org.
_MADE_UP = (
    "test", "testing", "tester", "user", "email", "mail", "name", "foo", "bar", "abc", "asdf",
    "aaa", "xxx", "na", "none",
)  # fmt: skip
_MADE_UP_DOMAIN = (
    r"@(?:example|test|domain|email|mail|none|foo|abc|asdf|aaa|xxx|x|a|na)\.[a-z]{2,4}$"
)

# Devices of a make or an emulator that all have the same number.
_DEVICES = frozenset({
    "9774d56d682e549c",  # the ANDROID_ID of a fault in Android 2.2 (android issue 10603)
    "020000000000",  # the MAC address that Android 6 and iOS 7 give to every app
    "02:00:00:00:00:00",
    "004999010640000", "357242043237517",  # IMEIs of copied firmware
    "12345678123412341234123456789012", "123456789012345", "deadbeef",
})  # fmt: skip


def is_blank(text: pl.Expr) -> pl.Expr:
    """Returns whether a value is a run of zeros, with or without marks between them."""
    return text.str.contains(r"^[0\s._:/{}()+-]*$")


def is_run(text: pl.Expr, least: int) -> pl.Expr:
    """Returns whether a value repeats one letter or digit at least `least` times, and no other."""
    bare = text.str.replace_all(r"[^\pL\pN]", "")
    return (bare.str.len_chars() >= least) & (bare.str.strip_chars(bare.str.head(1)) == "")


def is_placeholder(plain: pl.Expr, kind: KeyType) -> pl.Expr:
    """Returns whether a value of a key of type `kind` is made up.

    Args:
        plain: the normalised values; phone numbers as written.
        kind: the type of the key.
    """
    if kind == "email":
        name = plain.str.extract(r"^([^@]*)@")
        made_up = name.is_in(_MADE_UP) & plain.str.contains(_MADE_UP_DOMAIN)
        return name.is_in(_NOBODY) | made_up
    if kind == "phone":
        digits = plain.str.replace_all(r"\D", "")
        return digits.str.contains(r"^(?:0?1234567890?|12345678|0?987654321|9876543210)$")
    if kind == "device":
        return plain.is_in(sorted(_DEVICES))
    return pl.lit(value=False)
