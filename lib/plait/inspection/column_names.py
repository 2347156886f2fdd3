"""What the name of a column says about its role, in the languages that logs often use."""

from __future__ import annotations

import re
from functools import lru_cache

from plait.inspection.event_words import normalise_word

_PEOPLE = (
    "user|usr|customer|cust|member|visitor|client|account|acct|buyer|shopper|subscriber|reviewer|"
    "reader|viewer|listener|player|person|profile|patron|student|kunde|kunden|nutzer|benutzer|"
    "leser|konto|utilisateur|acheteur|usuario|cliente|klant|gebruiker|utente|consumer|guest"
)
_THINGS = (
    "item|product|prod|produkt|produit|producto|produto|prodotto|artikel|article|articulo|"
    "articolo|sku|asin|parent_asin|video|clip|movie|film|track|song|book|isbn|isbn13|news|post|"
    "tweet|content|listing|offer|good|goods|recipe|game|app|show|episode|podcast|photo|"
    "venue|business|restaurant|story|doc|document|course|beer|anime|ware|material|stock|creative|"
    "object|entity|target|media|asset|program|programme|feed|note|question|joke|poi|location_item|"
    "hotel|job|place|playlist"
)
_ID = "_?(?:id|uuid|guid|key|no|nr|num|nummer|number|numero|code|hash|idx|sk|uri|ref)"

