#!/usr/bin/env python3
"""What a machine can check of the C interface. Standard library only.

  check_capi.py header  --root DIR --cc CC --cxx CXX   compiles as every C, C++
  check_capi.py symbols --root DIR --library FILE      nm -D equals the header
  check_capi.py coverage --root DIR                    every function is called
  check_capi.py swept --root DIR        every function that can fail is called
                        where memory runs out, and once succeeds
  check_capi.py records --root DIR                     sizes are for good
  check_capi.py abi --root DIR --library FILE [--bless]
                        abidiff against capi/abi; reports, does not fail
  check_capi.py self-test --cc CC --cxx CXX            plants breaches

Exit code 77: a tool is not there.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
C_STANDARDS = ("c90", "c99", "c11", "c17")
CXX_STANDARDS = ("c++98", "c++11", "c++14", "c++17", "c++20")
# Records that never grow: an address and a length, and a pair of them.
FINISHED = ("crm_slice", "crm_identifier")
WARNINGS = ["-pedantic-errors", "-Wall", "-Wextra", "-Werror"]


def functions_of(text):
    """The functions that a header declares with CRM_API."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return set(re.findall(r"^CRM_API\b[^;(]*?\b(crm_\w+)\s*\(", text, re.M))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def initialisers_of(root):
    """(type, macro) of what a header has a macro of first values for."""
    return [(name.lower(), name + "_INIT") for name in re.findall(
        r"^#define (CRM_\w+)_INIT\b", read(root, "include/crm.h"), re.M)]


def compile_header(root, compiler, language, standard):
    """What the compiler says; empty when it is content. Twice: the guard."""
    command = [compiler, "-x", language, f"-std={standard}", *WARNINGS,
               "-fsyntax-only", "-I", os.path.join(root, "include"), "-"]
    if language == "c":
        command[1:1] = ["-Wstrict-prototypes"]
    program = "#include <crm.h>\n#include <crm.h>\n"
    for number, (name, initialiser) in enumerate(initialisers_of(root)):
        program += f"{name} options{number} = {initialiser};\n"
    result = subprocess.run(command, input=program, capture_output=True,
                            text=True)
    return result.stderr if result.returncode else ""


def check_header(arguments):
    compilers = {(arguments.cc, arguments.cxx), ("clang-14", "clang++-14")}
    failures = 0
    tried = 0
    for c_compiler, cxx_compiler in sorted(compilers):
        for compiler, language, standards in (
                (c_compiler, "c", C_STANDARDS),
                (cxx_compiler, "c++", CXX_STANDARDS)):
            if not shutil.which(compiler):
                continue
            for standard in standards:
                tried += 1
                said = compile_header(arguments.root, compiler, language,
                                      standard)
                if said:
                    failures += 1
                    print(f"{compiler} -std={standard}:\n{said}")
    print(f"{tried} ways to compile crm.h, {failures} failures")
    return 1 if failures or not tried else 0


def exported(library):
    """Names in the dynamic symbol table, but for the version node."""
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                           capture_output=True, text=True).stdout.split("\n")
    names = {}
    for line in lines:
        parts = line.split()
        if len(parts) >= 3 and parts[-2] != "A":
            name, _, version = parts[-1].partition("@@")
            names[name] = version
    return names


def check_symbols(arguments):
    declared = functions_of(read(arguments.root, "include/crm.h"))
    names = exported(arguments.library)
    found = 0
    for name in sorted(declared - set(names)):
        print(f"{name} is in crm.h and not in the library")
        found += 1
    for name in sorted(set(names) - declared):
        print(f"{name} is in the library and not in crm.h")
        found += 1
    for name, version in sorted(names.items()):
        if version != "CRM_0":
            print(f"{name} has the version '{version}', not CRM_0")
            found += 1
    soname = subprocess.run(["readelf", "-d", arguments.library], check=True,
                            capture_output=True, text=True).stdout
    if "[libcrm_c.so.0]" not in soname:
        print("the soname is not libcrm_c.so.0")
        found += 1
    print(f"{len(names)} functions exported, {found} failures")
    return min(found, 1)


def records_of(text):
    """Structs that are no options, with what stands in them."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return {name: body for name, body in re.findall(
        r"typedef struct (\w+) \{(.*?)\} \1;", text, re.S)
        if "struct_size" not in body}


def check_records(arguments):
    """Each has a size that is checked, and room to grow."""
    records = records_of(read(arguments.root, "include/crm.h"))
    sizes = set(re.findall(r"^CRM_RECORD\((\w+), \d+\);$",
                           read(arguments.root, "capi/layout.cc"), re.M))
    found = 0
    for name in sorted(set(records) ^ sizes):
        print(f"{name} is in crm.h or in capi/layout.cc, and not in both")
        found += 1
    for name, body in sorted(records.items()):
        if "reserved" not in body and name not in FINISHED:
            print(f"{name} has no reserved members")
            found += 1
    print(f"{len(records)} records, {found} failures")
    return 1 if found or not records else 0


def program_of(root):
    """The C program that calls every function, without its comments."""
    program = ""
    folder = os.path.join(root, "tests", "capi")
    for name in sorted(os.listdir(folder)):
        if name.startswith("every_") and name.endswith(".c"):
            program += read(folder, name)
    return re.sub(r"/\*.*?\*/", " ", program, flags=re.S)


def check_coverage(arguments):
    declared = functions_of(read(arguments.root, "include/crm.h"))
    called = set(re.findall(r"\b(crm_\w+)\s*\(", program_of(arguments.root)))
    missing = sorted(declared - called)
    for name in missing:
        print(f"{name} is not called by tests/capi/every_function.c")
    print(f"{len(declared)} functions, {len(missing)} not called")
    return 1 if missing or not declared else 0


def fallible_functions_of(text):
    """Those that have somewhere to put an error."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return set(re.findall(
        r"^CRM_API\b[^;(]*?\b(crm_\w+)\s*\([^;]*?\bcrm_error\*\* error\)",
        text, re.M))


