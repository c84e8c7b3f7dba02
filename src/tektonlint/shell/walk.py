"""A shell script followed from top to bottom: every command it runs, with the values its words may have.

Values go through assignments, `export`, `local`, `${X:-d}`, `${X%/}`, `cd`, loops over what is written out, functions,
here-documents and arrays. What is not known is `UNKNOWN` in the midst of what is: `/data/` + UNKNOWN + `.tar`. Where
branches leave a variable with several values it has all of them. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tektonlint.patterns import pattern
from tektonlint.shell.conditions import Condition
from tektonlint.shell.dialect import SHELLS, interpreter, shebang
from tektonlint.shell.flow import (
    NO_FACTS,
    NOTHING,
    Assignment,
    Circumstances,
    Command,
    Demand,
    Fact,
    Facts,
    Flow,
    Heredoc,
    Pipeline,
    Redirect,
    Word,
)
from tektonlint.shell.state import State
from tektonlint.shell.values import (
    EMPTY,
    LONGEST,
    MOST_VALUES,
    NOT_KNOWN,
    TEMPORARY,
    UNKNOWN,
    Value,
    chained,
    cut,
    either,
    folder_of,
    joined,
    name_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Functions in functions, scripts in `sh -c`, and how many commands one script is followed for.
_DEPTH = 6
_MOST_COMMANDS = 5000

# Commands that run the command behind them, with how many words of their own stand between.
_WRAPPERS = {
    "env": 0, "sudo": 0, "exec": 0, "command": 0, "nohup": 0, "time": 0, "nice": 0, "xargs": 0, "timeout": 1,
    "builtin": 0, "ionice": 0, "stdbuf": 0, "setsid": 0, "chroot": 1, "gosu": 1, "su-exec": 1, "unshare": 0,
    "flock": 1, "retry": 0, "eatmydata": 0, "busybox": 0,
}  # fmt: skip
_WRAPPERS_OPTIONS = {
    "env": ("-u", "-C", "-S"), "sudo": ("-u", "-g", "-C", "-h", "-p"),
    "xargs": ("-I", "-n", "-P", "-L", "-d", "-a", "-s"),
    "timeout": ("-k", "-s"), "nice": ("-n",), "ionice": ("-c", "-n"), "exec": ("-a",), "stdbuf": ("-i", "-o", "-e"),
}  # fmt: skip
# What the parser has to add where it is missing; without another line end it does well.
_CLOSES = frozenset((")", "}", "]", "]]", "))", '"', "'", "`", "fi", "done", "esac", "then", "do"))

_ASSIGNMENT = pattern(r"([A-Za-z_][A-Za-z0-9_]*)\+?=")
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_HIDDEN = pattern(r"\$([A-Za-z_][A-Za-z0-9_]*|[0-9])")
_SPACE = pattern(r"[ \t\n]+")
_ANSI = pattern(r"\\(n|t|r|\\|'|\")")
_CHOICE = pattern(r"\[[^\[\]]+\]")
_BRACES = pattern(r"\{([^{}]*,[^{}]*)\}")
_IN_QUOTES = pattern(r'\\([$`"\\\n])')
_BARE = pattern(r"\\(.)")
# Parts of the syntax that are always one word, and those that quotes keep one.
_ONE_WORD = frozenset(("word", "number", "raw_string"))
_QUOTED = frozenset(("string", "raw_string", "ansi_c_string"))
_BLANK = frozenset((" ", "\t", "\n"))
_ANSI_TEXT = {"n": "\n", "t": "\t", "r": "\r"}


def follow(
    script: str,
    environment: tuple[tuple[str, Value], ...] = (),
    folders: Value = NOT_KNOWN,
    arguments: tuple[Value, ...] | None = None,
    *,
    shell: bool = False,
) -> Flow:
    """What a script does, given environment, working directory and arguments; nothing for another language's.

    `shell` says that a shell runs it whatever its first line says.
    """
    line = shebang(script)
    if not shell and interpreter(script) not in SHELLS:
        return NOTHING
    options = {"errexit"} if line is None and not shell else set()
    if line is not None:
        options |= _options(line.options)
    walk = _Walk(script)
    state = State(dict(environment), folders, options=frozenset(options), positional=arguments)
    return walk.run(state)


def run_words(words: tuple[str, ...], environment: tuple[tuple[str, Value], ...], folders: Value) -> Flow:
    """What a command does that no shell reads: every word is one, and offsets are the numbers of the words."""
    walk = _Walk("")
    state = State(dict(environment), folders)
    made = [Word((text,), number, number + 1, True) for number, text in enumerate(words)]
    walk.ran(made, (), (), 0, len(words), state, Circumstances())
    return walk.flow(state)


def _options(words: tuple[str, ...]) -> set[str]:
    """The names of the options that `-euo pipefail` and the like turn on."""
    return {name for on, name in _settings(words) if on}


def _settings(words: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    letters = {"e": "errexit", "u": "nounset", "x": "xtrace", "f": "noglob"}
    named = False
    on = True
    for word in words:
        if named and not word.startswith(("-", "+")):
            yield on, word
            named = False
        elif word[:1] in ("-", "+") and len(word) > 1 and not word.startswith("--"):
            on = word[0] == "-"
            for letter in word[1:]:
                if letter in letters:
                    yield on, letters[letter]
                named = named or letter == "o"
        else:
            return


class _Walk:
    """One way through one script."""

    def __init__(self, script: str, depth: int = 0, at: tuple[int, int] | None = None) -> None:
        self.script = script
        self.depth = depth
        # Where everything stands, for a script that is a word of another one.
        self.at = at
        self.commands: list[Command] = []
        self.demands: list[Demand] = []
        self.assignments: list[Assignment] = []
        self.pipelines: list[Pipeline] = []
        self.broken: list[tuple[int, int]] = []
        self.functions: dict[str, Node] = {}
        self.called: set[str] = set()
        self.left_out = False
        self.calls: list[str] = []
        # What each line is that `read` reads: the paths that `find` prints.
        self.lines: Value | None = None
        # What `local` hides in each function that is being run, and how deep commands run commands.
        self.hidden: list[dict[str, Value | None]] = []
        self.nested = 0
        # What is known where all of the last `a && b` was run.
        self.reached: State | None = None
        # Where each fact was tested last.
        self.tests: dict[Fact, tuple[int, int, Value]] = {}

    def run(self, state: State) -> Flow:
        from tektonlint.shell.syntax import parse

        root = parse(self.script).root_node
        if root.has_error:
            self.note_errors(root)
        # A function may be called before its definition is reached by this walk: from another one.
        always = Circumstances()
        try:
            self.block(root.children, state, always)
            for name in [one for one in self.functions if one not in self.called]:
                # Not called here by its name, but perhaps by `trap`, or by a variable.
                end = state.copy()
                end.ended = None
                end.positional = None
                self.call(name, (), end, always._replace(certain=False))
        except RecursionError:
            # Brackets in brackets, thousands of them.
            self.left_out = True
        return self.flow(state)

    def flow(self, state: State) -> Flow:
        return Flow(
            tuple(self.commands),
            tuple(self.demands),
            tuple(self.assignments),
            tuple(self.pipelines),
            frozenset(self.functions),
            tuple(self.broken),
            state.variables,
            self.left_out,
        )

    def note_errors(self, root: Node) -> None:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node.type == "ERROR" or (node.is_missing and node.type in _CLOSES):
                # A backslash at the end of the script does no harm.
                if node.is_missing or self.text(node).strip(" \t\n\\"):
                    self.broken.append(self.span(node))
            elif node.has_error:
                waiting.extend(reversed(node.children))

    # Statements. Each gives what is known if it succeeds, and what if it fails.

    def block(self, nodes: list[Node], state: State, when: Circumstances) -> tuple[Facts, Facts]:
        facts: tuple[Facts, Facts] = (NO_FACTS, NO_FACTS)
        # Asking a node for its kind makes a new text each time.
        kinds = [(node, kind) for node in nodes if (kind := node.type) == "&" or node.is_named]
        last = len(kinds) - 1
        while last >= 0 and kinds[last][1] in ("&", "comment"):
            last -= 1
        for number, (node, kind) in enumerate(kinds):
            if kind in ("&", "comment"):
                continue
            if state.ended is not None:
                # Nothing behind is run; what it would do is still told, as if it were a branch.
                state.ended = None
                when = when._replace(certain=False)
            here = when
            if number + 1 < len(kinds) and kinds[number + 1][1] == "&":
                here = here._replace(background=True)
            # Only the last one's status is that of the block.
            if number != last and (here.tested or here.otherwise):
                here = here._replace(otherwise=None)
            facts = self.statement(node, state, here, kind)
        return facts

    def statement(
        self, node: Node, state: State, when: Circumstances, kind: str | None = None
    ) -> tuple[Facts, Facts]:
        kind = kind or node.type
        if kind == "command":
            return self.command(node, state, when, [])
        if kind == "variable_assignment":
            self.assign(node, state, when)
        elif kind == "list":
            return self.alternatives(node, state, when)
        elif kind == "redirected_statement":
            return self.redirected(node, state, when)
        elif kind == "if_statement":
            self.choice(node, state, when)
        elif kind == "pipeline":
            return self.pipeline(node, state, when)
        elif kind == "test_command":
            return self.test(node, state, when)
        elif kind == "declaration_command":
            self.declaration(node, state, when)
        elif kind == "variable_assignments":
            for child in node.named_children:
                self.statement(child, state, when)
        elif kind == "for_statement":
            self.loop_over(node, state, when)
        elif kind == "while_statement":
            self.loop(node, state, when)
        elif kind == "case_statement":
            self.cases(node, state, when)
        elif kind == "negated_command":
            inner = [child for child in node.named_children if child.type != "comment"]
            facts = self.block(inner, state, when._replace(tested=True, asked=True, otherwise=None))
            return facts[1], facts[0]
        elif kind in ("compound_statement", "do_group"):
            return self.block(node.children, state, when)
        elif kind == "subshell":
            return self.block(node.children, state.copy(), when)
        elif kind == "function_definition":
            name = node.child_by_field_name("name")
            body = node.child_by_field_name("body")
            if name is not None and body is not None:
                self.functions[self.text(name)] = node
        elif kind == "c_style_for_statement":
            body = node.child_by_field_name("body")
            if body is not None:
                self.branch(body, state, when._replace(looped=True))
        elif kind == "unset_command":
            for child in node.named_children:
                if child.type == "variable_name":
                    state.variables[self.text(child)] = EMPTY
        elif kind == "ERROR":
            pass
        elif kind == "file_redirect":
            # `$(< file)`.
            redirects: list[Redirect] = []
            self.redirect(node, state, when, redirects, [])
            self.emit_redirects(redirects, node, state, when)
        else:
            # An arithmetic statement, a bare expansion: what is run inside of it.
            self.inside(node, state, when)
        return NO_FACTS, NO_FACTS

    def branch(self, node: Node, state: State, when: Circumstances, facts: Facts = NO_FACTS) -> None:
        """A statement that is run or not."""
        inner = state.copy()
        inner.facts |= facts
        self.block(node.children, inner, _left_out(when))
        before = state.facts
        if inner.ended in ("break", "continue"):
            inner.ended = None
        state.become([state, inner])
        state.facts = before & state.facts

    def alternatives(self, node: Node, state: State, when: Circumstances) -> tuple[Facts, Facts]:
        """`a && b`, `a || b`."""
        children = [child for child in node.children if child.type != "comment"]
        operator = next((child.type for child in children if child.type in ("&&", "||")), None)
        parts = [child for child in children if child.is_named]
        if operator is None or len(parts) < 2:
            return self.block(parts, state, when)
        return self.either_or(parts[0], operator, parts[1], state, when)

    def either_or(
        self, first: Node, operator: str, second: Node, state: State, when: Circumstances
    ) -> tuple[Facts, Facts]:
        otherwise = when.otherwise
        if operator == "||":
            otherwise = self.first_word(second)
        left = self.statement(first, state, when._replace(tested=True, otherwise=otherwise))
        reached = self.reached if operator == "&&" and first.type == "list" else None
        facts = self.then(left, operator, second, state, when, reached)
        if operator == "&&" and self.reached is not None and not self.is_question(first):
            # `mkdir d && cd d`: who writes that does not count on its failure.
            state.folders = self.reached.folders
        return facts

    def is_question(self, node: Node) -> bool:
        """Whether a statement is there for its status, so that either is expected."""
        while node.type == "list" and node.named_children:
            if self.is_question(node.named_children[-1]):
                return True
            node = node.named_children[0]
        asks = ("test", "[", "grep", "command", "which", "type", "cmp", "diff")
        return node.type in ("test_command", "negated_command") or self.first_word(node) in asks

    def then(
        self,
        left: tuple[Facts, Facts],
        operator: str,
        second: Node,
        state: State,
        when: Circumstances,
        reached: State | None = None,
    ) -> tuple[Facts, Facts]:
        """What follows `&&` or `||`, after the facts of what stands before it; `reached` is what is known only here."""
        known = left[0] if operator == "&&" else left[1]
        inner = (reached or state).copy()
        inner.facts |= known
        right = self.statement(second, inner, when._replace(certain=False) if when.certain else when)
        self.reached = inner if operator == "&&" and inner.ended is None else None
        if inner.ended is not None:
            if not inner.ended.startswith(("exit 0", "return 0", "continue", "break")):
                self.demand(left[1] if operator == "||" else left[0])
            # It goes on only where the second was not run.
            state.facts |= left[0] if operator == "||" else left[1]
            return (left[0], NO_FACTS) if operator == "||" else (NO_FACTS, left[1])
        facts = state.facts
        state.become([inner.copy(), state.copy()])
        # Both `test -d x || mkdir x` and `a && b` leave only what held before.
        state.facts = facts
        if operator == "&&":
            return left[0] | right[0], left[1] & right[1]
        return left[0] & right[0], left[1] | right[1]

    def demand(self, facts: Facts) -> None:
        """Notes that a script stops where these facts hold."""
        for fact in facts:
            if fact.what == "missing" and fact in self.tests:
                self.demands.append(Demand(fact.left, *self.tests[fact]))

    def choice(self, node: Node, state: State, when: Circumstances) -> None:
        """`if`, with its `elif` and `else`."""
        states: list[State] = []
        current = state.copy()
        self.chosen(node.children, current, when, states)
        state.become(states)

    def chosen(self, children: list[Node], state: State, when: Circumstances, states: list[State]) -> None:
        """One condition with its body, and what comes instead; the states they end in."""
        kinds = [child.type for child in children]
        at = kinds.index("then") if "then" in kinds else len(kinds)
        others = (n for n in range(at + 1, len(kinds)) if kinds[n] in ("elif_clause", "else_clause"))
        rest = next(others, len(kinds))
        asked = when._replace(tested=True, asked=True, otherwise=None)
        yes, no = self.block(children[1:at], state, asked)
        body = state.copy()
        body.facts |= yes
        branch = _left_out(when)
        self.block(children[at + 1 : rest], body, branch)
        if body.ended is not None and not body.ended.startswith(("exit 0", "return 0", "continue", "break")):
            self.demand(yes)
        states.append(body)
        state.facts |= no
        for number in range(rest, len(kinds)):
            if kinds[number] == "elif_clause":
                self.chosen([*children[number].children, *children[number + 1 :]], state, when, states)
                return
            if kinds[number] == "else_clause":
                self.block(children[number].children[1:], state, branch)
                break
        states.append(state)

    def cases(self, node: Node, state: State, when: Circumstances) -> None:
        value = node.child_by_field_name("value")
        if value is not None:
            self.word(value, state, when)
        states = [state]
        for item in node.named_children:
            if item.type != "case_item":
                continue
            inner = state.copy()
            closing = next((n for n, child in enumerate(item.children) if child.type == ")"), 0)
            branch = _left_out(when)
            self.block(item.children[closing + 1 :], inner, branch)
            states.append(inner)
        facts = state.facts
        state.become(states)
        state.facts &= facts

    def loop_over(self, node: Node, state: State, when: Circumstances) -> None:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        values: Value = ()
        if all(child.type != "in" for child in node.children):
            # `for x; do`: over the arguments.
            values = tuple(one for argument in state.positional or () for one in argument)
        for child in node.children_by_field_name("value"):
            for word in self.words(child, state, when):
                values = (*values, *word.values)
        values = tuple(dict.fromkeys(values))
        if variable is not None:
            name = self.text(variable)
            state.variables[name] = values if 0 < len(values) <= 4 * MOST_VALUES else NOT_KNOWN
            self.assignments.append(Assignment(name, state.variables[name], *self.span(variable)))
        if body is not None:
            self.branch(body, state, when._replace(looped=True))

    def loop(self, node: Node, state: State, when: Circumstances) -> None:
        """`while` and `until`."""
        body = node.child_by_field_name("body")
        until = bool(node.children) and node.children[0].type == "until"
        conditions = [child for child in node.children[1:] if child.type not in ("do_group", ";")]
        asked = when._replace(tested=True, asked=True, otherwise=None, polled=True, looped=True)
        yes, no = self.block(conditions, state, asked)
        if until:
            yes, no = no, yes
        if body is not None:
            self.branch(body, state, when._replace(looped=True), yes)
        state.facts |= no

    def pipeline(self, node: Node, state: State, when: Circumstances) -> tuple[Facts, Facts]:
        return self.piped([child for child in node.named_children if child.type != "comment"], state, when)

    def piped(
        self, parts: list[Node], state: State, when: Circumstances, first: tuple[Facts, Facts] | None = None
    ) -> tuple[Facts, Facts]:
        if parts[0].type == "negated_command":
            # The parser reads `! a | b` as `(! a) | b`; the shell asks for the status of `b`.
            when = when._replace(tested=True, asked=True, otherwise=None)
        number = len(self.pipelines)
        spans = tuple(self.span(part) for part in parts)
        self.pipelines.append(Pipeline(spans[0][0], spans[-1][1], spans, "pipefail" in state.options, when))
        facts: tuple[Facts, Facts] = (NO_FACTS, NO_FACTS)
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            here = when._replace(pipeline=(number, place, len(parts)), otherwise=when.otherwise if last else None)
            inner = state.copy()
            before = len(self.commands)
            facts = self.statement(part, inner, here)
            if len(parts) > 1:
                self.lines = self.listed(before)
        self.lines = None
        return facts

    def listed(self, since: int) -> Value | None:
        """What the lines are that the only command run since prints: of `find` paths below its folders, of `ls` names.
        """
        ran = self.commands[since:]
        if len(ran) == 1 and ran[0].name in ("sort", "uniq", "grep", "head", "tail") and ran[0].when.pipeline:
            return self.lines
        if len(ran) == 1 and ran[0].name == "find":
            return _found(ran[0].words)
        if len(ran) == 1 and ran[0].name == "ls" and all(word.text.startswith("-") for word in ran[0].words):
            # The names alone, which lie in the working directory.
            return tuple(f"{folder}/{UNKNOWN}" for folder in ran[0].folders)
        return None

    # Commands.

    def redirected(self, node: Node, state: State, when: Circumstances) -> tuple[Facts, Facts]:
        body = node.child_by_field_name("body")
        redirects: list[Redirect] = []
        following: list[tuple[str, list[Node]]] = []
        for child in node.children_by_field_name("redirect"):
            self.redirect(child, state, when, redirects, following)
        if body is not None and body.type == "list":
            # The redirects of `a && b > c` are the last one's.
            return self.list_with(body, redirects, state, when)
        facts: tuple[Facts, Facts] = (NO_FACTS, NO_FACTS)
        here = when
        if following:
            operator, nodes = following[0]
            if operator == "|":
                number = len(self.pipelines)
                spans = tuple(self.span(one) for one in ([body] if body is not None else []) + nodes)
                pipefail = "pipefail" in state.options
                self.pipelines.append(Pipeline(*self.span(node), spans, pipefail, when))
                here = when._replace(pipeline=(number, 0, len(spans)), otherwise=None)
            elif operator == "||":
                here = when._replace(tested=True, otherwise=self.first_word(nodes[0]))
            else:
                here = when._replace(tested=True)
        if body is not None and body.type == "command":
            facts = self.command(body, state, here, redirects)
        else:
            if redirects:
                self.emit_redirects(redirects, node, state, here)
            if body is not None:
                facts = self.statement(body, state, here)
        self.lines = None
        for operator, nodes in following:
            if operator == "|":
                for place, part in enumerate(nodes, 1):
                    self.statement(part, state.copy(), here._replace(pipeline=(number, place, len(nodes) + 1)))
            else:
                facts = self.then(facts, operator, nodes[0], state, when)
        return facts

    def list_with(
        self, node: Node, redirects: list[Redirect], state: State, when: Circumstances
    ) -> tuple[Facts, Facts]:
        parts = [child for child in node.children if child.is_named and child.type != "comment"]
        operator = next((child.type for child in node.children if child.type in ("&&", "||")), "&&")
        otherwise = self.first_word(parts[-1]) if operator == "||" else when.otherwise
        left = self.statement(parts[0], state, when._replace(tested=True, otherwise=otherwise))
        last = parts[-1]
        inner = state.copy()
        inner.facts |= left[0] if operator == "&&" else left[1]
        if last.type == "command":
            self.command(last, inner, when._replace(certain=False), redirects)
        else:
            self.statement(last, inner, when._replace(certain=False))
        state.become([inner, state.copy()])
        return NO_FACTS, NO_FACTS

    def redirect(
        self,
        node: Node,
        state: State,
        when: Circumstances,
        found: list[Redirect],
        following: list[tuple[str, list[Node]]],
    ) -> None:
        """Adds a redirect; what stands on the line behind a here-document's start comes as `following`."""
        if node.type == "file_redirect":
            descriptor = operator = ""
            word: Word | None = None
            for child in node.children:
                if child.type == "file_descriptor":
                    descriptor = self.text(child)
                elif child.type == "process_substitution":
                    before = len(self.commands)
                    self.substituted(child, state, when)
                    self.lines = self.listed(before)
                elif child.type == "ERROR":
                    # The grammar does not know `<>`.
                    operator += self.text(child)
                elif child.is_named:
                    word = self.word(child, state, when)
                else:
                    operator = child.type
            found.append(Redirect(operator, descriptor, word))
        elif node.type == "heredoc_redirect":
            self.heredoc(node, state, when, found, following)
        else:
            for child in node.named_children:
                self.word(child, state, when)

    def heredoc(
        self,
        node: Node,
        state: State,
        when: Circumstances,
        found: list[Redirect],
        following: list[tuple[str, list[Node]]],
    ) -> None:
        delimiter, start, quoted = "", node.start_byte, False
        operator: str | None = None
        for child in node.children:
            kind = child.type
            if kind == "heredoc_start":
                delimiter, start = self.text(child), child.start_byte
                quoted = any(one in delimiter for one in "'\"\\")
            elif kind == "file_redirect":
                self.redirect(child, state, when, found, following)
            elif kind in ("&&", "||"):
                operator = kind
            elif kind == "pipeline":
                following.append(("|", [one for one in child.named_children if one.type != "comment"]))
            elif kind == "heredoc_body":
                begin, end = self.span(child)
                found.append(Redirect("<<", "", None, Heredoc(delimiter.strip("'\"\\"), quoted, start, begin, end)))
                if not quoted:
                    self.inside(child, state, when)
            elif operator is not None and child.is_named and kind not in ("heredoc_end", "comment"):
                following.append((operator, [child]))
                operator = None
            elif child.is_named and kind in ("word", "string", "raw_string", "concatenation", "simple_expansion",
                                             "expansion", "number"):  # fmt: skip
                # More words of the command, behind `<<EOF`.
                self.word(child, state, when)

    def command(
        self, node: Node, state: State, when: Circumstances, redirects: list[Redirect]
    ) -> tuple[Facts, Facts]:
        own: list[tuple[str, Value]] = []
        words: list[Word] = []
        mine: list[Redirect] = []
        following: list[tuple[str, list[Node]]] = []
        for child in node.children:
            kind = child.type
            if kind == "command_name":
                words.extend(self.words(child.children[0], state, when) if child.children else ())
            elif kind == "variable_assignment":
                name, value = self.assigned(child, state, when)
                if name is not None:
                    own.append((name, value))
            elif kind in ("file_redirect", "herestring_redirect", "heredoc_redirect"):
                self.redirect(child, state, when, mine, following)
            elif kind in _ONE_WORD:
                words.append(self.word(child, state, when, kind))
            elif child.is_named:
                words.extend(self.words(child, state, when, kind))
        if not words:
            return NO_FACTS, NO_FACTS
        start, end = self.span(node)
        return self.ran(words, tuple(own), (*mine, *redirects), start, end, state, when)

    def ran(
        self,
        words: list[Word],
        own: tuple[tuple[str, Value], ...],
        redirects: tuple[Redirect, ...],
        start: int,
        end: int,
        state: State,
        when: Circumstances,
    ) -> tuple[Facts, Facts]:
        """A command with all its words known as far as they are."""
        first, rest = words[0], words[1:]
        program = first.text
        name = "" if UNKNOWN in program or "$(" in program else program.rpartition("/")[2]
        self.emit(
            Command(
                name,
                program,
                tuple(rest),
                redirects,
                start,
                end,
                first.end,
                state.folders,
                state.umask,
                own,
                state.options,
                state.facts,
                when,
            )
        )
        if not name:
            return NO_FACTS, NO_FACTS
        if name in self.functions:
            self.call(name, tuple(word.values for word in rest), state, when)
            return NO_FACTS, NO_FACTS
        builtin = _BUILTINS.get(name)
        if builtin is not None:
            return builtin(self, rest, state, when) or (NO_FACTS, NO_FACTS)
        if name in _WRAPPERS or name == "find":
            if self.nested >= _DEPTH:
                self.left_out = True
                return NO_FACTS, NO_FACTS
            self.nested += 1
            run = self.wrapped if name in _WRAPPERS else self.acted_on
            facts = run(name, rest, own, start, end, state, when)
            self.nested -= 1
            return facts
        if name in SHELLS:
            self.shell(rest, own, start, end, state, when)
        elif self.functions and any(word.text in self.functions for word in rest):
            # `retry push_image` calls a function of the script's by its name.
            for number, word in enumerate(rest):
                if word.text in self.functions:
                    self.call(word.text, tuple(one.values for one in rest[number + 1 :]), state, when)
                    break
        return NO_FACTS, NO_FACTS

    def wrapped(
        self,
        name: str,
        words: list[Word],
        own: tuple[tuple[str, Value], ...],
        start: int,
        end: int,
        state: State,
        when: Circumstances,
    ) -> tuple[Facts, Facts]:
        if name == "command" and words and words[0].text in ("-v", "-V"):
            return self.looked_up(words[1:])
        takes = _WRAPPERS_OPTIONS.get(name, ())
        replaces = name == "xargs" and any(word.text in ("-I", "-I{}", "-i", "--replace") for word in words)
        while words:
            text = words[0].text
            assigned = _ASSIGNMENT.match(text) if name in ("env", "sudo") else None
            if assigned is not None:
                own = (*own, (assigned[1], tuple(one[assigned.end() :] for one in words[0].values)))
                words = words[1:]
            elif text == "--":
                words = words[1:]
                break
            elif text.startswith("-"):
                words = words[2:] if text in takes else words[1:]
            else:
                break
        words = words[_WRAPPERS[name] :]
        if not words:
            return NO_FACTS, NO_FACTS
        if name == "xargs":
            given = Word(self.lines or NOT_KNOWN, end, end)
            words = _put_in(words, given) if replaces else [*words, given]
        return self.ran(words, own, (), words[0].start, end, state, when)

    def acted_on(
        self,
        name: str,
        words: list[Word],
        own: tuple[tuple[str, Value], ...],
        start: int,
        end: int,
        state: State,
        when: Circumstances,
    ) -> tuple[Facts, Facts]:
        """`find d -exec command {} +` and `find d -delete`."""
        texts = [word.text for word in words]
        found = Word(_found(words), start, end)
        if "-delete" in texts:
            self.ran([Word(("rm",), start, end), found], own, (), start, end, state, when)
        last = -1
        for number, text in enumerate(texts):
            if number > last and text in ("-exec", "-execdir", "-ok"):
                last = next((n for n in range(number + 1, len(texts)) if texts[n] in (";", "+")), len(texts))
                there, each = state.copy(), found
                if text == "-execdir":
                    # In the folder of what is found.
                    there.folders = tuple(joined(folder, one) for folder in state.folders for one in found.values)
                    each = Word((f"./{UNKNOWN}",), start, end)
                run = _put_in(words[number + 1 : last], each)
                if run:
                    self.ran(run, own, (), start, end, there, when._replace(certain=False, looped=True))
        return NO_FACTS, NO_FACTS

    @staticmethod
    def looked_up(words: list[Word]) -> tuple[Facts, Facts]:
        """`command -v jq`: whether there is such a command."""
        facts = frozenset(Fact("present", word.text) for word in words if UNKNOWN not in word.text)
        return facts, frozenset(fact.denied for fact in facts) if len(facts) == 1 else NO_FACTS

    def shell(
        self,
        words: list[Word],
        own: tuple[tuple[str, Value], ...],
        start: int,
        end: int,
        state: State,
        when: Circumstances,
    ) -> None:
        """`sh -c 'script'`: followed too; everything in it stands where the command does."""
        options: list[str] = []
        while words and words[0].text.startswith(("-", "+")):
            options.append(words[0].text)
            words = words[1:]
            if not options[-1].startswith("--") and options[-1].endswith("c"):
                break
        else:
            return
        script = words[0].text if words else UNKNOWN
        if UNKNOWN in script or len(script) > LONGEST or self.depth >= _DEPTH:
            return
        inner = _Walk(script, self.depth + 1, self.at or (start, end))
        variables = {**state.variables, **dict(own)}
        on = frozenset(_options(tuple(options)))
        begin = State(variables, state.folders, options=on, umask=state.umask, facts=state.facts)
        begin.positional = tuple(one.values for one in words[2:])
        flow = inner.run(begin)
        here = when._replace(otherwise=None)
        for one in flow.commands:
            self.emit(one._replace(when=one.when._replace(certain=here.certain and one.when.certain,
                                                          function=here.function)))  # fmt: skip
        self.demands.extend(flow.demands)

    def call(self, name: str, arguments: tuple[Value, ...], state: State, when: Circumstances) -> None:
        """The body of a function of the script's."""
        self.called.add(name)
        if name in self.calls or len(self.calls) >= _DEPTH or self.left_out:
            return
        node = self.functions[name]
        body = node.child_by_field_name("body")
        if body is None:
            return
        outer, state.positional = state.positional, arguments or None
        self.calls.append(name)
        self.hidden.append({})
        here = when._replace(function=name)
        redirects: list[Redirect] = []
        for child in node.children_by_field_name("redirect"):
            self.redirect(child, state, here, redirects, [])
        if redirects:
            self.emit_redirects(redirects, node, state, here)
        if body.type == "subshell":
            self.statement(body, state, here)
        else:
            self.block(body.children, state, here)
        self.calls.pop()
        state.positional = outer
        for variable, value in self.hidden.pop().items():
            if value is None:
                state.variables.pop(variable, None)
            else:
                state.variables[variable] = value
        if state.ended is not None and state.ended.startswith("return"):
            state.ended = None

    def emit(self, command: Command) -> None:
        if len(self.commands) >= _MOST_COMMANDS:
            self.left_out = True
            return
        self.commands.append(command)

    def emit_redirects(self, redirects: list[Redirect], node: Node, state: State, when: Circumstances) -> None:
        """What only redirects: `> file`, `{ …; } > file`."""
        start, end = self.span(node)
        self.emit(Command("", "", (), tuple(redirects), start, end, start, state.folders, state.umask, (),
                          state.options, state.facts, when))  # fmt: skip

    # Builtins; each gives facts or None.

    def cd(self, words: list[Word], state: State, when: Circumstances) -> None:
        before = state.folders
        targets = [word for word in words if not word.text.startswith("-")]
        if not targets:
            named = "OLDPWD" if words and words[-1].text == "-" else "HOME"
            state.folders = state.variables.get(named, NOT_KNOWN)
            state.variables["OLDPWD"] = before
            return
        state.variables["OLDPWD"] = before
        state.folders = tuple(
            dict.fromkeys(joined(folder, target) for folder in state.folders for target in targets[0].values)
        )[:MOST_VALUES]
        state.variables["PWD"] = state.folders

    def pushd(self, words: list[Word], state: State, when: Circumstances) -> None:
        before = state.folders
        if words and not words[0].text.startswith(("+", "-")):
            state.arrays["DIRSTACK"] = (before, *state.arrays.get("DIRSTACK", ()))[:64]
            self.cd(words, state, when)
        else:
            state.folders = NOT_KNOWN

    def popd(self, words: list[Word], state: State, when: Circumstances) -> None:
        pushed = state.arrays.get("DIRSTACK", ())
        state.folders = pushed[0] if pushed and not words else NOT_KNOWN
        state.arrays["DIRSTACK"] = pushed[1:]

    def set(self, words: list[Word], state: State, when: Circumstances) -> None:
        texts = tuple(word.text for word in words)
        options = set(state.options)
        for on, name in _settings(texts):
            (options.add if on else options.discard)(name)
        state.options = frozenset(options)
        if "--" in texts:
            state.positional = tuple(word.values for word in words[texts.index("--") + 1 :])

    def umask(self, words: list[Word], state: State, when: Circumstances) -> None:
        texts = [word.text for word in words if not word.text.startswith("-")]
        if not texts:
            return
        text = texts[0]
        state.umask = int(text, 8) if text.isascii() and text.isdigit() and not set(text) & {"8", "9"} else None
        if text in ("u=rwx,g=rwx,o=rx", "g+w", "g=rwx", "ug=rwx,o=rx"):
            state.umask = 0o002

    def read(self, words: list[Word], state: State, when: Circumstances) -> None:
        for word in words:
            if _NAME.fullmatch(word.text):
                state.variables[word.text] = self.lines or NOT_KNOWN
                state.arrays.pop(word.text, None)
                self.assignments.append(Assignment(word.text, NOT_KNOWN, word.start, word.end))

    def printf(self, words: list[Word], state: State, when: Circumstances) -> None:
        if len(words) > 1 and words[0].text == "-v":
            self.read(words[1:2], state, when)

    def shift(self, words: list[Word], state: State, when: Circumstances) -> None:
        if state.positional:
            state.positional = state.positional[1:]

    def ends(self, name: str, words: list[Word], state: State) -> None:
        status = words[0].text if words else ""
        state.ended = f"{name} {status}".strip()

    def exit(self, words: list[Word], state: State, when: Circumstances) -> None:
        self.ends("exit", words, state)

    def returns(self, words: list[Word], state: State, when: Circumstances) -> None:
        self.ends("return", words, state)

    def breaks(self, words: list[Word], state: State, when: Circumstances) -> None:
        state.ended = "break"

    def eval(self, words: list[Word], state: State, when: Circumstances) -> None:
        text = " ".join(word.text for word in words)
        if words and UNKNOWN not in text and self.depth < _DEPTH and len(text) <= LONGEST:
            span = self.at or (words[0].start, words[-1].end)
            inner = _Walk(text, self.depth + 1, span)
            inner.functions = self.functions
            inner.called = set(self.functions)
            for one in inner.run(state).commands:
                certain, tested = when.certain and one.when.certain, when.tested or one.when.tested
                self.emit(one._replace(when=one.when._replace(certain=certain, tested=tested)))

    def trap(self, words: list[Word], state: State, when: Circumstances) -> None:
        if words and words[0].text in self.functions:
            self.call(words[0].text, (), state.copy(), when._replace(certain=False))
        elif words and words[0].text not in ("-", ""):
            later = state.copy()
            self.eval(words[:1], later, when._replace(certain=False))

    def which(self, words: list[Word], state: State, when: Circumstances) -> tuple[Facts, Facts]:
        return self.looked_up([word for word in words if not word.text.startswith("-")])

    def tested(self, words: list[Word], state: State, when: Circumstances) -> tuple[Facts, Facts]:
        return self.asked(words, state)

    # Tests.

    def test(self, node: Node, state: State, when: Circumstances) -> tuple[Facts, Facts]:
        words = self.test_words(node, state, when)
        start, end = self.span(node)
        self.emit(Command("[", "[", tuple(words), (), start, end, start + 1, state.folders, state.umask, (),
                          state.options, state.facts, when))  # fmt: skip
        return self.asked(words, state)

    def test_words(self, node: Node, state: State, when: Circumstances) -> list[Word]:
        found: list[Word] = []
        for child in node.children:
            kind = child.type
            if kind in ("unary_expression", "binary_expression", "parenthesized_expression", "negated_expression"):
                found.extend(self.test_words(child, state, when))
            elif not child.is_named or kind == "test_operator":
                if kind not in ("[", "]", "[[", "]]"):
                    found.append(Word((self.text(child).strip(),), *self.span(child)))
            else:
                found.append(self.word(child, state, when, kind))
        return found

    def asked(self, words: list[Word], state: State) -> tuple[Facts, Facts]:
        condition = Condition(words, state.folders)
        facts = condition.facts()
        for fact, word in condition.asked.items():
            self.tests[fact] = (word.start, word.end, state.folders)
        return facts

    # Assignments.

    def assign(self, node: Node, state: State, when: Circumstances) -> None:
        name, value = self.assigned(node, state, when)
        if name is None:
            return
        target = node.child_by_field_name("name")
        if target is not None and target.type == "subscript":
            state.arrays.pop(name, None)
            state.variables[name] = NOT_KNOWN
        else:
            state.variables[name] = value
        # What was known about its old value.
        self.assignments.append(Assignment(name, value, *self.span(node)))

    def assigned(self, node: Node, state: State, when: Circumstances) -> tuple[str | None, Value]:
        target = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if target is None:
            return None, NOT_KNOWN
        inner = target.named_children[0] if target.type == "subscript" and target.named_children else target
        name = self.text(inner)
        adds = self.script.startswith("+=", target.end_byte)
        if value is None:
            return name, state.variables.get(name, EMPTY) if adds else EMPTY
        if value.type == "array":
            items: list[Value] = []
            for child in value.named_children:
                items.extend(word.values for word in self.words(child, state, when))
            before = state.arrays.get(name) if adds else ()
            if before is None:
                state.arrays.pop(name, None)
            else:
                state.arrays[name] = (*before, *items)[:64]
            return name, items[0] if items and not adds else NOT_KNOWN
        state.arrays.pop(name, None)
        found = self.word(value, state, when).values
        return name, chained([state.variables.get(name, NOT_KNOWN), found]) if adds else found

    def declaration(self, node: Node, state: State, when: Circumstances) -> None:
        local = bool(node.children) and node.children[0].type in ("local", "declare", "typeset")
        if self.hidden and local and " -g" not in self.text(node)[:12]:
            for child in node.named_children:
                target = child.child_by_field_name("name") if child.type == "variable_assignment" else child
                if target is not None and target.type == "variable_name":
                    self.hidden[-1].setdefault(self.text(target), state.variables.get(self.text(target)))
        for child in node.named_children:
            if child.type == "variable_assignment":
                self.assign(child, state, when)
            elif child.type == "variable_name" and local:
                state.variables[self.text(child)] = EMPTY
            elif child.type not in ("word", "variable_name"):
                self.word(child, state, when)

    # Words.

    def words(self, node: Node, state: State, when: Circumstances, kind: str | None = None) -> list[Word]:
        """The words that a word becomes: several for `"${array[@]}"`, `"$@"`, `{a,b}` or an unquoted variable of
        several words."""
        kind = kind or node.type
        if kind in _ONE_WORD:
            return [self.word(node, state, when, kind)]
        text = self.text(node)
        spread = self.spread(text.strip('"'), state) if "@" in text or "*" in text else None
        if spread is not None:
            return [Word(values, *self.span(node), True) for values in spread]
        word = self.word(node, state, when, kind)
        if kind in ("simple_expansion", "expansion") and len(word.values) == 1:
            text = word.values[0]
            if " " in text and not text.startswith("$("):
                return [Word((part,), word.start, word.end) for part in _SPACE.split(text.strip()) if part]
        if kind == "concatenation" and len(word.values) > 1 and "{" in text:
            return [Word((one,), word.start, word.end) for one in word.values]
        return [word]

    @staticmethod
    def spread(text: str, state: State) -> list[Value] | None:
        if text in ("$@", "$*", "${@}", "${*}"):
            return list(state.positional) if state.positional is not None else None
        if text.startswith("${") and text.endswith(("[@]}", "[*]}")) and not text.startswith(("${#", "${!")):
            known = state.arrays.get(text[2:-4])
            return list(known) if known is not None else None
        return None

    def word(self, node: Node, state: State, when: Circumstances, kind: str | None = None) -> Word:
        kind = kind or node.type
        start, end = node.start_byte, node.end_byte
        text = self.script[start:end]
        values = self.values(node, kind, text, state, when)
        if text[:1] in _BLANK:
            # A node may begin with the white space before it.
            start = end - len(text.lstrip())
        if kind in ("word", "concatenation") and self.script[start : start + 1] in ("*", "?", "["):
            # A name in this folder, whatever it is.
            values = tuple(f"./{one}" if one.startswith(UNKNOWN) else one for one in values)
        if self.at is not None:
            start, end = self.at
        return Word(values, start, end, kind in _QUOTED)

    def value(self, node: Node, state: State, when: Circumstances) -> Value:
        return self.values(node, node.type, self.text(node), state, when)

    def values(self, node: Node, kind: str, text: str, state: State, when: Circumstances) -> Value:
        """What a part of a word may be, by its kind and as it is written."""
        if kind == "word":
            return self.bare(text, state)
        if kind == "string":
            return self.quoted(node, text, state, when)
        if kind == "simple_expansion":
            return self.variable(text.strip()[1:], state)
        if kind == "raw_string":
            return (text[1:-1],)
        if kind == "concatenation":
            return self.concatenated(node, text, state, when)
        if kind == "expansion":
            return self.expansion(node, text.lstrip(), state, when)
        if kind == "command_substitution":
            return self.substituted(node, state, when)
        if kind == "process_substitution":
            self.substituted(node, state, when)
            return NOT_KNOWN
        if kind in ("number", "test_operator", "extglob_pattern", "regex", "variable_name"):
            return (text,)
        if kind == "ansi_c_string":
            return (_ANSI.sub(lambda match: _ANSI_TEXT.get(match[1], match[1]), text[2:-1]),)
        if kind == "translated_string":
            return self.value(node.children[-1], state, when)
        self.inside(node, state, when)
        return NOT_KNOWN

    def bare(self, text: str, state: State) -> Value:
        if "$" in text:
            # What the grammar could not read as a variable; see `syntax.parse`.
            parts = [
                (part,) if number % 2 == 0 else self.variable(part, state)
                for number, part in enumerate(_HIDDEN.split(text))
            ]
            return chained(parts)
        if "\\" in text:
            text = _BARE.sub(lambda match: "" if match[1] == "\n" else match[1], text.replace("\\\n", ""))
            return (text,)
        if text.startswith("~"):
            head, slash, rest = text.partition("/")
            home = state.variables.get("HOME", NOT_KNOWN) if head == "~" else NOT_KNOWN
            return tuple(one + slash + rest for one in home)
        if "*" in text or "?" in text:
            return (text.replace("*", UNKNOWN).replace("?", UNKNOWN),)
        return (text,)

    def concatenated(self, node: Node, text: str, state: State, when: Circumstances) -> Value:
        braces = _BRACES.search(text) if "{" in text and "$" not in text and '"' not in text else None
        if braces is not None:
            head, tail = text[: braces.start()], text[braces.end() :]
            return tuple(f"{head}{one}{tail}" for one in braces[1].split(","))[:MOST_VALUES]
        if "[" in text and not any(one in text for one in "$'\"\\`"):
            shape = _CHOICE.sub("*", text)
            return self.bare(shape, state)
        parts = [self.value(child, state, when) for child in node.named_children]
        return chained(parts) if parts else EMPTY

    def quoted(self, node: Node, text: str, state: State, when: Circumstances) -> Value:
        if "$" not in text and "`" not in text:
            return (_unquoted(text[1:-1]),)
        parts: list[Value] = []
        at, end = node.start_byte + 1, node.end_byte - 1
        for child in node.named_children:
            kind = child.type
            if kind == "string_content":
                continue
            stop = child.end_byte
            written = self.script[child.start_byte : stop].lstrip()
            begin = stop - len(written)
            if begin > at:
                parts.append((_unquoted(self.script[at:begin]),))
            parts.append(self.values(child, kind, written, state, when))
            at = stop
        if end > at:
            parts.append((_unquoted(self.script[at:end]),))
        return chained(parts) if parts else EMPTY

    def variable(self, name: str, state: State) -> Value:
        if name.isdigit():
            number = int(name) if len(name) < 4 else 0
            known = state.positional
            if known is not None and 0 < number <= len(known):
                # Of an array among the arguments it is not known which of its words that is.
                is_array = any("[*]" in value for values in known[:number] for value in values)
                return NOT_KNOWN if is_array else known[number - 1]
            return NOT_KNOWN
        if name in ("@", "*") and state.positional is not None and len(state.positional) == 1:
            return state.positional[0]
        if name == "PWD":
            return state.folders
        return state.variables.get(name, NOT_KNOWN)

    def expansion(self, node: Node, text: str, state: State, when: Circumstances) -> Value:
        if text.startswith("$("):
            return (text,)
        if text.endswith("}") and text[2:-1].isidentifier():
            return self.variable(text[2:-1], state)
        children = node.children
        if len(children) == 3:
            inner = children[1]
            if inner.type in ("variable_name", "special_variable_name"):
                return self.variable(self.text(inner), state)
            if inner.type == "subscript":
                return self.element(inner, state)
        return self.transformed(children, state, when)

    def element(self, node: Node, state: State) -> Value:
        name, index = node.child_by_field_name("name"), node.child_by_field_name("index")
        known = state.arrays.get(self.text(name)) if name is not None else None
        if known is None or index is None:
            return NOT_KNOWN
        text = self.text(index)
        if text in ("@", "*"):
            return chained([part for one in known for part in ((" ",), one)][1:]) if known else EMPTY
        number = int(text) if text.isdigit() and len(text) < 4 else len(known)
        return known[number] if number < len(known) else NOT_KNOWN

    def transformed(self, children: list[Node], state: State, when: Circumstances) -> Value:
        """`${X:-d}`, `${X%/}` and what else braces can do."""
        if len(children) < 3 or children[1].type != "variable_name":
            for child in children:
                if child.type in ("command_substitution", "expansion"):
                    self.value(child, state, when)
            return NOT_KNOWN
        name = self.text(children[1])
        operator = self.text(children[2]).strip()
        behind = [child for child in children[3:] if child.type != "}"]
        value = self.variable(name, state)
        if operator in (":-", "-", ":=", "="):
            default = chained([self.value(child, state, when) for child in behind]) if behind else EMPTY
            known = name in state.variables or name == "PWD" or name.isdigit()
            result = tuple(dict.fromkeys(one for text in value for one in (default if text == "" else (text,))))
            if not known or value == NOT_KNOWN:
                # Not set by the script: the default, unless the image sets it.
                result = default
            if operator.endswith("="):
                state.variables[name] = result
                self.assignments.append(Assignment(name, result, *self.span(children[1])))
            return result[:MOST_VALUES]
        if operator in (":?", "?"):
            return value
        if operator in (":+", "+"):
            instead = chained([self.value(child, state, when) for child in behind]) if behind else EMPTY
            if name in state.variables and UNKNOWN not in "".join(value) and "$(" not in "".join(value):
                return instead if value != EMPTY else EMPTY
            return either(instead, EMPTY)
        what = self.text(behind[0]) if len(behind) == 1 else None
        if what is not None and operator in ("%", "%%", "#", "##"):
            return tuple(dict.fromkeys(cut(one, operator, what) for one in value))
        for child in behind:
            if child.type in ("command_substitution", "expansion"):
                self.value(child, state, when)
        return NOT_KNOWN

    def substituted(self, node: Node, state: State, when: Circumstances) -> Value:
        """`$(command)`: what it prints, for the few commands where that is known."""
        inner = state.copy()
        before = len(self.commands)
        self.block(node.children[1:-1], inner, when._replace(pipeline=None, captured=True, polled=False))
        ran = self.commands[before:]
        if ran and ran[-1].name == "pwd" and not self.left_out and all(one.name not in self.functions for one in ran):
            # `$(cd x && pwd)`.
            return ran[-1].folders
        if len(ran) != 1 or self.left_out:
            return NOT_KNOWN
        only = ran[0]
        words = [word for word in only.words if not word.text.startswith("-")]
        if only.name == "mktemp":
            return self.temporary(only)
        if only.name == "find":
            return _found(only.words)
        if only.name in ("dirname", "basename") and words:
            function = folder_of if only.name == "dirname" else name_of
            suffix = words[1].text if len(words) > 1 and only.name == "basename" else ""
            return tuple(dict.fromkeys(function(one).removesuffix(suffix) for one in words[0].values))
        if only.name in ("realpath", "readlink") and len(words) == 1:
            return tuple(
                joined(folder, one) for folder in state.folders[:1] for one in words[0].values
            )
        if only.name == "echo" and not any(word.text == "-e" for word in only.words):
            return chained([part for word in words for part in ((" ",), word.values)][1:]) if words else EMPTY
        if only.name == "printf" and len(words) == 2 and words[0].text in ("%s", "%s\\n"):
            return words[1].values
        return NOT_KNOWN

    def temporary(self, command: Command) -> Value:
        """The path that `mktemp` makes: in a folder that is given, or in $TMPDIR."""
        atom = f"{TEMPORARY}{command.start}{TEMPORARY}"
        texts = [word.text for word in command.words]
        for number, word in enumerate(command.words):
            text = word.text
            if text in ("-p", "--tmpdir") and number + 1 < len(texts):
                return tuple(f"{one}/{atom}" for one in command.words[number + 1].values)
            if text.startswith("--tmpdir="):
                return tuple(f"{one.removeprefix('--tmpdir=')}/{atom}" for one in word.values)
        named = [word for word in command.words if not word.text.startswith("-")]
        if named:
            found = []
            for one in named[0].values:
                stem = one.rstrip("X")
                base = one if "XXX" not in one else stem if len(stem) < len(one) else one.replace("XXX", "")
                found.append(atom if "-t" in texts else joined(command.folders[0], base + atom))
            return tuple(found)
        folder = dict(command.environment).get("TMPDIR")
        return tuple(f"{one}/{atom}" for one in folder) if folder else (atom,)

    def inside(self, node: Node, state: State, when: Circumstances) -> None:
        """Runs what stands in `$(…)` anywhere inside a node."""
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                self.substituted(child, state, when)
            elif child.named_child_count:
                self.inside(child, state, when)

    def first_word(self, node: Node) -> str:
        """The name of a statement's first command, as it is written: for what stands behind `||`.

        Of `{ echo …; exit 1; }` it is the `exit`, which says what becomes of the failure.
        """
        while node.type not in ("command", "ERROR") and node.named_children:
            last = node.named_children[-1]
            grouped = node.type in ("compound_statement", "subshell")
            ends = grouped and last.type == "command" and self.text(last).split()[:1] in (["exit"], ["return"])
            node = last if ends else node.named_children[0]
        text = self.text(node).strip().lstrip("{( \n\t")
        return text.split(None, 1)[0].strip(";") if text else ""

    # Text.

    def text(self, node: Node) -> str:
        return self.script[node.start_byte : node.end_byte]

    def span(self, node: Node) -> tuple[int, int]:
        if self.at is not None:
            return self.at
        start, end = node.start_byte, node.end_byte
        if self.script[start : start + 1] in _BLANK:
            start = end - len(self.script[start:end].lstrip())
        return start, end


