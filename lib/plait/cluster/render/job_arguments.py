"""Checks a verb's own arguments before it is submitted, so that a typo does not start pods."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from plait.cluster.cluster_verbs import Verb
from plait.errors import UnknownArgument, nearest

_FIXED_ARGUMENT_FIXES = {
    "--config": "The project file on the cluster is the chart's: "
    "helm upgrade ... --set-file project=plait.yaml",
    "--engine": "On a cluster fuse runs on Spark; `plait fuse` runs on this machine.",
}


def check_arguments(verb: Verb, given: Sequence[str], known: Iterable[str] = ()) -> list[str]:
    """Returns `given` in the form that the job on the cluster accepts.

    Args:
        verb: the verb to submit.
        given: the arguments that `plait submit` itself does not define.
        known: options of `plait submit`, to suggest the nearest name for a typo.

    Raises:
        UnknownArgument: an argument is unknown, missing, or has an invalid value.
    """
    parser = verb.parser()
    options = {name: action for action in parser._actions for name in action.option_strings}
    parser.exit_on_error = False
    parser.error = lambda message: _raise_refused(verb, message)  # type: ignore[method-assign]
    for token in given:
        name = token.split("=", 1)[0]
        if name.startswith("-") and not _is_number(name):
            if name not in options:
                _raise_unknown(
                    verb, name, {*options, *known} - verb.set_by_template - {"-c", "-h", "--help"}
                )
            fixed = verb.set_by_template & set(options[name].option_strings)
            for long in fixed:
                raise UnknownArgument(
                    f"{name} is not an option of `plait submit {verb.name}`.",
                    fix=_FIXED_ARGUMENT_FIXES[long],
                )
    try:
        _, left = parser.parse_known_args(list(given))
    except (argparse.ArgumentError, ValueError) as error:
        _raise_refused(verb, str(error))
    if left:
        _raise_unknown(verb, left[0], options)
    return list(given)


def describe_options(verb: Verb) -> list[tuple[str, str]]:
    """Returns (option, help text) of the verb's own arguments, for --help."""
    lines = []
    for action in verb.parser()._actions:
        if action.dest in ("help", "workers") or verb.set_by_template & set(action.option_strings):
            continue
        value = "" if action.nargs == 0 else f" {action.dest.upper()}"
        lines.append((f"{', '.join(action.option_strings)}{value}", str(action.help or "")))
    return lines


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-\d+(\.\d+)?", text) is not None


def _raise_unknown(verb: Verb, name: str, known: Iterable[str]) -> NoReturn:
    raise UnknownArgument(
        f"`plait submit {verb.name}` does not know '{name}'.",
        allowed=nearest(name, known),
        fix=f"See: plait submit {verb.name} --help",
    )


def _raise_refused(verb: Verb, message: str) -> NoReturn:
    raise UnknownArgument(
        f"`plait submit {verb.name}`: {message}.", fix=f"See: plait submit {verb.name} --help"
    )
