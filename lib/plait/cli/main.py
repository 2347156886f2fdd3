"""The `plait` command."""

from __future__ import annotations

import codecs
import io
import os
import sys
from importlib.metadata import version as installed_version
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from plait.cli import (
    config_command,
    identity,
    models_command,
    pseudonyms_command,
    submit_command,
    vault_command,
    versions_command,
)
from plait.cli.bots_command import bots
from plait.cli.cancel_command import cancel
from plait.cli.check_command import check
from plait.cli.demo_command import demo
from plait.cli.diff_command import diff
from plait.cli.doctor_command import doctor
from plait.cli.erase_command import erase
from plait.cli.evaluate_command import evaluate
from plait.cli.fuse_command import fuse
from plait.cli.gc_command import gc
from plait.cli.init_command import init
from plait.cli.logs_command import logs
from plait.cli.quarantine_command import quarantine
from plait.cli.recommend_command import recommend
from plait.cli.serve_command import serve
from plait.cli.status_command import status
from plait.cli.train_command import train
from plait.errors import PlaitError

INTERRUPTED_EXIT, INTERNAL_EXIT = 130, 70

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Recommendations across platforms: raw logs to a live endpoint.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(show: bool = True) -> None:
    if show:
        typer.echo(f"plait {installed_version('plait')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Recommendations across platforms: raw logs to a live endpoint."""


def version() -> None:
    """Show the version of plait."""
    _show_version()


# In the order in which a project uses them.
app.command()(demo)
app.command()(init)
app.add_typer(config_command.app, name="config")
app.command()(check)
app.command()(fuse)
app.command()(quarantine)
app.command()(bots)
app.add_typer(identity.app, name="identity")
app.add_typer(versions_command.app, name="versions")
app.command()(diff)
app.add_typer(pseudonyms_command.app, name="pseudonyms")
app.add_typer(vault_command.app, name="vault")
app.command()(gc)
app.command()(erase)
app.command()(train)
app.add_typer(models_command.app, name="models")
app.command()(models_command.promote)
app.command()(evaluate)
app.command()(recommend)
app.command()(serve)
app.add_typer(submit_command.app, name="submit")
for _verb in (status, logs, cancel, doctor):
    app.command()(_verb)
app.command()(version)


def main() -> None:
    """Runs the command line. Every error ends with a message and an exit code."""
    _use_utf8_file_names()
    _escape_unprintable()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except PlaitError as error:
        _print_error(error.headline, str(error).removeprefix(f"{error.headline}: "))
        sys.exit(error.exit_code)
    except TyperException as error:  # an error in the command line itself
        mistake: Any = error  # Typer does not declare the attributes used here
        mistake.show()
        sys.exit(mistake.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED_EXIT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("PLAIT_DEBUG"):
            raise
        if fault := _storage_error(error):
            _print_error(fault.headline, str(fault).removeprefix(f"{fault.headline}: "))
            sys.exit(fault.exit_code)
        what = f"{type(error).__name__}: {error}. Set PLAIT_DEBUG=1 to see where, and report it."
        _print_error("A bug in plait", what)
        sys.exit(INTERNAL_EXIT)


def _use_utf8_file_names() -> None:
    """Restarts Python in UTF-8 mode if the locale allows only ASCII file names."""
    if codecs.lookup(sys.getfilesystemencoding()).name == "ascii":
        os.environ["PYTHONUTF8"] = "1"  # for child processes
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _escape_unprintable() -> None:
    """Escapes characters that the terminal's encoding lacks. ASCII means that no locale is set."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            known = codecs.lookup(stream.encoding).name
            encoding = "utf-8" if known == "ascii" else known
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _storage_error(error: Exception) -> PlaitError | None:
    """Returns the error of the store, without secrets; None if it is none.

    It is one of S3 raised while a table was read, or one of a data file that is damaged.
    """
    from plait.store.storage_errors import describe_unreadable, is_from_s3, to_store_error

    return to_store_error(error, "s3://") if is_from_s3(error) else describe_unreadable(error)


def _print_error(headline: str, text: str) -> None:
    typer.echo(typer.style(headline, fg="red", bold=True) + f": {text}", err=True)


if __name__ == "__main__":
    main()
