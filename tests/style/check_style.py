#!/usr/bin/env python3
"""The rules of this tree that a machine can check. Standard library only.

  check_style.py --root DIR [--check NAME ...]   exit 1 when a rule is broken
  check_style.py --self-test                     plants a breach of each rule
  check_style.py --root DIR --extract NAME [--language LANGUAGE]
                                                 prints an example of README.md

Every check is a function Tree -> (path, line, message)..., registered under
the name by which ctest lists it (style_NAME).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import faces
from cpp_text import blank_out, functions_of
from planted import CLEAN, PLANTED

# Left may never include right.
ROOMS = ("base format storage criteria event identity profile object consent "
         "segment insight journey privacy store ingest cli").split()
# From here on the public headers are enough.
FIRST_FACE = "ingest"
# Where the program's own code may not print, stop the process or throw.
LIBRARY_ROOMS = [room for room in ROOMS if room != "cli"]

LOCKS = ["src/base/mutex.h", "src/ingest/", "capi/", "bindings/"]
# What an include line may name, and where. "once": in one file at most.
FENCES = [
    ("rocksdb/", ["src/storage/"], False),
    ("simdjson", ["src/format/"], False),
    ("flatbuffers/", ["src/format/"], False),
    ("_generated.h", ["src/format/"], False),
    ("sodium", ["src/base/crypto."], False),
    ("re2/", ["src/criteria/", "src/event/", "src/identity/"], False),
    ("unicode/", ["src/identity/"], False),
    ("phonenumbers/", ["src/"], True),
    ("date/tz.h", ["src/"], True),
    ("xxhash", ["src/base/"], True),
    ("nlohmann/", ["src/ingest/"], True),
    ("CLI/", ["src/cli/"], False),
    # Below the public face locks are those that the compiler watches.
    ("mutex", LOCKS, False),
    ("shared_mutex", LOCKS, False),
    ("condition_variable", LOCKS, False),
    ("pybind11/", ["bindings/python/"], False),
    # Its datetimes are wrong: see bindings/python/src/instant.h.
    ("pybind11/chrono.h", ["no folder"], False),
]
# Packages that may stand in quotes, as their own documents write them.
PACKAGES = ("absl", "rocksdb", "re2", "flatbuffers", "phonenumbers")
# Tests look behind the fences; benchmarks hold the rivals.
UNFENCED = ("tests/", "benchmarks/")

BAD_FOLDERS = {"util", "utils", "common", "misc", "core", "manager",
               "managers", "helper", "helpers"}
CPP = (".h", ".cc", ".c")
# The C interface: one header, whatever its size, in C.
C_HEADER = "include/crm.h"
TOP_FOLDERS = ("include", "src", "tests", "examples", "benchmarks", "capi",
               "bindings")
MAX_LINE = 80
MAX_RAW_STRING_LINE = 100
MAX_FUNCTION = 70
MAX_FILE = 800

CHECKS = {}


def check(function):
    CHECKS[function.__name__[len("check_"):]] = function
    return function


class Tree:
    """The files of the repository, read once."""

    def __init__(self, root, cxx="c++"):
        self.root = root
        self.cxx = cxx
        self.cache = {}
        self.paths = []
        for top in TOP_FOLDERS:
            for folder, folders, names in os.walk(os.path.join(root, top)):
                folders[:] = sorted(name for name in folders
                                    if name not in ("corpus", "__pycache__"))
                for name in sorted(names):
                    path = os.path.relpath(os.path.join(folder, name), root)
                    self.paths.append(path)
        for name in sorted(os.listdir(root)):
            if os.path.isfile(os.path.join(root, name)):
                self.paths.append(name)

    def bytes(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def text(self, path):
        if path not in self.cache:
            self.cache[path] = self.bytes(path).decode("utf-8", "replace")
        return self.cache[path]

    def lines(self, path):
        return enumerate(self.text(path).split("\n"), 1)

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def cpp(self, *tops):
        for path in self.paths:
            if path.endswith(CPP) and (not tops or path.startswith(tops)):
                yield path

    def includes(self, path):
        """(line, text between the delimiters, whether in quotes)."""
        for number, line in self.lines(path):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match[2], match[1] == '"'


def room_of(path):
    """The room of a file in src/, or None."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


