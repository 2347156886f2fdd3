"""Reads the YAML of a project file as UTF-8 text, without implicit types.

YAML 1.1 reads `no`, `on` and `off` as booleans, `007` as a number and `2024-01-01` as a date. Here
all keys and values are text, except null. The type of the setting decides how a value is parsed.
"""

from __future__ import annotations

import codecs
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from plait.errors import ConfigError

_NULL, _MERGE, _TEXT = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "merge", "str"))
_WIDE_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class _TextLoader(yaml.SafeLoader):
    """Resolves only null and `<<`; rejects two equal keys in one mapping."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {  # noqa: RUF012
        first: [(tag, shape) for tag, shape in known if tag in (_NULL, _MERGE)]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: dict[str, int] = {}
    for key_node, _ in node.value:
        key, line = _key_text(key_node), key_node.start_mark.line + 1
        if key in seen:
            raise ConfigError(
                f"'{key}' occurs twice, on lines {seen[key]} and {line}.",
                allowed="Names are unique.",
                fix=f"Rename or remove one of the two '{key}'.",
            )
        seen[key] = line
    loader.flatten_mapping(node)
    return {_key_text(key): loader.construct_object(value, deep=True) for key, value in node.value}


def _key_text(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    raise ConfigError(
        f"the key on line {node.start_mark.line + 1} is a list or a mapping.",
        allowed="Keys are text.",
        fix="Write the key as text, in quotes if it holds brackets or braces: '[a]': ...",
    )


_TextLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def read_document(file: Path, name: str) -> Any:
    """Returns the content of the YAML `file`: mappings, lists, text and None.

    Raises:
        ConfigError: the file cannot be read, is not UTF-8, or is not YAML.
    """
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read '{name}' ({error.strerror}).",
            fix="Name the project file with -c FILE, or write one: plait init --from DIR",
        ) from None
    try:
        # _TextLoader is a SafeLoader, and the text has no NUL.
        return yaml.load(_decode_utf8(body, name), _TextLoader)
    except yaml.YAMLError as error:
        raise ConfigError(f"'{name}' is not YAML: {error}", fix="Correct that line.") from None
    except RecursionError:
        raise ConfigError(
            f"'{name}' is nested too deep.", fix="Remove superfluous brackets and indents."
        ) from None


def _decode_utf8(body: bytes, name: str) -> str:
    for mark, encoding in _WIDE_ENCODINGS.items():
        if body.startswith(mark):
            raise _encoding_error(name, f"it is {encoding}", encoding)
    if b"\0" in body:
        little = body.index(b"\0") % 2 == 1
        raise _encoding_error(
            name, "it has NUL bytes, as UTF-16 does", f"UTF-16{'LB'[not little]}E"
        )
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _encoding_error(
            name, f"byte 0x{body[error.start]:02x} on line {line}", "WINDOWS-1252"
        ) from None


def _encoding_error(name: str, seen: str, encoding: str) -> ConfigError:
    new = shlex.quote(f"{name}.utf8")
    return ConfigError(
        f"'{name}' is not UTF-8: {seen}.",
        allowed="A project file must be UTF-8 on every machine.",
        fix="Save it as UTF-8 in the editor, or, if it is "
        f"{encoding}: iconv -f {encoding} -t UTF-8 {shlex.quote(name)} > {new} "
        f"&& mv {new} {shlex.quote(name)}",
    )
