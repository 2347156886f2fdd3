from __future__ import annotations

from plait.config.project_sections import Training
from plait.training.loop.hyper_parameters import choose_hyper_parameters


def test_what_is_given_stands() -> None:
    given = Training(
        epochs=7, dimensions=24, batch_size=11, learning_rate=0.5, weight_decay=0, dropout=0,
        negatives=5, patience=2, calendar=True, seed=9,
    )  # fmt: skip
    chosen = choose_hyper_parameters(given, 10_000, 1_000_000)
    for name in given.model_fields_set:
        assert getattr(chosen, name) == getattr(given, name), name


def test_the_rest_follows_the_data() -> None:
    small, middle, large = (
        choose_hyper_parameters(Training(), people, targets)
        for people, targets in ((2_000, 20_000), (4_474, 100_707), (1_000_000, 10_000_000))
    )
    assert small.dimensions < middle.dimensions
    assert small.learning_rate > middle.learning_rate
    assert (middle.epochs, large.epochs) == (30, 3)