@check
def check_layers(tree):
    """An include line shows its room, and never one further right."""
    for path in tree.cpp("src/"):
        room = room_of(path)
        if room not in ROOMS:
            yield path, 1, "the folder is not in the order of layers"
            continue
        for line, name, quoted in tree.includes(path):
            if not quoted or name.startswith("crm/"):
                continue
            other = name.split("/")[0] if "/" in name else None
            if other in PACKAGES:
                continue
            if other not in ROOMS:
                yield path, line, f'"{name}" is not written from the root'
            elif ROOMS.index(other) > ROOMS.index(room):
                yield path, line, f"{room} may not include {other}"
            elif other != room and (ROOMS.index(room)
                                    >= ROOMS.index(FIRST_FACE)):
                yield path, line, f"{room} may use public headers only"
            elif not (tree.exists("src/" + name)
                      or name.endswith("_generated.h")):
                yield path, line, f"there is no src/{name}"
    for path in tree.cpp("capi/", "examples/", "benchmarks/", "include/",
                         "bindings/"):
        for line, name, quoted in tree.includes(path):
            outside = ("crm/", "crm.h")
            if path.startswith(("capi/", "bindings/")):
                outside += (path.split("/")[0] + "/",)
            elif not path.startswith("include/"):
                outside += ("examples/", "benchmarks/")
            if quoted and not name.startswith(outside):
                yield path, line, f'"{name}" is not a public header'


@check
def check_fences(tree):
    """A dependency is used behind one door only."""
    users = {}
    for path in tree.cpp():
        if path.startswith(UNFENCED):
            continue
        for line, name, _ in tree.includes(path):
            for prefix, folders, once in FENCES:
                if not (name.startswith(prefix) or
                        prefix[0] == "_" and name.endswith(prefix)):
                    continue
                if not path.startswith(tuple(folders)):
                    yield path, line, (f"<{name}> belongs to "
                                       + " and ".join(folders))
                if once:
                    users.setdefault(prefix, {})[path] = line
    for prefix, files in users.items():
        for path in sorted(files)[1:]:
            yield path, files[path], (f"<{prefix}> is used by "
                                      f"{sorted(files)[0]} already")


def guard_of(path):
    parts = path.split("/")
    if parts[:2] == ["include", "crm"]:
        parts = ["include"] + parts[2:]
    elif parts[0] == "src":
        parts = parts[1:]
    name = re.sub(r"[^A-Za-z0-9]", "_", "_".join(parts))
    return "CRM_" + name.upper() + "_"


@check
def check_guards(tree):
    """Include guards are named for the file."""
    for path in tree.cpp():
        if not path.endswith(".h"):
            continue
        guard = guard_of(path)
        text = tree.text(path)
        if not re.search(rf"^#ifndef {guard}\n#define {guard}\n", text, re.M):
            yield path, 1, f"the guard is not {guard}"
        elif not text.endswith((f"#endif  // {guard}\n",
                                f"#endif /* {guard} */\n")):
            yield path, 1, f"does not end with #endif  // {guard}"


@check
def check_public(tree):
    """Public headers include the standard library and crm/ only."""
    for path in tree.cpp("include/"):
        for line, name, quoted in tree.includes(path):
            standard = not quoted and re.fullmatch(r"[a-z_0-9]+", name)
            if path == C_HEADER:
                standard = not quoted and name in ("stddef.h", "stdint.h")
            if not standard and not (quoted and name.startswith("crm/")):
                yield path, line, f"a public header may not include {name}"


# Lines of a header that promise nothing: what moves and copies, what hides.
STRUCTURE = re.compile(r"""
    (public|protected):|namespace\ .*|[{}();]*|[#].*
    |(class|struct)\ \w+;|struct\ Impl;
    |explicit\ \w+\(std::(unique|shared)_ptr<Impl>\ impl\);
    |~?(\w+)\(((const\ )?\w+&&?(\ \w+)?)?\)(\ noexcept)?(\ =\ default)?;
    |\w+&\ operator=\((const\ )?\w+&&?(\ \w+)?\)(\ noexcept)?
     (\ =\ default)?;
    """, re.X)


