"""What a script does, as data: commands, their words, redirects and circumstances, in the order they run.

`walk.follow` makes it.
"""

from __future__ import annotations

from tektonlint.records import NamedTuple
from tektonlint.shell.values import UNKNOWN, Value


class Word(NamedTuple):
    """A word of a command: what it may be, where it stands, and whether quotes keep it one word."""

    values: Value
    start: int
    end: int
    quoted: bool = False

    @property
    def text(self) -> str:
        """Its only value, with UNKNOWN in it where that is not known in full; UNKNOWN where it may be several."""
        return self.values[0] if len(self.values) == 1 else UNKNOWN


class Heredoc(NamedTuple):
    """A here-document: its delimiter, whether that is quoted, and where delimiter and body stand."""

    delimiter: str
    quoted: bool
    start: int
    body_start: int
    body_end: int


class Redirect(NamedTuple):
    """`> file`, `2>&1`, `<<EOF`: operator, file descriptor as written ("" for the usual one), and where it leads."""

    operator: str
    descriptor: str
    word: Word | None
    heredoc: Heredoc | None = None


class Fact(NamedTuple):
    """What a test found out: `there`/`missing` about a path, `equal`/`differs` about two texts (the second "" for
    `-z` and `-n`), `present`/`absent` about a command."""

    what: str
    left: str
    right: str = ""

    @property
    def denied(self) -> Fact:
        """The opposite."""
        return Fact(_OPPOSITE[self.what], self.left, self.right)


_OPPOSITE = {
    "there": "missing", "missing": "there", "equal": "differs", "differs": "equal",
    "present": "absent", "absent": "present",
}  # fmt: skip
Facts = frozenset[Fact]
NO_FACTS: Facts = frozenset()


class Circumstances(NamedTuple):
    """Under which a command runs.

    `tested`: a condition, or left of `&&` or `||`, or behind `!`, so `set -e` does not stop at it. `asked`: of these
    the condition of an `if` or a loop, or behind `!`. `otherwise`: the
    command behind its `||`. `certain`: in no branch, loop or function that may be left out. `polled`: in the condition
    of a loop. `pipeline`: the number of its pipeline, its place in that and how many there are; None outside one.
    `called_from`: the offset of the call of the function that it stands in. `captured`: inside `$(…)`.
    """

    tested: bool = False
    asked: bool = False
    otherwise: str | None = None
    certain: bool = True
    polled: bool = False
    pipeline: tuple[int, int, int] | None = None
    function: str | None = None
    background: bool = False
    captured: bool = False
    looped: bool = False


class Command(NamedTuple):
    """A simple command that is run.

    `name` is without its folder, "" where it is not known (and for what only redirects); `words` are those behind it.
    `start` and `end` are where the whole stands, `name_end` where its name ends. `folders` is the working directory,
    `umask` None where it is not known. `options` are those of `set` that are on: errexit, pipefail, nounset, xtrace.
    """

    name: str
    program: str
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int
    name_end: int
    folders: Value
    umask: int | None
    environment: tuple[tuple[str, Value], ...]
    options: frozenset[str]
    facts: Facts
    when: Circumstances

    @property
    def silenced(self) -> bool:
        """Whether its errors are thrown away."""
        output = errors = False
        for one in self.redirects:
            if one.word is None or not one.operator.endswith((">", ">|", ">&")):
                continue
            text = one.word.text
            gone = (output if text == "1" else errors) if one.operator == ">&" and text in "12" else text == "/dev/null"
            both = one.operator.startswith("&") or (one.operator == ">&" and not text.isdigit())
            output = gone if both or one.descriptor in ("", "1") else output
            errors = gone if both or one.descriptor == "2" else errors
        return errors


class Demand(NamedTuple):
    """A path that a script stops without: `[ -f X ] || exit 1`."""

    path: str
    start: int
    end: int
    folders: Value


class Assignment(NamedTuple):
    """A variable that is set: its name, to what, where, and whether in one branch only."""

    name: str
    value: Value
    start: int
    end: int


class Pipeline(NamedTuple):
    """`a | b`: where the whole stands, the spans of its parts, whether `pipefail` is on, and whether it is tested."""

    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    pipefail: bool
    when: Circumstances


class Flow(NamedTuple):
    """What a script does, in the order it does it.

    `functions` are the names that it defines, `broken` the spans that the parser did not understand: nothing is
    known of what stands there. `left_out` says that the script is longer than what is followed.
    """

    commands: tuple[Command, ...]
    demands: tuple[Demand, ...]
    assignments: tuple[Assignment, ...]
    pipelines: tuple[Pipeline, ...]
    functions: frozenset[str]
    broken: tuple[tuple[int, int], ...]
    variables: dict[str, Value]
    left_out: bool = False


NOTHING = Flow((), (), (), (), frozenset(), (), {})
