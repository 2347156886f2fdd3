"""`plait identity review`: asks about pairs near the threshold, and writes the answers down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.cli.identity.assertion_options import WhoOption, said_by
from plait.cli.identity.open_people import open_people
from plait.cli.identity.write_output import write_text
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.cli.identity.open_people import OpenPeople
    from plait.identity.review.answer_pairs import AnswersWritten
    from plait.identity.review.review_pairs import ReviewPair

_REASON = "answered in a review"


def review(
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            metavar="FILE",
            help="Write the answers of a CSV file to the log: account_a, account_b, same (yes or "
            "no), and if you like who and why. Default: answers are asked for. "
            "Example: --answers answers.csv",
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write the pairs to a CSV file, to fill in `same` and read with --answers. "
            "Default: none is written. Example: --export answers.csv",
        ),
    ] = None,
    show_values: Annotated[
        bool,
        typer.Option(
            "--show-values",
            help="Show what the accounts files say of both accounts, on this terminal only.",
        ),
    ] = False,
    limit: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="The most pairs. Unit: pairs. Example: --limit 100"),
    ] = 20,
    who: WhoOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Answer pairs near the threshold, the most informative first. Answers outrank the model.

    Without a terminal the pairs are only listed. Each answer is in the log at once, and counts
    from the next fuse.
    """
    from plait.identity.review.answer_file import question_rows
    from plait.identity.review.review_pairs import find_review_pairs

    opened = open_people(config)
    if answers is not None:
        _report(_write_file(opened, answers, who), str(config), as_json=as_json)
        return
    settings = opened.people.version.settings
    most = None if export is not None else limit
    pairs, count = find_review_pairs(opened.people, settings, opened.standing, most)
    if export is not None:
        write_text(export, question_rows(pairs).write_csv())
        typer.echo(
            f"{say_count(len(pairs), 'pair')}. Fill in `same`, then: "
            f"plait identity review --answers {export} -c {config}"
        )
    elif as_json:
        typer.echo(json.dumps(question_rows(pairs).to_dicts(), indent=2))
    elif not pairs:
        typer.echo(_nothing_to_ask(opened))
    else:
        _ask(opened, pairs, count, who, config, show_values=show_values)


def _ask(
    opened: OpenPeople,
    pairs: list[ReviewPair],
    count: int,
    who: str | None,
    config: Path,
    *,
    show_values: bool,
) -> None:
    """Asks about `pairs`, the first of `count`, on a terminal; or lists them."""
    from plait.cli.identity.print_review import print_pair, read_values
    from plait.identity.assertions.assertion import Assertion
    from plait.identity.review.answer_pairs import write_answers
    from plait.store.require_writable import require_writable

    console, asks, by = output_console(), is_terminal(), said_by(who)
    if asks:
        require_writable(opened.store)
    values = read_values(opened, pairs) if show_values else {}
    written = 0
    for number, pair in enumerate(pairs, 1):
        print_pair(console, pair, f"{number} of {count:,}", values)
        answer = _prompt() if asks else "skip"
        if answer == "quit":
            break
        if answer != "skip":
            ends = [(each.account, each.platform) for each in (pair.one, pair.two)]
            said = Assertion("answer", ends[0], ends[1], answer == "yes", by, _REASON)
            written += write_answers(opened.store, [said]).written
    if written:
        typer.echo(f"{say_count(written, 'answer')} in the log. Next: plait fuse -c {config}")
    elif not asks:
        typer.echo(f"{say_count(count, 'pair')} to answer. Run it in a terminal, or: "
                   f"plait identity review --export answers.csv -c {config}")  # fmt: skip


def is_terminal() -> bool:
    """Returns whether somebody can answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _prompt() -> str:
    """Returns yes, no, skip or quit."""
    words = {word[: len(word) if whole else 1]: word
             for word in ("yes", "no", "skip", "quit") for whole in (True, False)}  # fmt: skip
    while True:
        text = typer.prompt("One person? yes, no, skip, quit", default="skip", show_default=False)
        if found := words.get(text.strip().lower()):
            return found


def _write_file(opened: OpenPeople, path: Path, who: str | None) -> tuple[AnswersWritten, int]:
    """Writes the answers of a file to the log; returns what became of them, and blank rows."""
    from plait.identity.review.answer_file import name_answers, read_answers
    from plait.identity.review.answer_pairs import write_answers
    from plait.store.require_writable import require_writable

    require_writable(opened.store)
    answers, blank = read_answers(path)

    def name(text: str) -> tuple[str, str]:
        from plait.identity.assertions.name_account import name_account

        return name_account(text, opened.project, opened.key, opened.store, opened.standing)

    said = name_answers(path, answers, name, said_by(who), _REASON)
    return write_answers(opened.store, said), blank


def _report(found: tuple[AnswersWritten, int], config: str, *, as_json: bool) -> None:
    written, blank = found
    n = written.written
    if as_json:
        record = {"written": n, "already": written.already, "blank": blank}
        typer.echo(json.dumps(record))
        return
    more = [
        f"{written.already:,} were in the log already" if written.already else "",
        f"{blank:,} rows have no answer" if blank else "",
    ]
    said = "; ".join([f"{say_count(n, 'answer')} in the log", *(text for text in more if text)])
    typer.echo(f"{said}." + (f" Next: plait fuse -c {config}" if n else ""))


def _nothing_to_ask(opened: OpenPeople) -> str:
    from plait.identity.review.review_pairs import THRESHOLD

    if opened.people.version.settings.get(THRESHOLD) is None:
        return (
            "There is nothing to review: records are not compared. Set people.link in the project "
            "file, then run `plait fuse`."
        )
    return "There is nothing to review: no pair is near the threshold, or all are answered."
