"""Peak memory and time of finding the people of many accounts, as `plait identity resolve` does it.

    python benchmarks/people_memory.py --accounts 2000000

Two platforms have half of the accounts each. Every account has an e-mail address; half of the
accounts share theirs with one of the other platform. There are no events. The peak is that of the
whole process (maximum resident set), its imports included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import polars as pl
import yaml

PLATFORMS = ("shop", "video")


def write_project(folder: Path, accounts: int) -> None:
    """Writes the accounts files, and a project file that reads them."""
    each = accounts // 2
    for place, name in enumerate(PLATFORMS):
        number = pl.int_range(each)
        address = pl.concat_str(pl.lit("m"), number + place * (each // 2), pl.lit("@ex.org"))
        rows = pl.select(id=pl.concat_str(pl.lit(name[0]), number), mail=address)
        rows.write_csv(folder / f"{name}.csv")
    files = {
        name: {"accounts": {"files": f"{name}.csv", "account": "id", "keys": {"email": "mail"}}}
        for name in PLATFORMS
    }
    (folder / "plait.yaml").write_text(yaml.safe_dump({"store": "store", "platforms": files}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=2_000_000)
    count = parser.parse_args().accounts
    with tempfile.TemporaryDirectory() as name:
        write_project(Path(name), count)
        command = [sys.executable, "-m", "plait.cli.main", "identity", "resolve", "--quiet"]
        began = time.monotonic()
        subprocess.run(
            command, cwd=name, check=True, stdout=subprocess.DEVNULL,
            env=os.environ | {"PLAIT_PSEUDONYM_KEY": "0123456789abcdef" * 4},
        )  # fmt: skip
        seconds = time.monotonic() - began
    used = getrusage(RUSAGE_CHILDREN)
    figures = {
        "accounts": count,
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gib": round(used.ru_maxrss / 2**20, 2),
        "bytes_per_account": round(used.ru_maxrss * 2**10 / count),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
