"""Reads what is known of accounts before an event is read: their keys, consent, and assertions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from plait.config import Project
from plait.engine.engine import Engine
from plait.fusion.kernels.erased_events import remove_erased_quarantine
from plait.fusion.stages.find_inputs import FusionInputs
from plait.fusion.stages.gather_consents import gather_statements
from plait.fusion.stages.gather_evidence import gather_evidence
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.identity.keys.read_account_values import read_attributes
from plait.identity.remember_attributes import remember_attributes
from plait.identity.rows_in_parts import distinct_rows
from plait.privacy.consent import default_consent, refusing_accounts, resolve_consents
from plait.privacy.erasure import Erasures
from plait.privacy.pseudonym import PseudonymKey
from plait.privacy.vault import Vault
from plait.store.store import Store


@dataclass(frozen=True)
class IdentityRead:
    """What accounts files, logs of consent and assertions say.

    Attributes:
        known: the evidence, and what accounts consent to.
        unusable: the number of unusable rows of account attributes, by platform.
        quarantined: QUARANTINE rows of account attributes and logs of consent.
    """

    known: KnownIdentity
    unusable: dict[str, int]
    quarantined: pl.DataFrame


def read_identity(
    project: Project,
    store: Store,
    engine: Engine[Any],
    inputs: FusionInputs,
    assertions: pl.DataFrame,
    key: PseudonymKey,
    erased: Erasures,
    vault: Vault | None = None,
) -> IdentityRead:
    """Returns what is known of accounts without their events.

    Nothing of who was erased is in it. The vault gets the attributes of accounts that may be
    joined, and gives those that no file has any more.

    Args:
        project: the project.
        store: its store, with the feedback log.
        engine: the engine that reads logs of consent.
        inputs: the inputs of the run.
        assertions: ASSERTIONS: links and unlinks.
        key: the pseudonym key.
        erased: what was erased.
        vault: the vault; null: there is none, or it is left alone.
    """
    statements, bad_consents = gather_statements(engine, project, store, key, inputs)
    found = read_attributes(project, key, erased)
    default = default_consent(project)
    refusing = refusing_accounts(resolve_consents(_accounts(found.attributes), statements, default))
    joinable = found.attributes.join(refusing, on="account", how="anti")
    remembered = remember_attributes(vault, joinable, project, hashed=["value"])
    held_back = found.attributes.join(refusing, on="account", how="semi")
    found = replace(found, attributes=pl.concat([remembered, held_back]))
    # Who is only in the vault may refuse by now.
    refusing = refusing_accounts(resolve_consents(_accounts(found.attributes), statements, default))
    known = gather_evidence(project, assertions, key, found, refusing, erased, engine.spark)
    bad, _ = remove_erased_quarantine(pl.concat([found.quarantined, bad_consents]), erased)
    return IdentityRead(
        replace(known, statements=statements, default_consent=default), dict(found.unusable), bad
    )


def _accounts(attributes: pl.DataFrame) -> pl.DataFrame:
    return distinct_rows(attributes.select("account", "platform"))
