"""Pages become documents: body text, facts, and who wrote it."""
