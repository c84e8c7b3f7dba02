"""Which value Kubernetes reads from a YAML scalar.

kubectl and the API server read YAML with sigs.k8s.io/yaml over go-yaml v2, whose rules are those of
YAML 1.1 with exceptions of its own (go.yaml.in/yaml/v2 resolve.go): no base-60 numbers, timestamps
stay strings, `0o14` is octal and `1e3` is a number. PyYAML's own constructors differ in each of these.
"""

from __future__ import annotations

import binascii
import math
import struct

from tektonlint.patterns import pattern

Value = str | int | float | bool | None

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
# What a text that is not one of the words has to begin with to be anything but a string.
NUMERIC = frozenset("+-.0123456789")
_NOT_FINITE = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
# The integers of Go's strconv.ParseInt with base 0, once go-yaml has taken the underscores out.
_INTEGER = pattern(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = {2: 16, 3: 2, 4: 8, 5: 10}
# go-yaml tries `0b` once more by itself, and then takes a sign behind it.
_SIGNED_BINARY = pattern(r"0b([-+])([01]+)")
# No integer of 64 bits in base 10 is longer, and Python refuses to read one of more than 4300 digits.
_LONGEST = len(str(2**64))
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# A text that begins with a point goes to Go's ParseFloat as it stands; that takes underscores between digits.
_POINT_FLOAT = pattern(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")

_TAG = "tag:yaml.org,2002:"
_KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None)}
_NOT_UTF8 = pattern("[\udc80-\udcff]")
_BASE64 = pattern(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class NotAValue(ValueError):
    """A scalar that Kubernetes refuses to read; the text of the error says why, without the place."""


def plain(text: str) -> Value:
    """The value of an unquoted scalar. Raises `NotAValue` for infinities and NaN, which JSON lacks."""
    value = _resolve(text)
    return _as_json(value, text) if type(value) is float else value


def tagged(tag: str, text: str, *, quoted: bool = False) -> Value:
    """The value of a scalar with an explicit tag; a tag that is not YAML's own leaves the text as it is.

    go-yaml looks at the tag and the text alone, so it is all the same whether the text is `quoted`. That a
    `!!timestamp` holds one is not checked.
    """
    name = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if name == "binary":
        return _from_base64(text)
    kind = _KINDS.get(name)
    if kind is None:
        return text
    value = _resolve(text)
    if kind is float and type(value) is int and value < 2**63:
        value = float(value)
    if type(value) is not kind:
        raise NotAValue(f"the tag `!!{name}` does not fit `{text}`")
    return _as_json(value, text) if type(value) is float else value


def key(value: Value) -> str:
    """The JSON key that a mapping key becomes. Raises `NotAValue` for those that Kubernetes refuses."""
    if isinstance(value, str):
        return value
    if value is None:
        raise NotAValue("a key is null, which Kubernetes refuses")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _go_float(value)
    if value >= 2**63:
        raise NotAValue(f"the key `{value}` is a number of more than 63 bits (quote it)")
    return str(value)


def plain_key(text: str) -> str:
    """The JSON key that an unquoted key becomes: `y` is `true`, and `1e6` is `1e+06`, unlike its value."""
    return key(_resolve(text))


def _resolve(text: str) -> Value:
    """The value as go-yaml has it, before it is written as JSON."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMERIC:
        return text
    if text in _NOT_FINITE:
        return _NOT_FINITE[text]
    if text[0] == ".":
        return _float(text, text) if _POINT_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    number = _integer(digits)
    if number is not None:
        return number
    return _float(text, digits) if _FLOAT.fullmatch(digits) else text


def _integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits)
    if match and match.lastindex:
        sign, text, base = match[1], match[match.lastindex], _BASES[match.lastindex]
        if base == 10 and len(text) > _LONGEST:
            return None
    else:
        match = _SIGNED_BINARY.fullmatch(digits)
        if match is None:
            return None
        sign, text, base = match[1], match[2], 2
    number = int(sign + text, base)
    # ParseUint, which has one bit more than ParseInt, takes no sign.
    return number if -(2**63) <= number < (2**63 if sign else 2**64) else None


def _float(text: str, digits: str) -> float | str:
    number = float(digits.replace("_", ""))
    return text if math.isinf(number) else number


def _as_json(number: float, text: str) -> int | float:
    """encoding/json writes a whole number below 1e21 without a fraction, so the API server reads an integer."""
    if not math.isfinite(number):
        raise NotAValue(f"`{text}` has no JSON form, so Kubernetes refuses it")
    if not number.is_integer() or abs(number) >= 1e21:
        return number
    if abs(number) < 1e16:
        return int(number)
    from decimal import Decimal  # not worth its import for most runs

    # Go writes the fewest digits that tell the number from its neighbours, and noughts behind them.
    return int(Decimal(repr(number)))


def _from_base64(text: str) -> str:
    digits = text.replace("\n", "").replace("\r", "")
    if not _BASE64.fullmatch(digits):
        raise NotAValue("the text of a `!!binary` is not base64")
    # encoding/json puts one U+FFFD for each byte that is not UTF-8.
    return _NOT_UTF8.sub("\ufffd", binascii.a2b_base64(digits).decode("utf-8", "surrogateescape"))


def _go_float(number: float) -> str:
    """strconv.FormatFloat(number, 'g', -1, 32), with which sigs.k8s.io/yaml writes a key that is a float."""
    if math.isnan(number):
        return ".nan"
    try:
        single = _as_single(number)
    except OverflowError:
        single = math.copysign(math.inf, number)
    if math.isinf(single):
        return "-.inf" if single < 0 else ".inf"
    precision = next(p for p in range(9) if _as_single(float(f"{single:.{p}e}")) == single)
    scientific = f"{single:.{precision}e}"
    exponent = int(scientific.partition("e")[2])
    return f"{single:.{max(precision - exponent, 0)}f}" if -4 <= exponent < 6 else scientific


def _as_single(number: float) -> float:
    single: float = struct.unpack("f", struct.pack("f", number))[0]
    return single
