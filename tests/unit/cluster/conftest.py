"""Templates of a release, as they lie in a ConfigMap."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from plait.cluster.render.templates import Templates, parse_templates
from tests.cluster.templates import config_map, resources


@pytest.fixture
def templates() -> Templates:
    """Those of the release `demo`."""
    return parse_templates(config_map(), "a test")


@pytest.fixture
def resource() -> Callable[[str], dict[str, Any]]:
    """Returns a verb's template, anew each time."""
    return lambda verb: copy.deepcopy(resources()[verb])
