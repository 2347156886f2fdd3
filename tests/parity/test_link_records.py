"""Splink on Spark finds the pairs that it finds in DuckDB."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from plait.config.link_settings import LinkSettings
from plait.identity.probabilistic.link_records import link_records
from plait.identity.probabilistic.spark_database import spark_database
from tests.made_people import Errors, make_people


@pytest.mark.slow
def test_spark_links_the_same_records(spark: SparkSession) -> None:
    settings = LinkSettings.model_validate({"columns": {"surname": "surname"}})
    columns = ("surname", "birth_date")  # few rules: Spark plans each for long
    records, _ = make_people(40, (1, 3), Errors(), 11, columns)
    here = link_records(records, settings).edges
    session = spark.newSession()
    session.conf.set("spark.sql.shuffle.partitions", "2")
    session.conf.set("spark.sql.adaptive.enabled", "false")
    there = link_records(records, settings, spark_database(session)).edges
    assert here.height > 5
    assert there.drop("weight", "terms").equals(here.drop("weight", "terms"))
    assert (there["weight"] - here["weight"]).abs().max() < 1e-3  # type: ignore[operator]
