#!/usr/bin/env python3
"""Which part of its lines the tests of a build have run, room by room.

For a build with --coverage, after its tests: see ./dev coverage. Asks gcov about
every object file; a line of a header or a template counts as run when any object
file has run it. Needs gcov, which comes with gcc, and nothing else.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def lines_of(notes, gcov):
    """(file, line, how often) of one object file, by its .gcno."""
    done = subprocess.run(
        [gcov, "--json-format", "--stdout", notes.name], cwd=notes.parent,
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{gcov} {notes}: {done.stderr.strip()}")
    found = []
    for text in done.stdout.splitlines():
        if not text.startswith("{"):
            continue
        told = json.loads(text)
        folder = told["current_working_directory"]
        for file in told["files"]:
            path = os.path.normpath(os.path.join(folder, file["file"]))
            found += [(path, line["line_number"], line["count"])
                      for line in file["lines"]]
    return found


def room_of(path):
    """The room of a file: src/store, capi, include; None: not of libcrm."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return "/".join(parts[:2])
    if parts[0] in ("capi", "include"):
        return parts[0]
    if parts[:2] == ("bindings", "python"):
        return "bindings/python"
    return None


def count(root, build, gcov):
    """Of each file of a room: its lines, and how often each was run."""
    files = collections.defaultdict(lambda: collections.defaultdict(int))
    all_notes = sorted(build.rglob("*.gcno"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda n: lines_of(n, gcov), all_notes):
            for name, line, times in found:
                path = pathlib.Path(name)
                if build in path.parents or root not in path.parents:
                    continue
                path = path.relative_to(root)
                if room_of(path) is not None:
                    files[path][line] += times
    return files


def table(files, by):
    sums = collections.defaultdict(lambda: [0, 0])
    for path, lines in files.items():
        row = sums[by(path)]
        row[0] += sum(1 for times in lines.values() if times > 0)
        row[1] += len(lines)
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--gcov", default="gcov")
    parser.add_argument("--files", action="store_true",
                        help="a row for each file, the worst first")
    options = parser.parse_args()
    files = count(options.root.resolve(), options.build.resolve(), options.gcov)
    if not files:
        sys.exit("coverage: no counts in this build; was it built with "
                 "--coverage, and did a test run?")
    rows = table(files, str if options.files else room_of)
    order = sorted(rows, key=lambda name: rows[name][0] / rows[name][1]) \
        if options.files else sorted(rows)
    print(f"{'LINES RUN':>10} {'OF':>7} {'PART':>7}  "
          f"{'FILE' if options.files else 'ROOM'}")
    for name in order + ["all"]:
        run, of = rows[name] if name != "all" else (
            sum(row[0] for row in rows.values()),
            sum(row[1] for row in rows.values()))
        print(f"{run:10} {of:7} {100 * run / of:6.1f}%  {name}")


if __name__ == "__main__":
    main()
