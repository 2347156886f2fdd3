"""A store that can only be read: what reads works, what writes says so before it begins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.store import Store
from plait.store.require_writable import ReadOnlyStore, require_writable
from tests.faults.proxy import between
from tests.unit.conftest import PLATFORMS, Small

# Runs verbs in one process, as a read-only mount sees them, and prints what each did.
RUN = """
import contextlib, io, json, sys
from plait.cli.main import main
done = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["plait", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            done.append([ended.code, out.getvalue(), err.getvalue()])
print(json.dumps(done))
"""
READ = {
    "versions": ["versions"],
    "show": ["versions", "show", "1"],
    "models": ["models"],
    "recommend": ["recommend", "--platform", "shop", "--account", "u0", "--json"],
    "evaluate": ["evaluate", "--version", "v1", "--json", "out/report.json", "-q"],
    "dry": ["gc", "--keep", "1", "--dry-run"],
}
WRITE = {
    "fuse": ["fuse"],
    "train": ["train"],
    "promote": ["promote", "v1"],
    "models rollback": ["models", "rollback"],
    "versions rollback": ["versions", "rollback", "1"],
    "gc": ["gc", "--keep", "1"],
    "serve": ["serve"],
}


@pytest.fixture
def project(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the small project with a file of its own, and the current folder."""
    monkeypatch.chdir(tmp_path)
    platforms = {
        name: {
            "events": {
                "files": f"{name}.csv",
                "columns": {"account": "user", "item": "item", "time": "time"},
                "type": "purchase",
            }
        }
        for name in PLATFORMS
    }
    for name in PLATFORMS:
        (tmp_path / f"{name}.csv").write_text("user,item,time\nann,i1,1700000000\n")
    file = tmp_path / "plait.yaml"
    file.write_text(json.dumps({"store": "store", "platforms": platforms}))
    shutil.copytree(small.store.uri, tmp_path / "store")
    yield file


def run(verbs: list[list[str]], *around: str) -> list[tuple[int, str, str]]:
    """Returns the exit code, output and errors of each verb, run in one process `around`."""
    done = subprocess.run(
        [*around, sys.executable, "-c", RUN, json.dumps(verbs)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


def check(done: list[tuple[int, str, str]]) -> None:
    for name, (code, out, err) in zip([*READ, "diff"], done, strict=False):
        assert code == 0, f"{name}: {out}{err}"
    for name, (code, out, err) in zip(WRITE, done[len(READ) + 1 :], strict=True):
        assert code == 2, f"{name}: {out}{err}"
        assert "ReadOnlyStore: the store '" in err, f"{name}: {err}"
        assert "can be read, but not written" in err, err
        assert "Traceback" not in err
    assert Path("out/report.json").exists()


@pytest.mark.slow
def test_a_folder_on_a_read_only_mount(project: Path) -> None:
    store = project.parent / "store"
    mounted = f"mount --bind '{store}' '{store}' && mount -o remount,ro,bind '{store}'"
    space = ["unshare", "--user", "--map-root-user", "--mount"]
    around = [*space, "sh", "-c", f'{mounted} && "$@"', ""]
    before = sorted(str(path) for path in store.rglob("*"))
    verbs = [*READ.values(), ["diff", "1", "store@1"], *WRITE.values()]
    done = run([*verbs, ["doctor"]], *around)
    doctor = done.pop()
    check(done)
    assert all("read-only mount" in err for _, _, err in done[len(READ) + 1 :])
    assert "is on a read-only mount (store versions: 1)" in " ".join(doctor[1].split())
    assert sorted(str(path) for path in store.rglob("*")) == before


@pytest.mark.slow
def test_a_bucket_that_refuses_writes(
    project: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = request.getfixturevalue("bucket")
    store = project.parent / "store"
    for path in store.rglob("*"):
        if path.is_file() and path.name != "pseudonym.key":
            bucket.put(f"plait/{path.relative_to(store)}", path.read_bytes())
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", (store / "pseudonym.key").read_text().strip())
    text = project.read_text().replace('"store": "store"', f'"store": "{bucket.uri}/plait"')
    project.write_text(text)
    with between(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        proxy.refuse = ("PUT", "POST", "DELETE")
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        before = bucket.keys()
        verbs = [*READ.values(), ["diff", "1", f"{bucket.uri}/plait@1"], *WRITE.values()]
        done = run(verbs)
        check(done)
        assert all("PutObject and DeleteObject" in err for _, _, err in done[len(READ) + 1 :])
        assert bucket.keys() == before


def test_a_folder_of_another_user_inside_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anything, so the answer of access(2) stands in for another user's."""
    store.publish({}, {}, [])
    require_writable(store)
    theirs = str(store.path("versions"))
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: str(p) != theirs and access(p, mode))
    with pytest.raises(ReadOnlyStore, match=r"'.*/versions' has mode 0\d+ and belongs to user"):
        require_writable(store)