def prose_of_c(text):
    """(lines of comment, lines of code) of a C header. What is the same in all
    of them is neither: preprocessor, braces, opaque types, reserved members,
    and the second line of a prototype."""
    prose = code = 0
    inside = going_on = macro = False
    for line in text.split("\n"):
        line = line.strip()
        if inside or line.startswith("/*"):
            prose += 1
            inside = "*/" not in line
            continue
        prose += "/*" in line and not line.startswith("#")
        if macro or line.startswith("#"):
            macro = line.endswith("\\")
            continue
        if line and not going_on and not re.fullmatch(
                r'[{}]|enum \{|typedef struct \w+( \{|( \w+)?;)|\} \w+;|\};'
                r'|extern "C" \{|\}  /\* extern.*|uint\d+_t reserved.*;', line):
            code += 1
        going_on = bool(line) and (
            line.startswith(("CRM_API", "typedef")) or going_on
        ) and not line.endswith((";", "{"))
    return prose, code


@check
def check_prose(tree):
    """A public header has as many lines of prose as of code; in C 2.5."""
    for path in tree.cpp("include/"):
        if path == C_HEADER:
            prose, code = prose_of_c(tree.text(path))
            if prose < 2.5 * code:
                yield path, 1, f"{prose} lines of prose for {code} of code in C"
            continue
        prose = code = 0
        private = False
        for _, line in tree.lines(path):
            before = line.split("//")[0].strip()
            prose += "//" in line and not line.startswith("#")
            if before == "private:":
                private = True
            elif before in ("public:", "};"):
                private = False
            code += not private and not STRUCTURE.fullmatch(before)
        if prose < code:
            yield path, 1, f"{prose} lines of prose for {code} of code"


@check
def check_alone(tree):
    """Each public header compiles alone, with nothing but include/."""
    for path in tree.cpp("include/"):
        name = os.path.relpath(path, "include")
        result = subprocess.run(
            [tree.cxx, "-std=c++20", "-Wall", "-Wextra", "-Werror",
             "-fsyntax-only", "-I", os.path.join(tree.root, "include"),
             "-x", "c++", "-"],
            input=f"#include <{name}>\n#include <{name}>\n",
            capture_output=True, text=True)
        if result.returncode != 0:
            first = [line for line in result.stderr.split("\n")
                     if "error" in line]
            yield path, 1, "does not compile alone: " + "".join(first[:1])


def is_source(path):
    name = os.path.basename(path)
    return (path.endswith(CPP + (".py", ".cmake", ".fbs", ".in", ".json"))
            or name in ("CMakeLists.txt", "dev"))


@check
def check_text(tree):
    """Plain text: ASCII, short lines, no blanks at the end, no left-overs."""
    left_over = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
    for path in tree.paths:
        if not is_source(path):
            continue
        data = tree.bytes(path)
        if data and not data.endswith(b"\n"):
            yield path, 1, "the last line has no end"
        for number, line in tree.lines(path):
            if not line.isascii():
                yield path, number, "not ASCII"
            if line != line.rstrip() or "\t" in line:
                yield path, number, "a tab, or blanks at the end"
            if left_over.search(line):
                yield path, number, "left for later; do it or drop it"
            if len(line) > MAX_LINE and path.endswith(CPP):
                most = MAX_LINE
                if path.startswith("tests/") and re.search(r'R"|^[^ /]', line):
                    most = MAX_RAW_STRING_LINE
                if "://" not in line and len(line) > most:
                    yield path, number, f"{len(line)} columns, over {most}"


@check
def check_sizes(tree):
    """Functions of at most 70 lines, files of at most 800."""
    for path in tree.cpp():
        count = tree.text(path).count("\n")
        if count > MAX_FILE and path != C_HEADER:
            yield path, 1, f"{count} lines, over {MAX_FILE}"
        for name, first, last in functions_of(tree.text(path)):
            if last - first + 1 > MAX_FUNCTION:
                yield path, first, (f"{name}: {last - first + 1} lines,"
                                    f" over {MAX_FUNCTION}")


