"""The model of the project file."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt, PrivateAttr, field_validator

from plait.config.currency_settings import CurrencySettings
from plait.config.people_settings import PeopleSettings
from plait.config.platform_settings import Platform
from plait.config.project_sections import (
    Pseudonyms,
    Serving,
    StrictModel,
    Training,
)
from plait.contracts.id_rules import MODEL_NAME_PATTERN, PATTERN_MESSAGES, PLATFORM_NAME_PATTERN
from plait.errors import ConfigError


class Project(StrictModel):
    """A plait project."""

    store: str = Field(
        description="Where tables and models are stored: a path relative to this file, or "
        "s3://bucket/prefix.",
        examples=[".plait", "s3://bucket/plait"],
    )
    model: str = Field(
        "default",
        pattern=MODEL_NAME_PATTERN,
        description="Name of the model in the registry of the store.",
        examples=["default"],
    )
    sequence_length: PositiveInt = Field(
        50,
        description="The newest item events that are kept in the sequence of one person. Unit: "
        "events.",
        examples=[100],
    )
    platforms: dict[str, Platform] = Field(
        min_length=1,
        json_schema_extra={"propertyNames": {"pattern": PLATFORM_NAME_PATTERN}},
        description="The platforms by name; item ids start with the name.",
        examples=[
            {
                "shop": {
                    "kind": "shop",
                    "events": {
                        "files": "data/orders-*.csv",
                        "columns": {"account": "customer_id", "item": "sku", "time": "ts"},
                        "type": "purchase",
                    },
                }
            }
        ],
    )
    people: PeopleSettings = Field(
        PeopleSettings(),
        description="Which accounts belong to one person.",
        examples=[{"keys": ["email_hash"]}],
    )
    currencies: CurrencySettings | None = Field(
        None,
        description="The currency in which prices are compared, and the rates of the others. "
        "Default: prices are compared if they have one currency.",
        examples=[{"base": "EUR", "rates": {"USD": 0.92, "GBP": 1.17}}],
    )
    pseudonyms: Pseudonyms = Field(
        Pseudonyms(),
        description="The key of the pseudonyms of accounts, sessions and creators.",
        examples=[{"key_file": "/etc/plait/pseudonym.key"}],
    )
    train: Training = Field(
        Training(),
        description="Settings of `plait train`.",
        examples=[{"split": "loo", "epochs": 12}],
    )
    serve: Serving = Field(
        Serving(),
        description="Settings of the endpoint, `plait serve`.",
        examples=[{"port": 8080, "replicas": [2, 8]}],
    )

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @field_validator("platforms")
    @classmethod
    def _check_platform_names(cls, platforms: dict[str, Platform]) -> dict[str, Platform]:
        for name in platforms:
            if not re.fullmatch(PLATFORM_NAME_PATTERN, name):
                msg = (
                    f"the platform name {name[:64]!r} "
                    f"{PATTERN_MESSAGES[PLATFORM_NAME_PATTERN]}; "
                    "item ids start with it, and addresses contain it"
                )
                raise ValueError(msg)
        return platforms

    def model_post_init(self, _context: Any) -> None:
        """Checks the platforms that `people` names, and the former names of platforms."""
        named = [] if self.people.link is None else self.people.link.platforms
        for name in named:
            if name not in self.platforms:
                msg = f"people.link.columns names {name!r}; platforms: {sorted(self.platforms)}"
                raise ValueError(msg)
        for name in (n for group in self.people.same_account_id for n in group):
            if name not in self.platforms:
                msg = f"people.same_account_id names {name!r}; platforms: {sorted(self.platforms)}"
                raise ValueError(msg)
        former: dict[str, str] = {}
        for name, platform in self.platforms.items():
            for old in platform.renamed_from or ():
                self._check_former_name(name, old, former)

    def _check_former_name(self, name: str, old: str, former: dict[str, str]) -> None:
        """Adds `old` to the `former` names, each with its platform; raises if it is taken."""
        where = f"platforms.{name}.renamed_from names {old[:64]!r}"
        if old in self.platforms:
            msg = f"{where}, which is still a platform; remove one of them"
            raise ValueError(msg)
        if old in former:
            msg = f"{where}, and so does platforms.{former[old]}.renamed_from; remove one of them"
            raise ValueError(msg)
        if not re.fullmatch(PLATFORM_NAME_PATTERN, old):
            msg = f"{where}, which {PATTERN_MESSAGES[PLATFORM_NAME_PATTERN]}"
            raise ValueError(msg)
        former[old] = name

    def id_namespace(self, platform: str) -> str:
        """Returns the name under which pseudonyms of `platform` are made: its first one."""
        known = self.platforms.get(platform)
        return (known and known.first_name) or platform

    @property
    def former_names(self) -> dict[str, str]:
        """The present name of the platform for each former name."""
        return {
            former: name
            for name, platform in self.platforms.items()
            for former in platform.renamed_from or ()
        }

    def path(self, relative: str) -> Path:
        """Returns the absolute path of `relative`, from the folder of the project file."""
        return Path(os.path.normpath(self._folder / Path(relative).expanduser()))

    def resolved(self) -> dict[str, Any]:
        """Returns all settings, with defaults filled in and absolute paths."""
        resolved = self.model_dump(mode="json")
        resolved["store"] = self.store_uri
        for platform in resolved["platforms"].values():
            parts = [platform[part] for part in ("events", "catalogue", "accounts")]
            parts.append((platform["consent"] or {}).get("logs"))
            for section in parts:
                for source in section if isinstance(section, list) else [section or {}]:
                    if "files" in source:
                        source["files"] = [self.absolute_address(f) for f in source["files"]]
        return resolved

    def absolute_address(self, place: str) -> str:
        """Returns `place` as an s3:// address, or as an absolute path from the project's folder."""
        if is_remote(place):
            return place.replace("s3a://", "s3://", 1)
        return str(self.path(place))

    @property
    def store_uri(self) -> str:
        """The address of the store: an absolute path or s3://bucket/prefix."""
        address = self.absolute_address(self.store)
        return address.rstrip("/") if is_remote(address) else address

    @property
    def store_path(self) -> Path:
        """The folder of the store.

        Raises:
            ConfigError: the store is not on this machine.
        """
        if is_remote(self.store):
            raise ConfigError(
                f"the store '{self.store}' is not a folder on this machine.",
                fix="Set `store:` to a path; this command needs a local store.",
            )
        return self.path(self.store)

    @property
    def state_path(self) -> Path:
        """The folder for state that must be on this machine: the store, or a folder of the user.

        Raises:
            ConfigError: the user has no home folder.
        """
        if not is_remote(self.store):
            return self.store_path
        try:
            home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        except RuntimeError:
            raise ConfigError(
                f"user {os.getuid()} has no home folder on this machine.",
                fix="Set HOME, or XDG_STATE_HOME to a folder that lasts.",
            ) from None
        mark = hashlib.sha256(self.store_uri.encode()).hexdigest()[:16]
        return home / "plait" / mark


def is_remote(place: str) -> bool:
    """Whether `place` is a URL and not a path."""
    return "://" in place
