"""What `[ … ]` and `[[ … ]]` find out, if they hold and if they do not."""

from __future__ import annotations

from tektonlint.shell.flow import NO_FACTS, Fact, Facts, Word
from tektonlint.shell.values import UNKNOWN, Value, joined

# Tests of one word that say that a path is there.
_THERE = frozenset(("-f", "-e", "-s", "-r", "-w", "-x", "-d", "-L", "-h"))
_EQUAL = frozenset(("=", "=="))


class Condition:
    """The words of a test, read as `[` reads them: `!`, `-a`, `-o`, brackets."""

    def __init__(self, words: list[Word], folders: Value) -> None:
        self.words = words
        self.folders = folders
        # Where each fact about a path was asked for.
        self.asked: dict[Fact, Word] = {}
        self.at = 0

    def facts(self) -> tuple[Facts, Facts]:
        words = self.words
        if words and words[-1].text == "]":
            self.words = words[:-1]
        try:
            return self.any_of()
        except IndexError:
            return NO_FACTS, NO_FACTS

    def any_of(self) -> tuple[Facts, Facts]:
        yes, no = self.all_of()
        while self.peek() in ("||", "-o"):
            self.at += 1
            other = self.all_of()
            yes, no = yes & other[0], no | other[1]
        return yes, no

    def all_of(self) -> tuple[Facts, Facts]:
        yes, no = self.one()
        while self.peek() in ("&&", "-a"):
            self.at += 1
            other = self.one()
            yes, no = yes | other[0], no & other[1]
        return yes, no

    def one(self) -> tuple[Facts, Facts]:
        text = self.peek()
        if text == "!":
            self.at += 1
            yes, no = self.one()
            return no, yes
        if text == "(":
            self.at += 1
            found = self.any_of()
            self.at += 1
            return found
        return self.primary()

    def primary(self) -> tuple[Facts, Facts]:
        first = self.take()
        if first.text in _THERE or first.text in ("-n", "-z"):
            if self.at < len(self.words):
                word = self.take()
                return self.about(first.text, word)
            return NO_FACTS, NO_FACTS
        operator = self.peek()
        if operator in _EQUAL or operator == "!=":
            self.at += 1
            second = self.take()
            fact = Fact("equal", first.text, second.text)
            facts = frozenset((fact,)) if UNKNOWN not in first.text or first.text == UNKNOWN else NO_FACTS
            denied = frozenset(one.denied for one in facts)
            return (facts, denied) if operator != "!=" else (denied, facts)
        if operator is not None and operator.startswith("-") and operator not in ("-a", "-o"):
            self.at += 1
            self.take()
            return NO_FACTS, NO_FACTS
        return NO_FACTS, NO_FACTS

    def about(self, operator: str, word: Word) -> tuple[Facts, Facts]:
        there: set[Fact] = set()
        for value in word.values:
            if operator in ("-n", "-z"):
                there.add(Fact("differs", value))
            else:
                fact = Fact("there", joined(self.folders[0], value))
                there.add(fact)
                self.asked[fact.denied] = word
        yes = frozenset(there)
        no = frozenset(one.denied for one in there)
        return (no, yes) if operator == "-z" else (yes, no)

    def peek(self) -> str | None:
        return self.words[self.at].text if self.at < len(self.words) else None

    def take(self) -> Word:
        word = self.words[self.at]
        self.at += 1
        return word
