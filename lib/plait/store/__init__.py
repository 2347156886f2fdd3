"""The store: Delta tables, numbered store versions, and the model registry."""

from plait.store.delta_tables import TableWriter
from plait.store.registry import ModelVersion, Registry
from plait.store.store import Store
from plait.store.store_version import StoreVersion

__all__ = ["ModelVersion", "Registry", "Store", "StoreVersion", "TableWriter"]
