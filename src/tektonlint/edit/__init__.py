"""The edit operations: a closed vocabulary of changes to a text, each exact or refused.

Every operation takes places of one file and gives a `Change`: the edits, and the paths whose values may differ
afterwards. Indentation, line ends, quotes and order are learnt from what stands around; every character outside
the edits stays. Where an operation cannot be exact it raises `Refusal` with the reason: what an alias shares, tags,
block scalars with an indentation indicator, comments or blank lines that would become part of a script, and, but
for what is exact there too, flow style.
"""

from __future__ import annotations

from tektonlint.edit.adding import append_item, insert_key
from tektonlint.edit.change import Change, Refusal, apply
from tektonlint.edit.moving import move_key, rename_key, unwrap_key
from tektonlint.edit.removing import remove_item, remove_key
from tektonlint.edit.texts import (
    insert_line,
    insert_lines,
    remove_lines,
    replace_fragment,
    replace_scalar,
    wrap_in_list,
)
from tektonlint.edit.values import Data

__all__ = [
    "Change",
    "Data",
    "Refusal",
    "append_item",
    "apply",
    "insert_key",
    "insert_line",
    "insert_lines",
    "move_key",
    "remove_item",
    "remove_key",
    "remove_lines",
    "rename_key",
    "replace_fragment",
    "replace_scalar",
    "unwrap_key",
    "wrap_in_list",
]
