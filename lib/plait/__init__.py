"""plait: one profile and real-time recommendations across platforms.

The verbs of the command line are functions here too, with the same meaning:

    import plait
    plait.fuse("plait.yaml")
    plait.train("plait.yaml")
    plait.load("plait.yaml").recommend({"platform": "shop", "id": "u-17"}, k=10)
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.config import load_config
    from plait.errors import PlaitError
    from plait.evaluation.evaluate_model import evaluate
    from plait.fusion.fuse_logs import fuse
    from plait.recommend.loaded_model import load
    from plait.training.train_model import train

# OpenMP threads that wait by spinning slow a machine that does anything else tenfold. Read when
# torch is loaded, here and in every process started from here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Looked up on first use (PEP 562): `import plait` stays free of torch, ray and pyspark.
_EXPORTS = {
    "PlaitError": "plait.errors",
    "evaluate": "plait.evaluation.evaluate_model",
    "fuse": "plait.fusion.fuse_logs",
    "load": "plait.recommend.loaded_model",
    "load_config": "plait.config",
    "train": "plait.training.train_model",
}

__all__ = ["PlaitError", "evaluate", "fuse", "load", "load_config", "train"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        msg = f"module 'plait' has no attribute '{name}'"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    return sorted(_EXPORTS)
