"""Rules about what events are: type words, one type only, filters and duplicates."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from plait.checks.log_finding import (
    EXAMPLES,
    CheckLevel,
    LogFinding,
    say_share,
    share_level,
)
from plait.checks.log_profile import LogProfile
from plait.checks.read_profiles import ProfiledLog
from plait.checks.row_faults import describe_faults
from plait.say_count import say_count

_FAIL_UNKNOWN = 0.05  # of the rows of a log
_WARN_REPEATS, _FAIL_REPEATS = 0.02, 0.5  # of the events of a log


def check_events(log: ProfiledLog) -> Iterator[LogFinding]:
    """Yields the findings of `type words`, `filter` and `duplicates` for one log."""
    yield _type_words(log)
    if log.profile.counts["removed:keep"]:
        yield _filter(log)
    yield _duplicates(log)


def _type_words(log: ProfiledLog) -> LogFinding:
    rules, profile = log.rules, log.profile
    if rules.type is not None:
        said = f"All rows are '{rules.type}'."
        return LogFinding("type words", log.platform, CheckLevel.passed, said)
    known = rules.known_words
    unknown = {w: n for w, n in profile.words.most_common()
               if w not in known and w not in rules.unwanted}  # fmt: skip
    counts: dict[str, float] = dict(profile.words.most_common(20))
    n = sum(unknown.values())
    if n:
        examples = tuple(f"'{w}' ({say_count(m, 'row')}){_nearest(w, known)}"
                         for w, m in unknown.items())  # fmt: skip
        first = json.dumps(next(iter(unknown)), ensure_ascii=False)
        return LogFinding(
            "type words", log.platform, share_level(n, profile.rows, _FAIL_UNKNOWN),
            f"{say_share(n, profile.rows)} have a word that is not known "
            f"({say_count(len(unknown), 'word')}).", counts, examples[:EXAMPLES],
            f"Add {first} to {log.setting}.type.map, with its event type, or with null if such "
            "rows are not wanted.",
        )  # fmt: skip
    wordless, _, examples = describe_faults(profile, ("unknown_type",))
    if wordless:
        return LogFinding(
            "type words", log.platform, share_level(wordless, profile.rows, _FAIL_UNKNOWN),
            f"{say_share(wordless, profile.rows)} have no word for their type.", counts, examples,
            f"Correct {log.setting}.type, which gives these rows no value, or leave them: fuse "
            "sets them aside.",
        )  # fmt: skip
    told = ", ".join(
        f"{w} → {known.get(w) or 'not wanted'} ({m:,})" for w, m in profile.words.most_common(5)
    )
    return LogFinding("type words", log.platform, CheckLevel.passed, f"{told}.", counts)


def _nearest(word: str, known: Mapping[str, str]) -> str:
    """Returns the known word that is nearest to `word`, and its event type; '' if none is near."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return f"; the nearest is '{close[0]}' ({known[close[0]]})" if close else ""


def _filter(log: ProfiledLog) -> LogFinding:
    removed, left = log.profile.counts["removed:keep"], log.profile.events
    level = CheckLevel.passed if left else CheckLevel.fail
    said = f"The filter removes {say_share(removed, removed + left)}."
    fix = "" if left else f"Relax platforms.{log.platform}.events.keep."
    return LogFinding("filter", log.platform, level, said, {"removed": removed}, fix=fix)


def _duplicates(log: ProfiledLog) -> LogFinding:
    share = log.profile.repeats.repeat_share
    n = round(share * log.profile.events)
    given = log.events.columns.event_id is not None
    what = "repeat the event id of their account" if given else "repeat an earlier one"
    said = f"{say_share(n, log.profile.events)} {what}." if n else "No event is repeated."
    fix = ""
    if share >= _WARN_REPEATS:
        fix = (
            f"If these are different events, correct {log.setting}.columns.event_id."
            if given
            else "They count once. If they are different events, set "
            f"{log.setting}.columns.event_id to a column that differs."
        )
    level = CheckLevel.passed
    if share >= _WARN_REPEATS:
        level = CheckLevel.fail if given and share >= _FAIL_REPEATS else CheckLevel.warn
    return LogFinding("duplicates", log.platform, level, said, {"repeated": n}, (), fix)


def check_type_variety(platform: str, profile: LogProfile) -> LogFinding:
    """Returns the finding of `event types`: a platform with one type tells little about taste."""
    counts: dict[str, float] = dict(profile.types.most_common())
    if len(counts) == 1:
        only = next(iter(counts))
        return LogFinding(
            "event types", platform, CheckLevel.warn,
            f"All events are '{only}': the model cannot tell stronger from weaker ones.", counts,
            fix="If the log has other types, name their column in "
            f"platforms.{platform}.events.type.column.",
        )  # fmt: skip
    said = ", ".join(f"{name} {n:,.0f}" for name, n in counts.items())
    return LogFinding("event types", platform, CheckLevel.passed, f"{said}.", counts)
