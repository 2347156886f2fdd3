import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer
import yaml
from typer.testing import CliRunner

from plait.cli.evaluate_command import evaluate as command
from plait.config.parse_project import parse_config
from plait.errors import DamagedVersion, LeakyEvaluation, NoModel, NotFinite, StoreError
from plait.evaluation.evaluate_model import evaluate
from plait.evaluation.evaluation_protocols import UnknownProtocol, check_no_leak
from plait.evaluation.evaluation_report import EvaluationReport
from plait.evaluation.held_out_data import rebuild_held_out
from plait.evaluation.scorers import ModelScorer
from plait.features.folds import LeaveOneOut, TimeCut
from plait.models.family import FitData
from plait.models.popularity.popularity_model import PopularityModel
from plait.recommend.recommender import Recommender


@pytest.fixture(scope="module")
def full(small) -> EvaluationReport:
    return evaluate(small.project, "loo-full")


def test_report_has_the_model_the_baselines_and_intervals(full):
    report = full
    record = json.loads(report.json())
    assert record["protocol"] == "loo-full"
    assert record["model_version"] == "v1"
    assert set(record["platforms"]) == {"shop", "video"}
    assert set(record["baselines"]) == {"popularity", "item-item"}
    for figures in (record["platforms"], *record["baselines"].values()):
        shop = figures["shop"]
        for name in ("hr@5", "hr@10", "ndcg@10", "mrr", "precision@10", "f1@10"):
            low, high = shop[f"{name}_ci"]
            assert low <= shop[name] <= high
        assert shop["recall@10"] == shop["hr@10"]
        assert 0 < shop["accuracy@10"] < shop["accuracy_all_negative"] < 1
        assert 0 <= shop["pointwise"]["auc"] <= 1
    assert sum(p["n"] for p in record["platforms"].values()) == 60


def test_a_chain_is_found_by_item_item_and_not_by_popularity(full):
    for platform in ("shop", "video"):
        chain = full.baselines["item-item"][platform]["mrr"]
        assert chain > 1.5 * full.baselines["popularity"][platform]["mrr"]
        assert full.platforms[platform]["mrr"] > full.baselines["popularity"][platform]["mrr"]


def test_masking_history_makes_the_task_easier(small, full):
    masked = full
    open_ = evaluate(small.project, "loo-full-unmasked")
    for platform in ("shop", "video"):
        assert open_.platforms[platform]["candidates"] > masked.platforms[platform]["candidates"]
        assert open_.platforms[platform]["mrr"] < masked.platforms[platform]["mrr"]


def test_negatives_of_a_small_platform_are_all_its_unseen_items(small, full):
    sampled = evaluate(small.project, "loo-999").platforms
    for platform in ("shop", "video"):
        assert sampled[platform]["mrr"] == pytest.approx(full.platforms[platform]["mrr"])


def test_the_dump_gives_the_figures(small, tmp_path: Path):
    report = evaluate(small.project, "loo-full", dump=tmp_path / "deep" / "ranks.parquet")
    ranks = pl.read_parquet(tmp_path / "deep" / "ranks.parquet")
    assert ranks.columns == ["person", "platform", "item", "rank"]
    assert (ranks["item"].str.split(":").list.first() == ranks["platform"]).all()
    for platform, figures in report.platforms.items():
        own = ranks.filter(platform=platform)
        assert own.height == figures["n"]
        assert (1 / own["rank"]).mean() == pytest.approx(figures["mrr"])


