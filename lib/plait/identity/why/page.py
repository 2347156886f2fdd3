"""An explanation as one page of HTML that needs no other file and runs no script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from plait.identity.why.explanation import Evidence, Explanation
from plait.identity.why.letters import name_accounts
from plait.identity.why.page_style import STYLE
from plait.identity.why.sentences import headline, say_since, say_weight
from plait.identity.why.waterfall import waterfall
from plait.identity.why.waterfall_svg import draw_waterfall


def explanation_page(found: Explanation) -> str:
    """Returns the page of `found`. Every text in it is escaped."""
    letters = name_accounts(found)
    answer = headline(found)
    body = [
        f'<header><p class="kicker">plait identity why · store version {found.version}</p>',
        f'<h1 class="{"yes" if found.joined else "no"}">{escape(answer)}</h1></header>',
        _reasons(found, letters),
        _chain(found, letters),
        _accounts(found, letters),
        _others(found, letters),
        "<footer>Accounts are pseudonyms. Bits are log2 of the Bayes factor of a term: +1 bit "
        "doubles the odds that the two are one person, −1 bit halves them.</footer>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(answer)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _chain(found: Explanation, letters: Mapping[str, str]) -> str:
    if not found.chain:
        return ""
    beads = [
        _bead(letters[found.chain[0].account_a]),
        *(
            f'<li class="edge"><span>{escape(edge.rule)}</span><b>{escape(say_weight(edge))}</b>'
            f"</li>{_bead(letters[edge.account_b])}"
            for edge in found.chain
        ),
    ]
    cards = "".join(_card(edge, letters) for edge in found.chain)
    return f'<section><h2>The chain</h2><ol class="chain">{"".join(beads)}</ol>{cards}</section>'


def _bead(letter: str) -> str:
    return f'<li class="bead">{escape(letter)}</li>'


def _card(edge: Evidence, letters: Mapping[str, str], note: str = "") -> str:
    """Returns one edge with its waterfall, and the same figures as a table."""
    ends = f"{letters[edge.account_a]} and {letters[edge.account_b]}"
    facts = [f"weight {say_weight(edge)}", say_since(edge), "" if edge.terms else "declared"]
    head = (
        f'<h3><span class="ends">{escape(ends)}</span> {escape(edge.rule)}</h3>'
        f"<p>{escape(', '.join(fact for fact in facts if fact))}</p>"
    )
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    steps = waterfall(edge)
    if not steps:
        return f'<article class="card">{head}{said}</article>'
    caption = f"{ends}: from the prior to the total, {len(steps)} steps in bits"
    rows = "".join(
        f"<tr><td>{escape(step.term)}<td>{escape(step.level)}<td>{step.bits:+.2f}"
        f"<td>{step.end:+.2f}</tr>"
        for step in steps
    )
    table = (
        '<details><summary>The figures</summary><table><thead><tr><th scope="col">term'
        '<th scope="col">level<th scope="col">bits<th scope="col">sum</tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )
    total = (
        f'<p class="sum">{steps[-1].end:+.1f} bits are a probability of '
        f"{escape(say_weight(edge))}.</p>"
    )
    drawing = draw_waterfall(steps, caption)
    return f'<article class="card">{head}{said}<figure>{drawing}</figure>{total}{table}</article>'


def _reasons(found: Explanation, letters: Mapping[str, str]) -> str:
    if not found.reasons:
        return ""
    parts = []
    for reason in found.reasons:
        if reason.evidence:
            parts.append(_card(reason.evidence, letters, reason.text))
        else:
            parts.append(
                f'<article class="card"><p class="note">{escape(reason.text)}</p></article>'
            )
    return f"<section><h2>Why they are apart</h2>{''.join(parts)}</section>"


def _accounts(found: Explanation, letters: Mapping[str, str]) -> str:
    blocks, place = [], {account: number for number, account in enumerate(letters)}
    for person in found.persons:
        rows = "".join(
            f'<tr><td class="letter">{escape(letters[each.account])}<td><code>'
            f"{escape(each.account)}</code><td>{escape(each.platform)}<td>{escape(each.rule)}"
            f"<td>{each.events:,}</tr>"
            for each in sorted(
                (a for a in found.accounts if a.person == person),
                key=lambda a: place[a.account],
            )
        )
        blocks.append(
            f"<table><caption>Person <code>{escape(person)}</code></caption><thead><tr>"
            '<th scope="col"><th scope="col">account<th scope="col">platform'
            '<th scope="col">joined by<th scope="col">events</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )
    heading = "Accounts" if found.joined else "The two persons"
    return f"<section><h2>{heading}</h2>{''.join(blocks)}</section>"


def _others(found: Explanation, letters: Mapping[str, str]) -> str:
    """Returns the evidence that is not in the chain; in full if only one person was asked about."""
    if not found.others:
        return ""
    notes = [f"not used: {edge.dropped_as}" if edge.dropped_as else "" for edge in found.others]
    cards = [_card(e, letters, note) for e, note in zip(found.others, notes, strict=True)]
    if not found.chain and not found.reasons:
        return f"<section><h2>The evidence</h2>{''.join(cards)}</section>"
    title = "Other evidence inside " + ("the person" if found.joined else "each person")
    return (
        f"<section><h2>{title}</h2><details><summary>{len(cards):,} more</summary>"
        f"{''.join(cards)}</details></section>"
    )
