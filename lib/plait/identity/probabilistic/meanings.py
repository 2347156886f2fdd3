"""The meanings that a column of a record may have, and how each is compared."""

from __future__ import annotations

from typing import Literal

Kind = Literal["name", "date", "number", "text", "place", "code", "email", "phone", "category"]

# A column whose meaning is not listed is compared as plain text.
MEANINGS: dict[str, Kind] = {
    "given_name": "name",
    "surname": "name",
    "full_name": "name",
    "birth_date": "date",
    "street_number": "number",
    "street": "text",
    "address_2": "text",
    "city": "place",
    "postcode": "code",
    "state": "category",
    "country": "category",
    "email": "email",
    "phone": "phone",
    "national_id": "code",
    "gender": "category",
}
# What tells people of one household apart; they may share everything else.
PERSONAL = ("given_name", "birth_date", "gender", "national_id")
# What people of one town share.
TOWN = ("city", "postcode", "state", "country")


def kind_of(meaning: str) -> Kind:
    """Returns how a column of `meaning` is compared."""
    return MEANINGS.get(meaning, "text")
