"""`plait identity link`, `unlink`, `undo` and `log`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from typer.testing import CliRunner

from plait.cli.main import app
from plait.contracts.store_tables import TABLES
from plait.errors import PlaitError
from plait.store import Store

PROJECT = """\
store: store
people: {{max_accounts: 3}}
platforms:
  shop: {{events: {{files: shop.csv, {columns}}}}}
  video: {{events: {{files: video.csv, {columns}}}}}
"""
COLUMNS = "columns: {account: user, item: item, time: time}, time: {unit: s}, type: view"


@pytest.fixture(scope="module")
def fused_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    (folder / "plait.yaml").write_text(PROJECT.format(columns=COLUMNS))
    rows = "user,item,time\nann,i1,1700000000\nbob,i1,1700000100\nann,i2,1700000200\n"
    (folder / "shop.csv").write_text(rows)
    (folder / "video.csv").write_text("user,item,time\ncid,c1,1700000150\ndan,c1,1700000160\n")
    _run(folder, "fuse", "--json")
    return folder


@pytest.fixture
def folder(fused_once: Path, tmp_path: Path) -> Path:
    """The project, fused, with an empty identity log."""
    return Path(shutil.copytree(fused_once, tmp_path / "people"))


def _run(folder: Path, *arguments: str, code: int = 0) -> str:
    found = CliRunner().invoke(
        app, [*arguments, "-c", str(folder / "plait.yaml")], catch_exceptions=False
    )
    assert found.exit_code == code, found.output
    for raw in ("ann", "bob", "cid", "dan"):
        assert raw not in found.output
    return found.stdout


def _say(folder: Path, verb: str, *arguments: str) -> Any:
    return json.loads(_run(folder, "identity", verb, *arguments, "--why", "same invoice", "--json"))


def _refused(folder: Path, verb: str, *arguments: str) -> str:
    with pytest.raises(PlaitError) as caught:
        _say(folder, verb, *arguments)
    text = str(caught.value)
    assert not any(f"{raw}'" in text or f":{raw}" in text for raw in ("ann", "bob", "cid"))
    return text


def _tables(folder: Path) -> dict[str, pl.DataFrame]:
    store = Store(folder / "store")
    tables = {name: store.read(name) for name in TABLES if name != "person_changes"}
    return {
        name: table.sort([c for c, k in table.schema.items() if not k.is_nested()])
        for name, table in tables.items()
    }


def test_a_dry_run_says_what_a_fuse_then_does_and_an_undo_takes_it_back(folder: Path) -> None:
    before = _tables(folder)
    dry = _say(folder, "link", "shop:ann", "video:cid", "--dry-run")
    assert not list(folder.glob("store/identity/log/*"))
    done = _say(folder, "link", "shop:ann", "video:cid", "--who", "support-7")
    assert (dry["place"], dry["written"], done["place"], done["written"]) == (
        None, False, "1.0", True
    )  # fmt: skip
    assert dry["next_fuse"] == done["next_fuse"]
    told = done["next_fuse"]
    assert (told["change"], told["moved_accounts"]) == ("merge", 1)
    assert _say(folder, "link", "video:cid", "shop:ann")["already"]
    _run(folder, "fuse", "--json")
    accounts = Store(folder / "store").read("accounts")
    joined = accounts.filter(pl.col("person").is_in(list(told["persons_after"])))
    assert sorted(joined["account"]) == sorted(done["accounts"])
    undone = _say(folder, "undo", "1", "--dry-run")["next_fuse"]
    assert (undone["change"], undone["persons_before"]) == ("split", list(told["persons_after"]))
    assert _say(folder, "undo", "1.0")["next_fuse"] == undone
    _run(folder, "fuse", "--json")
    for name, table in _tables(folder).items():
        if name not in ("people", "accounts"):  # since of a split person: see the ledger
            assert table.equals(before[name]), name
    lines = [json.loads(line) for line in _run(folder, "identity", "log", "--json").splitlines()]
    first = lines[0]
    assert (first["place"], first["kind"], first["who"]) == ("1.0", "link", "support-7")
    assert (first["undone_by"], lines[1]["of"], lines[1]["why"]) == (2, "1.0", "same invoice")
    shown = _run(folder, "identity", "log")
    assert "2 lines in 2 entries" in shown
    assert "The log is whole" in shown


def test_what_contradicts_or_goes_too_far_is_refused(folder: Path) -> None:
    _say(folder, "unlink", "shop:ann", "video:cid", "--who", "support-7")
    said = _refused(folder, "link", "video:cid", "shop:ann")
    assert "support-7 said on" in said
    assert "plait identity undo 1.0" in said
    _say(folder, "link", "shop:ann", "shop:bob")
    assert "two persons" in _refused(folder, "link", "shop:bob", "video:cid")
    _say(folder, "link", "shop:bob", "video:dan")
    said = _refused(folder, "link", "shop:bob", "video:new")
    assert "have 4 accounts" in said
    assert "people.max_accounts: 4" in said
    assert "both are the same" in _refused(folder, "link", "shop:ann", "shop:ann")
    assert "Did you mean 'shop'" in _refused(folder, "link", "shpo:ann", "video:cid")
    assert "without its platform" in _refused(folder, "link", "ann", "video:cid")
    assert "without its id" in _refused(folder, "link", "shop:", "video:cid")
    unknown = "a_0000_" + "0" * 32
    assert "neither the store" in _refused(folder, "link", unknown, "video:cid")
    assert "no entry 9" in _refused(folder, "undo", "9")
    _run(folder, "identity", "undo", "x", "--why", "y", code=2)
    _run(folder, "identity", "link", "shop:ann", "video:dan", "--why", " ", code=2)
    assert len(_run(folder, "identity", "log", "--json").splitlines()) == 3


def test_a_pseudonym_names_an_account_and_an_unknown_one_is_kept_with_a_warning(
    folder: Path,
) -> None:
    ann = _say(folder, "unlink", "shop:ann", "video:cid")["accounts"][0]
    found = _say(folder, "link", ann, "video:new")
    assert found["next_fuse"]["unknown_accounts"] == [found["accounts"][1]]
    text = _run(folder, "identity", "undo", "2", "--why", "typo", "--dry-run")
    assert "changes no person" in text
    again = _say(folder, "unlink", found["accounts"][1], ann)
    assert again["accounts"] == found["accounts"][::-1]


def test_a_broken_log_is_told_and_its_break_accepted(folder: Path) -> None:
    _say(folder, "link", "shop:ann", "video:cid")
    _say(folder, "link", "shop:bob", "video:dan")
    _run(folder, "fuse", "--json")
    first, second = sorted(folder.glob("store/identity/log/*"))
    whole = first.read_bytes()
    first.write_bytes(whole.replace(b"same invoice", b"some invoice"))
    for verb in (["identity", "log"], ["fuse", "--json"]):
        with pytest.raises(PlaitError, match=r"CorruptLog: .*00000001.*--accept-break 1"):
            _run(folder, *verb)
    _run(folder, "identity", "log", "--accept-break", "1", code=2)
    shown = _run(folder, "identity", "log", "--accept-break", "1", "--why", "a disk failed")
    assert "accepted_break" in shown
    first.write_bytes(whole)
    assert "same invoice" in _run(folder, "identity", "log")
    for file in (second, second.with_name("00000003.json")):
        file.unlink()
    with pytest.raises(PlaitError, match=r"00000002.*is missing, although the current version"):
        _run(folder, "identity", "log")


def test_an_assertion_is_posted_with_its_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) > 1:
            detail = {"detail": "Too many.", "errors": [{"msg": "over 3 accounts"}]}
            return httpx.Response(409, json=detail)
        return httpx.Response(200, json={"person_id": "p_1", "merged": ["p_2"]})

    def post(url: str, **call: Any) -> httpx.Response:
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            return client.post(url, **call)

    monkeypatch.setattr(httpx, "post", post)
    monkeypatch.setenv("PLAIT_API_KEY", "k1")
    call = ("shop:ann", "video:cid", "--url", "http://h:1/", "--who", "me")
    assert _say(folder, "link", *call) == {"person_id": "p_1", "merged": ["p_2"]}
    assert (str(seen[0].url), seen[0].headers["X-API-Key"]) == (
        "http://h:1/v1/identities:link",
        "k1",
    )
    assert json.loads(seen[0].content) == {
        "accounts": [{"platform": "shop", "id": "ann"}, {"platform": "video", "id": "cid"}],
        "who": "me", "why": "same invoice",
    }  # fmt: skip
    assert "409: Too many. over 3 accounts" in _refused(folder, "unlink", *call)
    assert not list(folder.glob("store/identity/log/*"))
