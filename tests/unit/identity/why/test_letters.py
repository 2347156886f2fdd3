"""Short names of accounts."""

from __future__ import annotations

from plait.identity.why.explanation import Evidence, Explanation, StoredAccount
from plait.identity.why.letters import name_accounts


def test_those_asked_about_come_first_then_the_chain_then_all_others() -> None:
    accounts = tuple(StoredAccount(f"n{i}", "shop", "p", "email", 0) for i in range(30))
    chain = (Evidence("n9", "n5", "email", 1.0), Evidence("n5", "n7", "email", 1.0))
    letters = name_accounts(Explanation(1, "n9", "n7", ("p",), accounts, chain))
    assert [letters[name] for name in ("n9", "n7", "n5", "n0")] == ["A", "B", "C", "D"]
    assert len(set(letters.values())) == 30
    assert letters["n29"] == "D2"
