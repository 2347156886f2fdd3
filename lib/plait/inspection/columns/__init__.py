"""What the name and the values of one column tell."""
