"""The project file: one YAML file per project, validated and resolved."""

from plait.config.parse_project import load_config
from plait.config.project_file import Project, is_remote

__all__ = ["Project", "is_remote", "load_config"]
