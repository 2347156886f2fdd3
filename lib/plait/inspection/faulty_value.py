"""A value that was set aside, with the setting that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plait.config.platform_settings import Accounts, Platform
from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs
from plait.contracts.quarantine_reasons import ACCOUNTS_SOURCE, CATALOGUE_SOURCE


@dataclass(frozen=True)
class FaultyValue:
    """A value that was set aside.

    Attributes:
        reason: the code of the reason.
        field: the field of the contract, or `keys.NAME` of account rows.
        values: examples of such values; empty if they may be personal.
        setting: the setting of the source, such as platforms.shop.events.0.
        source: its settings; null if it is not known which log the row is of.
    """

    reason: str
    field: str
    values: Sequence[str]
    setting: str
    source: SourceSettings | None

    @property
    def key(self) -> str:
        """The setting of the field."""
        return (
            f"{self.setting}.{'' if isinstance(self.source, Accounts) else 'columns.'}{self.field}"
        )

    @property
    def column(self) -> str | None:
        """The column, if the field is one, without other verbs."""
        verbs = _verbs(self.source, self.field)
        return verbs.column if verbs and verbs.model_fields_set == {"column"} else None


def _verbs(source: SourceSettings | None, field: str) -> ValueVerbs | None:
    if isinstance(source, Accounts):
        name = field.removeprefix("keys.")
        return source.account if field == "account" else source.keys.get(name)
    verbs = getattr(getattr(source, "columns", None), field, None)
    return verbs if isinstance(verbs, ValueVerbs) else None


def find_source(
    platform: Platform, name: str, kind: str, file: str
) -> tuple[str, SourceSettings | None]:
    """Returns the setting of the source that has `file`, and its settings.

    Args:
        platform: the platform.
        name: its name.
        kind: events, catalogue or accounts.
        file: the file; its log is unknown if several logs, or none, have it.
    """
    where = f"platforms.{name}.{kind}"
    if kind == CATALOGUE_SOURCE:
        return where, platform.catalogue
    if kind == ACCOUNTS_SOURCE:
        return where, platform.accounts
    setting = platform.file_setting(name, file)
    for number, log in enumerate(platform.events):
        if platform.dialect_setting(name, number) == setting:
            return setting, log
    return setting, None
