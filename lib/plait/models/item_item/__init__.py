"""The item-item family: items chosen by the same people."""