# The names of each role as regular expressions of whole names, with how much they say (0 to 1).
_NAMES: dict[str, tuple[tuple[str, float], ...]] = {
    "account": (
        (rf"(?:\w+_)?(?:{_PEOPLE})(?:_pseudo|_domain|_unique)?{_ID}", 1),
        (r"uid|user_?name|login", 1),
        (rf"id_(?:{_PEOPLE})|distinct_id|domain_userid|remote_user|cs_username|profile_name", 1),
        (rf"{_PEOPLE}|sub|handle|screen_name", 0.9),
        (r"(?:anonymous|anon|device|cookie|browser|installation|fullvisitor)_?(?:id)?", 0.75),
        (r"(?:\w+_)?e_?mail(?:_?address)?", 0.8),
        (r"author_?id|follower_?id|sender_?id|from_?id|actor_?id|actor|reviewer_name", 0.6),
        (r"session(?:_?id|_key)?|sid|visit_?id|sitzung|ga_session_id", 0.5),
        (r"(?:client_|c_|remote_|user_)?(?:ip|addr|ip_?addr\w*)|host", 0.35),
    ),
    "item": (
        (rf"(?:{_THINGS}){_ID}s?|aid|iid|pid|vid|nid|id_(?:{_THINGS})|stock_?code", 1),
        (rf"\w+_(?:item|product|video|track|article|movie){_ID}|sku|asin|isbn(?:13)?", 0.95),
        (rf"(?:line_?item|\w*item|\w*product)_?(?:sku|asin|{_ID})s?|(?:artist|album){_ID}", 0.9),
        (rf"(?:{_THINGS})s?", 0.85),
        (r"(?:title_|page_|request_|product_|item_|video_)?(?:url|uri|link|href|permalink)", 0.6),
        (r"page_?(?:location|path|id)?|path|request|request_uri|cs_uri_stem|slug", 0.55),
        (r"impressions?|candidates|items|products|each", 0.5),
        (r"title|titel|name|headline|\w+_(?:title|name)", 0.3),
    ),
    "time": (
        (r"ts|timestamp|time_?stamp|time|date_?time|event_(?:time|ts|timestamp)|occurred_at", 1),
        (r"zeit|zeitpunkt|zeitstempel|horodatage|date_heure|fecha_hora|data_hora|data_ora", 1),
        (r"tijdstip|tijd|created_at|at|when|\w*unix_?\w*time|epoch\w*|server_?time", 0.95),
        (r"time_?(?:s|sec|secs|ms|us|ns|millis|micros|utc|gmt)|\w+_time_?(?:gmt|utc|ms)", 0.95),
        (r"date|datum|fecha|data|event_date|created|order_date|purchase_date|invoice_?date", 0.9),
        (r"(?:played|watched|viewed|read|rated|clicked|listened|ordered|bought|date)_?\w*", 0.8),
        (r"\w+_(?:at|time|ts|timestamp|date|datum|tstamp|on|micros|millis|utc|dt|day)", 0.75),
        (r"\w*(?:datum|datetime|timestamp|time|date|zeit)|dt|day|tag|d|t", 0.65),
    ),
    "type": (
        (r"type|event|event_?(?:type|name|action|kind)|action|action_?(?:type|name)|verb", 1),
        (r"activity(?:_type)?|behaviou?r(?:_?type)?|interaction(?:_?type)?|feedback_type", 1),
        (r"operation|op|ereignis(?:typ)?|aktion|typ|evenement|accion|evento|tipo(?:_evento)?", 0.9),
        (r"azione|kind|what|\w*shelf|reaction|gesture|\w+_type", 0.6),
    ),
    "value": (
        (r"(?:total_|order_|line_|sub|unit_|paid_|sales?_?|selling_)?(?:price|total)", 1),
        (r"(?:total_|order_|line_|sub|paid_|sales?_?)?amount", 0.95),
        (r"revenue|value|paid|sum|betrag|\w*preis|summe|umsatz|prix|montant|precio|importe", 0.9),
        (r"prezzo|importo|valor|prijs|bedrag|spend|cost|payment|order_value|grand_total", 0.8),
    ),
    "currency": ((r"currency(?:_code)?|w(?:ae|ä)hrung|devise|moneda|valuta|\w+_currency", 1),),
    "dwell": (
        (r"\w*dwell\w*", 1),
        (r"(?:ms|seconds?|secs?|minutes?|time|s)_?(?:played|listened|watched|spent)", 1),
        (r"(?:watch|play|view|listen|reading|read|viewing|engagement)_?(?:time\w*|duration\w*)", 1),
        (r"(?:watch\w*|play\w*|view\w*|listen\w*|read|spent)_?(?:\w*ms|s|sec|seconds|minutes)", 1),
        (r"active_?time\w*", 1),
        (r"(?:time|duration)_?(?:spent|watched|on_page)\w*|played_?(?:ms|sec\w*)|secs?|seconds", 1),
        (r"\w*(?:dauer|verweildauer)|duree|duracion|durata|duur|engagement_time_msec", 0.8),
        (r"duration(?:_?(?:ms|s|sec|secs|seconds|minutes))?|length", 0.6),
        (r"(?:\w+_)?(?:ms|msec|secs|seconds)", 0.6),
    ),
    "rating": (
        (r"(?:my_|user_|review_)?(?:rating|stars?|score|overall|grade|rate|note_?sur\w*)", 1),
        (r"bewertung|sterne|valoracion|puntuacion|voto|nota|note|punkte|points|\w+_rating", 0.8),
    ),
    "session": ((r"\w*session\w*|sid|visit_?id|id_?visit|visit_?num|sitzung\w*", 1),),
    "event_id": (
        (r"(?:event|message|hit|log|interaction|insert|row|activity|impression)_?(?:id|uuid)", 1),
        (r"(?:transaction|order|review|rating|comment|invoice)_?(?:id|no|nr|number)|id|uuid", 0.6),
    ),
    "query": (
        (r"(?:search_?)?(?:query|term|terms|phrase|string|keyword|keywords|text)|q|search", 1),
        (r"query_?\w+|search_?(?:word|input)s?|\w*search_?(?:query|term|keyword)s?", 0.9),
        (r"such(?:e|begriff|wort)|recherche|busqueda|ricerca|zoekterm", 1),
    ),
    "topic": ((r"topic|hashtag|thema|subreddit|tag_name", 1),),
    "creator": (
        (r"(?:creator|channel|artist|author|publisher|uploader|kanal)(?:_(?:id|name))?", 1),
    ),
    "title": (
        (r"(?:\w+_)?(?:track|song|video|movie|item|product|book|episode|article)_?name", 1),
        (r"(?:\w+_)?(?:title|titel|titre|titulo|titolo|headline)|bezeichnung|description_short", 1),
        (r"(?:\w+_)?name|nombre|nom|naam|nome|song|label_text", 0.7),
    ),
    "categories": (
        (r"(?:main_?|product_?|item_?)?(?:categor(?:y|ies|ie|ia)|genres?|kategorien?|section)", 1),
        (r"subject|department|vertical|rubrik|seccion|warengruppe|\w*categor\w*", 0.7),
        (r"\w*(?:section|product_type|product_group|department)\w*", 0.6),
    ),
    "brand": (
        (r"brand|manufacturer|marke|hersteller|marque|marca|publisher|creator|vendor|label", 1),
        (r"authors?|autor|auteur|(?:\w+_)?artist(?:_?name)?|director|maker", 0.9),
        (r"channel(?:_?(?:name|title))?", 0.9),
    ),
    "tags": ((r"tags?|keywords?|labels|schlag\w+|hashtags|etiquetas", 1),),
    "vector": ((r"\w*(?:embedding|vector|vec|features)\w*", 1),),
    "published": (
        (r"(?:publish(?:ed)?|release[d]?|upload(?:ed)?|listed|launch(?:ed)?|pub|issued)_?\w*", 1),
        (r"created(?:_at)?|date|datum|year|erschienen|\w+_date", 0.5),
    ),
    "length": (
        (r"(?:\w+_)?(?:length|duration|run_?time|laufzeit|dauer)"
         r"(?:_?(?:in_)?(?:ms|msec|millis|s|secs?|seconds|mins?|minutes))?", 1),
    ),
    "email_hash": ((r"\w*e_?mail\w*", 1),),
    "phone_hash": ((r"\w*(?:phone|telefon|mobile|msisdn|handy)\w*", 1),),
    "loyalty_id": ((r"\w*(?:loyalty|bonus_?card|kundenkarte|crm_id)\w*", 1),),
    "quantity": ((r"qty|quantity|menge|anzahl|quantite|cantidad|quantita|aantal|units", 1),),
    "clock": ((r"time|uhrzeit|hora|heure|ora|tijd|\w+_time|zeit|hour|cs_time", 1),),
}  # fmt: skip
# Times that say when a row was handled, not when it happened.
_HANDLED = re.compile(
    r"\w*(?:receiv|sent|updat|modif|delet|expir|birth|load|ingest|etl|process|export|sync)\w*"
)
# Keys under which extended JSON keeps a typed value, and ends that say that a column is a list.
_WRAPPERS = frozenset({"$oid", "$date", "$numberLong", "$numberInt", "$numberDouble", "$uuid"})
_LIST_END = r"(?<=[a-z])_(?:fixed|list|seq|sequence|hist|history|array)$"
_GENERIC = frozenset({
    "id", "value", "name", "key", "string_value", "int_value", "double_value",
    "float_value", "uri", "url", "title", "type", "code", "text", "label", "date", "time",
})  # fmt: skip


