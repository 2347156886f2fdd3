"""Runs Splink: which pairs share a block, on which level each comparison is, and chance levels."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.identity.probabilistic.comparisons import Comparison

RANDOM_PAIRS = 500_000  # pairs from which the chances of levels are estimated
_SEED = 0
_NO_VALUES = ("account", "platform")


class PairComparer:
    """Compares the pairs of one frame with Splink.

    Args:
        database: a backend of Splink: DuckDBAPI or SparkAPI.
        features: account and the columns that are compared.
        blocks: the columns block_1, block_2..., in the rows of `features`.
        comparisons: how records are compared.
    """

    def __init__(
        self,
        database: Any,
        features: pl.DataFrame,
        blocks: pl.DataFrame,
        comparisons: list[Comparison],
    ) -> None:
        from splink import Linker, SettingsCreator, block_on  # slow to import

        self._database, self._comparisons = database, comparisons
        self.dialect: str = database.sql_dialect.sql_dialect_str
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="account",
            comparisons=[comparison.splink_settings(self.dialect) for comparison in comparisons],
            blocking_rules_to_generate_predictions=[block_on(name) for name in blocks.columns],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
            linker_uid="plait",
        )
        values = [pl.col(n).alias(f"v_{n}") for n in features.columns if n not in _NO_VALUES]
        named = features.select("account", *values)
        table = pl.concat([named, blocks], how="horizontal").to_arrow()
        self._linker = Linker(database.register(table), settings, log_level=None)

    def chance_levels(self) -> dict[str, list[float]]:
        """Returns by comparison the share of random pairs on each level, best level first."""
        self._linker.training.estimate_u_using_random_sampling(
            RANDOM_PAIRS, seed=_SEED, min_count_per_level=None, num_chunks=1
        )
        model = self._linker.misc.save_model_to_json()
        return {
            comparison["output_column_name"]: [
                float(level.get("u_probability") or 0.0)
                for level in comparison["comparison_levels"]
                if not level.get("is_null_level")
            ]
            for comparison in model["comparisons"]
        }

    def compare(self) -> None:
        """Compares all pairs that share a block."""
        self._pairs = self._linker.inference.predict(warning_mode="never")

    def patterns(self) -> pl.DataFrame:
        """Returns a level column per comparison and pairs: how many pairs have these levels.

        A level is a number: 0 for DIFFERENT, -1 for missing, and the highest for the best.
        """
        names = ", ".join(f"mw_{c.name}" for c in self._comparisons)
        table = self._pairs.physical_name
        counted = self._query(f"SELECT {names}, count(*) AS pairs FROM {table} GROUP BY {names}")
        levels = [_level(c.name) for c in self._comparisons]
        found = counted.select(*levels, pl.col("pairs").cast(pl.Int64))
        return found.sort([c.name for c in self._comparisons])

    def pairs_of(self, patterns: pl.DataFrame) -> pl.DataFrame:
        """Returns account_a, account_b and the levels of the pairs that have one of `patterns`.

        account_a is before account_b, and pairs are in order.

        Args:
            patterns: rows of patterns().
        """
        names = [c.name for c in self._comparisons]
        numbers = [(pl.col(n) + 1).cast(pl.Float64).alias(f"mw_{n}") for n in names]
        wanted = self._database.register(patterns.select(numbers).to_arrow())
        same = " AND ".join(f"p.mw_{n} = w.mw_{n}" for n in names)
        levels = ", ".join(f"w.mw_{n}" for n in names)
        found = self._query(
            f"SELECT p.account_l AS a, p.account_r AS b, {levels} "
            f"FROM {self._pairs.physical_name} p JOIN {wanted.physical_name} w ON {same}"
        )
        ends = found.select(
            pl.min_horizontal("a", "b").alias("account_a"),
            pl.max_horizontal("a", "b").alias("account_b"),
            *(_level(name) for name in names),
        )
        return ends.sort("account_a", "account_b")

    def _query(self, sql: str) -> pl.DataFrame:
        found = pl.from_arrow(self._database.query_sql(sql).as_pyarrow_table())
        assert isinstance(found, pl.DataFrame)
        return found


def _level(name: str) -> pl.Expr:
    """Returns the level of a comparison, from its weight; see Comparison.splink_settings."""
    return (pl.col(f"mw_{name}").round().cast(pl.Int8) - 1).alias(name)
