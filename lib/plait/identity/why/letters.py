"""Names the accounts of an explanation by short letters."""

from __future__ import annotations

from string import ascii_uppercase

from plait.identity.why.explanation import Explanation


def name_accounts(found: Explanation) -> dict[str, str]:
    """Returns a letter for each account: A and B for those asked about, then along the chain.

    The accounts of reasons follow, and then all others.
    """
    asked = [account for account in (found.first, found.second) if account]
    along = [edge.account_b for edge in found.chain]
    for reason in found.reasons:
        if reason.evidence:
            along += [reason.evidence.account_a, reason.evidence.account_b]
    rest = [each.account for each in found.accounts]
    ordered = dict.fromkeys([*asked, *along, *rest])
    return {account: _letter(place) for place, account in enumerate(ordered)}


def _letter(place: int) -> str:
    """Returns A to Z, then A2, B2..."""
    turn, letter = divmod(place, len(ascii_uppercase))
    return ascii_uppercase[letter] + (str(turn + 1) if turn else "")
