"""The walk in docs/architecture.md is the code's: the functions are there and call each other."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

_STEP = re.compile(r"^\| `([\w.]+)` \| `([\w.]+)` \|", re.MULTILINE)
_CODE = re.compile(r"`([\w./]+/[\w./]*)`")


def _document(repository: Path) -> str:
    return (repository / "docs" / "architecture.md").read_text()


def _steps() -> list[tuple[str, str]]:
    text = _document(Path(__file__).parents[2])
    return _STEP.findall(text)


def _find(name: str) -> Any:
    """Returns what `plait.<name>` is: a function, a class or a method."""
    parts = ["plait", *name.split(".")]
    for end in range(len(parts), 1, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    msg = f"there is no {name}"
    raise AssertionError(msg)


def _names_in(thing: Any) -> set[str]:
    """Returns every name and attribute that the source of `thing` reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing))))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):  # `from ... import fuse as run`, then run(...)
        if isinstance(node, ast.ImportFrom):
            names |= {a.name for a in node.names if a.asname is None or a.asname in names}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_file_that_a_document_or_a_comment_names_is_there(repository: Path) -> None:
    files = [p.relative_to(repository).as_posix() for p in repository.rglob("*.py")
             if not {".venv", "site"} & set(p.parts)]  # fmt: skip
    elsewhere = {"ray/serve/_private/haproxy_templates.py"}  # Ray's own
    texts = [*repository.glob("*.md"), *repository.rglob("docs/**/*.md")]
    texts += (repository / "lib").rglob("*.py")
    gone = [
        f"{text.name}: {name}"
        for text in texts
        if ".venv" not in text.parts
        for name in re.findall(r"(?<![\w/])(\w+(?:/\w+)*/\w+\.py)\b", text.read_text())
        if not any(file.endswith(f"/{name}") or file == name for file in files)
        and name not in elsewhere
    ]
    assert not gone


def test_there_is_a_walk() -> None:
    assert len(_steps()) > 25


@pytest.mark.parametrize(("caller", "callee"), _steps())
def test_a_step_of_the_walk_is_taken(caller: str, callee: str) -> None:
    assert callable(_find(callee)) or isinstance(_find(callee), property)
    name = callee.rsplit(".", 1)[-1]
    # A kernel is called by the engine: its owner makes it and hands it over.
    wanted = callee.split(".")[-2] if name == "__call__" else name
    assert wanted in _names_in(_find(caller)), f"{caller} does not call {callee}"


def test_every_folder_of_the_table_exists_and_has_a_row(repository: Path) -> None:
    package = repository / "lib" / "plait"
    named = {name.strip("/") for name in _CODE.findall(_document(repository))}
    folders = {p.name for p in package.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders <= named
    for name in named:
        assert any((root / name).exists() for root in (package, repository)), name
