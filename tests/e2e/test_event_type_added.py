"""A plait with one more event type, in the middle of the list, over what today's plait made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import plait
from plait.config import load_config
from plait.contracts.event_types import EVENT_TYPE_CODE_COUNT
from plait.live.codec import pack_sequences
from plait.recommend.recommender import Recommender
from plait.store import Store
from tests.live_sequences import unpack_sequences

pytestmark = pytest.mark.slow
SCRIPT = """
import json, sys
from pathlib import Path
import polars as pl
from plait.config import load_config
from plait.contracts.event_types import EVENT_TYPES
from plait.live.codec import pack_sequences
from plait.recommend.recommender import Recommender
from plait.store import Store
from tests.live_sequences import unpack_sequences

assert EVENT_TYPES[-1] == "hide", EVENT_TYPES
project = load_config(Path(sys.argv[1]))
people = Store(project.store_uri).read("sequences").sort("person").head(20)
model = Recommender.load(project, version="v1")
scores = model.score(model.encode(people), "shop").total
hidden = people.with_columns(pl.col("type").list.eval(pl.lit("hide").first().repeat_by(
    pl.len()).explode()))
lists = model.recommend(hidden, "shop", 5)
records = Path(sys.argv[2])
steps, _ = unpack_sequences([bytes.fromhex(r) for r in json.loads(records.read_text())])
Path(sys.argv[3]).write_text(json.dumps({
    "scores": scores.tolist(),
    "lists": [len(one.items) for one in lists],
    "types": steps["type"].to_list(),
    "hidden": [record.hex() for _, record in pack_sequences(hidden)],
}))
"""


def test_models_and_records_mean_what_they_meant(small_file: Path, tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    shutil.copytree(Path(plait.__file__).parent, lib / "plait")
    vocabulary = lib / "plait" / "contracts" / "event_types.py"
    text = vocabulary.read_text()
    for before, after in (
        ('"view", "click", "play"', '"view", "hide", "click", "play"'),  # in EventType
        ('"rate": 16,', f'"rate": 16, "hide": {EVENT_TYPE_CODE_COUNT},'),
        ('"rate": 0.7,', '"rate": 0.7, "hide": -0.5,'),
    ):
        assert before in text
        text = text.replace(before, after, 1)
    vocabulary.write_text(text)
    project = load_config(small_file)
    people = Store(project.store_uri).read("sequences").sort("person").head(20)
    types = ["view", "dislike", "rate", "purchase"]
    mixed = people.with_columns(
        pl.col("item").list.eval(pl.element().rank("ordinal") % 4).alias("n")
    ).with_columns(
        pl.col("n").list.eval(pl.element().replace_strict(range(4), types)).alias("type")
    )
    records = tmp_path / "records.json"
    packed = [record.hex() for _, record in pack_sequences(mixed.drop("n"))]
    records.write_text(json.dumps(packed))
    script, said = tmp_path / "script.py", tmp_path / "said.json"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script, small_file, records, said],
        env={**os.environ, "PYTHONPATH": f"{lib}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    newer = json.loads(said.read_text())
    # The model is as right as it was, and takes the new type for nothing.
    model = Recommender.load(project, version="v1")
    scores = model.score(model.encode(people), "shop").total
    assert pl.Series(newer["scores"]).explode().to_list() == pytest.approx(
        scores.flatten().tolist(), abs=1e-5
    )
    assert newer["lists"] == [5] * 20
    # Records go both ways; a type that one of the two does not know is none.
    steps, _ = unpack_sequences([bytes.fromhex(record) for record in packed])
    assert newer["types"] == steps["type"].to_list()
    back, _ = unpack_sequences([bytes.fromhex(record) for record in newer["hidden"]])
    assert back["type"].null_count() == back.height > 100
