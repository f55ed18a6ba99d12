"""Archives of any size, resumable, through the one path."""
