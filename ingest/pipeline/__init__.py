"""THE path: entry → page → document → fingerprint → verdict → stored."""
