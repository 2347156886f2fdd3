"""The words with which logs say what was done, and the event type of each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plait.contracts.event_types import EVENT_TYPES

_WORDS: dict[str, str] = {
    "view": "views viewed pageview page_view pv pageviews screen_view screen impression shown show "
    "exposure detail view_item product_view product_viewed item_view visit view_content "
    "viewcontent viewed_product currently_reading open opened ansicht angesehen vue visto",
    "click": "clicks clicked clk tap tapped select select_item select_content link_click klick "
    "clic product_clicked ad_click click_item",
    "play": "plays played start started listen listened stream streamed video_start playback "
    "play_start play_end song_played track_played scrobble abgespielt gehört video_play",
    "watch": "watched finish finished complete completed video_complete video_completed long_view "
    "viewed_to_end gesehen",
    "read": "reads read_article article_read gelesen lu",
    "search": "searched search_results query site_search view_search_results suche recherche "
    "products_searched",
    "share": "shared shares announce announced retweet repost reposted forward forwarded reshare "
    "teilen geteilt",
    "post": "posted publish published upload uploaded create created tweet",
    "comment": "comments commented tag tags tagged tip tips reply replied review_text answer "
    "answered kommentar",
    "like": "likes liked upvote upvoted thumbs_up thumb_up thumbup favorite favourite favorited "
    "fav heart love loved recommend recommended gefällt up",
    "dislike": "dislikes disliked downvote downvoted thumbs_down thumb_down skip skipped hate "
    "not_interested hide hidden block down",
    "follow": "follows followed subscribe subscribed subscription abonniert folgen",
    "unfollow": "unfollows unfollowed undo_follow unsubscribe unsubscribed",
    "save": "saved saves bookmark bookmarked wishlist add_to_wishlist wish collect collected "
    "add_to_favorites addtofavorites watchlist to_read want_to_read product_added_to_wishlist "
    "merken gemerkt pin pinned add_to_playlist",
    "cart": "carts add_to_cart addtocart add_cart basket add_to_basket atc added_to_cart cart_add "
    "product_added warenkorb in_den_warenkorb panier carrito",
    "purchase": "purchases purchased buy buys bought order orders ordered order_completed "
    "transaction transactions sale sold checkout_completed payment paid conversion "
    "complete_payment kauf gekauft bestellung achat compra acquisto",
    "rate": "rates rated rating ratings review reviewed stars score bewertung",
}  # fmt: skip
_TYPES = {word: kind for kind, words in _WORDS.items() for word in [kind, *words.split()]}
# Words for what is known and says nothing about taste.
_UNWANTED = frozenset({
    "login", "logout", "session_start", "session_end", "first_visit", "user_engagement",
    "heartbeat", "scroll", "remove_from_cart", "removefromcart", "cart_remove",
    "product_removed", "refund", "cancel", "cancelled", "return", "returned", "signup",
    "sign_up", "visited", "identify", "begin_checkout", "checkout", "checkout_started",
    "pause", "paused", "app_open", "error", "unlike", "delete", "deleted", "page_ping",
    "install", "uninstall",
})  # fmt: skip
_MARKS = re.compile(r"[^\w]+|_+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def normalise_word(text: str) -> str:
    """Returns a word or name in lower snake case: `AddToCart` and `add-to-cart` are add_to_cart."""
    return _MARKS.sub("_", _CAMEL.sub("_", text.strip())).strip("_").lower()


def find_event_type(word: str) -> str | None:
    """Returns the event type that `word` stands for; null if it is not known."""
    name = normalise_word(word)
    for form in (name, name.replace("_", ""), name.removeprefix("is_").removeprefix("has_")):
        if form in _TYPES:
            return _TYPES[form]
    for end in ("_event", "_item", "_product", "_video", "_article", "_track", "_for", "_at"):
        if name.endswith(end) and name.removesuffix(end) in _TYPES:
            return _TYPES[name.removesuffix(end)]
    return None


def find_type_in_name(path: str) -> tuple[str, str] | None:
    """Returns a word in the name of a file and its event type; long words come first."""
    words = re.findall(r"[a-z]+", path.rsplit("/", 1)[-1].lower().split(".")[0])
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            word = "_".join(words[start : start + length])
            if (told := find_event_type(word)) and told != "post":
                return word, told
    return None


def is_unwanted(word: str) -> bool:
    """Returns whether `word` is known to say nothing about taste, such as login."""
    name = normalise_word(word)
    return name in _UNWANTED or name.replace("_", "") in _UNWANTED


def share_known(words: Mapping[str, int]) -> float:
    """Returns the share of rows, 0 to 1, whose word is known.

    Args:
        words: the rows of each word.
    """
    known = sum(n for word, n in words.items() if find_event_type(word) or is_unwanted(word))
    return known / max(1, sum(words.values()))


def same_words(words: Mapping[str, int]) -> bool:
    """Returns whether every word is one of plait's own types, so that no map is needed."""
    return all(word in EVENT_TYPES for word in words)
