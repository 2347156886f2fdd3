"""Errors of S3 become sentences; faults of plait keep their own type."""

from __future__ import annotations

import pytest
from polars.exceptions import ColumnNotFoundError

from plait.errors import NothingFused, StoreError
from plait.store.storage_errors import translate_s3_errors

REFUSED = (
    "object-store error: The operation lacked the necessary privileges to complete for path "
    "store/a.parquet: Error performing GET http://s3/b/store/a.parquet in 2ms - Server returned "
    "non-2xx status code: 403 Forbidden: <Error><Code>AccessDenied</Code></Error>"
)


def test_an_error_of_s3_is_named_with_its_fix() -> None:
    said = "denies access to 's3://b/store'"
    with pytest.raises(StoreError, match=said) as caught, translate_s3_errors("s3://b/store"):
        raise PermissionError(REFUSED)
    assert caught.value.fix == "Grant them on the bucket, or use other credentials."


@pytest.mark.parametrize(
    "error", [ColumnNotFoundError("person"), OSError("no space left"), NothingFused("empty")]
)
def test_every_other_error_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translate_s3_errors("s3://b/store"):
        raise error
    assert caught.value is error
