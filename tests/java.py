"""The Java under the tests of Spark: the machine's, else one that is installed for them.

`python -m tests.java` makes sure of it: by the system's package manager where that may be used,
else by the installer of Eclipse Temurin, into .venv/share.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from plait.engine.spark.check_java import JAVA_VERSIONS, check_java
from plait.errors import MissingJava

INSTALLER = "install-jdk==1.1.0"
KEPT = Path(__file__).resolve().parents[1] / ".venv" / "share" / "java"
SYSTEM = Path("/usr/lib/jvm")
_APT = "apt-get -o DPkg::Lock::Timeout=300"


def use_java() -> bool:
    """Makes the processes started from here find a Java that Spark runs on, if there is one."""
    before = os.environ.get("JAVA_HOME")
    for home in [before, *_homes()]:
        if home is not None:
            os.environ["JAVA_HOME"] = home
        try:
            check_java()
        except MissingJava:
            continue
        return True
    os.environ.pop("JAVA_HOME", None)
    if before is not None:
        os.environ["JAVA_HOME"] = before
    return False


def _homes() -> Iterator[str]:
    """Yields the homes of Javas that are on this machine, but not on PATH."""
    for folder in (KEPT, SYSTEM):
        for java in sorted(folder.glob("**/bin/java")):
            yield str(java.parents[1])


def install_java() -> None:
    """Installs a Java.

    Raises:
        RuntimeError: neither way works; says what each said.
    """
    said = [] if _install_by_apt() else ["apt-get: not there, or not allowed"]
    if said and (wrong := _install_into(KEPT)):
        said.append(f"{INSTALLER}: {wrong}")
    if not use_java():
        msg = f"no Java for the tests of Spark ({'; '.join(said)})"
        raise RuntimeError(
            f"{msg}. Install Java {' or '.join(map(str, JAVA_VERSIONS))} and run again."
        )


def _install_by_apt() -> bool:
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (as_root and not shutil.which("sudo")):
        return False
    names = " || ".join(
        f"{_APT} install -y -qq --no-install-recommends openjdk-{version}-jre-headless"
        for version in JAVA_VERSIONS  # a release of Debian has one of them
    )
    script = f"export DEBIAN_FRONTEND=noninteractive; {_APT} update -qq; {names}"
    done = subprocess.run([*as_root, "sh", "-c", script], stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _install_into(folder: Path) -> str:
    """Installs a Java into `folder`; returns what went wrong, or ''."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", INSTALLER]
    fetch = f"import jdk; jdk.install('{JAVA_VERSIONS[0]}', jre=True, path={str(folder)!r})"
    folder.mkdir(parents=True, exist_ok=True)
    for command in (pip, [sys.executable, "-c", fetch]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it failed"])[-1]
    return ""


def main() -> None:
    """Makes sure of a Java."""
    if use_java():
        return
    sys.stdout.write("There is no Java that Spark runs on; installing one for the tests.\n")
    sys.stdout.flush()
    try:
        install_java()
    except RuntimeError as error:
        sys.exit(f"NoJava: {error}")


if __name__ == "__main__":
    main()
