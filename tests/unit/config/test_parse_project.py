from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from plait.config import Project, load_config
from plait.config.parse_project import parse_config
from plait.errors import ConfigError

MINIMAL = """
store: .plait/x
platforms:
  shop:
    events:
      files: logs/*.csv
      columns: {account: user, item: sku, time: ts}
      type: purchase
"""


def load(folder: Path, text: str) -> Project:
    (folder / "plait.yaml").write_text(text)
    return load_config(folder / "plait.yaml")


def test_defaults_are_filled_in_and_paths_follow_the_file(tmp_path: Path) -> None:
    project = load(tmp_path, MINIMAL)
    assert project.model == "default"
    assert project.store_path == tmp_path / ".plait" / "x"
    resolved = project.resolved()
    assert resolved["platforms"]["shop"]["events"]["files"] == [str(tmp_path / "logs/*.csv")]
    assert resolved["sequence_length"] == 50


def test_time_order_is_a_word(tmp_path: Path) -> None:
    text = MINIMAL.replace("type: purchase", "type: purchase\n      time: order")
    assert load(tmp_path, text).platforms["shop"].events[0].time.resolution == "order"


def test_a_type_may_be_an_expression(tmp_path: Path) -> None:
    written = "= case when paid = '1' then 'purchase' else 'cart' end"
    project = load(tmp_path, MINIMAL.replace("purchase", f'"{written}"'))
    assert project.platforms["shop"].events[0].type.expression == written.removeprefix("= ")
    schema = Draft202012Validator(Project.model_json_schema())
    for events in (written, "purchase", "prchase"):
        shop = {"files": "a.csv", "columns": {"account": "a", "time": "t"}, "type": events}
        valid = schema.is_valid({"store": "s", "platforms": {"shop": {"events": shop}}})
        assert valid == (events != "prchase")
    again = parse_config(project.resolved(), folder=tmp_path)
    assert again.resolved() == project.resolved()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("store:", "stroe:", "stroe: unknown key. Did you mean 'store'?"),
        ("item: sku", "itm: sku", "columns.itm: unknown key. Did you mean 'item'?"),
        ("files: logs", "fils: logs", "events.fils: unknown key. Did you mean 'files'?"),
        ("files: logs/*.csv", "files: []", "platforms.shop.events.files"),
        ("account: user, ", "", "columns.account: missing"),
        (", time: ts", "", "set 'time: order' if the log has no times"),
        ("shop:", "'a b':", "1 to 64 of the letters"),
        ("shop:", "магазин:", "1 to 64 of the letters a to z"),
        ("shop:", '"shop\\n":', "1 to 64 of the letters"),
        ("type: purchase", "type: purchase\n      k_core: 0", "k_core"),
        ("platforms:", "people: {same_account_id: [[shop, vdeo]]}\nplatforms:", "names 'vdeo'"),
        ("platforms:", "platforms: [", "is not YAML"),
        ("store: .plait/x", "store: " + "[" * 5_000, "nested too deep"),
        ("store: .plait/x", "store: [a]", "store: must be text, not a list"),
        ("type: purchase", "type: [1]", "must be"),
    ],
)
def test_a_mistake_names_its_place_and_the_nearest_key(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in MINIMAL
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, MINIMAL.replace(old, new))
    assert expected in str(caught.value)


def test_two_platforms_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = MINIMAL + MINIMAL.split("platforms:\n")[1]
    with pytest.raises(ConfigError, match="'shop' occurs twice, on lines 4 and 9"):
        load(tmp_path, twice)


def test_a_missing_project_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="-c FILE"):
        load_config(tmp_path / "nowhere.yaml")


def test_the_schema_forbids_unknown_keys() -> None:
    assert Project.model_json_schema()["additionalProperties"] is False
