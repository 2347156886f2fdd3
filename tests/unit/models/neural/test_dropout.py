from __future__ import annotations

import torch

from plait.models.neural.dropout import Dropout


def test_keeps_the_mean_and_drops_the_rate() -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.3)(torch.ones(400, 500))
    assert abs((dropped == 0).float().mean() - 0.3) < 0.01
    assert abs(dropped.mean() - 1) < 0.01
    # Rows and columns alike: no pattern in the bits.
    assert (dropped == 0).float().mean(0).std() < 0.03


def test_is_seeded_and_does_nothing_when_asked_to_score() -> None:
    drop, ones = Dropout(0.5), torch.ones(3, 77)
    torch.manual_seed(1)
    first = drop(ones)
    torch.manual_seed(1)
    assert torch.equal(drop(ones), first)
    assert torch.equal(drop.eval()(ones), ones)
