"""The fix of a reason names no setting that has its value already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plait.config.parse_project import parse_config
from plait.config.platform_settings import Platform
from plait.config.reason_fixes import fix_reason

LOG = {"files": "log-*.csv", "columns": {"account": "a", "item": "i", "time": "t"}}
PLAIN = {"events": {**LOG, "type": "view"}}


def shop(folder: Path, raw: dict[str, Any]) -> Platform:
    return parse_config({"store": "s", "platforms": {"shop": raw}}, folder=folder).platforms["shop"]


@pytest.mark.parametrize(
    ("reason", "more", "usual", "told"),
    [
        ("bad_number", {"decimal": ","}, "decimal: ','", "decimal is ',' already"),
        ("bad_time", {"time": {"unit": "ms"}}, "'iso' now", "'ms' now"),
        ("future_time", {"time": {"unit": "ms"}}, "", "unit: us (or ns)"),
        ("ancient_time", {"time": {"unit": "ms"}}, "'iso' now", "'ms' now"),
        ("bad_encoding", {"csv": {"encoding": "cp1252"}}, "to cp1252", "it is cp1252 now"),
        ("null_account", {"nulls": []}, "nulls: []", "columns.account to the column with ids"),
        (
            "long_dwell",
            {"columns": {**LOG["columns"], "dwell": {"column": "d", "times": 0.001}}},  # type: ignore[dict-item]
            "times: 0.001}",
            "has times: 0.001 already",
        ),
    ],
)
def test_a_setting_that_is_set_is_not_suggested(
    tmp_path: Path, reason: str, more: dict[str, Any], usual: str, told: str
) -> None:
    before = fix_reason(reason, "shop", shop(tmp_path, PLAIN), "events", "log-1.csv")
    assert usual in before
    assert told not in before
    again = shop(tmp_path, {"events": PLAIN["events"] | more})
    after = fix_reason(reason, "shop", again, "events", "log-1.csv")
    assert told in after
    assert not usual or usual not in after


def test_each_log_and_each_section_has_its_own_settings(tmp_path: Path) -> None:
    old = {**PLAIN["events"], "files": "old.csv", "decimal": ","}
    item = {"files": "items.csv", "columns": {"item": "i", "price": "p"}, "decimal": ","}
    both = shop(tmp_path, {"events": [PLAIN["events"], old], "catalogue": item})
    told = {
        file: fix_reason("bad_number", "shop", both, "events", file)
        for file in ("log-1.csv", "old.csv", None)
    }
    assert "Set platforms.shop.events.0.decimal: ','" in told["log-1.csv"]
    assert "platforms.shop.events.1.decimal is ',' already" in told["old.csv"]
    assert "Set platforms.shop.events.decimal: ','" in told[None]
    assert "already" in fix_reason("bad_price", "shop", both, "catalogue", "items.csv")
    assert "decimal" not in fix_reason("outlier_price", "shop", both, "catalogue", "items.csv")
    assert "platforms.news.events" in fix_reason("bad_number", "news", None, "events")