_BUILTINS = {
    "cd": _Walk.cd,
    "pushd": _Walk.pushd,
    "popd": _Walk.popd,
    "set": _Walk.set,
    "umask": _Walk.umask,
    "read": _Walk.read,
    "mapfile": _Walk.read,
    "readarray": _Walk.read,
    "getopts": _Walk.read,
    "printf": _Walk.printf,
    "shift": _Walk.shift,
    "exit": _Walk.exit,
    "return": _Walk.returns,
    "break": _Walk.breaks,
    "continue": _Walk.breaks,
    "eval": _Walk.eval,
    "trap": _Walk.trap,
    "which": _Walk.which,
    "type": _Walk.which,
    "hash": _Walk.which,
    "test": _Walk.tested,
    "[": _Walk.tested,
}


def _unquoted(text: str) -> str:
    """What stands between double quotes, without its backslashes."""
    return _IN_QUOTES.sub(lambda match: "" if match[1] == "\n" else match[1], text) if "\\" in text else text


def _left_out(when: Circumstances) -> Circumstances:
    """The circumstances of what is run only where a condition holds."""
    if not (when.certain or when.otherwise or when.tested or when.asked):
        return when
    return when._replace(certain=False, otherwise=None, tested=False, asked=False)


def _found(words: Sequence[Word]) -> Value:
    """What `find` prints: paths below the folders that it is given."""
    values: list[str] = []
    for word in words:
        if word.text in ("-L", "-H", "-P"):
            continue
        if word.text.startswith(("-", "(", "!")):
            break
        values.extend(f"{one.rstrip('/')}/{UNKNOWN}" for one in word.values)
    return tuple(values[:MOST_VALUES]) or (f"./{UNKNOWN}",)


def _put_in(words: list[Word], given: Word) -> list[Word]:
    """Words with what is given in place of each `{}`."""
    return [
        word._replace(values=chained([(one,) if number % 2 == 0 else given.values for number, one in enumerate(parts)]))
        if len(parts := re.split(r"(\{\})", word.text)) > 1
        else word
        for word in words
    ]
