"""One file a kind of source; each yields records with their position."""
