"""Guesses the kind of a platform from the words in the names of its files and columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from plait.contracts.event_types import PlatformKind
from plait.inspection.event_words import normalise_word

_WORDS: dict[PlatformKind, str] = {
    "shop": "shop store order orders cart price sku product products asin purchase purchases buy "
    "basket customer customers invoice currency checkout stock amount brand produkt preis kunde "
    "artikelnummer warenkorb bestellung add_to_cart addtocart transaction transactions",
    "video": "video videos watch watched movie movies film films clip clips episode season "
    "youtube netflix series tv stream streaming_video director anime user_rating",
    "music": "track tracks song songs artist artists album albums music listen listens spotify "
    "ms_played msplayed playlist scrobble scrobbles radio streaming_history podcast",
    "news": "news article articles read reads reading headline headlines newspaper press "
    "impressions behaviors behaviours abstract subcategory nachrichten zeitung "
    "editorial journalist section",
    "social": "post posts tweet tweets follow followers follower hashtag hashtags retweet feed "
    "social friend friends comment comments subreddit toot profile reaction",
    "other": "book books isbn isbn13 author authors bookshelves publisher pages venue checkins",
    "games": "game games steam playtime level achievement hours_played player gaming",
}


def guess_kind(names: Iterable[str], words: Iterable[str] = ()) -> tuple[PlatformKind, bool]:
    """Returns the kind of a platform, and whether it is sure.

    Args:
        names: names of its folder, files and columns.
        words: its event words.
    """
    seen: Counter[str] = Counter()
    for name in [*names, *words]:
        whole = normalise_word(re.sub(r"\.\w+$", "", name))
        seen.update({whole, *whole.split("_")} - {""})
    rates: dict[PlatformKind, int] = {
        kind: len(set(listed.split()) & seen.keys()) for kind, listed in _WORDS.items()
    }
    ranked = sorted(rates, key=lambda kind: -rates[kind])
    if not rates[ranked[0]]:
        return "other", False
    return ranked[0], rates[ranked[0]] >= 2 and rates[ranked[0]] > rates[ranked[1]] + 1
