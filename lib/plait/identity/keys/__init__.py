"""Identity keys: how their values are read and compared, and which values identify nobody."""
