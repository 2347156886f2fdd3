"""Writes the logs of a small news site: impressions, three days of access log, and the articles.

The same files come out on every machine: python make_log.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

SEED = 4
READERS = 50
SECTIONS = (
    ("lifestyle", "garden"),
    ("food", "recipes"),
    ("sports", "running"),
    ("homes", "interiors"),
)
MORNING = datetime(2025, 3, 5, 6)
DAYS = 3
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "ExampleBot/2.1 (+https://bot.example)")


def write_articles(folder: Path) -> None:
    """Writes 40 articles, ten of each section, without a header; a title has a quotation mark."""
    lines = []
    for number in range(40):
        section, part = SECTIONS[number % 4]
        title = (
            f'The 5" rule, part {number}' if number % 10 == 0 else f"About {part}, part {number}"
        )
        lines.append(f"N{number}\t{section}\t{part}\t{title}\thttps://news.example/news/N{number}")
    write_lines(folder / "articles.tsv", lines)


def write_readers(folder: Path) -> None:
    """Writes the 50 readers; reader n is member 2n of the pool that the examples share."""
    lines = ["user\temail_sha256"]
    for number in range(READERS):
        email = f"member{2 * number}@example.org"
        lines.append(f"U{number}\t{hashlib.sha256(email.encode()).hexdigest()}")
    write_lines(folder / "readers.tsv", lines)


def pick_article(random: Random, reader: int) -> int:
    """Returns an article; four of five are of the reader's own section."""
    own = random.random() < 0.8
    section = 2 * reader % 4 if own else int(random.random() * 4)
    return section + 4 * int(random.random() * 10)


def write_impressions(folder: Path, random: Random) -> None:
    """Writes two lists of five articles for each reader, of which one was clicked, and dirt."""
    lines = []
    for number in range(2 * READERS):
        reader = number % READERS
        clicked = pick_article(random, reader)
        shown = [f"N{(clicked + 7 * n) % 40}-{int(n == 0)}" for n in range(5)]
        random.shuffle(shown)
        at = MORNING + timedelta(seconds=int(random.random() * DAYS * 86_400))
        clock = f"{at.month}/{at.day}/{at.year} {at:%I:%M:%S %p}"
        history = " ".join(f"N{pick_article(random, reader)}" for _ in range(2))
        lines.append(f"{number + 1}\tU{reader}\t{clock}\t{history}\t{' '.join(shown)}")
    lines += [
        lines[0],  # the export wrote a line twice
        "101\tU1\t3/6/2025 9:00:00 AM\tN1\t",  # nothing was shown
        "102\tU2\t3/6/2025 9:00:00 AM\tN2\tN3-0 N4",  # a mark is missing
        "103\tU3\t6.3.2025 9:00\tN2\tN3-1",  # another clock
        "104\tU4\t3/6/2025 9:00:00 AM\tN2\tN3-0\tN4-1",  # a tab inside
    ]
    write_lines(folder / "impressions.tsv", lines)


def access_line(
    at: datetime, address: str, user: str, path: str, agent: int = 0, status: int = 200
) -> str:
    """Returns a line in the combined log format; `at` is an hour ahead of UTC."""
    size = 5000 + len(path)
    return (
        f'{address} - {user} [{at:%d/%b/%Y:%H:%M:%S} +0100] "GET {path} HTTP/1.1" {status} {size}'
        f' "-" "{AGENTS[agent]}"'
    )


def draw_reads(random: Random) -> list[tuple[datetime, str]]:
    """Returns 4 to 6 articles that each reader read."""
    rows = []
    for reader in range(READERS):
        for _ in range(4 + reader % 3):
            at = MORNING + timedelta(seconds=int(random.random() * DAYS * 86_400))
            path = f"/news/N{pick_article(random, reader)}?from=home"
            rows.append((at, access_line(at, f"192.0.2.{reader}", f"U{reader}", path)))
    return rows


def write_access_log(folder: Path, random: Random) -> None:
    """Writes the access log, with visitors who are not logged in, a crawler, files and errors."""
    rows = draw_reads(random)
    noon = MORNING + timedelta(hours=30)
    minute = timedelta(minutes=1)
    for n in range(12):  # six visitors, known by their address alone
        at = noon + n * 7 * minute
        rows.append((at, access_line(at, f"198.51.100.{n % 6}", "-", f"/news/N{3 * n}")))
    for n in range(40):  # a crawler that says so
        at = noon + n * minute
        rows.append((at, access_line(at, "203.0.113.9", "-", f"/news/N{n}", agent=1)))
    for n in range(15):
        at = noon + n * 3 * minute
        rows.append((at, access_line(at, f"192.0.2.{n}", f"U{n}", "/static/style.css")))
    for n in range(4):
        at = noon + n * 5 * minute
        rows.append((at, access_line(at, f"192.0.2.{n}", f"U{n}", "/news/N99", status=404)))
    lines = [line for _, line in sorted(rows)]
    lines.insert(100, lines[99][:40])  # cut when the disk was full
    lines.insert(200, "-- log rotated --")
    write_lines(folder / "access.txt", lines)


def write_lines(file: Path, lines: list[str]) -> None:
    """Writes `lines`, each with its end."""
    file.write_text("\n".join(lines) + "\n")


def main(folder: Path) -> None:
    """Writes all files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(SEED)
    write_articles(folder)
    write_readers(folder)
    write_impressions(folder, random)
    write_access_log(folder, random)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
