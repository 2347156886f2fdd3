"""Checks that a Java is installed that Spark can use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from plait.errors import MissingJava

JAVA_VERSIONS = (17, 21)  # the versions that Spark 4 supports
_FIX = (
    "Install it: `apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), `brew install "
    "openjdk@17` (macOS) or `conda install -c conda-forge openjdk=17`; if JAVA_HOME is set, set "
    "it to this Java. `plait fuse --engine local` needs no Java."
)


def check_java() -> int:
    """Returns the major version of the Java that Spark would start.

    Raises:
        MissingJava: there is no Java, or Spark does not support its version.
    """
    allowed = f"Spark needs Java {' or '.join(map(str, JAVA_VERSIONS))}."
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    where = f"JAVA_HOME ('{home}')" if home else "PATH"
    if java is None or not Path(java).exists():
        raise MissingJava(f"there is no java in {where}.", allowed=allowed, fix=_FIX)
    try:
        output = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingJava(f"'{java}' does not run ({error}).", allowed=allowed, fix=_FIX) from None
    found = re.search(r'version "(?:1\.)?(\d+)', output.stderr + output.stdout)
    if found is None:
        raise MissingJava(f"'{java}' does not report its Java version.", allowed=allowed, fix=_FIX)
    major = int(found[1])
    if major not in JAVA_VERSIONS:
        raise MissingJava(f"'{java}' is Java {major}.", allowed=allowed, fix=_FIX)
    return major
