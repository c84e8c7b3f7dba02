"""The text of values, so that every reader of YAML takes them for exactly what was meant.

Kubernetes, YAML 1.1 and YAML 1.2 disagree about unquoted texts: `on`, `0o14`, `1:30`, `2001-01-01`. A string that
is added stands without quotes only where none of them sees anything else in it.
"""

from __future__ import annotations

from tektonlint import scalars
from tektonlint.document import DOUBLE, PLAIN, SINGLE
from tektonlint.edit.change import Refusal
from tektonlint.patterns import pattern
from tektonlint.records import NamedTuple

Data = str | int | bool | dict[str, "Data"] | list["Data"]


class Layout(NamedTuple):
    """How added lines are laid out, in columns: what the file does already.

    `step` is from a key to the keys below it, `dash` from a key to the dashes below it, `width` from a dash to its
    item. `quote` and `key_quote` are the quotes that strings and keys get although they need none.
    """

    step: int = 2
    dash: int = 2
    width: int = 2
    quote: str = PLAIN
    key_quote: str = PLAIN


# A word, a flag, a path, `$(params.x)`; not what looks like a number, a date or an indicator.
_BEGINNING = pattern(r"-{0,2}[A-Za-z]|[_/$(]|\.{1,2}/|\.[A-Za-z]|[0-9].*[$/@(=]")
_AMOUNT = pattern(r"[0-9]+(?:ms|h|m|s|[KMGT]i|k|M|G)(?:[0-9]+[hms])*")
_ENDS_A_PLAIN_TEXT = pattern(r": | #|[: ]$")
# In flow style a colon or a question mark ends a plain text for some readers only.
_ENDS_IT_IN_FLOW = pattern(r"[,\[\]{}:?]")
# What YAML 1.1 (https://yaml.org/type/) or 1.2 (§10.3) reads as a boolean, a null or a number, in any case.
_WORDS_WITH_A_VALUE = frozenset(
    ("true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", "-.inf", ".nan"),
)
_KEY = pattern(r"[A-Za-z_][A-Za-z0-9_./-]*")
# A key has to end within 1024 characters of its beginning (YAML 1.1 §9.1.3).
_LONGEST_KEY = 1000
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar_text(value: str | int | bool, *, flow: bool = False, quote: str = PLAIN) -> str:
    """A scalar that every reader takes for exactly this value, with the quotes asked for where they will do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number(value)
    if quote == SINGLE and printable(value):
        return "'" + value.replace("'", "''") + "'"
    if quote == PLAIN and stays_plain(value, flow=flow):
        return value
    return double_quoted(value)


def _number(value: int) -> str:
    if scalars.plain(str(value)) != value:
        raise Refusal("the number has more digits than Kubernetes reads")
    return str(value)


def double_quoted(value: str) -> str:
    """A string in double quotes; all but printable characters is escaped (YAML 1.1 §5.6)."""
    return '"' + "".join(_ESCAPES.get(one) or (one if printable(one) else _escaped(one)) for one in value) + '"'


def _escaped(one: str) -> str:
    code = ord(one)
    if 0xD800 <= code <= 0xDFFF:
        raise Refusal("half of a surrogate pair is no character")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str) -> bool:
    """Whether every character can stand in a file as itself: people see it, and no reader takes it for a line end."""
    return text.isprintable()


def stays_plain(value: str, *, flow: bool) -> bool:
    """Whether every reader takes the text without quotes for this string; in doubt it does not."""
    if not printable(value) or value.lower() in _WORDS_WITH_A_VALUE:
        return False
    if _AMOUNT.fullmatch(value):
        return True
    if not _BEGINNING.match(value) or _ENDS_A_PLAIN_TEXT.search(value):
        return False
    return not (flow and _ENDS_IT_IN_FLOW.search(value))


def key_text(name: str, *, flow: bool = False, quote: str = PLAIN) -> str:
    """A key that every reader takes for this string."""
    plain = quote == PLAIN and _KEY.fullmatch(name) is not None
    text = scalar_text(name, flow=flow, quote=PLAIN if plain else quote or DOUBLE)
    if len(text.encode()) > _LONGEST_KEY:
        raise Refusal("the key is too long for one line")
    return text


def entry_lines(name: str, data: Data, layout: Layout) -> list[str]:
    """The lines of an entry of a block mapping, without the mapping's own indentation."""
    key = key_text(name, quote=layout.key_quote)
    if isinstance(data, dict) and data:
        return [f"{key}:", *_indented(_mapping_lines(data, layout), layout.step)]
    if isinstance(data, list) and data:
        return [f"{key}:", *_indented(_list_lines(data, layout), layout.dash)]
    return [f"{key}: {_on_one_line(data, layout)}"]


def item_lines(data: Data, layout: Layout) -> list[str]:
    """The lines of an item of a block list with its dash, without the list's own indentation."""
    if isinstance(data, dict) and data:
        first, *rest = _mapping_lines(data, layout)
    elif isinstance(data, list) and data:
        first, *rest = _list_lines(data, layout)
    else:
        first, rest = _on_one_line(data, layout), []
    return [f"{'-':{layout.width}}{first}", *_indented(rest, layout.width)]


def _mapping_lines(data: dict[str, Data], layout: Layout) -> list[str]:
    return [line for name, value in data.items() for line in entry_lines(name, value, layout)]


def _list_lines(data: list[Data], layout: Layout) -> list[str]:
    return [line for item in data for line in item_lines(item, layout)]


def _indented(lines: list[str], columns: int) -> list[str]:
    return [" " * columns + line for line in lines]


def _on_one_line(data: Data, layout: Layout) -> str:
    return flow_text(data, layout) if isinstance(data, dict | list) else scalar_text(data, quote=layout.quote)


def flow_text(data: Data, layout: Layout) -> str:
    """A value in flow style."""
    if isinstance(data, dict):
        return "{" + ", ".join(flow_entry(name, value, layout) for name, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(flow_text(item, layout) for item in data) + "]"
    return scalar_text(data, flow=True, quote=layout.quote)


def flow_entry(name: str, data: Data, layout: Layout) -> str:
    """An entry of a mapping in flow style."""
    return f"{key_text(name, flow=True, quote=layout.key_quote)}: {flow_text(data, layout)}"
