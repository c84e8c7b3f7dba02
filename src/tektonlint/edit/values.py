"""The text of values, so that Kubernetes reads exactly what was meant."""

from __future__ import annotations

import re

from tektonlint import scalars
from tektonlint.document import Mapping

Data = str | int | bool | dict[str, "Data"] | list["Data"]


# The only texts that are written without quotes: words, paths, and amounts with a unit.
_PLAIN_WORD = re.compile(
    r"[A-Za-z_./][A-Za-z0-9_./@+=:-]*(?: [A-Za-z0-9_./@+=-]+)*"
    r"|[0-9]+(?:h|m|s|ms|Ki|Mi|Gi|Ti|k|M|G)(?:[0-9]+[hms])*"
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar_text(value: str | int | bool, *, flow: bool = False) -> str:
    """A scalar that Kubernetes reads as exactly this value; strings are quoted wherever any reader might differ."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if plain_safe(value, flow=flow) and scalars_agree(value) else double_quoted(value)


def double_quoted(value: str) -> str:
    """A string in double quotes; everything but printable ASCII and plain letters is escaped (YAML 1.1 §5.6)."""
    return '"' + "".join(_ESCAPES.get(one) or (one if _printable(one) else _escaped(one)) for one in value) + '"'


def plain_safe(value: str, *, flow: bool) -> bool:
    """Whether a text can stand without quotes: a narrow list of shapes rather than YAML's whole grammar."""
    return _PLAIN_WORD.fullmatch(value) is not None and not value.endswith(":") and ": " not in value


def scalars_agree(value: str) -> bool:
    """Whether Kubernetes, YAML 1.1 and YAML 1.2 all read the unquoted text as this string."""
    if value.lower() in ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "~", ""):
        return False
    try:
        return scalars.plain(value) == value
    except scalars.NotAValue:
        return False


def _printable(one: str) -> bool:
    return " " <= one <= "~" or (one > "\xa0" and one.isprintable() and one not in "\ufeff\u2028\u2029")


def _escaped(one: str) -> str:
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def fits_single(value: str) -> bool:
    return bool(value) and all(_printable(one) for one in value)


def key_text(name: str, owner: Mapping) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) and scalars_agree(name) else double_quoted(name)


def entry_lines(name: str, data: Data, column: int, step: int, *, flow: bool) -> list[str]:
    """The lines of an entry; the first without its indentation."""
    key = name if scalars_agree(name) and plain_safe(name, flow=flow) else double_quoted(name)
    if isinstance(data, dict) and data:
        lines = [f"{key}:"]
        for inner, value in data.items():
            rendered = entry_lines(inner, value, column + step, step, flow=flow)
            lines.append(" " * (column + step) + rendered[0])
            lines += rendered[1:]
        return lines
    if isinstance(data, list) and data:
        lines = [f"{key}:"]
        for item in data:
            rendered = item_lines(item, column + step, step)
            lines.append(" " * (column + step) + rendered[0])
            lines += rendered[1:]
        return lines
    return [f"{key}: {_empty(data) if isinstance(data, dict | list) else scalar_text(data)}"]


def item_lines(data: Data, column: int, step: int) -> list[str]:
    """The lines of a list's item with its dash; the first without its indentation."""
    if isinstance(data, dict) and data:
        lines: list[str] = []
        for name, value in data.items():
            rendered = entry_lines(name, value, column + 2, step, flow=False)
            lines.append(("- " if not lines else " " * (column + 2)) + rendered[0])
            lines += rendered[1:]
        return lines
    return [f"- {_empty(data) if isinstance(data, dict | list) else scalar_text(data)}"]


def _empty(data: dict[str, Data] | list[Data]) -> str:
    return "{}" if isinstance(data, dict) else "[]"
