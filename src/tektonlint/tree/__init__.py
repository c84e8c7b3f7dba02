"""The tree that is linted: which files there are, what is in them, and what the rest of the root says.

The root bounds everything: nothing outside it is read. What is named on the command line is reported on;
the rest of the root is read so that what it says counts.
"""

from tektonlint.tree.files import Base, File, Tree
from tektonlint.tree.reading import KUSTOMIZATIONS, SIZE_LIMIT, Past, is_yaml, of_past, of_texts, read
from tektonlint.tree.root import Root, UsageError, find_root

__all__ = [
    "KUSTOMIZATIONS",
    "SIZE_LIMIT",
    "Base",
    "File",
    "Past",
    "Root",
    "Tree",
    "UsageError",
    "find_root",
    "is_yaml",
    "of_past",
    "of_texts",
    "read",
]
