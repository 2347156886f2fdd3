"""Takes erased accounts out of the base that live state in memory has."""

from __future__ import annotations

from typing import Any


def cut(state: Any, names: set[str], ids: set[str]) -> None:
    """Removes the accounts `names` and the person ids `ids`; the rest of a person stays.

    If the person's id is one of `ids`, the rest gets another, and so do the retired ids of its
    accounts.
    """
    base = state._base
    for person in {str(base["a"].pop(name)) for name in names if name in base["a"]}:
        rest = [one for one in state._in_base(person) if one[0] not in names]
        since = base["o"].get(person, 0)
        for kind in "sh" if rest and person not in ids else "shmo":
            base[kind].pop(person, None)
        heir = person if person not in ids else state._own(rest[0][0]) if rest else ""
        if rest:
            base["m"][heir] = "\n".join("\t".join(one) for one in rest)
            base["o"][heir] = since
            base["a"] |= dict.fromkeys((one[0] for one in rest), heir)
        for mine in [state._own(name) for name, _ in rest]:
            if base["t"].get(mine) == person:
                base["t"] |= {mine: heir}
        if base["t"].get(heir) == heir:
            del base["t"][heir]
    for one in [*ids, *names]:
        base["t"].pop(one, None)
        base["c"].pop(one, None)
