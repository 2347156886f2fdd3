from __future__ import annotations

import email
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import plait


def test_import_is_light() -> None:
    light = "import sys, plait; assert not {'torch', 'ray', 'pyspark', 'polars'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", light], check=True)


def test_every_public_name_is_there() -> None:
    assert dir(plait) == sorted(plait.__all__)
    for name in plait.__all__:
        assert getattr(plait, name).__module__.startswith(plait._EXPORTS[name])
    with pytest.raises(AttributeError, match="no attribute 'fuze'"):
        _ = plait.fuze


def test_the_wheel_holds_the_package(tmp_path: Path, repository: Path) -> None:
    (built,) = WheelBuilder(str(repository)).build(directory=str(tmp_path))
    wheel = zipfile.ZipFile(built)
    names = wheel.namelist()
    assert {"plait/__init__.py", "plait/py.typed", "plait/pins.txt"} <= set(names)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"plait"}
    home = next(name for name in names if name.endswith("/METADATA"))
    about = email.message_from_bytes(wheel.read(home))
    assert about["License-Expression"] == "Apache-2.0"
    licence = wheel.read(f"{home.removesuffix('METADATA')}licenses/{about['License-File']}")
    assert licence == (repository / "LICENSE").read_bytes()
    assert len(about.get_all("Project-URL", [])) == 4


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
    code = "import sys; from plait.contracts.store_tables import EVENTS; assert EVENTS.polars"
    code += "; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
