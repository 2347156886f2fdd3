"""What keeps raw ids out of plait: pseudonyms and their key."""
