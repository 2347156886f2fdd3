"""`plait fuse`: fuses the raw logs of several platforms into one published store version."""

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
from plait.fusion.stages.check_renames import check_renames
from plait.fusion.stages.erase_elsewhere import erase_elsewhere
from plait.fusion.stages.erase_people import erase_from_log
from plait.fusion.stages.find_inputs import find_inputs
from plait.fusion.stages.resolve_people import current_version
from plait.identity.assertions.identity_log import record_history
from plait.privacy.pseudonym_key import key_of_version, load_key
from plait.store.damaged_files import name_damaged_files
from plait.store.feedback.compaction import compact
from plait.store.require_writable import require_writable
from plait.store.storage_errors import translate_s3_errors
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def fuse(
    project: Project | str | Path,
    *,
    engine: Engine[Any] | None = None,
    now: datetime | None = None,
    full: bool = False,
) -> StoreVersion:
    """Fuses the new data of every platform into the next store version, and publishes it.

    An incremental run does not read files again that the current version has read. It keeps the
    buckets that no new row and no change of identity touches. Its tables equal those of a run
    over all files. If an incremental run is not possible (a setting or a file changed, or a
    k_core is configured), all files are read. `run` of the version records the mode and the
    reason. If nothing is new, nothing is published.

    Args:
        project: the project (inputs and store), or the path of its project file.
        engine: the engine that moves the rows; default: Polars on this machine.
        now: the time after which an event counts as in the future; default: the current time.
        full: read all files, even those already read.

    Returns:
        The published version. If nothing is new, the current version, whose `run` has the mode
        `none`.

    Raises:
        BadKey: the pseudonym keys are not those of the current version.
        PlaitError: an input cannot be used, the store cannot be written, or another run
            published first. A partly written version is never visible.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    store = Store(project.store_uri)
    require_writable(store)
    compact(store)
    current = current_version(store)
    check_renames(project, current)
    erasures = erase_from_log(store, current)
    inputs = find_inputs(project, store)
    # After the listing, so that no listed link is missing from the identity log.
    history = record_history(store, inputs.links.slices())
    inputs = replace(inputs, identity_log=history.record)
    key = load_key(project, create=current is None)
    if current is not None:
        key_of_version(key, current.settings, current.number)
    settings = fuse_settings(project, key)
    plan = plan_fusion(project, inputs, settings, current, full=full)
    if current is not None and not plan.changed:
        erase_elsewhere(project, store, current, erasures)  # what could not be done before
        return replace(current, run=plan.record())
    engine = engine or LocalEngine(store.path("scratch"))
    pipeline = FusionPipeline(
        project, store, key, inputs, plan, current, engine, now or datetime.now(UTC),
        history.assertions, erasures,
    )  # fmt: skip
    try:
        with name_damaged_files(store), translate_s3_errors(store.uri):
            version = pipeline.run(settings)
    finally:
        pipeline.close()
    erase_elsewhere(project, store, version, erasures)
    return version
