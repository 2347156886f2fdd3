"""The runtimes under plait's own layer. They are rebuilt only if one of their inputs changes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from closure import HERE, closure, fusion_roots, pinned, project_roots
from containers import build, identity, run
from wheelhouse import fetch

_FETCHING = threading.Lock()  # the folder of wheels is filled by one at a time
_MARKERS = """
import json, os, platform, sys
print(json.dumps({
    "implementation_name": sys.implementation.name,
    "implementation_version": platform.python_version(),
    "os_name": os.name,
    "platform_machine": platform.machine(),
    "platform_python_implementation": platform.python_implementation(),
    "platform_release": platform.release(),
    "platform_system": platform.system(),
    "platform_version": platform.version(),
    "python_full_version": platform.python_version(),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "sys_platform": sys.platform,
}))
"""


def target_of(base: str) -> dict[str, str]:
    """Returns the environment markers of the Python in images that are built on `base`."""
    system = "plait-runtime:system"
    build(system, HERE / "base" / "Dockerfile", base, target="system")
    found: dict[str, str] = json.loads(run(system, "python3", "-c", _MARKERS))
    return found


def build_runtimes(base: str, target: Mapping[str, str]) -> dict[str, str]:
    """Builds the runtimes' images; returns their names by runtime: spark and ray."""
    fusion = closure(fusion_roots(), target)
    wanted = {
        "spark": closure(project_roots("spark") + project_roots("kms"), target) - fusion,
        "ray": closure(project_roots(), target) - fusion,
    }
    shared = _runtime("base", base, fusion, target)
    with ThreadPoolExecutor() as pool:  # one is built while the wheels of the other are fetched
        built = {
            name: pool.submit(_runtime, name, shared, names, target)
            for name, names in wanted.items()
        }
        return {name: image.result() for name, image in built.items()}


def _runtime(name: str, base: str, packages: Iterable[str], target: Mapping[str, str]) -> str:
    dockerfile, *files = sorted((HERE / name).iterdir())
    files = [*files, HERE / "install.sh"]
    wanted = pinned(packages)
    said = [identity(base) or base, *wanted, *(path.read_text() for path in [dockerfile, *files])]
    image = f"plait-runtime:{name}-{hashlib.sha256('|'.join(said).encode()).hexdigest()[:12]}"
    if not identity(image):
        print(f"{name}: {len(wanted)} packages", flush=True)
        with _FETCHING:
            wheels = fetch([*pinned(["pip"]), *wanted], target)
        build(image, dockerfile, base, [*files, *wheels])
    return image
