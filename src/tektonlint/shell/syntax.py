"""Scripts as tree-sitter-bash reads them.

It reads 99.6 % of the scripts of real tasks (bashlex: 65.6 %) and survives what it cannot read. It is imported when
a script is first asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tektonlint.patterns import pattern
from tektonlint.shell.dialect import parsable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

# A variable behind another one in one bare word, and more behind it: `$A/$B/c`.
_CHAINED = pattern(r"\$\{?[A-Za-z0-9_]+[^\s\"';|&<>]*[^\s\"';|&<>$(\\]\$[A-Za-z0-9_]+[^\s\"';|&<>A-Za-z0-9_)}]")
# What the last part of that is; quick to look for, and most scripts have none.
_BEHIND_ANOTHER = pattern(r"\$(?<=[^\s\"';|&<>$(\\]\$)[A-Za-z0-9_]+[^\s\"';|&<>A-Za-z0-9_)}]")
_DOLLAR = pattern(r"\$")
_ROUNDS = 4


@lru_cache(maxsize=256)
def parse(script: str) -> Tree:
    """The syntax tree of a shell script; offsets of its nodes count characters of the script.

    The grammar takes `$A/$B/c` for two words, `$A/$` and `B/c`. Where it does so the second `$` is hidden from it, and
    the word is one: a `word` node may hold `$B`.
    """
    text = parsable(script)
    tree = _parser().parse(text.encode("ascii"))
    if _has_chained(text):
        for _ in range(_ROUNDS):
            wrong = [match.start() for match in _DOLLAR.finditer(text) if _ends_a_word(tree.root_node, match.start())]
            if not wrong:
                break
            letters = list(text)
            for at in wrong:
                letters[at] = "x"
            text = "".join(letters)
            tree = _parser().parse(text.encode("ascii"))
    return tree


def _has_chained(text: str) -> bool:
    """Whether a variable behind another one stands on a line."""
    for match in _BEHIND_ANOTHER.finditer(text):
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        if _CHAINED.search(text, start, end if end >= 0 else len(text)):
            return True
    return False


def _ends_a_word(root: Node, at: int) -> bool:
    """Whether the `$` at an offset is one of its own, at the end of a word of several parts.

    Each is asked for by its place: making a query takes as long as reading thirty scripts.
    """
    dollar = root.descendant_for_byte_range(at, at + 1)
    if dollar is None or dollar.type != "$":
        return False
    word = dollar.parent
    return word is not None and word.type == "concatenation" and word.end_byte == at + 1


def named_nodes(root: Node) -> Iterator[Node]:
    """The named nodes of a tree, each before those in it, in the order of the script."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node.named_child_count:
            waiting.extend(reversed(node.named_children))


def stands_in(node: Node, kind: str) -> bool:
    """Whether a node is anywhere inside one of a kind."""
    above = node.parent
    while above is not None and above.type != kind:
        above = above.parent
    return above is not None


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
