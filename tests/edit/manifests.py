"""Generated manifests: every style of YAML, comments anywhere, any line end."""

from __future__ import annotations

from hypothesis import strategies as st

from tektonlint.text import BOM

KEYS = ["name", "spec", "steps", "timeout", "timeouts", "params", "pipeline", "tasks", "kind", "image", "my-key", "y"]
WORDS = ["alpha", "1h", "8", "a:1", "$(params.x)", "é\U0001f600", "true", "0o14", "x y z", "it's", "--flag", "~"]
BLOCK_LINES = ["echo $(params.x)", "  deeper", "# no comment", "- item", "a: b", "", "", "      ", "x  ", "\ttab", "é"]


class Writer:
    """Writes one document, line by line; `draw` decides everything that is open."""

    def __init__(self, draw: st.DrawFn, comments: int = 0) -> None:
        self._draw = draw
        self._comments = comments
        self._anchors = 0
        self._scalars: list[str] = []
        self._mappings: list[str] = []

    def document(self) -> list[str]:
        """The lines of a mapping, between comments."""
        return [*self._between(0), *self._mapping(0, 3), *self._between(0)]

    def _chance(self, one_in: int) -> bool:
        return self._draw(st.integers(1, one_in)) == 1

    def _one_of(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def _comment(self) -> str:
        self._comments += 1
        return f"#c{self._comments}."

    def _anchor(self) -> str:
        self._anchors += 1
        return f"a{self._anchors}"

    def _between(self, column: int) -> list[str]:
        """Blank lines and comments that may stand between two entries."""
        lines: list[str] = []
        while self._chance(4):
            kind = self._draw(st.integers(0, 5))
            at = column if kind < 4 else self._draw(st.integers(0, 8))
            lines.append(" " * at + self._comment() if kind > 1 else "" if kind else " " * at)
        return lines

    def _behind(self) -> str:
        return f" {self._comment()}" if self._chance(6) else "  " if self._chance(20) else ""

    def _mapping(self, column: int, depth: int) -> list[str]:
        """The lines of a block mapping, indented by `column`."""
        lines: list[str] = []
        keys = self._draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
        if self._chance(12):
            keys.append(keys[0])
        for number, key in enumerate(keys):
            if number:
                lines += self._between(column)
            quote = self._one_of("", "", "", "", "'", '"')
            first, *rest = self._value(column, depth)
            head = f"{quote}{key}{quote}:"
            if self._chance(60):
                lines += [f"{' ' * column}? {quote}{key}{quote}", f"{' ' * column}:{first}", *rest]
            else:
                lines += [f"{' ' * column}{head}{first}", *rest]
        if self._mappings and self._chance(8):
            lines.append(f"{' ' * column}<<: *{self._draw(st.sampled_from(self._mappings))}")
        return lines

    def _value(self, column: int, depth: int) -> list[str]:
        """What follows `key:` of a key at `column`: the rest of its line, and lines below."""
        step = self._draw(st.sampled_from([2, 2, 2, 4]))
        kind = self._draw(st.integers(0, 9 if depth else 5))
        if kind <= 2:
            return [f" {self._inline()}{self._behind()}" if not self._chance(12) else self._behind()]
        if kind == 3:
            return [f" {self._flow(2)}{self._behind()}"]
        if kind == 4:
            return self._block(column + step, column)
        if kind == 5:
            return self._many_lines(column + step)
        if kind <= 7:
            anchor = ""
            if self._chance(10):
                anchor = self._anchor()
            lines = [f" &{anchor}" if anchor else self._behind(), *self._between(column + step)]
            lines += self._mapping(column + step, depth - 1)
            if anchor:
                self._mappings.append(anchor)
            return lines
        at = column + self._draw(st.sampled_from([0, 2, step]))
        return [self._behind(), *self._between(at), *self._list(at, depth - 1)]

    def _list(self, column: int, depth: int) -> list[str]:
        lines: list[str] = []
        width = self._draw(st.sampled_from([2, 2, 2, 4]))
        dash = " " * column + "-"
        for number in range(self._draw(st.integers(1, 3))):
            if number:
                lines += self._between(column)
            kind = self._draw(st.integers(0, 9 if depth else 4))
            if kind <= 2:
                lines.append(f"{dash} {self._inline()}{self._behind()}" if not self._chance(15) else dash)
            elif kind == 3:
                lines.append(f"{dash} {self._flow(1)}{self._behind()}")
            elif kind == 4:
                first, *rest = self._block(column + width, column)
                lines += [dash + first, *rest]
            else:
                is_list = kind == 9
                inside = (self._list if is_list else self._mapping)(column + width, depth - 1)
                if self._chance(8):
                    lines += [dash + self._behind(), *inside]
                else:
                    lines += [f"{dash:{column + width}}{inside[0][column + width :]}", *inside[1:]]
        return lines

    def _inline(self) -> str:
        """A scalar on one line, or an alias."""
        if self._scalars and self._chance(10):
            return f"*{self._draw(st.sampled_from(self._scalars))}"
        if self._mappings and self._chance(15):
            return f"*{self._draw(st.sampled_from(self._mappings))}"
        word = self._draw(st.sampled_from(WORDS))
        if self._chance(15):
            name = self._anchor()
            self._scalars.append(name)
            return f"&{name} {word}"
        if self._chance(20):
            return f"!!str {word}"
        style = self._draw(st.integers(0, 5))
        if style == 4:
            return "'" + word.replace("'", "''") + "'"
        return f'"{word} # \\t\\u00e9"' if style == 5 else word

    def _flow(self, depth: int) -> str:
        """A list or mapping in brackets on one line."""
        comma = self._one_of(", ", ",", " , ")
        if self._chance(2):
            items = [self._flow_item(depth) or "~" for _ in range(self._draw(st.integers(0, 3)))]
            return f"[{comma.join(items)}]"
        keys = self._draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
        entries = [
            f'"{key}":{self._flow_item(depth)}' if self._chance(4) else f"{key}: {self._flow_item(depth)}"
            for key in keys
        ]
        if self._chance(10):
            entries = [*keys]
        blank = self._one_of("", " ")
        return "{" + blank + comma.join(entries) + blank + "}"

    def _flow_item(self, depth: int) -> str:
        if depth and self._chance(4):
            return self._flow(depth - 1)
        return self._one_of("a", "1", "'x'", '"a, b"', "word", "")

    def _block(self, indent: int, column: int) -> list[str]:
        """A literal or folded block."""
        indicator = self._one_of("", "", "", "", "2") if indent == column + 2 else ""
        header = f" {self._one_of('|', '|', '>')}{indicator}{self._one_of('', '', '-', '+')}{self._behind()}"
        lines = self._draw(st.lists(st.sampled_from(BLOCK_LINES), max_size=4))
        first = "first " if not indicator else ""
        content = [f"{' ' * indent}{first if not number else ''}{line}" for number, line in enumerate(lines)]
        if self._chance(2):
            content = [line if line.strip() else "" for line in content]
        return [header, *content]

    def _many_lines(self, indent: int) -> list[str]:
        """A plain or quoted scalar, or brackets, over several lines."""
        kind = self._draw(st.integers(0, 4))
        pad = " " * indent
        blank = [""] if self._chance(4) else []
        if kind == 0:
            return [" one $(params.x)", *blank, f"{pad}two", f"{pad}  three{self._behind()}"]
        if kind == 1:
            return [' "one $(params.x)', *blank, f"{pad}# two \\", f'{pad}three"{self._behind()}']
        if kind == 2:
            return [" 'one: # it''s", *blank, f"{pad}two'{self._behind()}"]
        if kind == 3:
            items = [f"{pad}a,{self._behind()}", f"{pad}'b'{self._one_of('', ',')}{self._behind()}"]
            return [f" [{self._behind()}", *items, f"{pad}]{self._behind()}"]
        return [" {name: a,", *blank, f"{pad}{self._one_of('', self._comment())}", f"{pad}timeout: [b,", f"{pad}c]}}"]


@st.composite
def manifests(draw: st.DrawFn, line_ends: tuple[str, ...] = ("\n", "\r\n")) -> str:
    """A file of one or more documents. Few are no YAML."""
    documents = [Writer(draw, 100 * number).document() for number in range(draw(st.sampled_from([1, 1, 1, 2])))]
    lines = ["---"] if draw(st.booleans()) else []
    for number, document in enumerate(documents):
        lines += [*(["---"] if number else []), *document]
    text = draw(st.sampled_from(line_ends)).join(lines)
    if draw(st.integers(0, 2)):
        text += draw(st.sampled_from(line_ends))
    return (BOM if draw(st.integers(0, 5)) == 0 else "") + text
