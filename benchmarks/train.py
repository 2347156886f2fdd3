"""Speed of training: targets a second, the share of a floor, two workers, and RecBole beside it.

    python benchmarks/train.py -c examples/beauty_electronics/plait.yaml \\
        --recbole ../recbole/bin/python

Trains on the newest store version of the project, without validation, in child processes; writes
nothing into its store. The floor is the time that a step's floating point operations take at the
rate of this machine's large matrix product, plus the time that its bytes take at the rate of a
large copy: tensors kept for the way back, written and read once, and the parameters, gradients,
two moments and average, read and written once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
import yaml
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from plait.config import load_config
from plait.features.folds import LeaveOneOut
from plait.models.neural.net import NeuralNet
from plait.store import Store
from plait.training.data.micro_batch import MicroBatch, build_micro_batch
from plait.training.data.sampler import Sampler
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.loop.hyper_parameters import HyperParameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.training_loop import build_net, fit
from plait.training.search_and_refit import hyper_parameters_for

KINDS = {
    "full": "the network as `plait train` trains it",
    "merged": "the same where all platforms are one: no own histories beside the merged one",
    "gru": "merged, and of the network what GRU4Rec has: embeddings, a GRU and a dense layer",
}


def prepared(config: str, merged: bool) -> tuple[TrainingData, HyperParameters, int]:
    """Returns the project's data without validation, one epoch's settings, and the length kept.

    With `merged`, all platforms are one, which is all that a peer without platforms can see.
    """
    project = load_config(config)
    store = Store(project.store_path)
    sequences, items = store.read("sequences"), store.read("items")
    platforms = tuple(project.platforms)
    if merged:
        platforms = ("all",)
        one = pl.element().replace_strict({}, default="all", return_dtype=pl.String)
        sequences = sequences.with_columns(pl.col("platform").list.eval(one))
        items = items.with_columns(platform=pl.lit("all"))
    data = prepare_training_data(sequences, items, platforms, LeaveOneOut())
    hyper = replace(hyper_parameters_for(project.train, data), epochs=1)
    return replace(data, validation=None), hyper, project.sequence_length


class NoConvolutions(nn.Module):
    """In the place of the convolutions: adds nothing to its input."""

    def forward(self, inputs: torch.Tensor, earlier: torch.Tensor) -> torch.Tensor:
        return torch.zeros((), device=inputs.device)


def network(data: TrainingData, hyper: HyperParameters, kind: str) -> NeuralNet:
    """Returns plait's network, or for `gru` what is left of it when it is GRU4Rec's."""
    whole = build_net(data, hyper)
    if kind != "gru":
        return whole
    alone = NeuralNet(replace(whole.settings, terms=("interest",), gaps=False, quarter=(0, 0)))
    alone.set_item_features(data.timeline, data.item_attributes)
    alone.encoder.cnn = NoConvolutions()  # type: ignore[assignment]
    return alone


def measure(config: str, threads: int, kind: str) -> dict[str, float]:
    """Returns targets a second of one epoch in this process, and what a step is made of."""
    torch.set_num_threads(threads)
    data, hyper, length = prepared(config, merged=kind != "full")
    steps = Sampler(data.history.lengths, hyper.batch_size, hyper.seed)
    net = network(data, hyper, kind).train()
    micro_batches = [
        build_micro_batch(data, hyper, net.settings.views, step, steps.rows(step))
        for step in range(6)
    ]
    work = [floor(net, micro_batch) for micro_batch in micro_batches]
    flops = sum(w[0] for w in work) / sum(p.target_count for p in micro_batches)
    kept = sum(w[1] for w in work) / sum(p.target_count for p in micro_batches)
    fitted = fit(data, hyper, net=net)
    targets = fitted.targets / steps.steps_per_epoch
    parameters = sum(p.numel() for p in net.parameters())
    # Read and written once: parameters, gradients, two moments and the average.
    moved = 2 * kept * targets + 2 * 5 * 4 * parameters
    rates = gemm_rate(), copy_rate()
    ideal = flops * targets / rates[0] + moved / rates[1]
    actual = fitted.seconds / steps.steps_per_epoch
    return {
        "targets_per_s": fitted.targets / fitted.seconds,
        "loader_share": fitted.loader_share,
        "targets_per_step": targets,
        "step_ms": actual * 1e3,
        "floor_ms": ideal * 1e3,
        "share_of_floor": ideal / actual,
        "mflop_per_target": flops / 1e6,
        "mb_per_step": moved / 1e6,
        "gemm_gflop_per_s": rates[0] / 1e9,
        "copy_gb_per_s": rates[1] / 1e9,
        "dimensions": hyper.dimensions,
        "dropout": hyper.dropout,
        "length": length,
    }


def floor(net: NeuralNet, micro_batch: MicroBatch) -> tuple[int, int]:
    """Returns the floating point operations of a step, and the bytes kept for its way back."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    own = {p.untyped_storage().data_ptr() for p in (*net.parameters(), *net.buffers())}
    with FlopCounterMode(display=False) as counter:
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = step_loss(net, micro_batch)
        loss.backward()
    net.zero_grad(set_to_none=True)
    return counter.get_total_flops(), sum(n for at, n in kept.items() if at not in own)