def test_ranks_are_those_of_scores_asked_one_by_one(small, full):
    """The evaluation's chunks, masks and columns against the plainest reading of the protocol."""
    ours = Recommender.load(small.project, version="v1")
    held = rebuild_held_out(small.store, small.store.version(1), LeaveOneOut())
    sequences = small.store.read("sequences")
    touched = dict(sequences.select("person", "item").iter_rows())
    for row in range(0, len(held.test), 7):
        one = held.test.take(np.array([row]))
        person = held.people[int(one.row[0])]
        item = held.vocabulary.item_ids(one.item)[0]
        platform = item.partition(":")[0]
        own = sequences.filter(person=person)
        place = own["item"][0].to_list().index(item)
        lists = [c for c, kind in own.schema.items() if isinstance(kind, pl.List)]
        before = own.with_columns(pl.col(name).list.head(place) for name in lists)
        ids = sorted(i for i in held.vocabulary.items["item"] if i.startswith(f"{platform}:"))
        at = own["time"][0].dt.epoch("us")[place]
        ranked = ours.rank(before, platform, [ids], now=at)[0].items
        scores = {
            i.item: i.score for i in ranked if i.item not in touched[person] or i.item == item
        }
        better = sum(s > scores[item] + 1e-5 for s in scores.values())
        found = full.ranks.filter(person=person)["rank"][0]
        assert found == pytest.approx(1 + better, abs=0.01)


def test_targets_are_asked_for_at_their_own_time(small, monkeypatch: pytest.MonkeyPatch):
    asked: dict[str, list[np.ndarray]] = {"shop": [], "video": []}
    score = ModelScorer.score

    def told(self, history, platform, now):
        asked[platform].append(now)
        return score(self, history, platform, now)

    monkeypatch.setattr(ModelScorer, "score", told)
    evaluate(small.project, "loo-full")
    held = rebuild_held_out(small.store, small.store.version(1), LeaveOneOut())
    for code, platform in enumerate(held.vocabulary.platforms):
        parts = (held.validation, held.test)  # the former calibrate
        times = np.concatenate([part.time[part.platform == code] for part in parts])
        np.testing.assert_array_equal(np.unique(np.concatenate(asked[platform])), np.unique(times))
    # And the model hears of it: the last events of early histories are far from the present.
    scorer = ModelScorer("ours", Recommender.load(small.project, version="v1").model)
    whole = held.test.history
    history = whole.take(np.arange(len(whole)), np.full(len(whole), 5))
    present = np.full(len(history), held.test.time.max())
    then = history.time[history.offsets[1:] - 1]
    assert not np.allclose(
        score(scorer, history, "shop", present), score(scorer, history, "shop", then)
    )


def test_baselines_learn_from_the_training_part_alone(small):
    held = rebuild_held_out(small.store, small.store.version(1), LeaveOneOut())
    known = held.train.take(held.validation.row)
    np.testing.assert_array_equal(known.item, held.validation.history.item)
    np.testing.assert_array_equal(known.offsets, held.validation.history.offsets)
    assert len(held.validation) == len(held.test) == 60
    baseline = ModelScorer("popularity", PopularityModel.fit(FitData(held.vocabulary, held.train)))
    counts = [
        baseline.score(held.test.history, platform, None)[0].sum() for platform in ("shop", "video")
    ]
    assert sum(counts) == len(held.train.item) <= 60 * 10


def test_time_asks_what_came_after_the_cut(small):
    ours = Recommender.load(small.project, version="v3")
    cut = ours.model.provenance.cut
    held = rebuild_held_out(small.store, small.store.version(1), TimeCut(cut))
    assert held.train.time.max() < cut
    assert held.validation.history.time.max() < cut
    events = small.store.read("events").with_columns(pl.col("time").dt.epoch("us").alias("at"))
    for row in range(len(held.test)):
        person = held.people[int(held.test.row[row])]
        item = held.vocabulary.item_ids(held.test.item[row : row + 1])[0]
        at = events.filter(person=person, object_id=item)["at"].min()
        assert at >= cut
        assert held.test.history[row : row + 1].time.max() < at
    report = evaluate(small.project, "time", "v3")
    assert sum(p["n"] for p in report.platforms.values()) == len(held.test)


@pytest.mark.parametrize(
    ("protocol", "version"),
    [("time", "v1"), ("loo-999", "v3"), ("loo-full", "v4"), ("time", "v4")],
)
def test_refuses_a_version_that_saw_its_targets(small, protocol: str, version: str):
    with pytest.raises(LeakyEvaluation, match=rf"{version} held out.*plait train --split"):
        evaluate(small.project, protocol, version)


