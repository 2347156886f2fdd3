from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path


def test_import_is_light() -> None:
    light = "import sys, plait; assert not {'torch', 'ray', 'pyspark', 'polars'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", light], check=True)


def test_every_public_name_is_there() -> None:
    code = "import plait; [getattr(plait, name) for name in plait.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_wheel_holds_the_package(tmp_path: Path, repository: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path)]
    subprocess.run(command, check=True, cwd=repository, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert "plait/__init__.py" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"plait"}


def test_no_file_is_long(repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], check=True, cwd=repository, capture_output=True, text=True
    ).stdout.split()
    long = {f: n for f in listed if (n := len((repository / f).read_text().splitlines())) > 400}
    assert not long


def test_a_setting_of_the_user_goes_before_the_default() -> None:
    show = "import os, plait; print(os.environ['OMP_WAIT_POLICY'])"
    bare = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    for own, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        done = subprocess.run(
            [sys.executable, "-c", show], capture_output=True, text=True, env=bare | own, check=True
        )
        assert done.stdout.strip() == expected


def test_a_table_needs_no_pandas() -> None:
    """Where Spark brought it along, it costs half a second at every start."""
    code = "import sys; from plait.contracts.tables import EVENTS; assert EVENTS.polars"
    code += "; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
