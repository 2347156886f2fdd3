from __future__ import annotations

import pytest

from plait import progress


def test_a_line_has_rate_and_time_left() -> None:
    work = progress.ProgressTask("fuse", 100, "rows", done=50)
    work._start -= 5
    assert work.line().startswith("fuse: 50/100 rows, 10/s, 5 s left")
    work.note = "loss 1.2"
    assert work.line().endswith("loss 1.2")


def test_the_last_state_stays_even_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="boom"), progress.track_progress("train", 10) as work:
        work.advance(3)
        raise ValueError("boom")
    assert "train: 3/10" in capsys.readouterr().err


def test_silence_prints_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_quiet", True)
    with progress.track_progress("fuse") as work:
        work.advance()
    assert capsys.readouterr().err == ""
