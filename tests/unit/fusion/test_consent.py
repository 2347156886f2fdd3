"""Who does not consent is joined to nobody, and reaches no sequence but its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.features.trainable import keep_trainable

from .small import Fused, fuse_in, platform

_NAMES = ("ann", "bob", "cid", "dot")
_PLATFORMS = ("news", "shop", "video")
_WORDS = {"yes": True, "no": False, "": None}


def _write(folder: Path, said: dict[tuple[str, str], tuple[str, str, str]]) -> dict[str, Any]:
    """Writes the same four people on three platforms; `said` is what an account consents to."""
    platforms = {}
    for name in _PLATFORMS:
        events = [f"{who},{name[0]}{n},17000000{n}0" for who in _NAMES for n in range(2)]
        (folder / f"{name}.csv").write_text("\n".join(["user,item,time", *events, ""]))
        mails = [f"{who},{who}@example.com" for who in _NAMES]
        (folder / f"{name}who.csv").write_text("\n".join(["id,mail", *mails, ""]))
        words = [f"{who},{','.join(w)}" for (p, who), w in said.items() if p == name]
        (folder / f"{name}may.csv").write_text("\n".join(["id,link,share,train", *words, ""]))
        log = {
            "files": f"{name}may.csv",
            "columns": {"account": "id", "link": "link", "share": "share", "train": "train"},
        }
        platforms[name] = platform(
            f"{name}.csv",
            accounts={"files": f"{name}who.csv", "account": "id", "keys": {"email": "mail"}},
            consent={"default": ["train"], "logs": log},
        )
    return platforms


def _check_apart(fused: Fused, said: dict[tuple[str, str], tuple[str, str, str]]) -> None:
    """Asserts that each event is where its account's consent allows it, and nowhere else."""
    steps = fused.sequences.select("person", "platform", "own_platform").explode("platform")
    alone = steps.filter("own_platform")
    who = [w for w in _NAMES for p in _PLATFORMS if _joins(said, p, w)]
    together = fused.accounts.filter(pl.col("link") & pl.col("share"))
    assert together["person"].n_unique() == len({*who})
    assert alone.group_by("person").agg(pl.col("platform").n_unique())["platform"].max() in (
        None,
        1,
    )
    joined = fused.accounts.group_by("person").agg(
        pl.len(), (pl.col("link") & pl.col("share")).all()
    )
    assert joined.filter(pl.col("len") > 1)["link"].all()
    refused = sum(
        not (_WORDS[words[0]] and _WORDS[words[1]])
        for p in _PLATFORMS
        for who in _NAMES
        for words in [said.get((p, who), ("", "", ""))]
    )
    assert alone["person"].n_unique() == refused
    used = keep_trainable(fused.sequences)["item"].list.len().sum()
    withheld = sum(words[2] == "no" for words in said.values())
    assert used == 2 * (len(_NAMES) * len(_PLATFORMS) - withheld)


def _joins(said: dict[tuple[str, str], tuple[str, str, str]], on: str, who: str) -> bool:
    """Returns whether an account may be joined."""
    words = said.get((on, who), ("", "", ""))
    return words[0] == words[1] == "yes"


_SAID = st.dictionaries(
    st.tuples(st.sampled_from(_PLATFORMS), st.sampled_from(_NAMES)),
    st.tuples(*(st.sampled_from(list(_WORDS)) for _ in range(3))),
)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_SAID, _SAID)
def test_consent_holds_in_every_run(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[tuple[str, str], tuple[str, str, str]],
    then: dict[tuple[str, str], tuple[str, str, str]],
) -> None:
    folder, other = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    _check_apart(fuse_in(folder, _write(folder, first)), first)
    again = fuse_in(folder, _write(folder, then))
    _check_apart(again, then)
    fresh = fuse_in(other, _write(other, then))
    shown = ["platform", "rule", "events", "link", "share", "train"]
    tables = [fused.accounts.select(shown).sort(shown) for fused in (again, fresh)]
    assert tables[0].equals(tables[1])  # the pseudonyms differ, the rest does not
