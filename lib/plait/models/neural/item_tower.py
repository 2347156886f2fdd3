"""The network's item side: embeddings, and content from the catalogue."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from plait.features.item_attributes import ItemAttributes
from plait.models.neural.net_settings import NetSettings

CONTENT_WIDTH = 64  # width of an item's content


class ItemTower(nn.Module):
    """One embedding per entity, shared by input and output, and each item's content.

    An item whose entity has no embedding has only its content.
    """

    entity: torch.Tensor | None  # row of each item in the embeddings, 0 for none; None: its index
    tokens: torch.Tensor
    vectors: torch.Tensor

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        size = settings.dimensions
        self.embedding = nn.Embedding(settings.embedding_rows, size, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.embedding.weight.data[0] = 0
        self.register_buffer("entity", None, persistent=False)  # saved with the vocabulary
        self.has_content = settings.content
        if settings.tokens:
            shape = (settings.items, settings.token_width)
            self.register_buffer("tokens", torch.zeros(shape, dtype=torch.int32))
            self.attributes = nn.EmbeddingBag(
                settings.tokens, CONTENT_WIDTH, mode="mean", padding_idx=0
            )
            nn.init.normal_(self.attributes.weight, std=0.1)
        if settings.vector:
            self.register_buffer("vectors", torch.zeros(settings.items, settings.vector))
            self.project = nn.Linear(settings.vector, CONTENT_WIDTH, bias=False)
        if settings.content:
            self.norm = nn.LayerNorm(CONTENT_WIDTH)
            self.inward = nn.Linear(CONTENT_WIDTH, size, bias=False)

    def set_attributes(self, catalogue: ItemAttributes) -> None:
        """Copies the catalogue's attributes into the buffers."""
        if catalogue.tokens is not None:
            self.tokens.copy_(torch.from_numpy(catalogue.tokens))
        if catalogue.vectors is not None:
            self.vectors.copy_(torch.from_numpy(catalogue.vectors))

    def learn_entities(self, entity: np.ndarray) -> None:
        """Sets whose embedding each item uses, see `Vocabulary.entity`; int32 [items]."""
        rows = torch.from_numpy(np.where(entity < len(self.embedding.weight), entity, 0)).long()
        own = torch.equal(rows, torch.arange(len(rows)))
        self.entity = None if own else rows.to(self.embedding.weight.device)

    def look_up(self, table: nn.Embedding, item: torch.Tensor) -> torch.Tensor:
        """Returns the rows of `table` for the items' entities, zeros where it has none, [n, d]."""
        if self.entity is None:
            vector: torch.Tensor = table(item)
            return vector
        row = self.entity[item]
        found: torch.Tensor = table(row) * (row > 0)[:, None]
        return found

    def content(self, item: torch.Tensor) -> torch.Tensor:
        """Returns content vectors, [n, CONTENT_WIDTH]; constant for items without content."""
        about = torch.zeros((), device=item.device)
        if hasattr(self, "attributes"):
            about = about + self.attributes(self.tokens[item].long())
        if hasattr(self, "project"):
            about = about + self.project(self.vectors[item])
        normed: torch.Tensor = self.norm(about)
        return normed

    def input_vectors(self, item: torch.Tensor) -> torch.Tensor:
        """Returns the input vector of an event on each item, [n, D]."""
        if not self.has_content:
            return self.look_up(self.embedding, item)
        # Content is expensive and items repeat, so each distinct item is computed once.
        once, place = torch.unique(item, return_inverse=True)
        described = self.look_up(self.embedding, once) + self.inward(self.content(once))
        return F.embedding(place, described)
