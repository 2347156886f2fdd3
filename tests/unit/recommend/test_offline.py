import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import typer
import yaml
from typer.testing import CliRunner

import plait
from plait.cli.recommend_command import recommend as command
from plait.errors import BadRequest, NothingFused, UnknownPlatform
from plait.recommend.loaded_model import LoadedModel, load
from plait.recommend.offline_lists import recommend_everyone
from plait.recommend.recommender import Recommender
from tests.s3 import Bucket


@pytest.fixture(scope="module")
def loaded(small) -> LoadedModel:
    return plait.load(small.project)


@pytest.fixture
def config(small, tmp_path: Path) -> Path:
    raw = small.project.model_dump(exclude_none=True, mode="json")
    raw["store"] = str(small.project.store_path)
    (tmp_path / "plait.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path / "plait.yaml"


def test_a_raw_account_finds_its_person(small, loaded: LoadedModel):
    answer = loaded.recommend({"platform": "video", "id": "u1"}, k=4)
    row = small.accounts.filter(raw="u1", platform="video")
    assert answer.person == row["person"][0]
    assert answer.platforms == ["shop", "video"]
    assert answer.events == 12
    assert answer.platform == "video"
    assert len(answer.items) == 4
    assert answer.titles[answer.items[0].item] == f"Title of {answer.items[0].item}"


def test_both_accounts_of_a_person_get_one_list(loaded: LoadedModel):
    first = loaded.recommend("video:u1", platform="shop")
    second = loaded.recommend({"platform": "shop", "id": "u1"})
    assert first == second
    assert loaded.recommend({"person_id": first.person}, platform="shop") == first


def test_the_list_is_the_recommenders(small, loaded: LoadedModel):
    answer = loaded.recommend("shop:u3", 5, exclude=["shop:i4"])
    sequence = small.store.read("sequences").filter(person=answer.person)
    ours = Recommender.load(small.project)
    assert answer.items == ours.recommend(sequence, "shop", 5, exclude=[["shop:i4"]])[0].items


def test_a_retired_person_id_still_resolves(small, loaded: LoadedModel):
    survivor = small.store.read("people").filter(person="p_retired")["merged_into"][0]
    answer = loaded.recommend({"person_id": "p_retired"}, platform="shop")
    assert answer.person == survivor
    assert answer.fallback is None


def test_a_stranger_is_named_as_fuse_would(small, loaded: LoadedModel):
    from plait.privacy.pseudonym import account_pseudonym, load_key

    answer = loaded.recommend({"platform": "shop", "id": "nobody"}, k=3)
    account = account_pseudonym(pl.Series(["nobody"]), load_key(small.project), "shop")[0]
    assert answer.person == f"p_{account[-32:]}"
    assert answer.fallback == "unknown_person"
    assert answer.platforms == []
    assert len(answer.items) == 3


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"platform": "shop", "id": "a\x07b"}, "control character U\\+0007"),
        ({"platform": "shop", "id": "x" * 10_000}, "10,000 characters"),
        ({"platform": "shop", "id": ""}, "empty"),
        ({"platform": "shop"}, "person_id"),
        ("u1", "names no platform"),
        ({"person_id": "p_1"}, "platform"),
    ],
)
def test_users_that_cannot_be_looked_up(loaded: LoadedModel, user, words: str):
    with pytest.raises(BadRequest, match=words):
        loaded.recommend(user)


def test_unknown_platforms(loaded: LoadedModel):
    with pytest.raises(UnknownPlatform, match="Did you mean 'video'"):
        loaded.recommend("vide:u1")
    with pytest.raises(UnknownPlatform):
        loaded.recommend("shop:u1", platform="y" * 10_000)


def test_loading_before_fusing(small, tmp_path: Path):
    from plait.config.parse_project import parse_config

    raw = small.project.model_dump(exclude_none=True, mode="json")
    with pytest.raises(NothingFused, match="plait fuse"):
        load(parse_config(raw, folder=tmp_path))


def test_everyones_lists_are_those_of_each(small, tmp_path: Path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "part-00009.parquet").write_bytes(b"from a longer run")
    written = recommend_everyone(small.project, tmp_path / "lists", k=3)
    found = pl.read_parquet(tmp_path / "lists" / "*.parquet")
    assert written.rows == found.height == written.people * 2 * 3
    sequences = small.store.read("sequences").sort("person")
    ours = Recommender.load(small.project)
    for platform in ("shop", "video"):
        one = found.filter(platform=platform).sort("person", "position")
        each = [i for r in ours.recommend(sequences, platform, 3) for i in r.items]
        assert one["item"].to_list() == [i.item for i in each]
        assert one["score"].to_list() == pytest.approx([i.score for i in each], abs=1e-5)
        assert one["position"].to_list() == [1, 2, 3] * written.people


def test_lists_can_be_asked_for_at_another_moment(small, tmp_path: Path):
    then = datetime(2024, 1, 2, tzinfo=UTC)
    ours = Recommender.load(small.project)
    sequences = small.store.read("sequences").sort("person")
    at = int(then.timestamp()) * 1_000_000
    expected = [i.score for r in ours.recommend(sequences, "shop", 3, now=at) for i in r.items]
    recommend_everyone(small.project, tmp_path / "then", k=3, now=then)
    found = pl.read_parquet(tmp_path / "then" / "*.parquet").filter(platform="shop")
    scores = found.sort("person", "position")["score"].to_list()
    assert scores == pytest.approx(expected, abs=1e-5)
    present = [i.score for r in ours.recommend(sequences, "shop", 3) for i in r.items]
    assert present != pytest.approx(expected, abs=1e-5)
    account = small.accounts.filter(platform="shop").row(0, named=True)
    answer = load(small.project).recommend(f"shop:{account['raw']}", 3, now=then)
    place = sequences["person"].to_list().index(account["person"])
    assert [i.score for i in answer.items] == pytest.approx(expected[3 * place : 3 * place + 3])


def run(*arguments: str):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100"})


def test_command_shows_the_terms(config: Path):
    done = run("-c", str(config), "--platform", "shop", "--account", "u1", "-k", "3")
    assert done.exit_code == 0, done.output
    assert "12 item events, known on shop, video" in done.output
    for word in ("score", "interest", "item-item", "Title of shop:i"):
        assert word in done.output
    assert max(len(line.rstrip()) for line in done.output.splitlines()) <= 100


def test_command_says_when_nothing_is_known(config: Path):
    done = run("-c", str(config), "--platform", "shop", "--account", "nobody")
    assert "The account has no events" in done.output


def test_command_prints_json(config: Path):
    done = run("-c", str(config), "--platform", "shop", "--account", "u1", "--json")
    answer = json.loads(done.stdout)
    assert answer["fallback"] is None
    item = answer["items"][0]
    assert item["title"] == f"Title of {item['item']}"
    assert sum(item["terms"].values()) == pytest.approx(item["score"], abs=1e-4)


def test_lists_for_everyone_go_to_s3_too(small, bucket: Bucket):
    bucket.put("lists/part-00007.parquet", "of an earlier run")
    bucket.put("lists/notes.txt", "not ours")
    written = recommend_everyone(small.project, f"{bucket.uri}/lists", k=3)
    assert bucket.keys() == ["lists/notes.txt", "lists/part-00000.parquet"]
    assert pl.read_parquet(bucket.get("lists/part-00000.parquet")).height == written.rows
