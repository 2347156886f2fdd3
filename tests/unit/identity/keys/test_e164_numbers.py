"""Numbers that are valid in E.164 are found as phonenumbers finds them, and faster."""

from __future__ import annotations

from random import Random
from time import perf_counter

import phonenumbers
import polars as pl

from plait.identity.keys.e164_numbers import is_valid_e164
from plait.identity.keys.phone_numbers import normalise_phones

MOBILE, FIXED_LINE, TOLL_FREE = 1, 0, 3


def _examples() -> list[str]:
    """Returns an example of each region and type, and texts that differ from it a little."""
    draw, found = Random(1), set()
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (MOBILE, FIXED_LINE, TOLL_FREE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            code = f"+{number.country_code}"
            place = draw.randrange(len(code), len(text))
            found |= {text, text[:-1], f"{text}1", f"{code}0{text.removeprefix(code)}",
                      f"{text[:place]}{draw.randrange(10)}{text[place + 1 :]}"}  # fmt: skip
    return sorted(found)


def test_what_is_sure_is_what_phonenumbers_says() -> None:
    texts = pl.Series(_examples())
    sure = is_valid_e164(texts)
    assert sure.len() == texts.len()
    valid = []
    for text in texts:
        number = phonenumbers.parse(text, None) if len(text) < 17 else None
        form = number and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        valid.append(form == text and phonenumbers.is_valid_number(number))
    wrong = texts.filter(sure & ~pl.Series(valid))
    assert wrong.to_list() == []
    assert int(sure.sum()) > 0.8 * sum(valid)


def test_a_column_of_e164_takes_no_python_for_each_number() -> None:
    numbers = pl.Series([f"+49151123{n:05d}" for n in range(50_000)])
    start = perf_counter()
    found = normalise_phones(numbers)
    assert perf_counter() - start < 4  # one by one they take 5 s on a fast machine
    assert found["plain"].to_list() == numbers.to_list()


def test_texts_of_all_kinds_keep_their_order() -> None:
    texts = pl.Series(["+4915112345678", "no", "0151 12345678", "+1 202 555 0143", "+12025550143"])
    found = normalise_phones(texts, "DE")
    assert found["plain"].to_list() == [
        "+4915112345678", None, "+4915112345678", "+12025550143", "+12025550143",
    ]  # fmt: skip
    assert found["reason"].to_list() == [None, "invalid", None, None, None]
