"""The address under which deltalake opens a table."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plait.store.location import Location
from plait.store.store_objects import check_inside

# deltalake takes a path for a URL: it panics at these, or decodes them to another path.
_MISREAD = re.compile(r"[\[\]|<>%\\^`\x00-\x1f\x7f]")


@contextmanager
def delta_address(location: Location, name: str) -> Iterator[str]:
    """Yields where deltalake finds the table `name` of the store at `location`.

    That is the table itself. Below a folder whose name deltalake would misread it is a folder of
    a plain name that links to the table's log: the log is all that plait has deltalake read and
    write, the table's files it reads and writes itself.
    """
    if location.is_local:
        check_inside(location.objects, f"tables/{name}/_delta_log")
    address = location.at(f"tables/{name}")
    if not (location.is_local and _MISREAD.search(location.uri)):
        yield address
        return
    log = Path(address) / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="plait-") as plain:
        (Path(plain) / log.name).symlink_to(log, target_is_directory=True)
        yield plain
