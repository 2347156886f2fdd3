"""`plait fuse`: raw logs of several platforms to one published store version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plait.config import Project, load_config
from plait.engine.engine import Engine
from plait.engine.local.local_engine import LocalEngine
from plait.fusion.fusion_pipeline import FusionPipeline
from plait.fusion.incremental.fuse_plan import plan_fusion
from plait.fusion.incremental.fuse_settings import fuse_settings
from plait.fusion.stages.find_inputs import find_inputs
from plait.fusion.stages.resolve_people import current_version
from plait.privacy.pseudonym import load_key
from plait.store.feedback.compaction import compact
from plait.store.require_writable import require_writable
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def fuse(
    project: Project | str | Path,
    *,
    engine: Engine[Any] | None = None,
    now: datetime | None = None,
    full: bool = False,
) -> StoreVersion:
    """Fuses what is new on every platform into the next store version, and publishes it.

    Files that the current version has read are not read again, and buckets of people that
    nothing new concerns stay as they are; the tables are those of a run over all files. Where
    that cannot be had (a setting or a file changed, a k_core is asked for), all files are read.
    `run` of the version says which it was, and why. If nothing is new, nothing is published.

    Args:
        project: what to read and where the store lies, or the path of that project file.
        engine: what moves the rows; default: Polars on this machine.
        now: the moment that decides what lies in the future; default: the clock's.
        full: read all files, whatever is new.

    Returns:
        The version published; or the current one, its `run` saying that nothing is new.

    Raises:
        PlaitError: an input cannot be used, the store cannot be written, or another run
            published first. Nothing half-written is ever visible.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    store = Store(project.store_uri)
    require_writable(store)
    compact(store)
    inputs = find_inputs(project, store)
    key = load_key(project)
    current = current_version(store)
    settings = fuse_settings(project, key)
    plan = plan_fusion(project, inputs, settings, current, full=full)
    if current is not None and not plan.changed:
        return replace(current, run=plan.record())
    engine = engine or LocalEngine(store.path("scratch"))
    pipeline = FusionPipeline(
        project, store, key, inputs, plan, current, engine, now or datetime.now(UTC)
    )
    try:
        return pipeline.run(settings)
    finally:
        pipeline.close()
