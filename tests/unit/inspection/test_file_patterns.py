from __future__ import annotations

import pytest

from plait.inspection.file_patterns import name_files


@pytest.mark.parametrize(
    ("names", "others", "pattern"),
    [
        (["a.csv"], ["b.csv"], "a.csv"),
        (["l/o-1.csv", "l/o-2.csv"], ["l/p.csv"], "l/o-*.csv"),
        (["2024-01.csv", "2024-02.csv"], [], "2024-*.csv"),
        (["e/dt=1/p.parquet", "e/dt=2/p.parquet"], [], "e/**/*.parquet"),
        (["x/anna/h.json", "x/bert/h.json"], [], "x/*/h*.json"),
        (["a1.csv", "a2.csv"], ["a3.csv"], ["a1.csv", "a2.csv"]),
        (["e_1.csv", "e_2.csv", "e_13.csv"], ["e_names.csv"], "e_[0-9]*.csv"),
        (["e-1.csv", "e-2.csv"], ["e-1-old.csv", "e-12.csv"], "e-[0-9].csv"),
        (
            ["l/2023-12.csv", "l/2024-01.csv", "l/2024-02.csv"],
            ["l/2023-11.csv"],
            ["l/2023-12.csv", "l/2024-*.csv"],
        ),
    ],
)
def test_files_are_named_by_a_pattern_that_matches_no_other(
    names: list[str], others: list[str], pattern: object
) -> None:
    assert name_files(names, [*names, *others]) == pattern