def plain_name(path: str) -> str:
    """Returns the name of a column or path in snake case; a generic one with its parent's.

    `user.id` is user_id, `trackName` is track_name, and `p[?(@.key=='page')].value` is page.
    """
    path = re.sub(r":\w+$", "", path)  # some headers name the type, too: user_id:token
    found = re.findall(r"@\.\w+=='([^']+)'", path)
    if found:
        return normalise_word(str(found[-1]))
    bare = [part for part in re.sub(r"\[[^\]]*\]", "", path).split(".") if part not in _WRAPPERS]
    parts = [re.sub(_LIST_END, "", normalise_word(part)) for part in bare]
    parts = [part for part in parts if part] or [normalise_word(path)]
    if len(parts) > 1 and parts[-1] in _GENERIC and parts[-2] != "each":
        return f"{parts[-2]}_{parts[-1]}"
    return parts[-1]


@lru_cache(maxsize=65536)
def rate_name(role: str, path: str) -> float:
    """Returns how much the name of a column speaks for a role, 0 to 1."""
    name = plain_name(path)
    best = max((weight for shape, weight in _NAMES[role] if re.fullmatch(shape, name)), default=0.0)
    if role in ("time", "published") and _HANDLED.fullmatch(name):
        return best * 0.4
    return float(best)


def is_known_name(path: str) -> bool:
    """Returns whether the name speaks for any role, as names of a header do."""
    return any(rate_name(role, path) >= 0.5 for role in _NAMES)
