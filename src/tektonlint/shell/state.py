"""What is known at one point of a script: its variables, its folder, its options, and how branches join."""

from __future__ import annotations

from tektonlint.shell.flow import NO_FACTS, Facts
from tektonlint.shell.values import NOT_KNOWN, Value, either


class State:
    """What is known at one point of a script."""

    __slots__ = ("arrays", "ended", "facts", "folders", "options", "positional", "umask", "variables")

    def __init__(
        self,
        variables: dict[str, Value],
        folders: Value,
        *,
        options: frozenset[str] = frozenset(),
        positional: tuple[Value, ...] | None = None,
        umask: int | None = 0o022,
        facts: Facts = NO_FACTS,
        arrays: dict[str, tuple[Value, ...]] | None = None,
    ) -> None:
        self.variables = variables
        self.arrays = arrays if arrays is not None else {}
        self.folders = folders
        self.options = options
        self.positional = positional
        self.umask = umask
        self.facts = facts
        # How the commands after this point are cut off: the word, `exit 1`; None where they are not.
        self.ended: str | None = None

    def copy(self) -> State:
        new = State(
            self.variables.copy(),
            self.folders,
            options=self.options,
            positional=self.positional,
            umask=self.umask,
            facts=self.facts,
            arrays=self.arrays.copy(),
        )
        new.ended = self.ended
        return new

    def become(self, states: list[State]) -> None:
        """Goes on as any of several states, of which the first may be itself; those that ended do not go on, unless
        all did."""
        going = [one for one in states if one.ended is None]
        if not going:
            self.ended = states[0].ended if states else self.ended
            return
        first = going[0]
        self.ended = None
        self.variables = first.variables
        self.arrays = first.arrays
        self.folders, self.umask, self.options, self.facts = first.folders, first.umask, first.options, first.facts
        self.positional = first.positional
        for other in going[1:]:
            self._join(other)

    def _join(self, other: State) -> None:
        if other.variables != self.variables:
            for name in other.variables.keys() | self.variables.keys():
                here, there = self.variables.get(name), other.variables.get(name)
                if here != there:
                    # Where one way does not set it, the environment may.
                    self.variables[name] = either(here or NOT_KNOWN, there or NOT_KNOWN)
        if other.arrays != self.arrays:
            self.arrays = {name: one for name, one in self.arrays.items() if other.arrays.get(name) == one}
        if other.folders != self.folders:
            self.folders = either(self.folders, other.folders)
        if other.umask != self.umask:
            self.umask = None
        self.options &= other.options
        self.facts &= other.facts
