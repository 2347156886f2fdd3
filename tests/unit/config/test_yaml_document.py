from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plait.config import load_config
from plait.errors import ConfigError

PROJECT = """
store: Läden
platforms:
  {name}:
    events:
      files: Bücher.csv
      columns: {{account: {column}, item: sku, time: 1}}
      type: {{column: {column}, map: {{{column}: view, 007: like, 2024-01-01: share}}}}
train: {{cut: 2024-01-01, split: time, calendar: yes, learning_rate: 1e-3, epochs: null}}
"""
WORDS = ["no", "on", "off", "yes", "y", "true", "null", "~", "1", "010", "1_0", "1e3"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_text_wherever_a_name_stands(tmp_path: Path, word: str) -> None:
    name = word if word != "~" else "x"
    column = word if word not in ("~", "null") else f"'{word}'"
    file = tmp_path / "plait.yaml"
    file.write_text(PROJECT.format(name=name, column=column), encoding="utf-8")
    project = load_config(file)
    assert list(project.platforms) == [name]
    events = project.platforms[name].events[0]
    assert (events.columns.account.column, events.columns.time.column) == (word, "1")  # type: ignore[union-attr]
    assert events.type.map == {word: "view", "007": "like", "2024-01-01": "share"}
    assert (project.train.cut, project.train.calendar) == ("2024-01-01", True)
    assert (project.train.learning_rate, project.train.epochs) == (0.001, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_it_is_utf8_whatever_the_locale(tmp_path: Path, encoding: str, locale: str) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(PROJECT.format(name="shop", column="user"), encoding=encoding)
    say = (
        "import sys; from plait.config import load_config;"
        "p = load_config(sys.argv[1]);"
        "print(ascii([p.store, *p.platforms['shop'].events[0].files]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", say, file], capture_output=True, text=True, check=False,
        env=os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    assert done.stdout.strip() == ascii(["Läden", "Bücher.csv"]), done.stderr


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("latin-1", r"byte 0xe4 on line 2.*iconv -f WINDOWS-1252"),
        ("utf-16", "it is UTF-16.*iconv -f UTF-16 "),
        ("utf-16-le", "NUL bytes.*iconv -f UTF-16LE"),
        ("utf-16-be", "NUL bytes.*iconv -f UTF-16BE"),
        ("utf-32", "it is UTF-32"),
    ],
)
def test_another_encoding_is_named_with_the_command_that_mends_it(
    tmp_path: Path, encoding: str, seen: str
) -> None:
    file = tmp_path / "it's mine.yaml"
    file.write_bytes(PROJECT.format(name="shop", column="user").encode(encoding))
    with pytest.raises(ConfigError, match=seen) as caught:
        load_config(file)
    command = caught.value.fix.partition(": ")[2]
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert load_config(file).store == "Läden"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("platforms:\n  no: {}\n  'no': {}\n", "'no' occurs twice, on lines 2 and 3"),
        ('platforms:\n  1: {}\n  "1": {}\n', "'1' occurs twice"),
        ("? [a, b]\n: c\n", "the key on line 1 is a list"),
        ("? {a: b}\n: c\n", "the key on line 1 is a list or a mapping"),
        ("store: a\x07b\n", "is not YAML"),
        ("store: " + "[" * 5_000, "nested too deep"),
    ],
)
def test_what_is_no_name_is_refused(tmp_path: Path, text: str, seen: str) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=seen):
        load_config(file)


def test_a_merge_is_a_merge(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    shop = yaml.safe_load(PROJECT.format(name="shop", column="user"))["platforms"]["shop"]
    shop["events"]["columns"] = {"account": "user", "item": "sku", "time": "t"}
    shop["events"]["type"] = "view"
    text = yaml.safe_dump({"shop": shop}, allow_unicode=True).replace("shop:", "shop: &s")
    indented = text.replace("\n", "\n  ")
    file.write_text(f"store: s\nplatforms:\n  {indented}\n  video: {{<<: *s, kind: video}}\n")
    project = load_config(file)
    assert project.platforms["video"].events == project.platforms["shop"].events
    assert project.platforms["video"].kind == "video"