def check_swept(arguments):
    """The macros of every_function.h are where memory_every_test.cc cuts in."""
    declared = fallible_functions_of(read(arguments.root, "include/crm.h"))
    program = program_of(arguments.root)
    swept = set(re.findall(r"\b(?:EXPECT_OK|CALL)\(\s*(crm_\w+)", program))
    missing = sorted(declared - swept)
    for name in missing:
        print(f"{name}: no EXPECT_OK or CALL of tests/capi/every_*.c")
    print(f"{len(declared)} functions that can fail, {len(missing)} without "
          "a call that runs out of memory")
    return 1 if missing or not declared else 0


def check_abi(arguments):
    if not shutil.which("abidw") or not shutil.which("abidiff"):
        print("abidw and abidiff are not there (package abigail-tools)")
        return SKIPPED
    folder = os.path.join(arguments.root, "capi", "abi")
    baseline = os.path.join(folder, "libcrm_c.so.0.abi")
    headers = os.path.join(arguments.root, "include")
    if arguments.bless:
        subprocess.run(
            ["abidw", "--headers-dir", headers, "--drop-private-types",
             "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path",
             "--no-elf-needed", "--exported-interfaces-only",
             "--out-file", baseline, arguments.library], check=True)
        print(f"blessed: {baseline}")
        return 0
    result = subprocess.run(
        ["abidiff", "--no-added-syms", "--exported-interfaces-only",
         "--headers-dir2", headers,
         "--drop-private-types", "--suppressions",
         os.path.join(folder, "suppressions.ini"), baseline,
         arguments.library], capture_output=True, text=True)
    print(result.stdout + result.stderr)
    print("abidiff answers", result.returncode,
          "(0: compatible; until 0.1 is released anything else is a report)")
    # Bits 1 and 2: abidiff could not do its work.
    return 1 if result.returncode & 3 else 0


def self_test(arguments):
    """A breach of each check is found."""
    failures = []
    header = "CRM_API int crm_a(void);\n"
    if functions_of("/* CRM_API int crm_no(void); */\n" + header) != {"crm_a"}:
        failures.append("functions_of reads comments")
    with tempfile.TemporaryDirectory() as root:
        for folder in ("include", "tests/capi", "capi"):
            os.makedirs(os.path.join(root, folder))

        def write(path, text):
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)

        write("include/crm.h", "// a C++ comment\n")
        if not compile_header(root, arguments.cc, "c", "c90"):
            failures.append("a C++ comment passes as C90")
        write("include/crm.h", "int crm_a();\n")
        if not compile_header(root, arguments.cc, "c", "c99"):
            failures.append("a function without a prototype passes")
        write("include/crm.h", header)
        write("tests/capi/every_function.c", "/* crm_a() */\n")
        arguments.root = root
        if check_coverage(arguments) == 0:
            failures.append("a function that nobody calls passes")
        write("include/crm.h", "CRM_API int crm_a(\n    crm_error** error);\n")
        write("tests/capi/every_function.c", "EXPECT_CODE(crm_a(0), 1);\n")
        if check_swept(arguments) == 0:
            failures.append("a function that never runs out of memory passes")
        write("tests/capi/every_function.c", "EXPECT_OK(\n  crm_a(0));\n")
        if check_swept(arguments) != 0:
            failures.append("a function that runs out of memory does not pass")
        write("include/crm.h", "typedef struct crm_a { int a; int b; } crm_a;\n"
                               "#define CRM_A_INIT { 0 }\n")
        if not compile_header(root, arguments.cc, "c", "c99"):
            failures.append("an initialiser that lacks a member passes")
        write("include/crm.h", "typedef struct crm_r {\n  int a;\n} crm_r;\n")
        write("capi/layout.cc", "CRM_RECORD(crm_r, 4);\n")
        if check_records(arguments) == 0:
            failures.append("a record without room to grow passes")
        write("include/crm.h", "typedef struct crm_r {\n  int reserved;\n} "
                               "crm_r;\n")
        write("capi/layout.cc", "")
        if check_records(arguments) == 0:
            failures.append("a record whose size nobody checks passes")
        write("include/crm.h", header)
        write("a.c", "int crm_a(void) { return 0; }\n"
                     "int leaked(void) { return 0; }\n")
        arguments.library = os.path.join(root, "a.so")
        subprocess.run([arguments.cc, "-shared", "-fPIC", "-o",
                        arguments.library, os.path.join(root, "a.c")],
                       check=True)
        if check_symbols(arguments) == 0:
            failures.append("a symbol that is not in the header passes")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("check", choices=("header", "symbols", "coverage",
                                          "swept", "records", "abi",
                                          "self-test"))
    parser.add_argument("--root")
    parser.add_argument("--library")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--bless", action="store_true")
    arguments = parser.parse_args()
    return {"header": check_header, "symbols": check_symbols,
            "coverage": check_coverage, "swept": check_swept,
            "records": check_records, "abi": check_abi,
            "self-test": self_test}[arguments.check](arguments)


if __name__ == "__main__":
    sys.exit(main())
