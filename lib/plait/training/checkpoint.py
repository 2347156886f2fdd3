"""A checkpoint as one object: safetensors, with the plain values in its header."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save

from plait.errors import StoreError
from plait.training.state import Facts, Tensors

FORMAT = 1
_KEY = "plait"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run's state after some step.

    Attributes:
        tensors, facts: of the state.
        found: what a search found, for the refit that follows it; None in a search.
    """

    tensors: Tensors
    facts: Facts
    found: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """Returns the whole object; nothing of it is a pickle."""
        plain = json.dumps({"format": FORMAT, "facts": self.facts, "found": self.found})
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.tensors.items()}
        return save(tensors, {_KEY: plain})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Checkpoint:
        """Returns the checkpoint in `data`, which was read from `where`.

        Raises:
            StoreError: it is damaged or of another format.
        """
        try:
            (size,) = struct.unpack("<Q", data[:8])  # the header, JSON, comes first
            plain = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_KEY])
            if plain["format"] != FORMAT:
                msg = f"format {plain['format']}, this plait reads {FORMAT}"
                raise ValueError(msg)
            return cls(load(data), plain["facts"], plain["found"])
        except (SafetensorError, ValueError, KeyError, TypeError, struct.error) as error:
            raise StoreError(
                f"the checkpoint '{where}' cannot be read ({error}).",
                fix="Train anew: run `plait train` without --resume.",
            ) from None
