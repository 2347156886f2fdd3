"""Where the objects of the vault are: `vault/<kind>/<pseudonym key>/<bucket>/<number>.plait`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import polars as pl

VAULT_FOLDER = "vault"
_PATH = re.compile(rf"{VAULT_FOLDER}/(\w+)/([0-9a-f]{{4}})/([0-9a-z])/(\d+)\.plait")
_BUCKET = "[0-9a-f]"
_COLUMN = "\0bucket"  # no column of a frame has this name


@dataclass(frozen=True, order=True)
class VaultPlace:
    """The place of an object. The objects of a bucket sort by age.

    Attributes:
        kind: the kind of its rows.
        stage: the id of the pseudonym keys under which its accounts are.
        bucket: the last character of the accounts in it.
        number: 1, 2, 3, ... in the order in which the objects of a bucket are written.
    """

    kind: str
    stage: str
    bucket: str
    number: int

    @property
    def path(self) -> str:
        """The name of the object in the store."""
        return f"{VAULT_FOLDER}/{self.kind}/{self.stage}/{self.bucket}/{self.number}.plait"


def find_places(names: Iterable[str]) -> list[VaultPlace]:
    """Returns the places of the vault's objects among `names`, sorted."""
    found = filter(None, map(_PATH.fullmatch, names))
    return sorted(VaultPlace(m[1], m[2], m[3], int(m[4])) for m in found)


def group_by_bucket(places: Iterable[VaultPlace]) -> Iterator[list[VaultPlace]]:
    """Yields the places of each bucket, oldest first."""
    for _, found in groupby(sorted(places), attrgetter("kind", "stage", "bucket")):
        yield list(found)


def split_by_bucket(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yields each bucket with the `rows` whose account belongs to it."""
    last = pl.col("account").str.tail(1)
    bucket = pl.when(last.str.contains(_BUCKET)).then(last).otherwise(pl.lit("z"))
    parts = rows.with_columns(bucket.alias(_COLUMN)).partition_by(
        _COLUMN, as_dict=True, include_key=False
    )
    for (name,), part in sorted(parts.items()):
        yield str(name), part
