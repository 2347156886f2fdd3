"""Normalises e-mail addresses: one mailbox has one form."""

from __future__ import annotations

import idna
import polars as pl

from plait.identity.keys.email_domains import GMAIL, PLUS_TAGS

_MAX_ADDRESS, _MAX_NAME = 254, 64  # RFC 5321, octets
_NAME = r'^[^\x00-\x20\x7f"(),:;<>@\[\\\]]+$'
_DOMAIN = r"^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$"
_ASCII = r"^[\x00-\x7f]*$"


def normalise_emails(texts: pl.Series) -> pl.DataFrame:
    """Returns plain, written and reason for each text, in its order.

    `plain` is the address in Unicode NFC and lower case, with its domain in ASCII (IDNA 2008), and
    without the dots and tags that its provider ignores. `written` is the address before dots and
    tags are removed. Both are null, and the reason is invalid, if a text is no address.

    Args:
        texts: trimmed texts without nulls.
    """
    text = pl.col("text").str.normalize("NFC")
    bracketed = text.str.extract(r"<([^<>]*)>\s*$")
    bare = pl.coalesce(bracketed, text).str.strip_chars()
    bare = bare.str.replace(r"(?i)^mailto:", "").str.replace(r"\?.*$", "")
    parts = texts.alias("text").to_frame().select(address=bare)
    name = pl.col("address").str.extract(r"^(.*)@[^@]*$").str.strip_chars_start()
    name = name.str.replace(r'^"([^"\\]*)"$', "$1").str.to_lowercase().str.replace_all("ς", "σ")
    domain = pl.col("address").str.extract(r"@([^@]*)$").str.to_lowercase()
    parts = parts.select(name=name.str.normalize("NFC"), domain=domain)
    parts = parts.with_columns(_ascii_domains(parts["domain"]).alias("domain"))
    whole = pl.concat_str("name", pl.lit("@"), "domain")
    valid = (
        pl.col("name").str.contains(_NAME)
        & pl.col("domain").str.contains(_DOMAIN)
        & (pl.col("name").str.len_bytes() <= _MAX_NAME)
        & (whole.str.len_bytes() <= _MAX_ADDRESS)
    ).fill_null(value=False)
    of_gmail = pl.col("domain").is_in(list(GMAIL))
    tagged = pl.col("domain").is_in(list(PLUS_TAGS))
    short = pl.when(tagged).then(pl.col("name").str.replace(r"\+.*$", "")).otherwise("name")
    short = pl.when(of_gmail).then(short.str.replace_all(".", "", literal=True)).otherwise(short)
    home = pl.when(of_gmail).then(pl.lit("gmail.com")).otherwise("domain")
    valid = valid & (short != "")
    return parts.select(
        plain=pl.when(valid).then(pl.concat_str(short, pl.lit("@"), home)),
        written=pl.when(valid).then(whole),
        reason=pl.when(~valid).then(pl.lit("invalid")),
    )


def _ascii_domains(domains: pl.Series) -> pl.Series:
    """Returns domains in ASCII, without a last dot; null if a domain cannot be one."""
    plain = domains.str.strip_chars_end(".")
    foreign = plain.filter(~plain.str.contains(_ASCII)).drop_nulls().unique()
    if not foreign.len():
        return plain
    encoded = {name: _to_ascii(name) for name in foreign}
    return plain.to_frame("d").select(
        pl.when(pl.col("d").is_in(foreign.implode()))
        .then(pl.col("d").replace_strict(encoded, default=None, return_dtype=pl.String))
        .otherwise("d")
    ).to_series()  # fmt: skip


def _to_ascii(domain: str) -> str | None:
    try:
        return idna.encode(domain, uts46=True).decode().rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return None
