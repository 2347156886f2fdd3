"""The settings of a network, with which it is built before its weights are loaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plait.contracts.event_types import EVENT_TYPE_CODE_COUNT
from plait.features.history import History
from plait.features.item_attributes import ItemAttributes
from plait.features.time_features import Timeline, calendar_quarters
from plait.features.vocabulary import Vocabulary


@dataclass(frozen=True)
class NetSettings:
    """Sizes and switches of a network.

    Attributes:
        platforms: platform names, in the order of their codes.
        items: number of items plus one for the empty item.
        dimensions: width of the states and item embeddings.
        dropout: on inputs and between layers.
        temperature: divides the interest score.
        terms: names of the terms of R, see TERMS in terms.py.
        views: whether a person's own history on a platform is read in addition to the merged one.
        types: whether event types differ in the data and are read.
        strengths: whether strengths differ and are read.
        gaps: whether times are known and the gaps between events are read.
        quarter: the first calendar quarter, counted from 1970, and the number of quarters; 0
            quarters: not read.
        bins: number of bins of the timeline.
        tokens: number of catalogue attributes, padding included; 0: none.
        token_width: attributes read per item.
        vector: size of the catalogue's vectors; 0: none.
        price: whether the catalogue has prices.
        type_codes: number of event type codes; an old model without this setting has 17.
        embeddings: rows of the item embeddings; None: one per item. Items appended to a trained
            model have no row.
    """

    platforms: tuple[str, ...]
    items: int
    dimensions: int = 128
    dropout: float = 0.5
    temperature: float = 0.75
    terms: tuple[str, ...] = ("interest", "popularity", "profile")
    views: bool = True
    types: bool = False
    strengths: bool = False
    gaps: bool = True
    quarter: tuple[int, int] = (0, 0)
    bins: int = 1
    tokens: int = 0
    token_width: int = 0
    vector: int = 0
    price: bool = False
    type_codes: int = 17
    embeddings: int | None = None

    @property
    def embedding_rows(self) -> int:
        """Rows of the item embeddings."""
        return self.items if self.embeddings is None else self.embeddings

    @property
    def content(self) -> bool:
        """Whether items have attributes or vectors."""
        return self.tokens > 0 or self.vector > 0

    def as_json(self) -> dict[str, Any]:
        """Returns the settings as JSON values, without `embeddings` if it is None."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> NetSettings:
        """Returns the settings in `raw`."""
        tuples: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        return cls(**tuples)


def net_settings_for(
    vocabulary: Vocabulary,
    history: History,
    catalogue: ItemAttributes,
    timeline: Timeline,
    *,
    dimensions: int,
    dropout: float,
    calendar: bool,
) -> NetSettings:
    """Returns the settings for the data; inputs that the data lacks are left out of the model."""
    timed = history.time[history.time >= 0]
    first, count = 0, 0
    if calendar and len(timed):
        seen = calendar_quarters(np.array([timed.min(), timed.max()]))
        first, count = int(seen[0]), int(seen[1] - seen[0] + 1)
    terms = ["interest", "popularity", "profile"]
    if len(timed):
        terms.append("freshness")
    if catalogue.tokens is not None or catalogue.vectors is not None:
        terms.append("content")
    if catalogue.price is not None:
        terms.append("price")
    return NetSettings(
        platforms=vocabulary.platforms,
        items=len(vocabulary),
        dimensions=dimensions,
        dropout=dropout,
        terms=tuple(terms),
        views=len(np.unique(history.platform)) > 1,
        types=len(np.unique(history.type)) > 1,
        strengths=len(np.unique(history.strength)) > 1,
        gaps=len(timed) > 0,
        quarter=(first, count),
        bins=len(timeline.edges),
        tokens=len(catalogue.codes.names),
        token_width=0 if catalogue.tokens is None else catalogue.tokens.shape[1],
        vector=0 if catalogue.vectors is None else catalogue.vectors.shape[1],
        price=catalogue.price is not None,
        type_codes=EVENT_TYPE_CODE_COUNT,
    )
