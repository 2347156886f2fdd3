"""Splink's Spark backend, for records that are compared on a cluster."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def spark_database(session: SparkSession) -> Any:
    """Returns Splink's backend on `session`, for link_records.

    Jaro-Winkler and Damerau-Levenshtein are functions of a jar that comes with Splink. It is added
    to the session, so the cluster need not have it. Tables are kept on the executors, and are not
    written to the store.
    """
    from splink import SparkAPI  # slow to import
    from splink.backends.spark import similarity_jar_location

    logging.getLogger("splink").setLevel(logging.ERROR)
    session.sql(f"ADD JAR '{similarity_jar_location()}'")
    return SparkAPI(  # type: ignore[no-untyped-call]
        spark_session=session, break_lineage_method="persist"
    )
