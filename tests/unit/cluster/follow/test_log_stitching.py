from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plait.cluster.follow.log_stitching import LogStitcher

# Many lines within a second, some equal to the letter: what a log really has.
LINES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from("ab")))


def log(lines: list[tuple[int, int, str]]) -> list[str]:
    return [f"2026-11-25T12:00:{s:02}.{n:09}Z {text}" for s, n, text in sorted(lines)]


@given(LINES, st.lists(st.integers(0, 40)))
def test_however_often_it_is_cut_each_line_comes_once(
    lines: list[tuple[int, int, str]], cuts: list[int]
) -> None:
    whole, stitch, told = log(lines), LogStitcher(), []
    for cut in [*sorted(cuts), len(whole)]:
        stitch.reconnect()
        since = stitch.since
        # The API server answers with every line from that second on.
        sent = (line for line in whole[:cut] if since is None or line[:19] >= since[:19])
        told.extend(stitch.accept(line) for line in sent)
    assert [text for text in told if text is not None] == [line.split(" ")[1] for line in whole]


def test_it_goes_on_from_the_last_second() -> None:
    stitch = LogStitcher()
    assert stitch.since is None
    assert stitch.accept("2026-11-25T12:00:07.5Z  two  words") == " two  words"
    assert stitch.since == "2026-11-25T12:00:07Z"
