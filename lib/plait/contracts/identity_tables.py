"""The tables that say why accounts are one person: evidence, blocked values, and changes."""

from __future__ import annotations

import pyarrow as pa

from plait.contracts.table_schema import TableSchema, column

_text, _real, _long = pa.string(), pa.float64(), pa.int64()
_time = pa.timestamp("us", tz="UTC")
_term = pa.struct(
    [pa.field("term", _text), pa.field("level", _text), pa.field("bits", _real)]
)  # no raw values

IDENTITY_EDGES = TableSchema(
    "identity_edges",
    "one piece of evidence that two accounts are one person, whether it was used or not",
    pa.schema(
        [
            column("account_a", _text, "pseudonym of one account"),
            column("account_b", _text, "pseudonym of the other"),
            column(
                "rule", _text, "the name of a key, link, or probabilistic (records that are alike)"
            ),
            column("weight", _real, "probability that they are one person, 0 to 1"),
            column("since", _time, "when it was declared, UTC; null if unknown", null=True),
            column(
                "dropped_as",
                _text,
                "why it was not used: below_threshold, unlinked, contradiction, cap or no_consent; "
                "null: used",
                null=True,
            ),
            column(
                "terms",
                pa.list_(_term),
                "what an estimated weight is made of: bits (log2 of the Bayes factor) of each term",
            ),
        ]
    ),
)

BLOCKED_KEYS = TableSchema(
    "blocked_keys",
    "a value of an identity key that identifies nobody, with the reason",
    pa.schema(
        [
            column("key", _text, "name of the identity key"),
            column("prefix", _text, "its first characters, as far as they are safe to show"),
            column("accounts", _long, "accounts that have it"),
            column(
                "values",
                _long,
                "values of the row: 1, or all with this prefix that are invalid, no_country or "
                "rounded",
            ),
            column(
                "reason",
                _text,
                "null_word, empty_hash, zeros, placeholder, blocked, invalid, no_country, rounded "
                "or over_limit",
            ),
        ]
    ),
)

PERSON_CHANGES = TableSchema(
    "person_changes",
    "one change of a person or of an account's person, from one version to the next",
    pa.schema(
        [
            column("version", _long, "store version that made the change"),
            column("person", _text, "the person"),
            column("change", _text, "merged, restored, split, joined, left or erased; see docs"),
            column("other", _text, "the other person, if there is one", null=True),
            column("account", _text, "pseudonym of the account that moved, if one did", null=True),
            column("platform", _text, "where that account is", null=True),
            column("rule", _text, "why the account joined", null=True),
        ]
    ),
)
