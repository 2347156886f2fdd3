"""`--help` describes every option of every verb: its meaning, unit, default and an example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from plait.cli.main import app
from plait.jobs import evaluate_job, fuse_job, recommend_job, train_job


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, f"{path} {name}")


COMMANDS = dict(_walk(typer.main.get_command(app), "plait"))
OPTIONS = {
    f"{path} {parameter.name}": parameter
    for path, command in COMMANDS.items()
    for parameter in command.params
}
JOB_OPTIONS = {
    f"{job.__name__} {action.dest}": action
    for job in (evaluate_job, fuse_job, recommend_job, train_job)
    for action in job.parser()._actions
    if action.dest != "help"
}


def _find_gaps(said: str, *, number: bool, silent: bool) -> list[str]:
    """Returns what a help text leaves unsaid.

    Args:
        said: the text.
        number: whether the option takes a number.
        silent: whether nothing else shows its default.
    """
    meaning, gaps = re.split(r" (?:Unit|Default|Example):", said)[0], []
    if len(meaning.split()) < 2 or not meaning.endswith("."):
        gaps.append("no description in a sentence")
    if "Example: " not in said:
        gaps.append("no example")
    if number and "Unit: " not in said:
        gaps.append("no unit")
    if silent and "Default: " not in said:
        gaps.append("no default")
    return gaps


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_has_meaning_unit_default_and_example(name: str) -> None:
    option = OPTIONS[name]
    if getattr(option, "is_flag", False):
        assert re.match(r"[A-Z].* .*\.$", option.help)
        return
    shown = option.default is not None or option.required or isinstance(option.show_default, str)
    number = option.type_descriptor.annotation in (int, float)
    assert not _find_gaps(option.help or "", number=number, silent=not shown)


@pytest.mark.parametrize("name", JOB_OPTIONS)
def test_a_jobs_argument_has_meaning_unit_default_and_example(name: str) -> None:
    action = JOB_OPTIONS[name]
    if action.nargs == 0:
        assert re.match(r"[A-Z].* .*\.$", action.help)
        return
    number = action.type in (int, float)
    assert not _find_gaps(action.help, number=number, silent=not action.required)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_verb_says_what_it_does(name: str) -> None:
    said = COMMANDS[name].help.strip().splitlines()[0]
    assert said[0].isupper()
    assert said.endswith(".")


def test_a_bare_number_has_four_gaps() -> None:
    assert len(_find_gaps("Of all.", number=True, silent=True)) == 3
    assert len(_find_gaps("", number=True, silent=True)) == 4
    said = "Items to return. Unit: items. Default: 10. Example: -k 20"
    assert not _find_gaps(said, number=True, silent=True)


def test_all_verbs_are_walked() -> None:
    assert {"plait fuse", "plait submit train", "plait models rollback"} <= set(COMMANDS)
    assert len(OPTIONS) > 100
