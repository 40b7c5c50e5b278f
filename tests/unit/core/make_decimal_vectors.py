#!/usr/bin/env python3
"""Writes decimal_vectors.txt: what Python's decimal and fractions modules say of Decimal's operations.

One case a line, fields separated by tabs: operation, operands, expected. Expected is `error`, a plain number or, for
scales above 60, COEFFICIENTeSCALE. The rules are those of core/decimal.h, written here a second time with unbounded integers.

    python3 make_decimal_vectors.py > decimal_vectors.txt
"""
import decimal
import random
import sys
from decimal import Decimal
from fractions import Fraction

DIGITS = 38
MAX_SCALE = 16383
decimal.getcontext().prec = 60000
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN
sys.set_int_max_str_digits(0)
rng = random.Random(20260309)


def scale_of(x):
    return -x.as_tuple().exponent


def fit(x):
    """An exact Decimal as the library holds it, or None where it must refuse; and whether digits were given up."""
    exponent = x.as_tuple().exponent
    if exponent > 0:
        if x == 0:
            return Decimal(0), False
        if x.adjusted() >= DIGITS:
            return None, False
        return x.quantize(Decimal(1)), False
    target = max(exponent, -MAX_SCALE)
    if x != 0:
        target = max(target, x.adjusted() - (DIGITS - 1))
    y = x.quantize(Decimal((0, (1,), target)), rounding=decimal.ROUND_HALF_EVEN)
    if len(y.as_tuple().digits) > DIGITS:
        target += 1
        y = x.quantize(Decimal((0, (1,), target)), rounding=decimal.ROUND_HALF_EVEN)
    if target > 0:
        return None, False
    return y, target != exponent


def divide(a, b):
    if b == 0:
        return None
    scale = max(scale_of(a), scale_of(b), 18)
    exact = Fraction(a) / Fraction(b)
    while scale >= 0:
        rounded = round(exact * 10**scale)  # half to even
        if abs(rounded) < 10**DIGITS:
            return Decimal((int(rounded < 0), tuple(map(int, str(abs(rounded)))), -scale))
        scale -= max(1, len(str(abs(rounded))) - DIGITS - 1)
    return None


def rescale(x, scale):
    y = x.quantize(Decimal((0, (1,), -scale)), rounding=decimal.ROUND_HALF_EVEN)
    return y if len(y.as_tuple().digits) <= DIGITS else None


def show(x):
    if x is None:
        return "error"
    sign, digits, exponent = x.as_tuple()
    coefficient = ("-" if sign and x != 0 else "") + "".join(map(str, digits))
    return f"{abs(x) if x == 0 else x:f}" if -exponent <= 60 else f"{coefficient}e{-exponent}"


def digits(count):
    kind = rng.randrange(6)
    if kind == 0:
        return "9" * count
    if kind == 1:
        return "1" + "0" * (count - 1)
    if kind == 2:
        return "".join(rng.choice("05") for _ in range(count))
    return "".join(rng.choice("0123456789") for _ in range(count))


def number(most=DIGITS, most_scale=DIGITS):
    """The text of a number that a Decimal holds without rounding."""
    sign = rng.choice(["", "", "-"])
    kind = rng.randrange(10)
    if kind < 4:  # a price, an amount
        return sign + str(rng.randrange(10 ** rng.randrange(1, 7))) + "." + digits(rng.randrange(1, 9))
    if kind == 4:
        return sign + rng.choice(["0", "0.0", "0.00000", "1", "1.0", "10", "0.5", "2", "5"])
    count = rng.randrange(1, most + 1)
    text = digits(count)
    scale = rng.randrange(0, most_scale + 1)
    if kind == 9 and scale > 0:
        return f"{sign}{text}e-{scale + rng.choice([0, 1, 20, 38, 39, 40, 76, 77, 78, 79, 150])}"
    text = text.rjust(scale + 1, "0")
    return sign + (text[:-scale] + "." + text[-scale:] if scale else text)


