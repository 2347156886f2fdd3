"""A Debian image to build on if no image registry can be reached."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from containers import identity

SUITE = "bookworm"
IMAGE = f"plait-debian:{SUITE}-slim"
# No program in a container reads these.
SPARE = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "var/cache/apt",
         "var/lib/apt/lists", "var/log")  # fmt: skip


def debian() -> str:
    """Returns the name of a Debian image, which debootstrap makes the first time."""
    if identity(IMAGE):
        return IMAGE
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        missing = "is not installed" if shutil.which("debootstrap") is None else "needs root"
        raise SystemExit(
            f"debootstrap {missing}; it makes the Debian that the images are built on.\n"
            "Install it and run as root: `apt-get install debootstrap`. Or name an image that "
            "Docker can pull: `make images BASE=debian:12-slim`."
        )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", SUITE, str(root)], capture_output=True, text=True
        )
        if made.returncode != 0:
            last = "\n".join(made.stdout.splitlines()[-5:])
            raise SystemExit(f"{last}\n{made.stderr}debootstrap could not make {SUITE}.")
        for spare in SPARE:
            for path in (root / spare).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        # Otherwise packages that are installed later would write these files again.
        (root / "etc/dpkg/dpkg.cfg.d/plait").write_text(
            "".join(f"path-exclude=/{spare}/*\n" for spare in SPARE[:4])
        )
        tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["docker", "import", "-", IMAGE], stdin=tar.stdout, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        tar.wait()
    return IMAGE
