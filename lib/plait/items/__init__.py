"""The items of every platform, from its catalogue and from events."""
