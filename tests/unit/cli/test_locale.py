"""Any locale will do: files are UTF-8, and what a terminal cannot show is escaped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

UTF8 = "é漢".encode()
LOCALES = {
    "C": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, UTF8),
    "ascii": ({"PYTHONIOENCODING": "ascii"}, UTF8),
    "latin-1": ({"PYTHONIOENCODING": "latin-1"}, b"\xe9\\u6f22"),
}
# As a command does: tables by rich, lines by typer.
SAID = """
import typer
from pathlib import Path
from plait.cli import main
from plait.cli.console import output_console
main.app = lambda **_: (output_console().print("é漢"), typer.echo("é漢"),
                         typer.echo(Path("é漢").exists()), 0)[-1]
main.main()
"""


@pytest.mark.parametrize("locale", LOCALES)
def test_any_file_is_found_and_what_the_terminal_cannot_show_is_escaped(
    locale: str, tmp_path: Path
) -> None:
    (tmp_path / "é漢").touch()
    variables, shown = LOCALES[locale]
    done = subprocess.run(
        [sys.executable, "-c", SAID.replace("é漢", r"\xe9\u6f22")],
        capture_output=True, check=False, env=os.environ | variables, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [shown, shown, b"True"]


def test_every_text_file_names_its_encoding(repository: Path) -> None:
    """The rule is one that ruff tries out (preview), so pyproject.toml does not turn it on."""
    rule = ["ruff", "check", "--isolated", "--preview", "--select", "PLW1514", "--no-cache"]
    done = subprocess.run(
        [sys.executable, "-m", *rule, "lib", "serve", "jobs"],
        capture_output=True, text=True, check=False, cwd=repository,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
