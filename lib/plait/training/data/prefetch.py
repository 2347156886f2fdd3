"""Builds each micro-batch in a thread while the one before it is trained on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from plait.training.data.micro_batch import MicroBatch


class Prefetcher:
    """Builds the micro-batches of the steps from `start` to `stop`, one ahead, in a thread.

    Args:
        build: returns the micro-batch of a step.
        start: the first step.
        stop: the step after the last.

    Attributes:
        seconds_waited: how long training has waited for micro-batches, in seconds.
    """

    def __init__(self, build: Callable[[int], MicroBatch], start: int, stop: int) -> None:
        self._build, self._start, self._stop = build, start, stop
        self.seconds_waited = 0.0

    def __iter__(self) -> Iterator[MicroBatch]:
        with ThreadPoolExecutor(1, thread_name_prefix="plait-loader") as thread:
            future = thread.submit(self._build, self._start) if self._start < self._stop else None
            for step in range(self._start, self._stop):
                assert future is not None
                began = time.monotonic()
                micro_batch = future.result()
                self.seconds_waited += time.monotonic() - began
                if step + 1 < self._stop:
                    future = thread.submit(self._build, step + 1)
                yield micro_batch
