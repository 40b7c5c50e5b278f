#!/usr/bin/env python3
"""Writes market_vectors.txt: what TA-Lib, pandas, numpy and exact fractions say of the market operators.

    pip install TA-Lib numpy pandas && python3 make_market_vectors.py > market_vectors.txt

One case a line, fields separated by tabs, members of a list by spaces, `-` for no value:

    series NAME prices
    sma|ema|rsi|volatility NAME period values                    TA-Lib; volatility: pandas' rolling deviation of numpy's log returns
    macd NAME fast,slow,signal macd signal histogram             TA-Lib's EMA three times, each with its own seed
    bollinger NAME period,width upper middle lower               TA-Lib's BBANDS; pandas where TA-Lib's sums of squares cancel out
    vwap session_ms time:high:low:close:volume… values           pandas' cumulative sums of each day
    statistics window_ms time:value… then for each value: count,first,last,min,max,mean,median,deviation,sample,return,volatility
    candles size_ms time:id:price:size… then start,open,high,low,close,volume,vwap,trades for each    pandas' resampling
    changes max_age_ms time:value… then for each value: period=percent|…       pandas' merge_asof, exact fractions
"""
import random
from decimal import Decimal
from fractions import Fraction

import numpy
import pandas
import talib

rng = random.Random(20261124)
HOUR = 3_600_000


def text(decimal):
    return format(decimal, "f")


def rounded(fraction, scale):
    """A quotient as the library gives it: half to even at max(scale, 18) decimals, 38 digits at most."""
    scale = max(scale, 18)
    while True:
        whole = round(fraction * 10**scale)
        if len(str(abs(whole))) <= 38:
            return text(Decimal(whole).scaleb(-scale)) if scale == 0 else format(Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -scale)), "f")
        scale -= 1


def scale_of(*decimals):
    return max(-d.as_tuple().exponent for d in decimals)


def shown(values):
    return " ".join("-" if value is None or value != value else repr(float(value)) for value in values)


def walk(start, step, scale, length=150):
    unit = Decimal(1).scaleb(-scale)
    price, prices = Decimal(start), []
    for _ in range(length):
        price = max((price + Decimal(repr(rng.gauss(0, step)))).quantize(unit), unit)
        prices.append(price)
    return prices


def line(*fields):
    print("\t".join(str(field) for field in fields))


series = {
    "swinging": walk("67000", 350, 2),
    "calm": walk("67123.45", 0.02, 2),
    "cheap": walk("0.00001234", 0.0000002, 10),
    "rising": [Decimal(100 + i) for i in range(60)],
    "falling": [Decimal(400 - 3 * i) for i in range(60)],
    "short": walk("10", 1, 1, 10),
}

print("# Written by make_market_vectors.py with TA-Lib", talib.__version__, "numpy", numpy.__version__, "pandas", pandas.__version__)
for name, prices in series.items():
    line("series", name, " ".join(map(text, prices)))
    floats = numpy.array([float(p) for p in prices])
    for period in (2, 5, 20):
        line("sma", name, period, shown(talib.SMA(floats, period)))
        line("ema", name, period, shown(talib.EMA(floats, period)))
        line("rsi", name, period, shown(talib.RSI(floats, period)))
        returns = pandas.Series(numpy.log(floats)).diff()
        line("volatility", name, period, shown(returns.rolling(period).std(ddof=1)))
    for fast, slow, signal in ((12, 26, 9), (3, 7, 4)):
        macd = talib.EMA(floats, fast) - talib.EMA(floats, slow)
        line_of_signal = numpy.full(len(floats), numpy.nan)
        valid = ~numpy.isnan(macd)
        if valid.any():
            line_of_signal[valid] = talib.EMA(macd[valid], signal)
        line("macd", name, f"{fast},{slow},{signal}", shown(macd), shown(line_of_signal), shown(macd - line_of_signal))
    for period, width in ((20, 2), (5, 3)):
        if name == "calm":
            rolling = pandas.Series(floats - 67123).rolling(period)
            middle, deviation = rolling.mean() + 67123, rolling.std(ddof=0)
            upper, lower = middle + width * deviation, middle - width * deviation
        else:
            upper, middle, lower = talib.BBANDS(floats, period, width, width)
        line("bollinger", name, f"{period},{width}", shown(upper), shown(middle), shown(lower))

# VWAP: one candle a quarter of an hour for three days.
start = 1_772_928_000_000 + 20 * HOUR
closes = walk("67000", 300, 2, 290)
candles = []
for i, close in enumerate(closes):
    high = close + Decimal(rng.randrange(0, 90000)).scaleb(-2)
    low = close - Decimal(rng.randrange(0, 90000)).scaleb(-2)
    candles.append((start + i * 900_000, high, low, close, Decimal(rng.randrange(1, 10**9)).scaleb(-8)))
