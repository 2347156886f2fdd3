"""`plait pseudonyms rotate` says what to do next, and never shows a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plait.privacy.pseudonym_key import parse_keys
from tests.unit.cli.conftest import Shop, _open_shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose key is the file in its store."""
    shop = _open_shop(tmp_path, None, monkeypatch)
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY")
    return shop


def test_the_next_fuse_is_under_the_fresh_key(shop: Shop) -> None:
    assert "there is no pseudonym key" in shop.refused("pseudonyms", "rotate")
    shop.fuse("a")
    said = shop.run("pseudonyms", "rotate").stdout
    text = (Path(shop.uri) / "pseudonym.key").read_text()
    assert not any(line in said for line in text.split())
    chain = parse_keys(text, "it")
    assert f"a_{chain.id}_ instead of a_{chain.first.id}_" in said
    assert f"plait fuse -c {shop.folder / 'plait.yaml'}" in said
    assert "Full (settings changed: pseudonyms.key)" in shop.run("fuse").stdout


def test_keys_of_the_environment_go_to_a_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "k" * 64)
    assert "rotate --to FILE" in shop.refused("pseudonyms", "rotate")
    new = shop.folder / "keys.new"
    said = shop.run("pseudonyms", "rotate", "--to", str(new))
    assert "Set PLAIT_PSEUDONYM_KEY to all lines" in said.stdout
    assert new.read_text().startswith("k" * 64 + "\n")
    assert not any(line in said.stdout for line in new.read_text().split())
    record = json.loads(shop.run("pseudonyms", "rotate", "--to", str(new) + "2", "--json").stdout)
    assert (record["file"], record["before"]) == (f"{new}2", "f806")


def test_posted_events_of_another_key_are_told(shop: Shop) -> None:
    from plait.cli.console import output_console
    from plait.cli.fuse_notes import print_notes

    console = output_console()
    with console.capture() as caught:
        print_notes(console, {"shop": {"noted": {"unknown_key": 4}}})
    said = " ".join(caught.get().split())
    assert "not given here" in said
    assert "4 of 'shop'" in said
