"""The project file: one YAML a project, checked, resolved and explained."""

from plait.config.load import load_config
from plait.config.project import Project

__all__ = ["Project", "load_config"]