@check
def check_words(tree):
    """No exceptions anywhere; the library never prints, stops or aborts."""
    everywhere = re.compile(r"\b(throw)\b")
    library = re.compile(
        r"\b(v?f?printf|f?puts|putchar|perror|cout|cerr|clog|abort|_?exit"
        r"|quick_exit|terminate)\b(?!\s*=)")
    for path in tree.cpp("src/", "include/", "capi/"):
        is_library = (room_of(path) in LIBRARY_ROOMS
                      or path.startswith(("include/", "capi/")))
        for number, line in enumerate(
                blank_out(tree.text(path)).split("\n"), 1):
            if re.match(r"\s*#", line):
                continue
            match = everywhere.search(line) or (
                is_library and library.search(line))
            if match:
                yield path, number, f"'{match[1]}' may not be used here"


# How a function of crm.h begins.
BARRIER = re.compile(r"\s*(return )?(Guard|GuardValue|ReadView|Free)\b")


def classes_of(text):
    """(namespace, name, line) of the classes that a file defines, but for those
    of unnamed namespaces and of other classes."""
    scopes = []
    for match in re.finditer(
            r"\bnamespace\s*([\w:]*)\s*\{|"
            r"\b(?:class|struct|enum class|enum)\s+(?:CRM_\w+(?:\([^)]*\))?\s+)?"
            r"(\w+)(?:\s+final)?\s*(?::[^:;{()][^;{()]*)?\{|[{}]", text):
        if match[0] == "}":
            if scopes:
                scopes.pop()
        elif match[0].startswith("namespace"):
            scopes.append(match[1])
        else:
            if match[2] and all(scopes):
                yield ("::".join(scopes), match[2],
                       text.count("\n", 0, match.start()) + 1)
            scopes.append("")


@check
def check_names(tree):
    """One class of a name in a namespace: of two, the linker takes either."""
    known = {}
    for path in tree.cpp("src/", "include/", "capi/"):
        if path == C_HEADER:
            continue
        for space, name, line in classes_of(blank_out(tree.text(path))):
            other = known.setdefault((space, name), path)
            if other != path:
                yield path, line, f"{space}::{name} is also in {other}"


@check
def check_barrier(tree):
    """Exceptions end in capi/guard.h, and every function stands behind it."""
    for path in tree.cpp("capi/"):
        text = blank_out(tree.text(path))
        if path != "capi/guard.h":
            for match in re.finditer(r"\b(try|catch)\b", text):
                line = text.count("\n", 0, match.start()) + 1
                yield path, line, f"'{match[1]}' belongs to capi/guard.h"
        for match in re.finditer(
                r"^[\w* ]*\b(crm_\w+)\([^;{}]*\) noexcept \{", text, re.M):
            if not BARRIER.match(text[match.end():]):
                line = text.count("\n", 0, match.start()) + 1
                yield path, line, f"{match[1]} has no barrier"


@check
def check_faces(tree):
    """C and Python have what C++ has, or a reason not to."""
    tables = {}
    path = "tests/style/face_names.py"
    if tree.exists(path):
        exec(tree.text(path), tables)  # pylint: disable=exec-used
    headers = [tree.text(name) for name in tree.paths
               if name.startswith("include/crm/") and name.endswith(".h")
               and name.rsplit("/", 1)[1] not in tables.get("CXX_ALONE", ())]
    stubs = [tree.text(name) for name in (
        "bindings/python/crm/_crm.pyi", "bindings/python/crm/_types.py")
        if tree.exists(name)]
    for problem in faces.problems(tables, headers,
                                  tree.text("include/crm.h"), *stubs):
        yield path, 1, problem


@check
def check_folders(tree):
    """No folder whose name says nothing; every file has a target."""
    for path in tree.paths:
        for part in path.split("/")[:-1]:
            if part.lower() in BAD_FOLDERS:
                yield path, 1, f"a folder may not be called {part}"
    targets = "src/cmake/CrmTargets.cmake"
    for path in tree.cpp():
        if not path.endswith((".cc", ".c")):
            continue
        if room_of(path) or path.startswith("capi/"):
            listing = targets
            wanted = rf"\b{room_of(path) or 'capi'}\b"
        else:
            listing = os.path.dirname(path) + "/CMakeLists.txt"
            while not tree.exists(listing) and "/" in listing[:-15]:
                listing = os.path.dirname(os.path.dirname(listing))
                listing += "/CMakeLists.txt"
            wanted = rf"\b{re.escape(os.path.basename(path))}\b|GLOB\b"
        if not tree.exists(listing) or not re.search(
                wanted, tree.text(listing)):
            yield path, 1, f"is in no target of {listing}"


@check
def check_version(tree):
    """The version is the same in CMakeLists.txt, version.h, CHANGELOG.md."""
    match = re.search(r"project\(crm VERSION (\d+)\.(\d+)\.(\d+)",
                      tree.text("CMakeLists.txt"))
    if not match:
        yield "CMakeLists.txt", 1, "project(crm VERSION ...) is not there"
        return
    header = "include/crm/version.h"
    for name, value in zip(("MAJOR", "MINOR", "PATCH"), match.groups()):
        if f"#define CRM_VERSION_{name} {value}\n" not in tree.text(header):
            yield header, 1, f"CRM_VERSION_{name} is not {value}"
    version = ".".join(match.groups())
    if f"## {version}" not in tree.text("CHANGELOG.md"):
        yield "CHANGELOG.md", 1, f"has no heading for {version}"


def extract_example(text, name, language="cpp"):
    """The code under <!-- example:NAME --> in a Markdown text, or None."""
    match = re.search(rf"<!-- example:{name} -->\s*```{language}\n(.*?)```",
                      text, re.S)
    return match[1] if match else None


# What README.md shows: (name, language, the file that is run).
EXAMPLES = [
    ("quickstart", "cpp", "examples/quickstart.cc"),
    ("quickstart_c", "c", "examples/quickstart.c"),
    ("quickstart", "python", "examples/quickstart.py"),
]


def anchors_of(text):
    """What a link into a Markdown text may point at."""
    for heading in re.findall(r"^#+ +(.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@check
def check_documents(tree):
    """Links lead somewhere; README's examples are those that are run."""
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        for number, line in tree.lines(path):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if "://" in target:
                    continue
                file, _, anchor = target.partition("#")
                there = os.path.normpath(
                    os.path.join(os.path.dirname(path), file)) if file else (
                        path)
                if not tree.exists(there):
                    yield path, number, f"the link {target} leads nowhere"
                elif anchor and anchor not in anchors_of(tree.text(there)):
                    yield path, number, f"{there} has no heading #{anchor}"
    for name, language, source in EXAMPLES:
        code = extract_example(tree.text("README.md"), name, language)
        if code is None:
            yield "README.md", 1, f"the {language} example is not there"
        elif code != tree.text(source):
            yield "README.md", 1, f"the example differs from {source}"


def run(tree, names):
    """Prints what is wrong; the number of breaches."""
    found = 0
    for name in names:
        for path, line, message in CHECKS[name](tree):
            print(f"{path}:{line}: {message} [{name}]")
            found += 1
    return found


def plant(folder, files):
    for path, text in files.items():
        there = os.path.join(folder, path)
        os.makedirs(os.path.dirname(there) or ".", exist_ok=True)
        with open(there, "w", encoding="utf-8") as file:
            file.write(text)


def self_test(cxx):
    """Each planted breach is found by its check, and a clean tree is clean."""
    failures = 0
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, CLEAN)
        if run(Tree(folder, cxx), CHECKS):
            print("the clean tree is not clean")
            failures += 1
    for name, files, wanted in PLANTED:
        seen.add(name)
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, {**CLEAN, **files})
            found = [message for _, _, message in
                     CHECKS[name](Tree(folder, cxx))]
        if not any(wanted in message for message in found):
            print(f"{name} did not find '{wanted}' in {sorted(files)}: {found}")
            failures += 1
    for name in sorted(set(CHECKS) - seen):
        print(f"nothing is planted for {name}")
        failures += 1
    print(f"{len(PLANTED)} breaches planted, {failures} failures")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--check", action="append", choices=sorted(CHECKS))
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--extract", metavar="NAME")
    parser.add_argument("--language", default="cpp")
    arguments = parser.parse_args()
    if arguments.self_test:
        return min(self_test(arguments.cxx), 1)
    if arguments.root is None:
        parser.error("--root is missing")
    tree = Tree(arguments.root, arguments.cxx)
    if arguments.extract:
        code = extract_example(tree.text("README.md"), arguments.extract,
                               arguments.language)
        sys.stdout.write(code or "")
        return 0 if code else 1
    return min(run(tree, arguments.check or CHECKS), 1)


if __name__ == "__main__":
    sys.exit(main())
