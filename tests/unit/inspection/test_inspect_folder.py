"""init, then fuse: the project file that is drafted for a shape of logs reads it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.config import load_config
from plait.config.yaml_document import read_document
from plait.engine.open_engine import EngineName, open_engine
from plait.errors import EmptyInput
from plait.fusion.fuse_logs import fuse
from plait.inspection.inspect_folder import Inspection, inspect_folder
from plait.store import Store
from tests.unit.inspection.log_shapes import SHAPES
