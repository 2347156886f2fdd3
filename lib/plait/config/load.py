"""Reads a project file and turns every mistake in it into one readable error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from plait.config.project import Project
from plait.config.training import Training
from plait.contracts.fields import models_in
from plait.contracts.wording import plain
from plait.errors import ConfigError, nearest


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys; two platforms of one name must not vanish."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if key in seen:
            raise ConfigError(
                f"'{key}' stands twice, on lines {seen[key]} and {line}.",
                allowed="Names are unique.",
                fix=f"Rename or remove one of the two '{key}'.",
            )
        seen[key] = line
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_config(path: str | Path = "plait.yaml") -> Project:
    """Returns the project described by the YAML file at `path`.

    Raises:
        ConfigError: the file is missing, is not YAML, or a setting is unknown or wrong.
    """
    file = Path(path)
    try:
        text = file.read_text()
    except OSError as error:
        raise ConfigError(
            f"cannot read '{path}' ({error.strerror}).",
            fix="Name the project file with -c FILE, or start one as docs/data.md shows.",
        ) from None
    try:
        raw = yaml.load(text, _UniqueKeys)  # a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"'{path}' is not YAML: {error}", fix="Mend the line named.") from None
    except (TypeError, ValueError, RecursionError):  # YAML makes them numbers and times by itself
        raise ConfigError(
            f"'{path}' holds a number or a date that cannot be read, or is nested too deep.",
            fix="Put what should be text in quotes.",
        ) from None
    return parse_config(raw, folder=file.absolute().parent, name=str(path))


def parse_config(raw: object, *, folder: Path, name: str = "config") -> Project:
    """Returns the project in `raw`, with relative paths taken from `folder`."""
    try:
        project = Project.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join([f"{name}:", *_explain(error)])) from None
    project._folder = folder
    return project


def parse_training(raw: object) -> Training:
    """Returns the training settings in `raw`.

    Raises:
        ConfigError: one is unknown or wrong.
    """
    try:
        return Training.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join(["train:", *_explain(error, Training)])) from None


def _explain(error: ValidationError, model: type[BaseModel] = Project) -> list[str]:
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"]) or "the file"
        if item["type"] == "extra_forbidden":
            *parents, key = item["loc"]
            hint = nearest(str(key), _fields(model, tuple(parents)))
            lines.append(f"  {where}: unknown key. {hint}")
        elif item["type"] == "missing":
            lines.append(f"  {where}: missing. Set it.")
        elif item["type"] == "invalid_key" or item["loc"][-1:] == ("[key]",):
            where = where.removesuffix(".[key]")
            lines.append(f"  {where}: a name must be text. Put it in quotes.")
        else:
            seen = item["input"]
            shown = f" (seen: {seen!r:.80})" if isinstance(seen, int | float | str) else ""
            lines.append(f"  {where}: {plain(item, 'a mapping')}{shown}")
    return lines


def _fields(root: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
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
