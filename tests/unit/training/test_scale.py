from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.training.scale import Scale


@pytest.mark.parametrize(
    ("given", "ray"), [(1, 1), ("3", 3), ("2:4", (2, 4)), ((1, 2), (1, 2)), ("2:2", 2)]
)
def test_a_number_or_a_range(given: Any, ray: Any) -> None:
    scale = Scale.of(given)
    assert scale.for_ray() == ray
    assert scale.threads >= 1


@pytest.mark.parametrize("given", [0, "", "two", "4:2", "1:2:3", "0:2", "-1", (1, 2, 3)])
def test_anything_else_says_what_is_allowed(given: Any) -> None:
    with pytest.raises(ConfigError, match="MIN:MAX"):
        Scale.of(given)
