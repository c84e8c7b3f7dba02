"""Records behave as the library's named tuples do."""

from __future__ import annotations

import pickle
from typing import NamedTuple as Library

import pytest

from tektonlint.records import NamedTuple


class Own(NamedTuple):
    """A word, and how often it stands somewhere."""

    word: str
    number: int = 1
    where: tuple[str, ...] = ()

    @property
    def loud(self) -> str:
        """The word in capitals."""
        return self.word.upper()

    def times(self, factor: int) -> Own:
        """The same word more often."""
        return self._replace(number=self.number * factor)


class Theirs(Library):
    """A word, and how often it stands somewhere."""

    word: str
    number: int = 1
    where: tuple[str, ...] = ()


def test_a_record_has_the_fields_and_defaults_of_its_annotations() -> None:
    assert Own._fields == Theirs._fields
    assert Own._field_defaults == Theirs._field_defaults
    assert tuple(Own("chmod")) == ("chmod", 1, ())
    assert repr(Own("chmod", number=2)) == "Own(word='chmod', number=2, where=())"


def test_a_record_wants_the_fields_that_have_no_default() -> None:
    with pytest.raises(TypeError, match="word"):
        Own()  # type: ignore[call-arg]


def test_a_record_keeps_what_else_stands_in_its_class() -> None:
    assert Own("chmod").loud == "CHMOD"
    assert Own("chmod", 2).times(3) == ("chmod", 6, ())
    assert Own.__doc__ == Theirs.__doc__
    assert Own.__qualname__ == "Own"


def test_a_record_is_a_tuple_without_a_dictionary_that_goes_through_a_pipe() -> None:
    own = Own("chmod", 2, ("a", "b"))
    assert not hasattr(own, "__dict__")
    assert pickle.loads(pickle.dumps(own)) == own
    assert type(pickle.loads(pickle.dumps(own))) is Own


def test_a_record_matches_by_position() -> None:
    match Own("chmod", 2):
        case Own(word, number):
            assert (word, number) == ("chmod", 2)