frame = pandas.DataFrame([[t, *map(float, rest)] for t, *rest in candles], columns=["t", "h", "l", "c", "v"])
frame["pv"] = (frame.h + frame.l + frame.c) / 3 * frame.v
day = frame.groupby(frame.t // (24 * HOUR))
line("vwap", 24 * HOUR, " ".join(":".join([str(t), *map(text, rest)]) for t, *rest in candles), shown(day.pv.cumsum() / day.v.cumsum()))

# Statistics of windows, with gaps, equal prices and mixed scales.
for window, step, level, scale in ((600_000, 25_000, "67000", 2), (3_000, 900, "0.00001234", 10), (3_600_000, 700_000, "12", 20)):
    time, samples = 1_700_000_000_000, []
    for price in walk(level, float(level) / 500, scale, 120):
        time += int(rng.expovariate(1 / step)) + 1 + (3 * window if rng.random() < 0.02 else 0)
        samples.append((time, price if rng.random() < 0.7 else price.quantize(Decimal(1).scaleb(-scale + 2))))
    answers = []
    for i, (now, _) in enumerate(samples):
        inside = [value for t, value in samples[: i + 1] if now - window < t]
        floats = numpy.array([float(v) for v in inside])
        shift = inside[0]  # deviations do not change with it, and doubles hold what is left
        shifted = numpy.array([float(v - shift) for v in inside])
        returns = numpy.diff(numpy.log(floats))
        exact = sum(map(Fraction, inside)) / len(inside)
        middle = sorted(inside)
        median = (Fraction(middle[(len(middle) - 1) // 2]) + Fraction(middle[len(middle) // 2])) / 2
        answers.append(",".join([
            str(len(inside)), text(inside[0]), text(inside[-1]), repr(min(floats).item()), repr(max(floats).item()),
            rounded(exact, scale_of(*inside)), rounded(median, 22), repr(numpy.std(shifted).item()),
            repr(numpy.std(shifted, ddof=1).item()) if len(inside) > 1 else "-",
            rounded(Fraction(inside[-1] - inside[0]) / Fraction(inside[0]), scale_of(inside[0], inside[-1])),
            repr(numpy.sqrt(numpy.sum(returns**2)).item()) if len(inside) > 1 else "-",
        ]))
    line("statistics", window, " ".join(f"{t}:{text(v)}" for t, v in samples), " ".join(answers))

# Candles, with empty minutes and several trades in a millisecond.
time, trades = 1_700_000_000_000, []
for number, price in enumerate(walk("67000", 40, 2, 400)):
    time += rng.choice((0, 0, 1, 900, 9_000)) + (200_000 if rng.random() < 0.02 else 0)
    trades.append((time, number, price, Decimal(rng.randrange(1, 10**8)).scaleb(-8)))
frame = pandas.DataFrame({"price": [float(t[2]) for t in trades]}, index=pandas.to_datetime([t[0] for t in trades], unit="ms"))
bars = frame.price.resample("1min").ohlc().dropna()
answers = []
for stamp, row in bars.iterrows():
    begin = stamp.value // 1_000_000
    inside = [t for t in trades if begin <= t[0] < begin + 60_000]
    volume = sum(t[3] for t in inside)
    vwap = sum(Fraction(t[2]) * Fraction(t[3]) for t in inside) / Fraction(volume)
    answers.append(",".join([str(begin), *(repr(row[k].item()) for k in ("open", "high", "low", "close")), text(volume), rounded(vwap, 18), str(len(inside))]))
line("candles", 60_000, " ".join(f"{t}:{i}:{text(p)}:{text(s)}" for t, i, p, s in trades), " ".join(answers))

# Changes, with gaps longer than max_age.
periods = (HOUR, 24 * HOUR, 7 * 24 * HOUR)
time, samples = 1_700_000_000_000, []
for price in walk("67000", 300, 2, 900):
    time += int(rng.expovariate(1 / (HOUR / 2))) + 1 + (5 * HOUR if rng.random() < 0.01 else 0)
    samples.append((time, price))
max_age = 2 * HOUR
table = pandas.DataFrame({"t": [t for t, _ in samples], "i": range(len(samples))})
found = {}
for period in periods:
    wanted = pandas.DataFrame({"t": table.t - period})
    found[period] = pandas.merge_asof(wanted, table, on="t", direction="backward", tolerance=max_age).i
answers = []
for i, (_, now) in enumerate(samples):
    parts = []
    for period in periods:
        index = found[period][i]
        if index == index:
            then = samples[int(index)][1]
            parts.append(f"{period}={rounded(Fraction(now - then) * 100 / Fraction(then), scale_of(now, then))}")
    answers.append("|".join(parts) or "-")
line("changes", max_age, " ".join(f"{t}:{text(v)}" for t, v in samples), " ".join(answers))
