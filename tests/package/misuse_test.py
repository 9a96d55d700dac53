#!/usr/bin/env python3
"""Compiles misuse.cc as often as it has misuses: each has to fail, there where
it says WRONG, and only its first version compiles. Standard library only.

    misuse_test.py CXX INCLUDE_FOLDER SOURCE
"""

import re
import subprocess
import sys


def complaints(cxx, include, source, misuse):
    """The lines that the compiler finds fault with."""
    done = subprocess.run(
        [cxx, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
         "-Wno-unused-variable", "-Wno-unused-parameter",
         "-Wno-unused-but-set-variable",
         f"-DMISUSE={misuse}", "-I", include, source],
        capture_output=True, text=True, check=False)
    return {int(line) for line in
            re.findall(r"misuse\.cc:(\d+):\d+: (?:fatal )?error", done.stderr)
            } or ({0} if done.returncode else set())


def main():
    cxx, include, source = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = file.read().split("\n")
    wrong = {}
    misuse = None
    for number, line in enumerate(lines, 1):
        branch = re.match(r"#(?:el)?if MISUSE == (\d+)$", line)
        if branch:
            misuse = int(branch[1])
        elif "// WRONG" in line:
            wrong[misuse] = number
    assert sorted(wrong) == list(range(1, len(wrong) + 1)) and wrong
    bad = 0
    for misuse in range(len(wrong) + 1):
        expected = {wrong[misuse]} if misuse else set()
        found = complaints(cxx, include, source, misuse)
        if found != expected:
            bad = 1
            print(f"misuse {misuse}: expected the compiler to complain about"
                  f" the lines {sorted(expected)}, and it did about"
                  f" {sorted(found)}")
    print(f"{len(wrong)} misuses are refused" if not bad else "failed")
    return bad


if __name__ == "__main__":
    sys.exit(main())
