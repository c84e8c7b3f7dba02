"""What Kubernetes reads from a scalar: every row was read by sigs.k8s.io/yaml over go-yaml v2.4."""

from __future__ import annotations

import math
from base64 import b64encode
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tektonlint.document import Mapping, load, plain_data
from tektonlint.scalars import NotAValue, Value, key, plain, plain_key, tagged
from tektonlint.text import Source

QUICK = settings(deadline=None, max_examples=200)

VALUES: list[tuple[str, Value]] = [
    # Nothing
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("none", "none"),
    ("None", "None"),
    ("nil", "nil"),
    ("~x", "~x"),
    # Yes and no
    ("y", True),
    ("Y", True),
    ("yes", True),
    ("Yes", True),
    ("YES", True),
    ("on", True),
    ("On", True),
    ("ON", True),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("n", False),
    ("N", False),
    ("no", False),
    ("No", False),
    ("NO", False),
    ("off", False),
    ("Off", False),
    ("OFF", False),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("yEs", "yEs"),
    ("tRUE", "tRUE"),
    ("oN", "oN"),
    ("t", "t"),
    ("f", "f"),
    ("yes please", "yes please"),
    # Integers
    ("0", 0),
    ("1", 1),
    ("-1", -1),
    ("+1", 1),
    ("-0", 0),
    ("+0", 0),
    ("010", 8),
    ("0644", 420),
    ("-0644", -420),
    ("00", 0),
    ("0o14", 12),
    ("0O17", 15),
    ("0o777", 511),
    ("0o8", "0o8"),
    ("0o", "0o"),
    ("0x1F", 31),
    ("0X1f", 31),
    ("-0xF", -15),
    ("+0xF", 15),
    ("0x", "0x"),
    ("0xG", "0xG"),
    ("0b101", 5),
    ("0B11", 3),
    ("-0b11", -3),
    ("+0b11", 3),
    ("0b-101", -5),
    ("0b+11", 3),
    ("0B-1", "0B-1"),
    ("-0b-1", "-0b-1"),
    ("0b--1", "0b--1"),
    ("0b2", "0b2"),
    ("0b", "0b"),
    ("1_000", 1000),
    ("1_", 1),
    ("0_", 0),
    ("1__0", 10),
    ("0_7", 7),
    ("0x_F", 15),
    ("0b_1", 1),
    ("0b+1_1", 3),
    ("_1", "_1"),
    ("1,000", "1,000"),
    ("1 000", "1 000"),
    ("+-1", "+-1"),
    ("--1", "--1"),
    ("+", "+"),
    ("-", "-"),
    ("1a", "1a"),
    ("٣", "٣"),
    ("1٣", "1٣"),
    # Integers that are long
    ("9223372036854775807", 2**63 - 1),
    ("9223372036854775808", 2**63),
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("0xFFFFFFFFFFFFFFFF", 2**64 - 1),
    ("-0x8000000000000000", -(2**63)),
    ("01777777777777777777777", 2**64 - 1),
    ("0b" + 64 * "1", 2**64 - 1),
    ("0b-1" + 63 * "0", -(2**63)),
    ("0x10000000000000000", "0x10000000000000000"),
    ("0b" + 65 * "1", "0b" + 65 * "1"),
    ("0b-1" + 64 * "0", "0b-1" + 64 * "0"),
    ("0" * 5000 + "7", 7),
    ("9" * 5000, "9" * 5000),
    # Numbers with a fraction or an exponent; a whole one is an integer to the API server
    ("1.5", 1.5),
    ("-1.5", -1.5),
    ("+1.5", 1.5),
    ("1.10", 1.1),
    ("1.0", 1),
    ("5.", 5),
    ("-0.0", 0),
    (".5", 0.5),
    ("+.5", 0.5),
    ("-.5_0", -0.5),
    (".1_0", 0.1),
    (".5e1_0", 5_000_000_000),
    ("._1", "._1"),
    (".1_", ".1_"),
    (".1__0", ".1__0"),
    (".5e_1", ".5e_1"),
    ("1_0.0_1e1_0", 100_100_000_000),
    ("1_e_3", 1000),
    ("1e3", 1000),
    ("1E3", 1000),
    ("1.0e+3", 1000),
    ("1e-3", 0.001),
    ("1.e5", 100_000),
    ("08", 8),
    ("09.5", 9.5),
    ("01.5", 1.5),
    ("1e20", 10**20),
    ("1e21", 1e21),
    ("1e308", 1e308),
    ("1e-400", 0),
    ("18446744073709551616", 18446744073709552000),
    ("1234567890123456789.0", 1234567890123456800),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("1e309", "1e309"),
    ("1e400", "1e400"),
    ("-1e400", "-1e400"),
    (".1e400", ".1e400"),
    ("1e", "1e"),
    ("1e+", "1e+"),
    (".e5", ".e5"),
    (".", "."),
    ("..", ".."),
    ("1.2.3", "1.2.3"),
    ("0x1p4", "0x1p4"),
    ("Infinity", "Infinity"),
    ("inf", "inf"),
    ("NaN", "NaN"),
    (".iNF", ".iNF"),
    (".nAN", ".nAN"),
    ("+.nan", "+.nan"),
    # Times and dates
    ("1:30", "1:30"),
    ("12:30:45", "12:30:45"),
    ("190:20:30.15", "190:20:30.15"),
    ("2001-12-14", "2001-12-14"),
    ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("2001-12-14 21:59:43", "2001-12-14 21:59:43"),
    ("1h30m", "1h30m"),
    # What only looks as if it meant something
    ("=", "="),
    ("<<", "<<"),
    ("v1", "v1"),
    ("1.2-rc", "1.2-rc"),
    ("text", "text"),
]
NOT_FINITE = [
    *(".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"),
    *(".nan", ".NaN", ".NAN"),
]
KEYS = [
    ("a", "a"),
    ("y", "true"),
    ("on", "true"),
    ("No", "false"),
    ("1", "1"),
    ("010", "8"),
    ("0x1F", "31"),
    ("1_0", "10"),
    ("-0", "0"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("1:30", "1:30"),
    ("2001-12-14", "2001-12-14"),
    ("=", "="),
    # As go-yaml writes a number of 32 bits
    ("1.10", "1.1"),
    (".5", "0.5"),
    ("0.3", "0.3"),
    ("08", "8"),
    ("-0.0", "-0"),
    ("100000.0", "100000"),
    ("999999.5", "999999.5"),
    ("123456.7", "123456.7"),
    ("1e5", "100000"),
    ("1e6", "1e+06"),
    ("1e20", "1e+20"),
    ("12345678.0", "1.2345678e+07"),
    ("16777217.5", "1.6777218e+07"),
    ("3.14159265358979", "3.1415927"),
    ("1e-4", "0.0001"),
    ("0.00012345", "0.00012345"),
    ("1e-5", "1e-05"),
    ("1e-50", "0"),
    ("1e39", ".inf"),
    ("-1e39", "-.inf"),
    ("1e400", "1e400"),
]
TAGGED: list[tuple[str, Value]] = [
    ("!!str 5", "5"),
    ("!!str y", "y"),
    ("!!str .inf", ".inf"),
    ("!!str", ""),
    ('!!str ""', ""),
    ("!!int 5", 5),
    ('!!int "5"', 5),
    ("!!int '0x10'", 16),
    ('!!int "1_000"', 1000),
    ("!!int |-\n  5", 5),
    ("!!int 18446744073709551615", 2**64 - 1),
    ("!!float 5", 5),
    ('!!float "1.5"', 1.5),
    ("!!float 0x10", 16),
    ("!!float 99999999999999999999", 10**20),
    ("!!bool yes", True),
    ('!!bool "n"', False),
    ("!!null", None),
    ('!!null ""', None),
    ('!!null "~"', None),
    ("!!timestamp 2001-01-01", "2001-01-01"),
    ("!!binary aGVsbG8=", "hello"),
    ('!!binary ""', ""),
    ("!!binary aR==", "i"),
    ("!!binary |\n  aGVs\n  bG8=\n", "hello"),
    ("!!binary /+8=", "\ufffd\ufffd"),
    ("!!binary 4oI=", "\ufffd\ufffd"),
    ("!foo x", "x"),
    ("!foo 5", "5"),
    ("!foo ~", "~"),
    ("!foo .inf", ".inf"),
    ("!foo", ""),
    ("! 5", "5"),
    ('! "5"', "5"),
    ("!!foo 1", "1"),
    ("!!map x", "x"),
    ("!!merge x", "x"),
    ("!<tag:yaml.org,2002:int> '7'", 7),
    ("!<tag:example.com,2000:a> 7", "7"),
]
REFUSED_TAGS = [
    *("!!int abc", "!!int 5.0", "!!int 08", "!!int ''", "!!int", "!!int .inf", "!!int true"),
    *("!!int 99999999999999999999", "!!int 1e3"),
    *("!!float x", "!!float ''", "!!float true", "!!float 1e400", "!!float 18446744073709551615"),
    *("!!bool 1", "!!bool x", "!!bool", "!!null x", "!!null 0", "!!int |\n  5\n"),
    *("!!binary a", "!!binary aGV", "!!binary aGVs=", "!!binary 'aGVs bG8='", "!!binary a-_="),
]


def typed(value: object) -> tuple[type, object]:
    """A value that is not equal to one of another type, as `True` and `1` are."""
    return type(value), value


def read(text: str) -> object:
    """The value under `k` in a text without problems."""
    documents, problems = load(Source("a.yaml", text))
    assert () == problems
    data = plain_data(documents[0].root)
    assert isinstance(data, dict)
    return data["k"]


def problem(text: str) -> str:
    """What is wrong with a text that Kubernetes refuses."""
    loaded = load(Source("a.yaml", text))
    assert ((), [True]) == (loaded.documents, [problem.refused for problem in loaded.problems])
    return loaded.problems[0].message


@pytest.mark.parametrize(("text", "expected"), [row for row in VALUES if type(row[1]) is not float])
def test_a_plain_scalar_has_the_value_that_kubernetes_reads(text: str, expected: Value) -> None:
    assert typed(expected) == typed(plain(text))


@pytest.mark.parametrize(("text", "expected"), [row for row in VALUES if type(row[1]) is float])
def test_a_plain_number_has_the_value_that_kubernetes_reads(text: str, expected: float) -> None:
    value = plain(text)

    assert isinstance(value, float)
    assert expected == value


@pytest.mark.parametrize("text", NOT_FINITE)
def test_a_number_that_json_cannot_write_is_refused(text: str) -> None:
    with pytest.raises(NotAValue) as caught:
        plain(text)

    assert f"`{text}`" in str(caught.value)


@QUICK
@given(st.text())
def test_every_text_has_a_value_or_is_refused(text: str) -> None:
    try:
        value = plain(text)
    except NotAValue:
        assert text in NOT_FINITE
    else:
        assert not isinstance(value, float) or math.isfinite(value)


@QUICK
@given(st.text(alphabet="0123456789+-._eExXoObB", max_size=12))
def test_a_text_that_is_no_number_stays_as_it_is(text: str) -> None:
    value = plain(text)

    assert text == value or not isinstance(value, str)


@QUICK
@given(st.integers(min_value=-(2**63), max_value=2**64 - 1))
def test_an_integer_is_read_in_every_base(number: int) -> None:
    sign, size = ("-" if number < 0 else ""), abs(number)

    assert [number] * 4 == [plain(f"{sign}{size:{form}}") for form in ("d", "#x", "#b", "#o")]


@QUICK
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_is_written(number: float) -> None:
    value = plain(repr(number))

    assert isinstance(value, int | float)
    assert number == float(value)


@pytest.mark.parametrize(("text", "expected"), KEYS)
def test_a_plain_key_becomes_the_text_that_kubernetes_makes_of_it(text: str, expected: str) -> None:
    document = load(Source("a.yaml", f"{text}: x\n")).documents[0]

    assert expected == plain_key(text)
    assert isinstance(document.root, Mapping)
    assert [expected] == list(document.root.index) == [entry.name for entry in document.root.entries]


@pytest.mark.parametrize("text", ['"y": 1', "'1': 1", '"": 1', '"~": 1', "!!str y: 1", "!foo 1: 1"])
def test_a_key_that_is_quoted_or_a_text_stays_as_it_is(text: str) -> None:
    document = load(Source("a.yaml", text)).documents[0]

    assert isinstance(document.root, Mapping)
    assert [document.root.entries[0].key.text] == list(document.root.index)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (True, "true"), (False, "false"), (1, "1"), (-1, "-1"), (1.5, "1.5"), (1e6, "1e+06")],
)
def test_a_value_becomes_the_text_of_a_key(value: Value, expected: str) -> None:
    assert expected == key(value)


