"""Delta tables. Data files are written first, and one commit makes all of them visible."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from plait.contracts.table_schema import TableSchema
from plait.store.delta_address import delta_address
from plait.store.location import Location
from plait.store.storage_errors import retry_conditional_write, translate_errors
from plait.store.store_objects import list_objects
from plait.store.table_files import (
    BUCKET_COLUMN,
    DATA_FILE_PREFIX,
    data_files_of,
    list_data_files,
    remove_action,
    scan_data_files,
    table_uri,
    write_data_file,
)

# With retries, Delta would rebase a commit on an unseen commit of another, and mix their rows.
_NO_RETRIES = 0  # retries
# Store versions refer to old Delta versions, so only `plait gc` may remove those.
_KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)
CommittedFiles = dict[tuple[str, int], tuple[str, ...]]
_COMMIT_ATTEMPTS = 10  # attempts to commit before the conflict with other writers is an error


class TableWriter:
    """Writes the next version of one table. Nothing is visible before `commit`.

    Args:
        location: the location of the store.
        table: the schema of the table.
        committed: where `commit` puts the paths of the version's files, by table and Delta version.
    """

    def __init__(
        self, location: Location, table: TableSchema, committed: CommittedFiles | None = None
    ) -> None:
        self._location, self._table = location, table
        self._committed = {} if committed is None else committed
        self._parts: list[AddAction] = []
        self.rows = 0

    def write(
        self, df: pl.DataFrame, bucket: int | None = None, *, prefix: str = DATA_FILE_PREFIX
    ) -> None:
        """Writes `df`, all of one bucket, as one more Parquet file of the version.

        Args:
            df: the rows.
            bucket: the bucket of the rows; default: 0. Ignored if the table is not bucketed.
            prefix: the begin of the file's name, by which a later run can tell files apart.
        """
        if not df.height:
            return
        place = (bucket or 0) if self._table.bucketed else None
        self._parts.append(write_data_file(self._location, self._table, df, place, prefix))
        self.rows += df.height

    def add_files(self, parts: Sequence[AddAction], rows: int) -> None:
        """Adds files with `rows` rows in all that another process wrote with `write_data_file`."""
        self._parts += parts
        self.rows += rows

    @property
    def destination(self) -> tuple[Location, TableSchema]:
        """The location and the schema of the table, as `write_data_file` needs them."""
        return self._location, self._table

    def commit(self, keep: Iterable[AddAction] = ()) -> int:
        """Commits the written files and `keep` as the whole table; returns its Delta version.

        The contents of the newest Delta version do not matter. They may be from a run that was
        killed before it published, or from another run that will not publish.

        Args:
            keep: files of an earlier version (see list_data_files) that stay in the table.

        Raises:
            StoreError: the store cannot be written.
        """
        wanted = {part.path: part for part in [*keep, *self._parts]}
        with (
            translate_errors(table_uri(self._location, self._table)),
            delta_address(self._location, self._table.name) as uri,
        ):
            version = self._commit_with_retries(uri, wanted)
        self._committed[self._table.name, version] = tuple(wanted)
        return version

    def _commit_with_retries(self, uri: str, wanted: dict[str, AddAction]) -> int:
        for _ in range(_COMMIT_ATTEMPTS - 1):
            try:
                return retry_conditional_write(lambda: self._commit(uri, wanted))
            except DeltaError:  # another writer committed between our read and our commit
                continue
        return self._commit(uri, wanted)

    def _commit(self, uri: str, wanted: dict[str, AddAction]) -> int:
        options = self._location.options
        by = [BUCKET_COLUMN] if self._table.bucketed else []
        schema = _delta_schema(self._table)
        # Not DeltaTable.is_deltatable, because it holds the GIL while it waits for S3.
        if not list_objects(self._location.objects, f"tables/{self._table.name}/_delta_log"):
            create_table_with_add_actions(
                uri, schema, list(wanted.values()), partition_by=by, storage_options=options,
                commit_properties=CommitProperties(max_commit_retries=_NO_RETRIES),
                post_commithook_properties=_KEEP_LOG,
            )  # fmt: skip
            return 0
        head = DeltaTable(uri, storage_options=options)
        if head.metadata().partition_columns != by or head.schema() != schema:
            return self._replace(uri, schema, list(wanted.values()), by)
        before = head.version()
        there = {part.path: part for part in data_files_of(head)}
        gone = [remove_action(part) for path, part in there.items() if path not in wanted]
        new = [part for path, part in wanted.items() if path not in there]
        if not gone and not new:
            return before  # nothing to change, or our own commit, whose response was lost
        head.create_write_transaction(
            [*gone, *new], mode="append", schema=schema, partition_by=by,
            commit_properties=CommitProperties(max_commit_retries=_NO_RETRIES),
            post_commithook_properties=_KEEP_LOG,
        )  # fmt: skip
        return before + 1

    def _replace(self, uri: str, schema: Schema, parts: list[AddAction], by: list[str]) -> int:
        """Replaces the table by `parts` under another schema or partitioning, in one commit."""
        options = self._location.options
        # The call reads the newest version itself, so a mark identifies our commit.
        mark = uuid.uuid4().hex
        ours = CommitProperties(custom_metadata={"plait": mark}, max_commit_retries=_NO_RETRIES)
        create_table_with_add_actions(
            uri, schema, parts, mode="overwrite", partition_by=by, storage_options=options,
            commit_properties=ours, post_commithook_properties=_KEEP_LOG,
        )  # fmt: skip
        history = DeltaTable(uri, storage_options=options).history()
        return next(int(c["version"]) for c in history if c.get("plait") == mark)


def scan_table(location: Location, table: TableSchema, version: int) -> pl.LazyFrame:
    """Returns the rows of `table` as of Delta `version`.

    Raises:
        StoreError: the table cannot be read.
    """
    return scan_data_files(
        location, table, [p.path for p in list_data_files(location, table, version)]
    )


def _delta_schema(table: TableSchema) -> Schema:
    schema = table.schema
    return Schema.from_arrow(
        schema.append(pa.field(BUCKET_COLUMN, pa.int64())) if table.bucketed else schema
    )
