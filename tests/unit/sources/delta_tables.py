"""Writes what a Delta table has only if Spark or Databricks wrote it, by hand."""

from __future__ import annotations

import json
import struct
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def delete_rows(table: Path, rows: Sequence[int], *, inline: bool = True) -> None:
    """Deletes `rows` (the first is 0) of the table's only file by a deletion vector."""
    log = table / "_delta_log"
    number = len(list(log.glob("*.json")))
    added = [
        action["add"]
        for file in sorted(log.glob("*.json"))
        for action in map(json.loads, file.read_text().splitlines())
        if "add" in action
    ][-1]
    size = {"size": added["size"], "partitionValues": added["partitionValues"]}
    removed = {"path": added["path"], "dataChange": True, "deletionTimestamp": 0, **size}
    if "deletionVector" in added:
        removed["deletionVector"] = added["deletionVector"]
    added["deletionVector"] = _vector(table, sorted(rows), inline=inline)
    actions = ({"remove": removed}, {"add": added})
    (log / f"{number:020d}.json").write_text("".join(f"{json.dumps(a)}\n" for a in actions))


def map_columns(table: Path, names: dict[str, str]) -> None:
    """Gives columns of the table other names, by the first entry of its log."""
    first = table / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in action:
            schema = json.loads(action["metaData"]["schemaString"])
            for number, column in enumerate(schema["fields"], 1):
                column["metadata"] = {
                    "delta.columnMapping.id": number,
                    "delta.columnMapping.physicalName": column["name"],
                }
                column["name"] = names.get(column["name"], column["name"])
            action["metaData"]["schemaString"] = json.dumps(schema)
            action["metaData"]["configuration"] = {
                "delta.columnMapping.mode": "name",
                "delta.columnMapping.maxColumnId": str(len(schema["fields"])),
            }
    first.write_text("".join(f"{json.dumps(action)}\n" for action in actions))


def _vector(table: Path, rows: Sequence[int], *, inline: bool) -> dict[str, Any]:
    """Returns the deletion vector of `rows`: a Roaring bitmap with one array of 16-bit numbers."""
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16)
    body = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    body += b"".join(struct.pack("<H", row) for row in rows)
    about = {"sizeInBytes": len(body), "cardinality": len(rows)}
    if inline:
        return {
            "storageType": "i",
            "pathOrInlineDv": _z85(body + b"\0" * (-len(body) % 4)),
            **about,
        }
    name = uuid.uuid4()
    framed = struct.pack(">I", len(body)) + body + struct.pack(">I", zlib.crc32(body))
    (table / f"deletion_vector_{name}.bin").write_bytes(b"\1" + framed)
    return {"storageType": "u", "pathOrInlineDv": _z85(name.bytes), "offset": 1, **about}


def _z85(body: bytes) -> str:
    text = ""
    for start in range(0, len(body), 4):
        number = int.from_bytes(body[start : start + 4], "big")
        digits = [number // 85**place % 85 for place in range(4, -1, -1)]
        text += "".join(_Z85[digit] for digit in digits)
    return text
