"""A platform's account attributes: which identity keys each account holds."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from plait.config.platform_settings import Accounts
from plait.sources.find_files import SourceFile
from plait.sources.read_chunks import read_chunks


def read_accounts(file: SourceFile, accounts: Accounts) -> Iterator[pl.DataFrame]:
    """Yields `row`, `account`, one column `key:<name>` an identity key, and `fault`; all raw."""
    fields = {"account": accounts.account} | {f"key:{k}": c for k, c in accounts.keys.items()}
    keys = {"account": accounts.account} | {f"keys.{k}": c for k, c in accounts.keys.items()}
    yield from read_chunks(file, fields, keys)
