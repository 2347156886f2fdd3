"""Reads a project file, and reports all mistakes in it as one readable error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from plait.config.project_file import Project
from plait.config.project_sections import Training
from plait.config.yaml_document import read_document
from plait.contracts.validation_messages import describe_error, models_in
from plait.errors import ConfigError, nearest


def load_config(path: str | Path = "plait.yaml") -> Project:
    """Returns the project described by the YAML file at `path`.

    Raises:
        ConfigError: the file is missing, not UTF-8 or not YAML, or a setting is unknown or wrong.
    """
    file = Path(path)
    raw = read_document(file, str(path))
    return parse_config(raw, folder=file.absolute().parent, name=str(path))


def parse_config(raw: object, *, folder: Path, name: str = "config") -> Project:
    """Returns the project in `raw`; paths in it are relative to `folder`.

    Raises:
        ConfigError: a setting is unknown or wrong; the message starts with `name`.
    """
    try:
        project = Project.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join([f"{name}:", *_describe_errors(error, raw=raw)])) from None
    project._folder = folder
    return project


def parse_training(raw: object) -> Training:
    """Returns the training settings in `raw`.

    Raises:
        ConfigError: a setting is unknown or wrong.
    """
    try:
        return Training.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join(["train:", *_describe_errors(error, Training)])) from None


def _describe_errors(
    error: ValidationError, model: type[BaseModel] = Project, raw: object = None
) -> list[str]:
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in _as_written(item["loc"], raw)) or "the file"
        if item["type"] == "extra_forbidden":
            *parents, key = item["loc"]
            hint = nearest(str(key), _known_keys(model, tuple(parents)))
            lines.append(f"  {where}: unknown key. {hint}")
        elif item["type"] == "missing":
            lines.append(f"  {where}: missing. Set it.")
        elif item["type"] == "invalid_key" or item["loc"][-1:] == ("[key]",):
            where = where.removesuffix(".[key]")
            lines.append(f"  {where}: a name must be text. Put it in quotes.")
        else:
            seen = item["input"]
            shown = f" (seen: {seen!r:.80})" if isinstance(seen, int | float | str) else ""
            lines.append(f"  {where}: {describe_error(item, 'a mapping')}{shown}")
    return lines


def _as_written(loc: tuple[int | str, ...], raw: object) -> list[int | str]:
    """Returns `loc` without what was not written: the index of a list, or the kind of a value."""
    here = raw
    parts: list[int | str] = []
    for part in loc:
        if isinstance(part, int) and not isinstance(here, list):
            continue
        of_meaning = parts[:3] == ["people", "link", "columns"] and len(parts) == 4
        if of_meaning and part in ("value", "platforms"):  # see MeaningValue
            continue
        parts.append(part)
        try:
            here = here[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            here = None
    return parts


def _known_keys(root: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Returns the known keys of the model at `loc` inside `root`."""
    model: Any = root
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            if part not in model.model_fields:
                continue
            model = model.model_fields[str(part)].annotation
        models = models_in(model)
        if len(models) == 1:
            model = models[0]
    return list(model.model_fields) if hasattr(model, "model_fields") else []
