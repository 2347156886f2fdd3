"""Runs that are really killed, at three places of an epoch, end as one that was left alone."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from plait.models.neural.neural_model import NeuralModel
from plait.store import Registry, Store
from tests.e2e.tiny_project import environment, train_apart, train_command, write_project

from .book import Book

pytestmark = pytest.mark.timeout(1800)
STEPS = 100  # an epoch
# Early, in the middle and late in the first epoch: other steps every time.
PLACES = tuple(random.SystemRandom().randrange(place, place + 20) for place in (5, 33, 60))
EVERY_STEP = ("--checkpoint-every", "0")
PATIENCE = 300  # seconds; a busy machine starts a dozen processes slowly


class Run:
    """A running `plait train` and what is seen of it."""

    def __init__(self, file: Path, *options: str) -> None:
        self._runs = file.parent / "store" / "runs"
        self.process = subprocess.Popen(
            train_command(file, *EVERY_STEP, *options), text=True, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.family: list[psutil.Process] = []
        self._before = self.step()

    def step(self) -> int:
        """Returns the step of the last checkpoint, 0 before the first."""
        names = (path.stem for path in self._runs.glob("*/*/0-*.safetensors"))
        return max((int(name.split("-")[1]) for name in names), default=0)

    def wait_for(self, step: int) -> None:
        """Returns at the checkpoint of `step`, with every process of the run known.

        They are looked for before: the run would go on meanwhile.
        """
        self._wait_for(self._before + 1)
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        self._wait_for(step)

    def _wait_for(self, step: int) -> None:
        until = time.monotonic() + PATIENCE
        while self.step() < step:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < until, f"no step {step} within {PATIENCE} s"
            time.sleep(0.005)

    def kill_worker(self) -> None:
        """Kills one of the workers; Ray Train may start others, which go on."""
        next(p for p in self.family if self._is_worker(p)).kill()
        self._before = self.step() + 1  # one more may have been under way

    @staticmethod
    def _is_worker(process: psutil.Process) -> bool:
        try:
            return "RayTrainWorker" in " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            return False

    def kill(self) -> None:
        """Kills the driver."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def result(self) -> dict[str, Any]:
        """Returns what the run printed when it ended well."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def bury(self) -> None:
        """Ends what is left: a killed driver's Ray follows it within seconds."""
        if self.process.poll() is None:
            self.family += psutil.Process(self.process.pid).children(recursive=True)
            self.kill()
        _, alive = psutil.wait_procs(self.family, timeout=90)
        for process in alive:
            process.kill()
        assert not alive, "processes outlive their driver"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    return write_project(folder, 400, epochs=2, batch_size=4, dimensions=8, dropout=0.2)


@pytest.fixture
def start(file: Path) -> Iterator[Callable[..., Run]]:
    """Starts runs, and leaves none behind."""
    runs: list[Run] = []

    def starts(*options: str) -> Run:
        runs.append(Run(file, *options))
        return runs[-1]

    yield starts
    for run in runs:
        run.bury()


@pytest.fixture(scope="module")
def left_alone(file: Path) -> dict[int, dict[str, Any]]:
    """The results of runs that nobody killed, by their number of workers."""
    return {n: train_apart(file, *EVERY_STEP, "--workers", str(n)) for n in (1, 2)}


def assert_same(file: Path, killed: dict[str, Any], whole: dict[str, Any]) -> None:
    """Asserts that both runs went the same way, to the same weights, and left nothing."""
    registry = Registry(Store(file.parent / "store"))
    one, other = (
        NeuralModel.load(registry.fetch("default", result["version"])[1]).net.state_dict()
        for result in (killed, whole)
    )
    for name, weights in one.items():
        torch.testing.assert_close(weights, other[name], rtol=1e-4, atol=1e-5)
    curves = [result["metrics"]["loss_curve"] for result in (killed, whole)]
    assert len(curves[0]) == 2 * STEPS
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)
    assert killed["metrics"]["validation"] == pytest.approx(
        whole["metrics"]["validation"], abs=1e-4
    )
    assert not list((file.parent / "store" / "runs").glob("*/*/*"))


def test_a_worker_killed_early_in_the_middle_and_late(
    file: Path, start: Callable[..., Run], left_alone: dict[int, dict[str, Any]], book: Book
) -> None:
    """Ray Train starts new workers, which go on from the last checkpoint by themselves."""
    run = start("--workers", "2", "--max-failures", "3")
    for place in PLACES:
        run.wait_for(place)
        run.kill_worker()
        assert run.step() < STEPS
    assert_same(file, run.result(), left_alone[2])
    book.injected("train", "SIGKILL of a worker", len(PLACES))


@pytest.mark.parametrize(
    ("victims", "places"), [("driver", PLACES[1:2]), ("driver and worker", PLACES[::2])]
)
def test_a_driver_killed_early_in_the_middle_and_late(
    file: Path,
    start: Callable[..., Run],
    left_alone: dict[int, dict[str, Any]],
    book: Book,
    victims: str,
    places: tuple[int, ...],
) -> None:
    options = ["--workers", "2"]
    for place in places:
        run = start(*options)
        run.wait_for(place)
        if victims == "driver and worker":
            run.kill_worker()
        run.kill()
        assert place <= run.step() < STEPS
        options = ["--workers", "2", "--resume"]
    assert_same(file, start(*options).result(), left_alone[2])
    book.injected("train", f"SIGKILL of the {victims}", len(places))


def test_one_worker_in_the_driver_killed(
    file: Path, start: Callable[..., Run], left_alone: dict[int, dict[str, Any]], book: Book
) -> None:
    options: tuple[str, ...] = ()
    for place in PLACES:
        run = start(*options)
        run.wait_for(place)
        run.kill()
        assert place <= run.step() < STEPS
        options = ("--resume",)
    assert_same(file, start(*options).result(), left_alone[1])
    book.injected("train", "SIGKILL of the driver that trains by itself", len(PLACES))


def test_workers_lost_too_often_end_the_run_which_can_go_on(
    file: Path, start: Callable[..., Run], book: Book
) -> None:
    run = start("--workers", "2")
    run.wait_for(PLACES[1])
    run.kill_worker()
    _, err = run.process.communicate(timeout=PATIENCE)
    assert run.process.returncode == 2
    assert "RunFailed: the run lost a worker" in err
    assert "--resume" in err
    assert run.step() >= PLACES[1]
    book.injected("train", "SIGKILL of a worker where none may fail")
