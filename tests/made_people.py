"""Makes records of people with errors, from a seed: what a linker is checked against.

Households share surname and address, towns share postcodes, and values are as unevenly common as
names are. A record is a copy of a person with misspellings, swaps, wrong dates and gaps.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

import polars as pl

COLUMNS = (
    "given_name", "surname", "birth_date", "gender", "street_number", "street", "city", "postcode",
    "state", "email", "phone",
)  # fmt: skip
_SYLLABLES = "ba be bi bo da de do ka ke la le li lo ma me mi mo na ne ni no ra re ri ro sa se ta "
_SYLLABLES += "te ti to va ve vi han wel ton ley ster ham den fort berg man son ris gar tho"


@dataclass(frozen=True)
class Errors:
    """How often a record differs from its person, as probabilities of one value."""

    typo: float = 0.1
    missing: float = 0.05
    swap: float = 0.02
    date: float = 0.05
    move: float = 0.05
    contact: float = 0.0  # another e-mail address and phone number


def make_people(
    people: int,
    copies: tuple[int, int],
    errors: Errors,
    seed: int,
    columns: tuple[str, ...] = COLUMNS,
    platforms: int = 1,
    shared: float = 0.0,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns records, in a random order, and truth: account, person.

    Args:
        people: the number of people.
        copies: the least and the most records of a person; with several platforms, the records of
            a person are on different platforms, as far as there are enough.
        errors: how records differ.
        seed: the seed of everything.
        columns: the columns that records have.
        platforms: the number of platforms.
        shared: the probability that a person uses the e-mail address and the phone number of the
            first of the household.
    """
    draw = random.Random(seed)
    world = _World(draw, people, shared)
    rows, truth = [], []
    for number in range(people):
        person = world.person()
        for copy in range(draw.randint(*copies)):
            account = f"a{draw.getrandbits(60):015x}"
            row = _corrupt(person, world, errors, draw)
            platform = f"p{(number + copy) % platforms}"
            rows.append({"account": account, "platform": platform} | {c: row[c] for c in columns})
            truth.append({"account": account, "person": f"{seed}-{number}"})
    draw.shuffle(rows)
    schema = dict.fromkeys(("account", "platform", *columns), pl.String())
    return pl.DataFrame(rows, schema=schema), pl.DataFrame(truth)


class _World:
    """Words with uneven frequencies, and households."""

    def __init__(self, draw: random.Random, people: int, shared: float) -> None:
        self.draw, self.shared = draw, shared
        vocabulary = random.Random(1)  # the same words for every seed
        self.given = _words(vocabulary, 400, (2, 3))
        self.surnames = _words(vocabulary, max(500, people), (2, 4))
        self.streets = _words(vocabulary, max(300, people // 3), (2, 4))
        self.towns = _words(vocabulary, 150, (2, 4))
        self.household: list[dict[str, str]] = []
        self.household_contact: dict[str, str] = {}

    def common(self, words: list[str]) -> str:
        """Returns one of `words`, the first ones far more often."""
        return words[int(len(words) * self.draw.random() ** 2.5)]

    def address(self) -> dict[str, str]:
        town = int(len(self.towns) * self.draw.random() ** 2)
        return {
            "street_number": str(int(1 + 200 * self.draw.random() ** 2)),
            "street": f"{self.common(self.streets)} {self.draw.choice(['street', 'road', 'lane'])}",
            "city": self.towns[town],
            "postcode": str(1000 + town * 40 + self.draw.randrange(8)),
            "state": f"s{town % 7}",
        }

    def person(self) -> dict[str, str]:
        draw = self.draw
        if not self.household or draw.random() < 0.5:
            self.household = [{"surname": self.common(self.surnames)} | self.address()]
            self.household_contact = {}
        home = self.household[0]
        given = self.common(self.given)
        year, month, day = draw.randint(1930, 2005), draw.randint(1, 12), draw.randint(1, 28)
        contact = self.contact(given, home["surname"])
        if self.shared:
            first = self.household_contact = self.household_contact or contact
            contact = first if draw.random() < self.shared else contact
        born = f"{year}-{month:02}-{day:02}"
        own = {"given_name": given, "birth_date": born, "gender": "mf"[len(given) % 2]}
        return home | own | contact

    def contact(self, given: str, surname: str) -> dict[str, str]:
        draw = self.draw
        user = draw.choice([f"{given}.{surname}", f"{given[0]}{surname}", f"{given}"])
        return {
            "email": f"{user}{draw.randrange(100)}@{self.common(self.towns)}.org",
            "phone": f"0{draw.randrange(10**8, 10**9)}",
        }


def _words(draw: random.Random, count: int, syllables: tuple[int, int]) -> list[str]:
    parts = _SYLLABLES.split()
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(draw.choice(parts) for _ in range(draw.randint(*syllables)))] = None
    return list(words)


def _corrupt(
    person: dict[str, str], world: _World, errors: Errors, draw: random.Random
) -> dict[str, str | None]:
    row: dict[str, str | None] = dict(person)
    if draw.random() < errors.move:
        row |= world.address()
    if errors.contact and draw.random() < errors.contact:
        row |= world.contact(person["given_name"], person["surname"])
    if draw.random() < errors.swap:
        row["given_name"], row["surname"] = row["surname"], row["given_name"]
    if draw.random() < errors.date:
        row["birth_date"] = _wrong_date(person["birth_date"], draw)
    for name, value in row.items():
        if draw.random() < errors.missing:
            row[name] = None
        elif value and name not in ("gender", "birth_date") and draw.random() < errors.typo:
            row[name] = _misspell(value, draw)
            if draw.random() < errors.typo:
                row[name] = _misspell(row[name] or "", draw)
    return row


def _wrong_date(date: str, draw: random.Random) -> str:
    year, month, day = date.split("-")
    kind = draw.randrange(4)
    if kind == 0:
        return f"{year}-{int(day):02}-{month}" if int(day) <= 12 else f"{year}-{month}-01"
    if kind == 1:
        return f"{int(year) + draw.choice([-10, -1, 1, 10])}-{month}-{day}"
    if kind == 2:
        return f"{year}-{draw.randint(1, 12):02}-{day}"
    return f"{year}-{month}-{draw.randint(1, 28):02}"


def _misspell(value: str, draw: random.Random) -> str:
    at = draw.randrange(len(value)) if value else 0
    letters = string.digits if value[at : at + 1].isdigit() else string.ascii_lowercase
    kind = draw.randrange(4)
    if kind == 0:
        return value[:at] + value[at + 1 :] or value
    if kind == 1:
        return value[:at] + draw.choice(letters) + value[at:]
    if kind == 2:
        return value[:at] + draw.choice(letters) + value[at + 1 :]
    return value[:at] + value[at + 1 : at + 2] + value[at : at + 1] + value[at + 2 :]
