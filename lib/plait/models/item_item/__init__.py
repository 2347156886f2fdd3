"""The item-item family: similarity of items by the people who chose both."""
