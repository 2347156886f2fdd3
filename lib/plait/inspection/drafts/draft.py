"""A drafted part of the project file: its settings, and what is to be said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Place = tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A comment beside a setting.

    Attributes:
        place: the keys that lead to the setting.
        text: what is said, without ids and names of people.
        question: whether the user has to decide.
        tail: whether it stands at the end of the setting's line.
        instead: settings that may replace those of the same name, as another answer.
    """

    place: Place
    text: str
    question: bool = False
    tail: bool = False
    instead: Mapping[str, Any] | None = None


@dataclass
class Draft:
    """Settings and notes."""

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def tell(self, place: Place, text: str, *, tail: bool = False) -> None:
        """Adds a comment to the setting at `place`."""
        self.notes.append(Note(place, text, tail=tail))

    def ask(
        self,
        place: Place,
        text: str,
        *,
        tail: bool = False,
        instead: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds a question to the setting at `place`, and the settings of another answer."""
        self.notes.append(Note(place, text, question=True, tail=tail, instead=instead))

    def include(self, place: Place, part: Draft, value: Any = None) -> None:
        """Puts the settings and notes of `part` at `place`."""
        here = self.settings
        for key in place[:-1]:
            here = here.setdefault(key, {})
        here[place[-1]] = part.settings if value is None else value
        self.notes += [replace(note, place=(*place, *note.place)) for note in part.notes]

    @property
    def questions(self) -> list[Note]:
        """The notes that ask."""
        return [note for note in self.notes if note.question]

    def notes_at(self, place: Place) -> list[Note]:
        """Returns the notes of the setting at `place`."""
        return [note for note in self.notes if note.place == place]


def percent(share: float) -> str:
    """Returns a share as a percentage: 12 %, or <1 %."""
    return "<1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def shorten(settings: Mapping[str, Any]) -> Any:
    """Returns the verbs of a value in their shortest form: a column alone is its name."""
    return settings["column"] if settings.keys() == {"column"} else dict(settings)
