from __future__ import annotations

import pytest

from plait.inspection.files.text_layout import detect_encoding, has_header


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Größe", "utf-8"), ("Größe", "latin-1"), ("5 € – “so”", "cp1252"), ("Größe", "utf-16")],
)
def test_an_encoding_is_detected(text: str, encoding: str) -> None:
    body = (text * 20).encode(encoding)
    assert body.decode(detect_encoding(body)).removeprefix("\ufeff") == text * 20


def test_a_few_damaged_lines_do_not_change_the_encoding() -> None:
    assert detect_encoding("größer\n".encode() * 200 + b"gr\xf6\xdfer\n") == "utf-8"


@pytest.mark.parametrize(
    ("first", "rows", "header"),
    [
        (["user", "item", "ts"], [["u1", "i1", "17000"]], True),
        (["a", "b"], [["1", "2"], ["3", "4"]], True),
        (["1", "2"], [["3", "4"]], False),
        (["U12", "N55"], [["U13", "N56"], ["U14", "N57"]], False),
        (["anna", "view"], [["bert", "view"], ["carla", "buy"]], False),
        (["account", "what"], [["bert", "view"], ["carla", "buy"]], True),
    ],
)
def test_a_header_is_told_from_values(
    first: list[str], rows: list[list[str]], header: bool
) -> None:
    assert has_header(first, rows) is header
