"""Small things done to text for a person's eyes. Pure."""

from __future__ import annotations


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters, with an ellipsis where something was cut off."""
    return text if len(text) <= most else text[: most - 1] + "…"
