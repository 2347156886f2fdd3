"""How names and ids are written: one rule each, with the sentence that says it.

The expressions are read by Rust (in messages) and by Python (in the project file); both mean the
same by them, since Python is asked with `fullmatch`.
"""

from __future__ import annotations

LONGEST_ID = 512  # characters
LONGEST_QUERY = 2_000

# Control characters (C0, DEL, C1) would break logs and terminals.
_PLAIN = r"[^\x00-\x1f\x7f-\x9f]"
_PLATFORM = r"[A-Za-z0-9_-]{1,64}"

PLATFORM_NAME = f"^{_PLATFORM}$"
MODEL_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
ID = f"^{_PLAIN}*$"
ITEM_ID = f"^{_PLATFORM}:{_PLAIN}{{1,{LONGEST_ID}}}$"
CURRENCY = r"^[A-Z]{3}$"
DATE_FIRST = r"^\d{4}-\d{2}-\d{2}"

RULES = {
    PLATFORM_NAME: "must have 1 to 64 of the letters a to z, A to Z, digits, - and _",
    MODEL_NAME: "must have 1 to 63 of the letters a to z, digits, - and _, no - or _ first",
    ID: "must hold no control characters",
    ITEM_ID: "must be platform:id without control characters, such as shop:77",
    CURRENCY: "must be three capital letters, such as EUR",
    DATE_FIRST: "must be RFC 3339, such as 2026-11-24T01:02:03Z",
}
