"""Scripts as tree-sitter-bash reads them.

It reads 99.6 % of the scripts of real tasks (bashlex: 65.6 %) and survives what it cannot read. It is imported when
a script is first asked about.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tektonlint.shell.dialect import parsable

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


@lru_cache(maxsize=256)
def parse(script: str) -> Tree:
    """The syntax tree of a shell script; offsets of its nodes count characters of the script."""
    return _parser().parse(parsable(script).encode("ascii"))


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
