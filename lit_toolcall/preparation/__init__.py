"""From sources to encoded rows: read, checked for leaks, split, augmented, encoded to fit, counted and cached."""
