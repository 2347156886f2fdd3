"""A seeded synthetic world of four platforms, with the truth behind every account."""

from plait.world.build_world import World, build_world
from plait.world.newcomer import Newcomer, draw_newcomer
from plait.world.write_world import write_world

__all__ = ["Newcomer", "World", "build_world", "draw_newcomer", "write_world"]