@pytest.mark.parametrize("text", ["~: 1", "null: 1", "? \n: 1", "!!null '': 1", "9223372036854775808: 1"])
def test_a_key_that_json_cannot_have_is_refused(text: str) -> None:
    assert "key" in problem(text)


@pytest.mark.parametrize(("text", "expected"), TAGGED)
def test_a_tag_decides_what_a_scalar_is(text: str, expected: Value) -> None:
    assert typed(expected) == typed(read(f"k: {text}\n"))


def test_the_tag_of_a_collection_changes_nothing() -> None:
    assert {"a": None, "b": [1]} == read("k: !!set {a, b: !foo [1]}\n")


@pytest.mark.parametrize("text", REFUSED_TAGS)
def test_a_tag_that_does_not_fit_is_refused(text: str) -> None:
    assert "`!!" in problem(f"k: {text}\n")


@pytest.mark.parametrize("text", NOT_FINITE)
def test_the_tag_of_a_number_does_not_make_json_take_it(text: str) -> None:
    assert "JSON" in problem(f"k: !!float {text}\n")


def test_quotes_make_no_difference_to_a_tag() -> None:
    int_tag = "tag:yaml.org,2002:int"

    assert (5, 5) == (tagged(int_tag, "5", quoted=True), tagged(int_tag, "5", quoted=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("k: 1", 1), ("k: '1'", "1"), ('k: "y"', "y"), ("k: |-\n  1", "1"), ("k: >-\n  ~", "~"), ("k: ''", "")],
)
def test_only_a_plain_scalar_is_more_than_text(text: str, expected: Value) -> None:
    assert typed(expected) == typed(read(text))


@QUICK
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_the_key_of_a_number_of_32_bits_names_that_number(number: float) -> None:
    assert pack("f", number) == pack("f", float(plain_key(repr(number))))


@QUICK
@given(st.text(max_size=10))
def test_binary_is_the_text_that_its_bytes_are(text: str) -> None:
    assert text == tagged("tag:yaml.org,2002:binary", b64encode(text.encode("utf-8")).decode("ascii"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k: .inf", "`.inf` has no JSON form, so Kubernetes refuses it"),
        ("k: !!int abc", "the tag `!!int` does not fit `abc`"),
        ("k: !!binary abc", "the text of a `!!binary` is not base64"),
        ("~: 1", "a key is null, which Kubernetes refuses"),
        ("18446744073709551615: 1", "the key `18446744073709551615` is a number of more than 63 bits (quote it)"),
    ],
)
def test_what_is_refused_is_said_in_words(text: str, expected: str) -> None:
    assert expected == problem(text)
