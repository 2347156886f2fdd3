"""The fix of a reason names no setting that has its value already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plait.config.parse_project import parse_config
from plait.config.platform_settings import Platform
from plait.config.reason_fixes import fix_setting

COLUMNS = {"account": "a", "item": "i", "time": "t"}
LOG = {"files": "log-*.csv", "columns": COLUMNS, "type": "view"}
TIMES = {"columns": {**COLUMNS, "dwell": {"column": "d", "times": 0.001}}}
WHERE = "platforms.shop.events"


def shop(folder: Path, raw: dict[str, Any]) -> Platform:
    parsed = parse_config({"store": "s", "platforms": {"shop": raw}}, folder=folder)
    return parsed.platforms["shop"]


@pytest.mark.parametrize(
    ("reason", "more", "usual", "told"),
    [
        ("bad_number", {"decimal": ","}, "decimal: ','", "decimal is ',' already"),
        ("bad_time", {"time": {"unit": "ms"}}, "'iso' now", "'ms' now"),
        ("future_time", {"time": {"unit": "ms"}}, "", "unit: us (or ns)"),
        ("ancient_time", {"time": {"unit": "ms"}}, "'iso' now", "'ms' now"),
        ("bad_encoding", {"csv": {"encoding": "cp1252"}}, "to cp1252", "it is cp1252 now"),
        ("null_account", {"nulls": []}, "nulls: []", "columns.account to the column with ids"),
        ("long_dwell", TIMES, "times: 0.001}", "has times: 0.001 already"),
    ],
)
def test_a_setting_that_is_set_is_not_suggested(
    tmp_path: Path, reason: str, more: dict[str, Any], usual: str, told: str
) -> None:
    before, after = (
        fix_setting(reason, WHERE, shop(tmp_path, {"events": log}).events[0])
        for log in (LOG, LOG | more)
    )
    assert usual in before
    assert told not in before
    assert told in after
    assert not usual or usual not in after


def test_a_catalogue_has_its_own_settings(tmp_path: Path) -> None:
    items = {"files": "items.csv", "columns": {"item": "i", "price": "p"}, "decimal": ","}
    found = shop(tmp_path, {"events": LOG, "catalogue": items}).catalogue
    where = "platforms.shop.catalogue"
    assert f"{where}.decimal is ',' already" in fix_setting("bad_price", where, found)
    assert "decimal" not in fix_setting("outlier_price", where, found)
    assert "Set platforms.shop.events.0.decimal: ','" in fix_setting(
        "bad_number", f"{WHERE}.0", None
    )
