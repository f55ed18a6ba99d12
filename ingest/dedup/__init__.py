"""Which texts are one text: shingles, signatures, pairs, groups, the canonical one.

The room can be called: `ingest.dedup(texts)` is `ingest.dedup.face.dedup`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallableRoom(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from ingest.dedup.face import dedup

        return dedup(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableRoom
