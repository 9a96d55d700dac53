#!/usr/bin/env python3
"""Checks the export of a person without libcrm: the standard library alone.

  person_export_check.py FILE [--show PART]

FILE is what `crm export --person` wrote, gzip or not. Its last line, the
manifest, has the SHA-256 of every part and of all lines before it. Exit code
0: the file is whole. 1: it is not, and why. With --show also prints the lines
of a part ("events", "traits", ...).
"""

import argparse
import gzip
import hashlib
import json
import sys


class Refuted(Exception):
    pass


def lines_of(path):
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with (gzip.open if zipped else open)(path, "rb") as file:
        yield from file


def sums_of(name):
    return {"name": name, "lines": 0, "bytes": 0, "hash": hashlib.sha256()}


def add(sums, line):
    sums["lines"] += 1
    sums["bytes"] += len(line)
    sums["hash"].update(line)


def finish(sums):
    sums["sha256"] = sums.pop("hash").hexdigest()
    return sums


def check(path, show=None):
    parts = []
    whole = sums_of("")
    manifest = None
    for line in lines_of(path):
        if manifest is not None:
            raise Refuted("goes on behind its manifest")
        if not line.endswith(b"\n"):
            raise Refuted("ends in the middle: it was cut off")
        try:
            members = json.loads(line)
            part = members["part"]
        except (ValueError, KeyError, TypeError):
            raise Refuted("no line of an export") from None
        if part == "manifest":
            manifest = members
            continue
        if not parts or parts[-1]["name"] != part:
            parts.append(sums_of(part))
        add(parts[-1], line)
        add(whole, line)
        if part == show:
            sys.stdout.write(line.decode())
    if manifest is None:
        raise Refuted("ends before its manifest")
    for there, said in zip([finish(part) for part in parts],
                           manifest["parts"]):
        if there != said:
            raise Refuted(f"part {there['name']}: not what the manifest says")
    if len(parts) != len(manifest["parts"]):
        raise Refuted("has other parts than its manifest")
    finish(whole)
    for name in ("lines", "bytes", "sha256"):
        if whole[name] != manifest[name]:
            raise Refuted(f"{name}: not what the manifest says")
    return manifest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--show", metavar="PART")
    arguments = parser.parse_args()
    try:
        manifest = check(arguments.file, arguments.show)
    except (Refuted, OSError, EOFError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return 1
    if arguments.show is None:
        print(f"{arguments.file}: whole; {manifest['lines']} lines, "
              f"{manifest['events']} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