def held(text):
    return fit(Decimal(text))[0]


def parse_case(text):
    value, rounded = fit(Decimal(text))
    print("parse", text, show(value), "rounded" if rounded else "exact", sep="\t")


def binary_case(a, b):
    x, y = held(a), held(b)
    if x is None or y is None:
        return
    print("add", a, b, show(fit(x + y)[0]), sep="\t")
    print("subtract", a, b, show(fit(x - y)[0]), sep="\t")
    print("multiply", a, b, show(fit(x * y)[0]), sep="\t")
    print("divide", a, b, show(divide(x, y)), sep="\t")
    print("compare", a, b, "<" if x < y else ">" if x > y else "=", sep="\t")


print("# Written by make_decimal_vectors.py; do not edit.")

nines = "9" * DIGITS
for text in [
    "0", "-0", "+0", "0.00", "-0.00", "00.10", ".5", "5.", "+7", "1.00000", "1e0", "1E+2", "1.50e1", "1.5e3",
    "-1e-3", "0e10", "0e-10",
    "0e999999999", "0e-999999999", "1e-16383", "1e-16384", "5e-16384", "6e-16384", "15e-16384", "25e-16384",
    "1e-20000", "1e-999999999",
    "1e37", "1e38", "10e36", "0.1e38", "0.01e39", "1e999999999", "1e-99999999999", "0." + "0" * 50, "0." + "0" * 16384,
    "1." + "0" * 37, "1." + "0" * 38, "1." + "0" * 60, nines, nines + "9", nines + ".4", nines + ".5",
    nines + ".49999", "0." + nines, "0." + nines + "5",
    "0." + nines + "4", "9." + nines, "0" * 100 + "1", "0" * 100 + ".1", "-" + nines + ".5", "1" * 36 + ".25",
    "1" * 36 + ".255",
    "1" * 36 + ".2450", "1" * 36 + ".24500000000000000000001", "1" * 36 + ".235", "1234567890123456789",
    "12345678901234567890",
    "-123456789012345678", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "0.000000000000000001",
    "9999999999999999999", "99999999999999999.99", "29479.4583294873298743298",
    "0.1000000000000000055511151231257827021181583404541015625",
]:
    parse_case(text)
for _ in range(500):
    parse_case(number(most=70, most_scale=60))
    exponent = rng.choice([rng.randrange(-60, 60), rng.randrange(-5, 5)])
    parse_case(f"{number(most=50, most_scale=45).split('e')[0]}e{exponent}")

edges = ["0", "0.00", "1", "-1", "3", "7", "0.5", "1e-18", nines, "-" + nines, "1e37", "5" + "0" * 37, "0." + nines,
         "1e-38",
         "1e-76", "1e-77", "1e-78", "1e-100", "9223372036854775807", "-9223372036854775808", "1e-16383",
         nines[:20] + "e-16383"]
for a in edges:
    for b in edges:
        binary_case(a, b)
for _ in range(400):
    binary_case(number(), number())
for _ in range(100):  # ties and carries of a product and a quotient at 38 digits
    binary_case(digits(19) + "5", digits(19) + "." + digits(5))
    binary_case(number(), str(rng.choice([2, 4, 8, 5, 25, 125, 3, 9, 11])))
    text = number()
    binary_case(text, text + ("0" if "." in text and "e" not in text else ""))

for _ in range(600):
    text = number(most_scale=60)
    value = held(text)
    scale = max(0, scale_of(value) + rng.randrange(-42, 42))
    print("rescale", text, scale, show(rescale(value, scale)), sep="\t")

for _ in range(300):
    text = number(most_scale=60)
    print("double", text, float(held(text)).hex(), sep="\t")
for text in ["1e-300", "1e-320", "-4.9e-324", "2e-324", "9007199254740993", "9007199254740992.5", "1e-16383",
             "123456789e-22", "0.1", nines]:
    print("double", text, float(held(text)).hex(), sep="\t")
