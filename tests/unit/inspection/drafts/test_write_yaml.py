from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.config.yaml_document import read_document
from plait.inspection.drafts.draft import Draft
from plait.inspection.drafts.write_yaml import write_yaml

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.lists(TEXTS, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_reads_back(tmp_path: Path, raw: dict[str, object], note: str) -> None:
    draft = Draft(raw)
    draft.ask((next(iter(raw)),), note)
    file = tmp_path / "p.yaml"
    file.write_bytes(write_yaml(draft, ["Head."]).encode())
    assert read_document(file, "p.yaml") == raw


def test_notes_stand_beside_their_setting() -> None:
    draft = Draft({"platforms": {"shop": {"events": [{"files": "a.csv"}, {"files": "b.csv"}]}}})
    draft.tell(("platforms", "shop"), "A shop.")
    draft.ask(("platforms", "shop", "events", "1", "files"), "Is it?", tail=True)
    assert write_yaml(draft, []) == (
        "platforms:\n  # A shop.\n  shop:\n    events:\n      - files: a.csv\n"
        "      - files: b.csv  # Is it?\n"
    )
