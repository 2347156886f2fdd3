"""Draws distinct random ids in four formats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TextArray = NDArray[np.str_]

_BASE32 = np.array(list("abcdefghijkmnpqrstuvwxyz23456789"))  # no l, o, 0, 1
_FIRST = (
    "ada alba amir anouk aria bela bruno cleo dara eli emre enzo faye finn greta hana hugo ida "
    "ines iris ivo jana joel jules kaia kofi lena leo lina luca maia mara milo mina nadia nils "
    "noor olga omar otis paula petra quinn rafi rosa rune sami selma sofia theo tilda uma vera "
    "viggo wanda xenia yara yusuf zoe"
)
_SECOND = (
    "alder ash berg birch brook cedar cliff cove dale dune elm fern field ford glen grove hart "
    "heath hill holt lake lark lund marsh moor north oak peak pine quay reed ridge river rowan "
    "sand shaw shore sloe stone swift thorn vale west wilde willow wood wren yew"
)


def numbers(rng: np.random.Generator, count: int, digits: int) -> TextArray:
    """Returns distinct decimal ids of `digits` digits. They may have leading zeros."""
    drawn = rng.choice(10**digits, count, replace=False)
    return np.char.zfill(drawn.astype(str), digits)


def base32(rng: np.random.Generator, count: int, prefix: str, length: int = 8) -> TextArray:
    """Returns distinct ids such as u_k3v9xq2p."""
    codes = rng.choice(32**length, 2 * count, replace=True)
    codes = codes[np.sort(np.unique(codes, return_index=True)[1])][:count]
    letters = _BASE32[(codes[:, None] // 32 ** np.arange(length)) % 32]
    return np.char.add(prefix, _join(letters))


def handles(rng: np.random.Generator, count: int) -> TextArray:
    """Returns distinct handles such as @mara_fern. Repeated names get a number."""
    first, second = rng.choice(_FIRST.split(), count), rng.choice(_SECOND.split(), count)
    names = np.char.add(np.char.add(first, "_"), second)
    return np.char.add("@", _number_repeats(names))


def uuids(rng: np.random.Generator, count: int) -> TextArray:
    """Returns version 4 UUIDs."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = np.array(list("0123456789abcdef"))
    text = np.stack([digits[raw >> 4], digits[raw & 15]], axis=2).reshape(count, 32)
    cuts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
    parts = [_join(text[:, start:stop]) for start, stop in cuts]
    joined = parts[0]
    for part in parts[1:]:
        joined = np.char.add(np.char.add(joined, "-"), part)
    return joined


def slugs(titles: TextArray) -> TextArray:
    """Returns titles as ids such as a-week-of-knots; repeats get a number."""
    text = np.char.lower(titles)
    for old, new in ((" ", "-"), (",", ""), (":", ""), ("'", ""), ("?", ""), ("ù", "u")):
        text = np.char.replace(text, old, new)
    return _number_repeats(text)


def _number_repeats(names: TextArray) -> TextArray:
    """Appends 2, 3, … to the second, third, … of equal names."""
    order = np.argsort(names, kind="stable")
    ordered = names[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    place = np.arange(len(names)) - np.maximum.accumulate(np.where(first, np.arange(len(names)), 0))
    suffix = np.where(place == 0, "", (place + 1).astype(str))
    numbered = np.empty(len(names), dtype=object)
    numbered[order] = np.char.add(ordered, suffix)
    return numbered.astype(str)


def _join(letters: NDArray[np.str_]) -> TextArray:
    """Returns each row of single letters [N, L] as one text [N]."""
    wide = np.ascontiguousarray(letters.astype("U1"))
    joined: TextArray = wide.view(f"U{wide.shape[1]}").reshape(-1)
    return joined
