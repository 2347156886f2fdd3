"""The patterns of names and ids, each with its error message.

Rust evaluates the patterns for HTTP messages, and Python for the project file. Both give the same
result, because Python uses `fullmatch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MAX_ID_LENGTH = 512  # characters
MAX_QUERY_LENGTH = 2_000
MAX_WHO, MAX_WHY = 100, 500  # characters of who asserts something about two accounts, and why

# What is removed at both ends of ids and types: white space, and characters that cannot be seen
# (those of no width, direction marks, the byte order mark).
AROUND_IDS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)

_CONTROL = r"[\x00-\x1f\x7f]"  # of an id in a file
# Control characters (C0, DEL, C1) would break logs and terminals.
_PLAIN = r"[^\x00-\x1f\x7f-\x9f]"
_PLATFORM = r"[A-Za-z0-9_-]{1,64}"

PLATFORM_NAME_PATTERN = f"^{_PLATFORM}$"
MODEL_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
ID_PATTERN = f"^{_PLAIN}*$"
ITEM_ID_PATTERN = f"^{_PLATFORM}:{_PLAIN}{{1,{MAX_ID_LENGTH}}}$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
COUNTRY_PATTERN = r"^[A-Z]{2}$"
DATE_PREFIX_PATTERN = r"^\d{4}-\d{2}-\d{2}"

PATTERN_MESSAGES = {
    PLATFORM_NAME_PATTERN: "must have 1 to 64 of the letters a to z, A to Z, digits, - and _",
    MODEL_NAME_PATTERN: "must have 1 to 63 of the letters a to z, digits, - and _, no - or _ first",
    ID_PATTERN: "must hold no control characters",
    ITEM_ID_PATTERN: "must be platform:id without control characters, such as shop:77",
    COUNTRY_PATTERN: "must be two capital letters, such as DE",
    CURRENCY_PATTERN: "must be three capital letters, such as EUR",
    DATE_PREFIX_PATTERN: "must be RFC 3339, such as 2026-11-24T01:02:03Z",
}


def is_bad_id(value: pl.Expr) -> pl.Expr:
    """Returns whether an id in a file is too long or has control characters; null stays null."""
    return (value.str.len_chars() > MAX_ID_LENGTH) | value.str.contains(_CONTROL)
