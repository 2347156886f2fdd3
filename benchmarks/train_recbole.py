"""RecBole's GRU4Rec on exported sequences: examples a second, as one JSON line.

Run by benchmarks/train.py with RecBole's own interpreter; knows nothing of plait.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from pathlib import Path

import torch

# RecBole 1.2.1 reads its own files with the default of torch before 2.6.
_load = torch.load
torch.load = lambda *args, **named: _load(*args, **({"weights_only": False} | named))

from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.model.sequential_recommender import GRU4Rec  # noqa: E402
from recbole.trainer import Trainer  # noqa: E402
from recbole.utils import init_seed  # noqa: E402


class First:
    """The first `count` batches of a loader, made as they are asked for."""

    def __init__(self, loader: object, count: int) -> None:
        self._loader, self._count = loader, count

    def __iter__(self):
        return islice(iter(self._loader), self._count)


def main() -> None:
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])  # holds <name>/<name>.inter
    torch.set_num_threads(given["threads"])
    sys.argv = sys.argv[:1]
    config = Config(
        model="GRU4Rec",
        dataset=given["name"],
        config_dict={
            "data_path": str(folder),
            "checkpoint_dir": str(folder / "saved"),
            "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
            "MAX_ITEM_LIST_LENGTH": given["length"],
            "eval_args": {
                "split": {"LS": "valid_and_test"},
                "order": "TO",
                "mode": "full",
                "group_by": "user",
            },
            "embedding_size": given["dimensions"],
            "hidden_size": given["dimensions"],
            "num_layers": 1,
            "dropout_prob": given["dropout"],
            "loss_type": "CE",
            "train_neg_sample_args": None,
            "train_batch_size": given["batch"],
            "use_gpu": False,
            "show_progress": False,
            "state": "ERROR",
        },
    )
    init_seed(0, True)
    dataset = create_dataset(config)
    examples, _, _ = data_preparation(config, dataset)
    model = GRU4Rec(config, examples.dataset)
    trainer = Trainer(config, model)
    trainer._train_epoch(First(examples, 1), 0)  # the first batch warms up
    began = time.perf_counter()
    trainer._train_epoch(First(examples, given["batches"]), 0)
    seconds = time.perf_counter() - began
    done = min(given["batches"] * given["batch"], len(examples.dataset))
    print(json.dumps({"examples": done, "seconds": seconds, "all": len(examples.dataset)}))


if __name__ == "__main__":
    main()
