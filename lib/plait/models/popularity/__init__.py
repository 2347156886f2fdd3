"""The popularity family: how often each item was chosen."""
