"""Kubernetes' quantities, `500m`, `8Gi` or `1e9`, as exact numbers."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from tektonlint.document import Node, Scalar
from tektonlint.patterns import pattern

# apimachinery pkg/api/resource/quantity.go, ParseQuantity, and suffix.go.
_QUANTITY = pattern(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([eE][+-]?[0-9]+)|([KMGTPE]i)|([numkMGTPE]))?")
_BINARY = {f"{letter}i": 1 << 10 * (power + 1) for power, letter in enumerate("KMGTPE")}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = Fraction(1, 10**9)
# Nothing that a cluster has needs more, and numbers of a million digits would take minutes.
_LONGEST, _LARGEST_EXPONENT = 100, 100


@lru_cache(maxsize=4096)
def parse(text: str) -> Fraction | None:
    """The number that a quantity means; None for what is none, and for what is too long to be meant.

    Whatever is finer than a billionth is rounded away from zero. Blanks around it do not count (UnmarshalJSON).
    """
    if len(text) > _LONGEST:
        return None
    match = _QUANTITY.fullmatch(text.strip(" \t\r\n"))
    if match is None or not (match[2] or match[3]):
        return None
    sign, whole, fraction, exponent, binary, decimal = match.groups(default="")
    power = int(exponent[1:]) if exponent else _DECIMAL.get(decimal, 0)
    if abs(power) > _LARGEST_EXPONENT:
        return None
    amount = Fraction(int(f"{whole}{fraction}"), 10 ** len(fraction)) * Fraction(10) ** power * _BINARY.get(binary, 1)
    rounded = -(-amount // _NANO) * _NANO
    return -rounded if sign == "-" else rounded


def amount_of(node: Node | None) -> Fraction | None:
    """The number that a value means as a quantity: a string or a number; None for anything else."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool) or node.value is None:
        return None
    return parse(node.value if isinstance(node.value, str) else repr(node.value))


def in_units(amount: Fraction) -> str:
    """Bytes in the largest binary unit that is not larger than they are: `1.5Gi`, `512Mi`."""
    unit = next((unit for unit in reversed(_BINARY) if abs(amount) >= _BINARY[unit]), "")
    return f"{in_decimals(amount / _BINARY.get(unit, 1))}{unit}"


def in_decimals(amount: Fraction) -> str:
    """A number with at most three digits behind the point."""
    return f"{float(amount):.3f}".rstrip("0").rstrip(".")
