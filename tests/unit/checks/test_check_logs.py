"""Each rule finds what is broken, and its fix, applied, makes it pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plait.checks.check_logs import check_logs
from plait.config import load_config
from plait.config.parse_project import parse_config
from plait.world import build_world, write_world

from .small_logs import Checked, T, check_small, rows

DAY = 86_400
MIDNIGHT = T - T % DAY
# rule: the log, its settings, the level, a part of the fix, and the settings after the fix.
CASES: dict[str, tuple[str, dict[str, Any], str, str, dict[str, Any]]] = {
    "null ids": (
        rows(50, user="", id=lambda i: f"u{i}"), {}, "FAIL",
        "columns.account", {"columns.account": "id"},
    ),
    "id shapes": (
        rows(50, item=lambda i: f"{i % 7}.0"), {}, "FAIL", r"match: '^(.*?)(?:\.0)?$'",
        {"columns.item": {"column": "item", "match": r"^(.*?)(?:\.0)?$"}},
    ),
    "id variants": (
        rows(50, item=lambda i: "ab"[i % 2] if i % 3 else "AB"[i % 2]), {}, "WARN",
        "'= lower(\"item\")'", {"columns.item": '= lower("item")'},
    ),
    "times": (
        rows(50, time=lambda i: (T + i) * 1000), {}, "FAIL", "time.unit: ms", {"time.unit": "ms"},
    ),
    "time resolution": (
        rows(50, time=lambda i: MIDNIGHT + DAY * i), {}, "WARN", "time.resolution: day",
        {"time.resolution": "day"},
    ),
    "type words": (
        rows(50, act=lambda i: "vieuw" if i % 2 else "view"), {"type": {"column": "act"}}, "FAIL",
        'Add "vieuw" to platforms.shop.events.type.map', {"type.map": {"vieuw": "view"}},
    ),
    "wordless types": (
        rows(50, act=lambda i: "" if i % 2 else "view"), {"type": {"column": "act"}}, "FAIL",
        "platforms.shop.events.type", {"type": {"first": ["act", {"constant": "view"}]}},
    ),
    "duplicates": (
        rows(50, time=lambda i: T + i % 25, item="i", line=lambda i: f"n{i}"), {}, "WARN",
        "columns.event_id to a column that differs", {"columns.event_id": "line"},
    ),
    "dwell": (
        rows(50, secs=lambda i: 9000 + i), {"columns.dwell": "secs"}, "WARN",
        "columns.dwell: {column: secs, times: 0.001}",
        {"columns.dwell": {"column": "secs", "times": 0.001}},
    ),
    "ratings": (
        rows(50, stars=lambda i: i % 11), {"columns.rating": "stars"}, "FAIL",
        "rating_scale: {worst: 0, best: 10}", {"rating_scale": {"worst": 0, "best": 10}},
    ),
    "values": (
        rows(50, paid='"3,50"'), {"columns.value": "paid"}, "FAIL", "events.decimal: ','",
        {"decimal": ","},
    ),
    "currency": (
        rows(50, paid="3.50"), {"columns.value": "paid"}, "WARN", "columns.currency",
        {"columns.currency": {"constant": "EUR"}},
    ),
    "one account": (
        rows(90, user=lambda i: "guest" if i % 2 else f"u{i}"), {}, "FAIL",
        'columns.account: {column: user, map: {"guest": null}}',
        {"columns.account": {"column": "user", "map": {"guest": None}}},
    ),
    "event types": (
        rows(50, act=lambda i: "view" if i % 3 else "like"), {}, "WARN", "events.type.column",
        {"type": {"column": "act"}},
    ),
    "columns": (
        rows(50), {"columns.item": "itm"}, "FAIL", "events.columns", {"columns.item": "item"},
    ),
    "reads": ("", {"files": "none*"}, "FAIL", "events.files", {}),
    "broken rows": (
        rows(50).replace("i3", "i3,x"), {}, "FAIL", "Quote fields", {},
    ),
}  # fmt: skip


def _check(folder: Path, text: str, *changes: dict[str, Any]) -> Checked:
    merged = {name: value for change in changes for name, value in change.items()}
    return check_small(folder, {"log.csv": text}, merged)


def test_a_clean_log_passes(tmp_path: Path) -> None:
    log = rows(
        60, act=lambda i: "view" if i % 3 else "like", secs=lambda i: 20 + i, stars=3, paid="3.50",
        currency="EUR",
    )  # fmt: skip
    extra = {
        "columns.dwell": "secs", "columns.rating": "stars", "columns.value": "paid",
        "columns.currency": "currency",
    }  # fmt: skip
    found = _check(tmp_path, log, {"type": {"column": "act"}}, extra)
    assert {f.rule: f.level.value for f in found.findings if f.level != "PASS"} == {}
    assert len(found.findings) > 14
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_is_broken_and_its_fix_works(rule: str, tmp_path: Path) -> None:
    text, settings, level, fix, mended = CASES[rule]
    rule = {"wordless types": "type words"}.get(rule, rule)
    found = _check(tmp_path, text, settings).rule(rule)
    assert found.level.value == level, found
    assert fix in found.fix
    if mended:
        after = _check(tmp_path, text, settings, mended)
        level = "WARN" if rule == "null ids" else "PASS"
        assert after.level(rule) in ("PASS", level), after.rule(rule)


def test_accounts_like_real_numbers_and_of_two_spellings_are_counted(tmp_path: Path) -> None:
    log = rows(50, user=lambda i: f"{i % 25}.0")
    found = _check(tmp_path, log).rule("id shapes")
    assert (found.level.value, found.counts) == ("FAIL", {"rows": 50})
    mended = {"columns.account": {"column": "user", "match": r"^(.*?)(?:\.0)?$"}}
    assert _check(tmp_path, log, mended).level("id shapes") == "PASS"
    log = rows(50, user=lambda i: ("Zoe7" if i % 2 else "zoe7") + str(i // 2 % 20))
    found = _check(tmp_path, log).rule("id variants")
    assert (found.level.value, found.counts) == ("WARN", {"accounts": 20})
    assert "zoe7" not in str(found).lower()
    assert _check(tmp_path, log, {"columns.account": '= lower("user")'}).level(
        "id variants"
    ) == "PASS"  # fmt: skip


def test_a_fix_is_not_what_is_set_already(tmp_path: Path) -> None:
    log = rows(
        50, secs=lambda i: 10**8 if i else 1, paid=lambda i: '"3,50"' if i else "three",
    )  # fmt: skip
    columns = {"columns.dwell": {"column": "secs", "times": 0.001}, "columns.value": "paid"}
    found = _check(tmp_path, log, columns, {"decimal": ","})
    assert found.rule("dwell").counts["long_dwell"] == 49
    assert "times: 0.001}" not in found.rule("dwell").fix
    assert found.rule("values").counts == {"bad_number": 1}
    assert "decimal: ','" not in found.rule("values").fix


def test_each_log_of_a_platform_is_named_by_its_own_setting(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(30))
    (tmp_path / "b.csv").write_text(rows(30, time=lambda i: f"2024-01-0{1 + i % 9} 10:00:{i:02}"))
    events = {"columns": {"account": "user", "item": "item", "time": "time"}, "type": "view"}
    logs = [events | {"files": f"{n}.csv", "time": {"unit": "s"}} for n in "ab"]
    raw = {"store": "store", "platforms": {"shop": {"events": logs}}}
    found = Checked(check_logs(parse_config(raw, folder=tmp_path)))
    (bad,) = [f for f in found.findings if f.rule == "times" and f.level == "FAIL"]
    assert bad.fix == "Set platforms.shop.events.1.time.unit: iso"
    logs[1]["time"] = {"unit": "iso"}
    assert not Checked(check_logs(parse_config(raw, folder=tmp_path))).failed()


def test_platforms_that_tell_time_differently_are_named(tmp_path: Path) -> None:
    times = {"naive": "2024-01-01 10:00:00", "zoned": "2024-01-01T10:00:00Z"}
    raw: dict[str, Any] = {"store": "store", "platforms": {}}
    for name, time in times.items():
        (tmp_path / f"{name}.csv").write_text(rows(30, time=time))
        raw["platforms"][name] = {"events": {
            "files": f"{name}.csv", "type": "view",
            "columns": {"account": "user", "item": "item", "time": "time"},
        }}  # fmt: skip
    found = Checked(check_logs(parse_config(raw, folder=tmp_path)))
    assert found.rule("time zone", "naive").level.value == "WARN"
    assert found.rule("time zone", "zoned").level.value == "PASS"
    raw["platforms"]["naive"]["events"]["time"] = {"zone": "UTC"}
    found = Checked(check_logs(parse_config(raw, folder=tmp_path)))
    assert found.rule("time zone", "naive").level.value == "PASS"


def test_rules_that_saw_no_event_do_not_pass(tmp_path: Path) -> None:
    found = _check(tmp_path, rows(50, act="zap"), {"type": {"column": "act"}})
    assert found.failed() == ["usable rows", "type words"]
    assert "times" not in {f.rule for f in found.findings}


def test_a_missing_day_is_named(tmp_path: Path) -> None:
    log = rows(600, time=lambda i: T + 3600 * (i if i < 300 else i + 72))
    found = _check(tmp_path, log).rule("days missing")
    assert (found.level.value, found.counts["days missing"]) == ("WARN", 2)
    assert found.examples == ("2023-11-28 to 2023-11-29",)


def test_days_without_events_in_quiet_weeks_are_no_gap(tmp_path: Path) -> None:
    quiet = [T + 86_400 * 3 * n for n in range(30)]  # an event every third day
    log = rows(600, time=lambda i: quiet[i] if i < 30 else quiet[-1] + 3600 * (i - 29))
    found = _check(tmp_path, log).rule("days missing")
    assert (found.level.value, found.counts["days missing"]) == ("PASS", 0)
    assert "58 without, in quiet weeks" in found.headline


def test_optional_columns_that_files_lack_are_named(tmp_path: Path) -> None:
    logs = {"log1.csv": rows(30, stars=3), "log2.csv": rows(30, time=lambda i: T - i)}
    rating = {"columns.rating": {"column": "stars", "optional": True}}
    first = {"columns.account": {"first": ["user", "visitor"]}}
    found = check_small(tmp_path, logs, {**rating, **first}).rule("columns")
    assert found.level.value == "WARN"
    assert set(found.examples) == {
        "'visitor' is in no file", "'stars' is missing in 1 of 2 files, such as log2.csv",
    }  # fmt: skip


def test_a_catalogue_of_other_ids_fails(tmp_path: Path) -> None:
    logs = {"log.csv": rows(50), "cat.csv": "id,sku\n" + "".join(f"{i},i{i}\n" for i in range(7))}
    listed = {"files": "cat.csv", "columns": {"item": "id"}}
    found = check_small(tmp_path, logs, catalogue=listed).rule("catalogue match")
    assert found.level.value == "FAIL"
    assert "catalogue has: 0, 1, 2" in found.examples
    listed["columns"] = {"item": "sku"}
    assert check_small(tmp_path, logs, catalogue=listed).level("catalogue match") == "PASS"


def test_unusable_prices_are_counted(tmp_path: Path) -> None:
    text = "sku,price\n" + "".join(f'i{i},"1,{i}5"\n' for i in range(7))
    logs = {"log.csv": rows(50), "cat.csv": text}
    listed: dict[str, Any] = {"files": "cat.csv", "columns": {"item": "sku", "price": "price"}}
    found = check_small(tmp_path, logs, catalogue=listed).rule("catalogue")
    assert (found.level.value, found.counts["price"]) == ("FAIL", 7)
    assert "catalogue.decimal: ','" in found.fix
    after = check_small(tmp_path, logs, catalogue=listed | {"decimal": ","})
    assert after.level("catalogue") == "PASS"


def test_no_account_is_shown(tmp_path: Path) -> None:
    log = rows(50, user=lambda i: "ann@example.org" if i % 2 else f'"{{""id"": {i}}}"')
    found = _check(tmp_path, log)
    assert found.level("id shapes") == "FAIL"
    assert "ann@" not in str(found.findings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(build_world(people=200, seed=1), tmp_path_factory.mktemp("world"))


def test_planted_dirt_of_the_world_is_found_and_nothing_fails(world: Path) -> None:
    found = Checked(check_logs(load_config(world)))
    assert found.failed() == []
    for platform in ("shop", "video", "social", "news"):
        warned = {f.rule for f in found.findings if f.platform == platform and f.level == "WARN"}
        assert {"null ids", "times", "type words"} <= warned
        assert "heartbeat" in found.rule("type words", platform).examples[0]
    assert found.rule("shared people").level.value == "PASS"
    assert not (world.parent / ".plait").exists()


def test_without_identity_rules_no_person_is_shared(world: Path) -> None:
    text = world.read_text()
    alone = world.with_name("alone.yaml")
    start = text.index("\npeople:")
    alone.write_text(text[:start] + "\n")
    raw = load_config(alone)
    bare = {n: p.model_copy(update={"accounts": None}) for n, p in raw.platforms.items()}
    found = Checked(check_logs(raw.model_copy(update={"platforms": bare}), sample=100))
    assert found.rule("shared people").level.value == "WARN"
    assert "people.same_account_id" in found.rule("shared people").fix


@pytest.mark.parametrize("field", ["user", "item"])
@pytest.mark.parametrize("shape", ["\u200b{}", "{}\ufeff"])
def test_what_cannot_be_seen_around_ids_is_removed(tmp_path: Path, field: str, shape: str) -> None:
    log = rows(50, **{field: lambda i: i % 7 if i % 3 else shape.format(i % 7)})
    found = _check(tmp_path, log, {})
    assert (found.level("id shapes"), found.level("id variants")) == ("PASS", "PASS")


@pytest.mark.parametrize("field", ["user", "item"])
def test_ids_that_a_spreadsheet_rounded_are_told(tmp_path: Path, field: str) -> None:
    log = rows(50, **{field: lambda i: f"4.9{i % 30}E+12"})
    found = _check(tmp_path, log, {}).rule("id shapes")
    assert found.level == "FAIL"
    assert "like 1.23E+12" in found.headline


def test_few_accounts_may_differ(tmp_path: Path) -> None:
    few = _check(tmp_path, rows(100, user=lambda i: f"u{min(i, 24) if i < 90 else 3}"), {})
    assert few.rule("one account").level == "FAIL"  # 65 of 100
    even = rows(100, user=lambda i: f"u{i % 25 if i < 90 else 3}")
    assert _check(tmp_path, even, {}).level("one account") == "PASS"  # 14, and the mean is 4


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("id,mail\nx1,m1\nx2,m2\n", "None of the 2 accounts"),
        ("id,mail\n", "No account has a value"),
        ("id,mail\nu1,\n", "No account has a value"),
    ],
)
def test_account_rows_of_no_use_are_told(tmp_path: Path, attributes: str, said: str) -> None:
    accounts = {"files": "who.csv", "account": "id", "keys": {"mail": "mail"}}
    logs = {"log.csv": rows(50), "who.csv": attributes}
    found = check_small(tmp_path, logs, accounts=accounts).rule("accounts")
    assert (found.level, said in found.headline) == ("WARN", True)
    logs["who.csv"] = "id,mail\nu1,m1\n"
    good = check_small(tmp_path, logs, accounts=accounts)
    assert "accounts" not in [f.rule for f in good.findings]