def test_refuses_pairs_that_held_out_different_events(small):
    with pytest.raises(LeakyEvaluation, match="v3 held out everything after its cut"):
        evaluate(small.project, "loo-full", "v1", against="v3")


def test_what_the_other_platform_is_worth(small):
    joint = evaluate(small.project, "loo-full", "v1", against="v2")
    assert joint.against is not None
    assert set(joint.platforms) == {"shop"} == set(joint.against["platforms"])
    change = joint.against["difference"]["shop"]
    ours, theirs = joint.platforms["shop"], joint.against["platforms"]["shop"]
    assert change["mrr"] == pytest.approx(ours["mrr"] - theirs["mrr"])
    assert change["mrr_ci"][0] <= change["mrr"] <= change["mrr_ci"][1]
    alone = evaluate(small.project, "loo-full", "v2")
    assert alone.platforms["shop"]["mrr"] == pytest.approx(theirs["mrr"])


def test_the_same_version_differs_by_nothing(small):
    report = evaluate(small.project, "loo-999", "v1", against="default:v1")
    assert report.against is not None
    assert report.against["difference"]["video"]["ndcg@10_ci"] == [0.0, 0.0]


def test_scores_that_are_not_numbers_are_refused(small, monkeypatch: pytest.MonkeyPatch):
    def broken(self, history, platform, now):
        return np.full((len(history), len(self.vocabulary.platform_items(platform))), np.nan)

    monkeypatch.setattr(ModelScorer, "score", broken)
    with pytest.raises(NotFinite, match="NaN or infinite"):
        evaluate(small.project, "loo-full")


def test_unknown_names_are_explained(small):
    with pytest.raises(UnknownProtocol, match="Did you mean 'loo-999'"):
        evaluate(small.project, "loo-99")
    with pytest.raises(NoModel, match="no version 'v77'"):
        evaluate(small.project, version="v77")
    with pytest.raises(NoModel, match="no model 'other'"):
        evaluate(small.project, against="other")


def test_a_damaged_version_is_refused(small, tmp_path: Path):
    shutil.copytree(small.project.store_path, tmp_path / "store")
    broken = tmp_path / "store" / "models" / "default" / "v1" / "weights.safetensors"
    broken.write_bytes(broken.read_bytes()[:-1])
    project = parse_config(
        small.project.model_dump(exclude_none=True, mode="json"), folder=tmp_path
    )
    with pytest.raises(DamagedVersion, match="differs from its checksum"):
        evaluate(project)


def test_a_dump_that_cannot_be_written(small, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        evaluate(small.project, "loo-full", dump=tmp_path / "file" / "ranks.parquet")


def test_split_none_is_refused_by_every_protocol():
    with pytest.raises(LeakyEvaluation, match="held out nothing"):
        check_no_leak("loo-999", "default v9", "none")


def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


@pytest.fixture
def config(small, tmp_path: Path) -> Path:
    raw = small.project.model_dump(exclude_none=True, mode="json")
    raw["store"] = str(small.project.store_path)
    (tmp_path / "plait.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path / "plait.yaml"


def test_command_prints_a_table_of_100_columns(config: Path):
    done = CliRunner().invoke(
        app(),
        ["-c", str(config), "--protocol", "loo-full", "--against", "v2"],
        env={"COLUMNS": "100"},
    )
    assert done.exit_code == 0, done.output
    assert "default v1 under loo-full" in done.output
    for word in ("NDCG@10", "popularity", "item-item", "difference", "AUC"):
        assert word in done.output
    assert "…" not in done.output
    assert max(len(line.rstrip()) for line in done.output.splitlines()) <= 100


def test_command_writes_and_prints_json(config: Path, tmp_path: Path):
    out = tmp_path / "out.json"
    done = CliRunner().invoke(app(), ["-c", str(config), "--json", str(out), "-q"])
    assert done.exit_code == 0, done.output
    printed = CliRunner().invoke(app(), ["-c", str(config), "--json", "-"])
    assert json.loads(printed.stdout) == json.loads(out.read_text())
