"""Writes the logs of a small video site: two weeks of playback, the clips and the viewers.

The same files come out on every machine: python make_log.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

SEED = 2
VIEWERS = 60
FIRST_MEMBER = 20
GENRES = ("Gardening", "Cooking", "Running", "Interiors")
MINUTE, DAY = 60_000, 86_400_000  # milliseconds
START = 1_740_960_000_000  # Monday 3 March 2025, UTC, in milliseconds
LENGTHS = (45, 180, 600, 2400)  # seconds


def write_clips(folder: Path) -> None:
    """Writes 40 clips: ten of each genre, four of each of ten channels."""
    lines = [
        {
            "id": f"clip{number}",
            "title": f"{GENRES[number % 4]}, part {number // 4 + 1}",
            "channel": {"id": f"ch{number % 10}", "name": f"Channel {number % 10}"},
            "genres": [GENRES[number % 4], "Short" if number % 3 == 0 else "Series"],
            "length_s": LENGTHS[number // 4 % 4],
            "published": f"2025-02-{1 + number % 28:02}T08:00:00+01:00",
        }
        for number in range(40)
    ]
    write_lines(folder / "clips.jsonl", [json.dumps(line) for line in lines])


def write_viewers(folder: Path) -> None:
    """Writes the 60 viewers; viewer n is member 20 + n of the pool that the examples share."""
    lines = []
    for number in range(VIEWERS):
        email = f"member{FIRST_MEMBER + number}@example.org"
        profile = {"email_sha256": hashlib.sha256(email.encode()).hexdigest()}
        lines.append(json.dumps({"viewer": {"id": f"v{number}", "profile": profile}}))
    write_lines(folder / "viewers.jsonl", lines)


def playback(at: int, viewer: str | None, clip: int, dwell: int, **flags: bool) -> dict[str, Any]:
    """Returns one line of the log; times are in milliseconds."""
    seen = {"started": True, "liked": False, "saved": False} | flags
    return {"ts": at, "user": {"id": viewer}, "clip": f"clip{clip}", "play": {"ms": dwell} | seen}


def draw_playback(random: Random) -> list[dict[str, Any]]:
    """Returns 3 to 6 watched clips of each viewer.

    Every third viewer likes the first one, and every tenth saves it. Four of five clips are of the
    viewer's own genre, and are watched for longer.
    """
    rows = []
    for viewer in range(VIEWERS):
        for n in range(3 + viewer % 4):
            own = random.random() < 0.8
            genre = (FIRST_MEMBER + viewer) % 4 if own else int(random.random() * 4)
            clip = genre + 4 * int(random.random() * 10)
            share = (0.6 if own else 0.1) + 0.4 * random.random()
            dwell = int(1000 * LENGTHS[clip // 4 % 4] * share)
            at = START + int(random.random() * 14 * DAY)
            liked, saved = n == 0 and viewer % 3 == 0, n == 0 and viewer % 10 == 0
            rows.append(playback(at, f"v{viewer}", clip, dwell, liked=liked, saved=saved))
    return rows


def add_dirt(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns what a real log has beside the 270 rows of `draw_playback`."""
    noon = START + 2 * DAY + 12 * 60 * MINUTE
    again = [row | {"ts": row["ts"] + 800} for row in rows if not row["play"]["liked"]][:5]
    crawler = [playback(START + DAY + n * 20 * MINUTE, "probe", n % 40, 900) for n in range(120)]
    return [
        *again,  # the player sends the same start twice
        *crawler,  # a monitor plays a clip every twenty minutes, for 40 hours
        *(playback(noon + n * MINUTE, None, n, 5000) for n in range(2)),  # not logged in
        playback(noon + 3 * MINUTE, "undefined", 3, 5000),  # a bug of an old app
        playback(noon, "v5", 5, 26 * 60 * MINUTE),  # a television left on
        *(playback(noon + n * MINUTE, f"v{n}", n, 0, started=False) for n in range(6)),  # shown
    ]


def write_playback(folder: Path) -> None:
    """Writes one file a week; the first ends in a line that was cut."""
    rows = draw_playback(Random(SEED))
    rows = sorted([*rows, *add_dirt(rows)], key=lambda row: row["ts"])
    for week in range(2):
        part = [json.dumps(row) for row in rows if (row["ts"] - START) // (7 * DAY) == week]
        cut = [part[-1][:60]] if week == 0 else []
        write_lines(folder / f"playback-w{week + 10}.jsonl", part + cut)


def write_lines(file: Path, lines: list[str]) -> None:
    """Writes `lines`, each with its end."""
    file.write_text("\n".join(lines) + "\n")


def main(folder: Path) -> None:
    """Writes all files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_clips(folder)
    write_viewers(folder)
    write_playback(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
