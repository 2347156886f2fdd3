"""What each group of files was taken for, for the user."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Taken:
    """What a group of files was taken for.

    Attributes:
        files: the files, as the project file names them.
        platform: the platform; '' if there is none.
        kind: what it was taken for, in words.
        sure: how sure, 0 to 1.
        questions: what is open.
        fix: what makes files usable that are not.
    """

    files: list[str]
    platform: str
    kind: str
    sure: float
    questions: list[str] = field(default_factory=list)
    fix: str = ""
