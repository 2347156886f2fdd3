"""Which sub-folder of the inspected folder is a platform of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Folders that divide one log: by time, by number, or into parts to learn from and to test with.
_PART = r"(?i)^(?:(?:year|month|day|date|hour|week|part|shard|batch|run|p)?[-_]?\d[\d_-]*|.*=.*)$"
_SPLIT = r"(?i)[-_. ]*(?:train(?:ing)?|test(?:ing)?|dev|val(?:id(?:ation)?)?)[-_]?(?:set|data)?$"


def home_of(below: Sequence[str]) -> str:
    """Returns the sub-folder that is a platform of its own; '' if the file lies in none.

    Args:
        below: the parts of the file's path, relative to the inspected folder.
    """
    if len(below) < 2 or re.match(_PART, below[0]):
        return ""
    return re.sub(_SPLIT, "", below[0])
