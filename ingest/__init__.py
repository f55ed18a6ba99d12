"""ingest: polls news feeds, recognises every copy of a text, keeps one canonical article of each.

In Python, without a database:

    >>> import ingest
    >>> story = "The ferry ran aground off Skarness on Monday. All 212 passengers were taken off by noon."
    >>> ingest.compare(story, story).kind.value
    'copy'
    >>> ingest.dedup([story, "Frost took half of the early plums near Varde.", story]).groups
    ((0, 2), (1,))

Nothing is imported before it is used.
"""

__version__ = "0.1.0"

__all__ = ["Index", "IngestError", "__version__", "compare", "dedup", "fingerprint"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ingest.dedup.face import Index, compare, dedup, fingerprint
    from ingest.errors import IngestError

_WHERE = {"Index": "dedup.face", "compare": "dedup.face", "fingerprint": "dedup.face", "IngestError": "errors"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "dedup":  # the room, which can be called
        return import_module("ingest.dedup")
    if name in _WHERE:
        return getattr(import_module(f"ingest.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'ingest' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
