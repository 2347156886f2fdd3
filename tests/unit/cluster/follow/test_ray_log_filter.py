from __future__ import annotations

from plait.cluster.follow.ray_log_filter import RayLogFilter

SAID = """\
2026-11-25 13:38:18,666\tINFO cli.py:42 -- \x1b[37mJob submission server address\x1b[39m: x
2026-11-25 13:38:20,628\tSUCC cli.py:66 -- \x1b[32m------\x1b[39m
2026-11-25 13:38:19,557\tINFO job_manager.py:581 -- Runtime env is setting up.
Running entrypoint for job a: python train.py
epoch 1
2026-11-25 13:39:00,000 WARN mine.py:7 -- a line of the job's own
2026-11-25 13:38:53,094\tERR cli.py:75 -- Job 'a' failed
2026-11-25 13:38:53,094\tINFO cli.py:89 -- Status message: it failed, last available logs:
2026-11-25 13:38:19,557\tINFO job_manager.py:581 -- Runtime env is setting up.
epoch 1
2026-11-25 13:38:53,053\tINFO sdk.py:520 -- WebSocket closed for job a with close code 1000
"""
AGAIN = "2026-11-25 13:39:18,666\tINFO cli.py:42 -- Job submission server address: x"


def test_the_jobs_own_lines_are_kept_once() -> None:
    chatter = RayLogFilter()
    kept = [line for line in SAID.splitlines() if chatter.keeps(line)]
    assert kept == ["epoch 1", "2026-11-25 13:39:00,000 WARN mine.py:7 -- a line of the job's own"]


def test_a_head_that_starts_has_nothing_to_say() -> None:
    chatter = RayLogFilter()
    said = (
        "/bin/bash: line 1: ulimit: open files: cannot modify limit: Operation not permitted",
        "2026-11-25 17:58:24,948\tINFO scripts.py:1092 -- To add another node to this Ray cluster",
        "2026-11-25 17:58:18,305\tINFO node.py:538 -- Could not retrieve session key from storage.",
    )
    assert not [line for line in said if chatter.keeps(line)]
    assert chatter.keeps(
        "2026-11-25 17:59:01,100\tERR scripts.py:1288 -- Some Ray subprocesses exited"
    )


def test_a_submitter_that_begins_anew_is_heard_again() -> None:
    chatter = RayLogFilter()
    for line in SAID.splitlines():
        chatter.keeps(line)
    assert not chatter.keeps("after the end")
    assert not chatter.keeps(AGAIN)
    assert chatter.keeps("epoch 2")
