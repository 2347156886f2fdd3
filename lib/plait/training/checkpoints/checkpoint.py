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
        tensors, values: the state, as `TrainState.capture` returns it.
        search_result: what the search before a refit found; None in a search.
    """

    tensors: Tensors
    values: PlainState
    search_result: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """Returns the checkpoint as safetensors bytes, without any pickle.

        Raises:
            ValueError: one of the plain values is not finite.
        """
        plain = {"format": CHECKPOINT_FORMAT, "facts": self.values, "found": self.search_result}
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.tensors.items()}
        return save(tensors, {_METADATA_KEY: json.dumps(plain, allow_nan=False)})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Checkpoint:
        """Returns the checkpoint in `data`, which was read from `where`.

        Raises:
            StoreError: the checkpoint is damaged, has another format, or holds numbers that
                are not finite.
        """
        try:
            (size,) = struct.unpack("<Q", data[:8])  # the size of the JSON header that follows
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
    """Returns the error for a checkpoint at `where` that no run can resume from."""
    reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return StoreError(
        f"the checkpoint '{where}' cannot be read ({reason}).",
        fix="Train anew: run `plait train` without --resume.",
    )
