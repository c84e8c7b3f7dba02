"""Quantities mean what Kubernetes' parser makes of them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tektonlint.document import Mapping, load
from tektonlint.tekton.quantities import amount_of, in_decimals, in_units, parse
from tektonlint.text import Source


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("8", 8),
        ("+8", 8),
        ("-8Ki", -8192),
        ("007", 7),
        ("512m", Fraction(512, 1000)),
        ("500u", Fraction(1, 2000)),
        ("1n", Fraction(1, 10**9)),
        ("4k", 4000),
        ("4Ki", 4096),
        ("1.5Gi", 3 << 29),
        (".5Mi", 1 << 19),
        ("5.Mi", 5 << 20),
        ("2M", 2_000_000),
        ("3G", 3 * 10**9),
        ("1T", 10**12),
        ("1P", 10**15),
        ("1E", 10**18),
        ("1Ei", 1 << 60),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1e+3", 1000),
        ("12e-1", Fraction(12, 10)),
        (" 4Gi ", 4 << 30),
    ],
)
def test_a_quantity_is_a_number(text: str, amount: Fraction) -> None:
    assert amount == parse(text)


@pytest.mark.parametrize(
    "text", ["", ".", "+", "Gi", "4K", "4gi", "8GB", "4 Gi", "1e", "1e1.5", "0x10", "1_000", "½", "٣", "$(params.m)"]
)
def test_what_kubernetes_cannot_parse_is_no_quantity(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "9" * 100_000])
def test_a_number_that_nobody_means_takes_no_time(text: str) -> None:
    assert parse(text) is None


def test_what_is_finer_than_a_billionth_is_rounded_away_from_zero() -> None:
    assert parse("0.1n") == Fraction(1, 10**9)
    assert parse("-0.1n") == Fraction(-1, 10**9)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("2", 2),
        ("0.5", Fraction(1, 2)),
        ("'2'", 2),
        ("1e30", 10**30),
        ("2Gi", 2 << 30),
        ("true", None),
        ("null", None),
        ("[1Gi]", None),
        ("{a: 1}", None),
    ],
)
def test_a_value_of_a_manifest_may_be_a_number_or_a_string(value: str, amount: Fraction | None) -> None:
    root = load(Source("test.yaml", f"memory: {value}\n")).documents[0].root
    assert isinstance(root, Mapping)

    assert amount == amount_of(root.get("memory"))


@pytest.mark.parametrize(
    ("amount", "text"), [(3 << 29, "1.5Gi"), (512 << 20, "512Mi"), (1000, "1000"), (1 << 40, "1Ti"), (0, "0")]
)
def test_bytes_are_told_in_the_unit_that_fits(amount: int, text: str) -> None:
    assert text == in_units(Fraction(amount))


def test_cores_are_told_with_three_digits_at_most() -> None:
    assert "0.333" == in_decimals(Fraction(1, 3))
    assert "12" == in_decimals(Fraction(12))
