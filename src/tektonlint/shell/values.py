"""What the words and variables of a script may be: texts, with what is not known in them, and what is done to them."""

from __future__ import annotations

import os

# Text that is not known; no script holds it (YAML has no such character).
UNKNOWN = "\0"
# The name of a file that `mktemp` makes, with the offset of the call behind it.
TEMPORARY = "\x01"

Value = tuple[str, ...]

NOT_KNOWN: Value = (UNKNOWN,)
EMPTY: Value = ("",)
# A variable of more values than this is not known; so is a word that could be more texts.
MOST_VALUES = 8
LONGEST = 2000


def either(one: Value, other: Value) -> Value:
    """All values of both; not known where these are too many."""
    values = tuple(dict.fromkeys((*one, *other)))
    return values if len(values) <= MOST_VALUES else NOT_KNOWN


def chained(parts: list[Value]) -> Value:
    """The texts that come about by writing one part after another."""
    if len(parts) == 1:
        return parts[0]
    found = [""]
    for values in parts:
        if len(values) == 1:
            found = [text + values[0] for text in found]
        elif len(found) * len(values) <= MOST_VALUES:
            found = [text + value for text in found for value in values]
        else:
            found = [text + UNKNOWN for text in found]
    return tuple(dict.fromkeys(found)) if len(found[0]) <= LONGEST else NOT_KNOWN


# A param's value is mostly a relative path; `//` in front of it says that it may be another.
_MAY_BE_RELATIVE = ("$(params.", "$(params[", "$(inputs.params.")


def joined(folder: str, path: str) -> str:
    """A path seen from a folder: itself where it is absolute, or begins with what is not known.

    A param is taken for relative; where its value turns out to be absolute the path is what stands behind the `//`.
    """
    if not path:
        return folder
    if path.startswith(("/", UNKNOWN, TEMPORARY, "~", "$(")) and not (
        path.startswith(_MAY_BE_RELATIVE) and not folder.startswith(UNKNOWN)
    ):
        return path
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    if path in (".", ""):
        return folder
    folder = folder.rstrip("/") if folder != "/" else ""
    while path == ".." or path.startswith("../"):
        if UNKNOWN in os.path.basename(folder) or not folder or folder.endswith(")"):
            return UNKNOWN
        folder, path = folder.rpartition("/")[0], path[3:]
    return f"{folder}/{path}" if path else folder or "/"


def folder_of(path: str) -> str:
    """What `dirname` prints."""
    head, slash, _ = path.rstrip("/").rpartition("/")
    return head or ("/" if slash else UNKNOWN if UNKNOWN in path or "$(" in path else ".")


def name_of(path: str) -> str:
    """What `basename` prints."""
    name = path.rstrip("/").rpartition("/")[2]
    return UNKNOWN if "$(" in name and "/" not in path else name


def cut(text: str, operator: str, what: str) -> str:
    """`${X%what}` and its like, where the pattern is plain text or one star with plain text."""
    if UNKNOWN in text or "$" in what or "[" in what or "?" in what:
        return UNKNOWN
    if "*" not in what:
        what = what.replace("\\", "").strip("'\"")
        return text.removesuffix(what) if operator[0] == "%" else text.removeprefix(what)
    if operator[0] == "%" and what.endswith("*") and "*" not in what[:-1]:
        at = text.rfind(what[:-1]) if operator == "%" else text.find(what[:-1])
        return text[:at] if at >= 0 and what[:-1] and "$(" not in text[at:] else text if at < 0 else UNKNOWN
    if operator[0] == "#" and what.startswith("*") and "*" not in what[1:]:
        at = text.find(what[1:]) if operator == "#" else text.rfind(what[1:])
        if at < 0 or not what[1:]:
            return text if at < 0 else UNKNOWN
        return text[at + len(what) - 1 :]
    return UNKNOWN