def gemm_rate(size: int = 1536) -> float:
    """Returns floating point operations a second of a large product, the best of 7."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / min(_seconds(lambda: a @ b) for _ in range(7))


def copy_rate(size: int = 2**25) -> float:
    """Returns bytes read and written a second by a large copy, the best of 7."""
    a, b = torch.randn(size), torch.empty(size)
    return 8 * size / min(_seconds(lambda: b.copy_(a)) for _ in range(7))


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def apart(part: str, *arguments: str) -> dict[str, Any]:
    """Returns what `part` of this file prints in a process of its own."""
    command = [sys.executable, __file__, "--part", part, *arguments]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def through_ray(config: str, workers: int, folder: Path) -> float:
    """Returns targets a second of `plait train --workers N`, on a copy of the store."""
    file = copied(config, folder)
    command = [sys.executable, "-m", "plait.cli.main", "train", "-c", str(file), "--json"]
    command += ["--split", "none", "--epochs", "1", "--workers", str(workers)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(json.loads(out)["metrics"]["targets_per_s"])


def copied(config: str, folder: Path) -> Path:
    """Returns a project file in `folder` with a store of its own, holding the same sequences."""
    project, file = load_config(config), folder / "plait.yaml"
    if file.exists():
        return file
    raw = yaml.safe_load(Path(config).read_text())
    file.write_text(yaml.safe_dump(raw | {"store": str(folder / "store")}))
    source, copy, versions = Store(project.store_path), Store(folder / "store"), {}
    from plait.contracts.store_tables import ITEMS, SEQUENCES

    for table in (SEQUENCES, ITEMS):
        writer = copy.writer(table)
        writer.write(source.read(table.name))
        versions[table.name] = writer.commit()
    copy.publish(versions, {}, [])
    return file


def recbole(config: str, python: str, batches: int, sizes: dict[str, Any]) -> dict[str, Any]:
    """Returns examples a second of RecBole's GRU4Rec on the same sequences and sizes."""
    sequences = Store(load_config(config).store_path).read("sequences")
    flat = sequences.select("person", "item").explode("item").drop_nulls()
    place = pl.int_range(pl.len()).over("person").cast(pl.Float64)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "merged"
        home.mkdir()
        flat.select(
            pl.col("person").alias("user_id:token"),
            pl.col("item").alias("item_id:token"),
            place.alias("timestamp:float"),
        ).write_csv(home / "merged.inter", separator="\t")
        given = sizes | {"folder": folder, "name": "merged", "batches": batches}
        script = str(Path(__file__).with_name("train_recbole.py"))
        command = [python, script, json.dumps(given)]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder)
    found: dict[str, Any] = json.loads(out.stdout.splitlines()[-1])
    return found | {"examples_per_s": found["examples"] / found["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("-c", "--config", default="plait.yaml")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="of every measurement, interleaved")
    parser.add_argument("--recbole", metavar="PYTHON", help="the interpreter that has RecBole")
    parser.add_argument("--batches", type=int, default=4, help="RecBole's batches a measurement")
    parser.add_argument("--workers", type=int, default=2, help="against one; 0: leave that out")
    kinds = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS), help=kinds)
    parser.add_argument("--part", choices=KINDS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(measure(given.config, given.threads, given.part)))
        return
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in given.kinds}
    peers: list[float] = []
    pairs: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.repeats):
            for kind, measured in runs.items():
                measured.append(apart(kind, "-c", given.config, "--threads", str(given.threads)))
            if given.recbole:
                some = next(iter(runs.values()))[0]
                sizes = {name: some[name] for name in ("dimensions", "dropout", "length")}
                sizes |= {"threads": given.threads, "batch": round(some["targets_per_step"])}
                found = recbole(given.config, given.recbole, given.batches, sizes)
                peers.append(found["examples_per_s"])
            if given.workers:
                counts = (1, given.workers)
                pairs.append([through_ray(given.config, n, Path(folder)) for n in counts])
    show(runs, peers)
    if pairs:
        shares = [many / one for one, many in pairs]
        one, many = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"1 worker, {given.threads} threads: {one:,.0f} targets/s; {given.workers} workers:")
        print(f"{many:,.0f} targets/s, {statistics.median(shares):.3f} of it {np.round(shares, 3)}")


def show(runs: dict[str, list[dict[str, Any]]], peers: list[float]) -> None:
    """Prints the medians, a kind of network a column."""
    print(f"{'':20}" + "".join(f"{kind:>14}" for kind in runs))
    for name in next(iter(runs.values()))[0] if runs else ():
        medians = [statistics.median(run[name] for run in measured) for measured in runs.values()]
        print(f"{name:20}" + "".join(f"{median:14,.3f}" for median in medians))
    if peers:
        times = [
            statistics.median(r["targets_per_s"] / p for r, p in zip(measured, peers, strict=True))
            for measured in runs.values()
        ]
        print(f"{'times recbole':20}" + "".join(f"{ratio:14,.1f}" for ratio in times))
        print(f"recbole: {statistics.median(peers):,.0f} examples/s {np.round(peers)}")


if __name__ == "__main__":
    main()
