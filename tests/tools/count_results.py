#!/usr/bin/env python3
"""Adds up the test cases of one or more Meson test logs and prints "N passed, N failed, N skipped".

A doctest program counts by its own summary line, any other test as one. A program that failed without a failed case
(it crashed, timed out, or leaked) counts as one failure, and so does a doctest program without any case.
"""
import argparse
import json
import platform
import re
import subprocess
import sys
import time

SUMMARY = re.compile(r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped", re.M)


def count(test):
    """(passed, failed, skipped) of one line of a Meson test log."""
    result = test["result"]
    if result == "SKIP":
        return 0, 0, 1
    good = result in ("OK", "EXPECTEDFAIL")
    summaries = SUMMARY.findall(test.get("stdout", ""))
    if not summaries:
        return (1, 0, 0) if good else (0, 1, 0)
    cases = sum(int(s[0]) for s in summaries)
    passed = sum(int(s[1]) for s in summaries)
    failed = sum(int(s[2]) for s in summaries)
    # What a filter on the command line leaves out is run by another line of the log.
    filtered = any(a.startswith(("-tc=", "-ts=", "--test-case", "--test-suite", "-tce=", "-tse=")) for a in test.get("command", []))
    skipped = 0 if filtered else sum(int(s[3]) for s in summaries)
    if failed == 0 and (not good or cases == 0):
        failed = 1
    return passed, failed, skipped


def read(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log if line.strip()]


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def write_report(path, tiers, total):
    """Replaces what stands between the result markers of the page."""
    with open("/etc/os-release", encoding="utf-8") as release:
        system = next((l.split("=", 1)[1].strip().strip('"') for l in release if l.startswith("PRETTY_NAME=")), "unknown")
    rows = "".join(f"| {name} | {p} | {f} | {s} | {seconds:.0f} s |\n" for name, (p, f, s), seconds in tiers)
    text = (
        f"Last `tests/run --all`: {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, commit "
        f"{first_line('git', 'describe', '--always', '--dirty')}, {system}, {platform.machine()}, "
        f"{first_line('c++', '--version')}.\n\n"
        "| tier | passed | failed | skipped | sum of test times |\n|---|---|---|---|---|\n"
        f"{rows}| **all** | {total[0]} | {total[1]} | {total[2]} | |\n")
    with open(path, encoding="utf-8") as page:
        old = page.read()
    begin, end = "<!-- results -->\n", "<!-- /results -->"
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as page:
        page.write(head + begin + text + end + tail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", help="page whose result section is rewritten")
    parser.add_argument("--broken", action="append", default=[], help="a tier that could not be built")
    parser.add_argument("logs", nargs="*", metavar="TIER=TESTLOG.json")
    arguments = parser.parse_args()

    tiers, bad = [], [f"{name}: could not be built" for name in arguments.broken]
    for name in arguments.broken:
        tiers.append((name, (0, 1, 0), 0))
    for item in arguments.logs:
        name, path = item.split("=", 1)
        try:
            tests = read(path)
        except (OSError, ValueError) as error:
            tests = []
            bad.append(f"{name}: no test log ({error})")
        sums, seconds = [0, 0, 0], 0.0
        for test in tests:
            counts = count(test)
            sums = [a + b for a, b in zip(sums, counts)]
            seconds += test.get("duration", 0)
            if counts[1]:
                bad.append(f"{name}: {test['name']}: {test['result'].lower()}")
        if not tests:
            sums[1] += 1
        tiers.append((name, tuple(sums), seconds))

    total = [sum(t[1][i] for t in tiers) for i in range(3)]
    if total[0] == 0 and total[1] == 0:
        bad.append("no test was run")
        total[1] = 1
    for name, (passed, failed, skipped), seconds in tiers:
        print(f"{name}: {passed} passed, {failed} failed, {skipped} skipped")
    for line in bad:
        print(f"FAILED {line}")
    if arguments.report:
        write_report(arguments.report, tiers, total)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or bad else 0


if __name__ == "__main__":
    sys.exit(main())
