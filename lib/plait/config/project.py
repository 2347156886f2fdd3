"""The whole project file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt, PrivateAttr, field_validator

from plait.config.platform import Platform
from plait.config.strict import Strict
from plait.config.training import Training


class People(Strict):
    """What joins accounts to people."""

    same_account_id: list[list[str]] = Field(
        default_factory=list, description="groups of platforms that share one account id space"
    )
    keys: list[str] | None = Field(
        None, description="identity keys to join by; default: every key the platforms declare"
    )


class Pseudonyms(Strict):
    """Where the key that turns raw ids into pseudonyms comes from."""

    key_file: str | None = Field(
        None,
        description="a 0600 file; default: <store>/pseudonym.key, made on first use. "
        "The environment variable PLAIT_PSEUDONYM_KEY goes before it",
    )


class Serving(Strict):
    """Defaults of the endpoint."""

    port: PositiveInt = 8000
    live_state: str | None = Field(None, description="redis:// address; default: embedded Valkey")
    replicas: tuple[int, int] = Field((1, 2), description="fewest and most replicas")


class Project(Strict):
    """A plait project."""

    store: str = Field(description="where tables and models live, relative to this file")
    model: str = Field("default", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    sequence_length: PositiveInt = Field(50, description="item events kept for one person")
    platforms: dict[str, Platform] = Field(min_length=1)
    people: People = People()
    pseudonyms: Pseudonyms = Pseudonyms()
    train: Training = Training()
    serve: Serving = Serving()

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @field_validator("platforms")
    @classmethod
    def _names(cls, platforms: dict[str, Platform]) -> dict[str, Platform]:
        for name in platforms:
            if not name.replace("_", "").replace("-", "").isalnum() or len(name) > 64:
                msg = f"platform name '{name}' may hold letters, digits, - and _ (at most 64)"
                raise ValueError(msg)
        return platforms

    def model_post_init(self, _context: Any) -> None:
        """Checks that every platform named under people exists."""
        for name in (n for group in self.people.same_account_id for n in group):
            if name not in self.platforms:
                msg = f"people.same_account_id names '{name}'; platforms: {sorted(self.platforms)}"
                raise ValueError(msg)

    def path(self, relative: str) -> Path:
        """Returns `relative` against the folder of the project file."""
        return Path(os.path.normpath(self._folder / Path(relative).expanduser()))

    def resolved(self) -> dict[str, Any]:
        """Returns every setting with defaults filled in and paths made absolute."""
        resolved = self.model_dump(mode="json")
        resolved["store"] = str(self.store_path)
        for platform in resolved["platforms"].values():
            for part in ("events", "catalogue", "accounts"):
                if platform[part]:
                    platform[part]["files"] = [str(self.path(f)) for f in platform[part]["files"]]
        return resolved

    @property
    def store_path(self) -> Path:
        """Where the store lies."""
        return self.path(self.store)
