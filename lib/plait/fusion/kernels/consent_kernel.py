"""The row kernel that reads statements of consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from plait.clean.clean_consents import clean_consents
from plait.config import Project
from plait.config.consent_settings import ConsentLog
from plait.contracts.consent_rows import CONSENT_STATEMENTS
from plait.contracts.personal_fields import mask_text
from plait.contracts.quarantine_reasons import CONSENT_SOURCE
from plait.contracts.store_tables import QUARANTINE
from plait.engine.engine import Frames
from plait.privacy.consent import merge_statements
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.sources.columns.mask_broken_lines import mask_broken_lines
from plait.sources.files.source_file import SourceFile
from plait.sources.read_platform import consent_mapping, read_consents


@dataclass(frozen=True)
class ConsentSplit:
    """A file of a platform's log of consent."""

    platform: str
    log: int
    file: SourceFile


@dataclass(frozen=True)
class ConsentRowKernel:
    """Returns `statements` (CONSENT_STATEMENTS, merged) and `faults` (QUARANTINE) of a chunk."""

    project: Project
    key: PseudonymKey

    def read(self, split: ConsentSplit) -> Iterator[pl.DataFrame]:
        """Yields the chunks of `split`."""
        yield from read_consents(split.file, self._log(split))

    def __call__(self, split: ConsentSplit, rows: pl.DataFrame) -> Frames:
        """Returns the frames of a chunk."""
        clean = clean_consents(rows, self._log(split))
        said = clean.statements
        statements = said.with_columns(
            account=account_pseudonym(
                said["account"], self.key, self.project.id_namespace(split.platform)
            ),
            platform=pl.lit(split.platform),
        ).select(pl.col(name).cast(kind) for name, kind in CONSENT_STATEMENTS.items())
        faults = self._quarantine(split, clean.faulty)
        return {"statements": merge_statements(statements), "faults": faults}

    def _quarantine(self, split: ConsentSplit, faulty: pl.DataFrame) -> pl.DataFrame:
        """Returns QUARANTINE rows. What they say is shown as lengths, the account as a pseudonym.

        A broken line has uncertain fields, so not even the pseudonym of its account is certain.
        """
        if not faulty.height:
            return QUARANTINE.empty()
        mapping = consent_mapping(self._log(split))
        account = pl.lit(
            account_pseudonym(
                faulty["account"], self.key, self.project.id_namespace(split.platform)
            )
        )
        fields = [mask_text(pl.col(n)).alias(n) for n in mapping.values if n != "account"]
        whole = pl.struct(account.alias("account"), *fields).struct.json_encode()
        unsure = pl.coalesce(pl.lit(mask_broken_lines(faulty, mapping)), pl.lit("{}"))
        return QUARANTINE.conform(
            faulty.select(
                "row", "reason", "field",
                raw=pl.when(pl.col("fault").is_null()).then(whole).otherwise(unsure),
                platform=pl.lit(split.platform),
                file=pl.lit(split.file.name),
                source=pl.lit(CONSENT_SOURCE),
            )
        )  # fmt: skip

    def _pseudonyms(self, split: ConsentSplit, raw: pl.Series) -> pl.Series:
        return account_pseudonym(raw, self.key, self.project.id_namespace(split.platform))

    def _log(self, split: ConsentSplit) -> ConsentLog:
        consent = self.project.platforms[split.platform].consent
        if consent is None:
            raise KeyError(split.platform)
        return consent.logs[split.log]
