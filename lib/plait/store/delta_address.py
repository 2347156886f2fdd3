"""The address under which deltalake opens a table."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plait.store.location import Location
from plait.store.store_objects import check_inside

# deltalake parses a path as a URL. With these characters it panics, or uses another path.
_MISREAD = re.compile(r"[\[\]|<>%\\^`\x00-\x1f\x7f]")


@contextmanager
def delta_address(location: Location, name: str) -> Iterator[str]:
    """Yields the address at which deltalake finds the table `name` of the store at `location`.

    Usually this is the folder of the table. If deltalake would misread its path, it is a temporary
    folder with a plain name that links to the log of the table. This suffices, because deltalake
    reads and writes only the log. plait reads and writes the data files itself.
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
