"""Spark needs Java: which one is there, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from plait.errors import MissingJava

JAVA_VERSIONS = (17, 21)  # that Spark 4 runs on
_FIX = (
    "Install it: `apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), `brew install "
    "openjdk@17` (macOS) or `conda install -c conda-forge openjdk=17`; if JAVA_HOME is set, set "
    "it to that one. `plait fuse --engine local` needs no Java."
)


def check_java() -> int:
    """Returns the major version of the Java that Spark would start.

    Raises:
        MissingJava: there is none, or Spark does not run on it.
    """
    allowed = f"Spark needs Java {' or '.join(map(str, JAVA_VERSIONS))}."
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    where = f"JAVA_HOME ('{home}')" if home else "PATH"
    if java is None or not Path(java).exists():
        raise MissingJava(f"there is no java in {where}.", allowed=allowed, fix=_FIX)
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingJava(f"'{java}' does not run ({error}).", allowed=allowed, fix=_FIX) from None
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if found is None:
        raise MissingJava(f"'{java}' does not say which Java it is.", allowed=allowed, fix=_FIX)
    major = int(found[1])
    if major not in JAVA_VERSIONS:
        raise MissingJava(f"'{java}' is Java {major}.", allowed=allowed, fix=_FIX)
    return major
