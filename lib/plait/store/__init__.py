"""The store: Delta tables, numbered store versions, and the model registry."""

from plait.store.registry import ModelVersion, Registry
from plait.store.store import Store
from plait.store.tables import TableWriter
from plait.store.version import StoreVersion

__all__ = ["ModelVersion", "Registry", "Store", "StoreVersion", "TableWriter"]
