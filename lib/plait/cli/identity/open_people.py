"""Opens what the verbs of `plait identity` read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from plait.config import Project
    from plait.identity.find_account import Party
    from plait.identity.stored_people import StoredPeople
    from plait.privacy.pseudonym_key import PseudonymKey
    from plait.store import Store


@dataclass(frozen=True)
class OpenPeople:
    """A project, its key, its store, and the people of its current version."""

    project: Project
    key: PseudonymKey
    store: Store
    people: StoredPeople

    @cached_property
    def standing(self) -> pl.DataFrame:
        """STANDING assertions, of the identity log and the feedback log."""
        from plait.identity.assertions.identity_log import read_standing

        return read_standing(self.store)

    def party(self, text: str) -> Party:
        """Returns the account or the person that `text` names."""
        from plait.identity.find_account import find_party

        return find_party(text, self.people, self.project, self.key, self.standing)


def open_people(config: Path) -> OpenPeople:
    """Returns the people of the current version of the project's store.

    Raises:
        PlaitError: the project file is wrong, nothing has been fused, or the key is lost.
    """
    from plait.config import load_config
    from plait.identity.stored_people import StoredPeople
    from plait.privacy.pseudonym_key import load_key
    from plait.store import Store

    project = load_config(config)
    store = Store(project.store_uri)
    people = StoredPeople(store, store.current())
    return OpenPeople(project, load_key(project), store, people)
