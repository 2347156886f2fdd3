"""A page of the documentation, run as its reader would: every command, in order."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.ya?ml)\n")


@dataclass(frozen=True)
class Document:
    """A Markdown page whose ```sh blocks are commands, and whose ```yaml blocks are files.

    A YAML block that begins with `# name.yaml` is written under that name.
    """

    path: Path

    def section(self, title: str) -> str:
        """Returns the text under the heading `title`."""
        parts = re.split(r"^## (.+)\n", self.path.read_text(), flags=re.MULTILINE)
        sections = dict(zip(parts[1::2], parts[2::2], strict=True))
        assert title in sections, f"{self.path.name} has {list(sections)}"
        return sections[title]

    def run(self, title: str, folder: Path, environment: dict[str, str]) -> str:
        """Runs the section's blocks in `folder`; returns what they printed.

        Raises:
            AssertionError: a command failed.
        """
        printed = []
        for language, body in _FENCE.findall(self.section(title)):
            if language == "yaml" and (name := _FILE.match(body)):
                (folder / name[1]).write_text(body)
            elif language == "sh":
                printed.append(_shell(body, folder, environment))
        assert printed, f"'{title}' of {self.path.name} has no command"
        return "\n".join(printed)


def _shell(script: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment, text=True, capture_output=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout
