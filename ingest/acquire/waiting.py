"""Places for what hubs push: so many pushes and bytes at once, of all feeds and of each.

A hostile feed is its own hub and signs what it likes; what it has waiting here must not cost the others their memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.settings import MIB


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may wait, from the first byte of a push until it has been taken.

    Attributes:
        pushes: of all feeds.
        of_feed: of one feed.
        held_bytes: of all feeds; one push alone may be larger, else a cap above this would let none in.
    """

    pushes: int = 32
    of_feed: int = 2
    held_bytes: int = 64 * MIB


@dataclass(eq=False, slots=True)
class Place:
    """One push that is read or waits."""

    feed: int
    held_bytes: int = 0


@dataclass(slots=True)
class WaitingRoom:
    """Hands out places and takes them back."""

    bounds: Bounds
    places: set[Place] = field(default_factory=set)

    def enter(self, feed: int) -> Place | None:
        """A place for a push of a feed, if one is free."""
        if len(self.places) >= self.bounds.pushes or self.count(feed) >= self.bounds.of_feed:
            return None
        place = Place(feed)
        self.places.add(place)
        return place

    def has_room(self, place: Place, held_bytes: int) -> bool:
        """Whether a push may hold so many bytes from now on; they are counted if so."""
        others = sum(other.held_bytes for other in self.places if other is not place)
        if others and others + held_bytes > self.bounds.held_bytes:
            return False
        place.held_bytes = held_bytes
        return True

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self.places.discard(place)

    def count(self, feed: int) -> int:
        """How many pushes of a feed are here."""
        return sum(place.feed == feed for place in self.places)
