"""Finds the documents in the text of a JSON file: one, or several one after the other."""

from __future__ import annotations

import json
import re

# A script that assigns the document to a variable, as exports for a browser do.
_ASSIGNMENT = re.compile(
    r"\s*(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$]*(?:\.[\w$]+|\[[\w\"']+\])*\s*=\s*(?=[\[{])"
)
_BETWEEN = re.compile(r"[\s,;\x1e]*")


def strip_assignment(text: str) -> str:
    """Returns `text` without the variable to which it is assigned: `window.YTD.like.part0 = [`."""
    found = _ASSIGNMENT.match(text)
    return text[found.end() :] if found else text


def split_documents(text: str) -> list[str]:
    """Returns the JSON documents that stand in `text` one after the other.

    Between them may be white space, commas, semicolons and record separators, or nothing.

    Raises:
        ValueError: one of them is not JSON.
        RecursionError: one is nested too deeply.
    """
    decoder = json.JSONDecoder(strict=False)
    documents: list[str] = []
    place = _after_marks(text, 0)
    while place < len(text):
        _, end = decoder.raw_decode(text, place)
        documents.append(text[place:end])
        place = _after_marks(text, end)
    return documents


def _after_marks(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place
