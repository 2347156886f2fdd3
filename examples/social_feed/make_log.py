"""Writes a week of a small social network: posts with hashtags, and what people did with them.

The same files come out on every machine: python make_log.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

SEED = 3
PEOPLE = 60
FIRST_MEMBER = 40
TOPICS = ("garden", "kitchen", "running", "home")
START = datetime(2025, 3, 3)
DAYS = 7


def handle(person: int) -> str:
    """Returns the account of a person."""
    return f"@p{person}"


def write_people(folder: Path) -> None:
    """Writes the 60 accounts as one document; person n is member 40 + n of the shared pool."""
    accounts = {
        "accounts": [
            {
                "handle": handle(number),
                "contact": {
                    "email_sha256": hashlib.sha256(
                        f"member{FIRST_MEMBER + number}@example.org".encode()
                    ).hexdigest()
                },
            }
            for number in range(PEOPLE)
        ]
    }
    (folder / "people.json").write_text(json.dumps(accounts, indent=1) + "\n")


def draw_posts(random: Random) -> list[dict[str, Any]]:
    """Returns 40 posts of the first 20 people: two each, the second with two hashtags.

    The posts of person 7 have none.
    """
    posts = []
    for number in range(40):
        author, second = number % 20, number >= 20
        tags = [TOPICS[(FIRST_MEMBER + author) % 4], *(["weekend"] if second else [])]
        posts.append(
            {
                "id": f"post{number}",
                "author": {"handle": handle(author)},
                "created": stamp(START + timedelta(seconds=int(random.random() * 86_400))),
                "text": f"Note {number}",
                "entities": {"hashtags": [] if author == 7 else [{"tag": tag} for tag in tags]},
            }
        )
    return posts


def stamp(at: datetime) -> str:
    """Returns a time as the network writes it, such as Mon Mar 03 10:15:00 +0000 2025."""
    return f"{at:%a %b %d %H:%M:%S} +0000 {at:%Y}"


def activity(
    at: datetime, person: int, verb: str, **target: str
) -> tuple[datetime, dict[str, Any]]:
    """Returns one activity with its time."""
    row = {"at": stamp(at), "actor": {"handle": handle(person)}, "verb": verb, "target": target}
    return at, row


def draw_activities(random: Random) -> list[tuple[datetime, dict[str, Any]]]:
    """Returns, of each person, 3 likes; a share of every second; a follow of every third.

    Four of five liked posts are of the person's own topic.
    """
    rows = []
    for person in range(PEOPLE):

        def moment() -> datetime:
            return START + timedelta(seconds=int((1 + random.random() * 6) * 86_400))

        for n in range(3 + (person % 2 == 0)):
            own = random.random() < 0.8
            post = person % 4 + 4 * int(random.random() * 10) if own else int(random.random() * 40)
            verb = "Like" if n < 3 else "Announce"
            rows.append(activity(moment(), person, verb, post=f"post{post}"))
        if person % 3 == 0:
            rows.append(activity(moment(), person, "Follow", account=handle((person + 4) % 20)))
    return rows


def write_activities(folder: Path, random: Random) -> None:
    """Writes one document a day, with nine rows of dirt and an actor who is gone."""
    noon = START + timedelta(days=3, hours=12)
    rows = [
        *draw_activities(random),
        *(activity(noon + timedelta(seconds=n), 9, "Like", post="post9") for n in (0, 1)),
        activity(noon, 9, "Undo Follow", account=handle(13)),
        *(activity(noon + timedelta(hours=n), 10 + n, "Login") for n in range(4)),
        activity(noon, 14, "Like"),  # the post was deleted
        activity(noon, 15, "Poke", account=handle(16)),
    ]
    for day in range(DAYS):
        start = START + timedelta(days=day)
        part = [row for at, row in sorted(rows, key=lambda r: r[0]) if at.date() == start.date()]
        if day == 3:
            part[0]["actor"] = {"handle": None}
        document = {"page": {"day": f"{start:%Y-%m-%d}"}, "data": {"activities": part}}
        text = json.dumps(document, indent=1)
        (folder / f"activities-{start:%Y-%m-%d}.json").write_text(text + "\n")


def main(folder: Path) -> None:
    """Writes all files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(SEED)
    write_people(folder)
    (folder / "posts.json").write_text(json.dumps(draw_posts(random), indent=1) + "\n")
    write_activities(folder, random)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
