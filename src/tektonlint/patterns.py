"""Regular expressions that are compiled when they are first used.

Compiling takes Python a tenth of a millisecond to one for each, more than a run over one small file takes for
all the rest that it does; most runs use a few of them.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Lazy:
    """Stands for a compiled expression, and takes over its methods when the first of them is asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source, self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "split"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, later. A pattern that is none raises `re.error` only when it is used."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
