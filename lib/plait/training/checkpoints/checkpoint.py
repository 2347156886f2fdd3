"""A checkpoint as one object: safetensors, with the plain values in its header."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from plait.errors import StoreError
from plait.store.finite_numbers import parse_finite
from plait.training.loop.train_state import PlainState, Tensors

CHECKPOINT_FORMAT = 1
_METADATA_KEY = "plait"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run's state after some step.

    Attributes:
        tensors, values: of the state.
        search_result: of the search, for the refit that follows it; None in a search.
    """

    tensors: Tensors
    values: PlainState
    search_result: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """Returns the whole object; nothing of it is a pickle.

        Raises:
            ValueError: one of the values is not finite.
        """
        plain = {"format": CHECKPOINT_FORMAT, "facts": self.values, "found": self.search_result}
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.tensors.items()}
        return save(tensors, {_METADATA_KEY: json.dumps(plain, allow_nan=False)})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Checkpoint:
        """Returns the checkpoint in `data`, which was read from `where`.

        Raises:
            StoreError: it is damaged, of another format, or holds numbers that are not finite.
        """
        try:
            (size,) = struct.unpack("<Q", data[:8])  # the header, JSON, comes first
            plain = parse_finite(json.loads(data[8 : 8 + size])["__metadata__"][_METADATA_KEY])
            if plain["format"] != CHECKPOINT_FORMAT:
                msg = f"format {plain['format']}, this plait reads {CHECKPOINT_FORMAT}"
                raise ValueError(msg)
            tensors = load(data)
            for name, tensor in tensors.items():
                if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                    msg = f"'{name}' is not finite"
                    raise ValueError(msg)
            return cls(tensors, dict(plain["facts"]), plain["found"])
        except (SafetensorError, ValueError, KeyError, TypeError, struct.error) as error:
            raise unreadable_checkpoint(where, error) from None


def unreadable_checkpoint(where: str, error: Exception) -> StoreError:
    """Returns the error of the checkpoint at `where`, from which no run can go on."""
    said = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return StoreError(
        f"the checkpoint '{where}' cannot be read ({said}).",
        fix="Train anew: run `plait train` without --resume.",
    )
