"""A small tree that keeps every rule, and breaches to plant in it."""

_GUARDED = """// {0}

#ifndef {1}
#define {1}

{2}
#endif  // {1}
"""


def header(guard, body="", prose="Prose."):
    return _GUARDED.format(prose, guard, body)


_STORE_H = header("CRM_INCLUDE_STORE_H_", """#include <string>

namespace crm {

// Prose about the next line.
std::string Name();

}  // namespace crm
""")

_CRM_H = """/* Prose,
 * and more of it. */

#ifndef CRM_INCLUDE_CRM_H_
#define CRM_INCLUDE_CRM_H_

#include <stdint.h>

#define CRM_API

/* About the function. */
CRM_API int crm_a(int first,
                  int second);

#endif /* CRM_INCLUDE_CRM_H_ */
"""

CLEAN = {
    "CMakeLists.txt": "project(crm VERSION 0.1.0 LANGUAGES CXX)\n",
    "CHANGELOG.md": "# Changelog\n\n## 0.1.0\n",
    "README.md": "# A tree\n\nSee [the log](CHANGELOG.md#changelog).\n\n"
                 "<!-- example:quickstart -->\n\n```cpp\nint main() {}\n```\n\n"
                 "<!-- example:quickstart_c -->\n```c\nint main;\n```\n\n"
                 "<!-- example:quickstart -->\n```python\nimport crm\n```\n",
    "src/cmake/CrmTargets.cmake": "foreach(room base storage store cli capi)\n",
    "include/crm/store.h": _STORE_H,
    "include/crm/version.h": header(
        "CRM_INCLUDE_VERSION_H_",
        "#define CRM_VERSION_MAJOR 0\n#define CRM_VERSION_MINOR 1\n"
        "#define CRM_VERSION_PATCH 0\n"),
    "src/base/hash.h": header("CRM_BASE_HASH_H_"),
    "src/base/hash.cc": '#include "base/hash.h"\n',
    "src/storage/rows.h": header("CRM_STORAGE_ROWS_H_",
                                 '#include "base/hash.h"\n'),
    "src/storage/rows.cc": '#include <rocksdb/db.h>\n\n'
                           '#include "storage/rows.h"\n\n'
                           '// throw, printf: words in prose.\n'
                           'const char* kText = "throw";\n'
                           'const char kRaw[] = R"x(abort() " { )x";\n'
                           "constexpr int kMany = 1'000'000;\n",
    "src/cli/main.cc": '#include <cstdio>\n\n#include "crm/store.h"\n\n'
                       'int main() { std::puts(crm::Name().c_str()); }\n',
    "examples/CMakeLists.txt": "add_executable(quickstart quickstart.cc quickstart.c)\n",
    "examples/quickstart.cc": "int main() {}\n",
    "examples/quickstart.py": "import crm\n",
    "bindings/python/CMakeLists.txt": "add_library(crm_python src/a.cc)\n",
    "bindings/python/src/a.h": header("CRM_BINDINGS_PYTHON_SRC_A_H_"),
    "bindings/python/src/a.cc": '#include "bindings/python/src/a.h"\n\n'
                                '#include <pybind11/pybind11.h>\n\n'
                                '#include "crm/store.h"\n',
    "bindings/python/crm/_crm.pyi": "def name_of() -> str: ...\nSIZE: int\n",
    "tests/style/face_names.py":
        'C = {"Name": "crm_a"}\nPYTHON = {"Name": "name_of"}\n',
    "examples/quickstart.c": "int main;\n",
    "include/crm.h": _CRM_H,
    "capi/guard.h": header("CRM_CAPI_GUARD_H_",
                           "void Guard() {\n  try {\n  } catch (...) {\n  }\n}\n"),
    "capi/store.cc": '#include "capi/guard.h"\n#include "crm.h"\n\n'
                     "int crm_a(void) noexcept {\n  return Guard();\n}\n",
    "tests/base/CMakeLists.txt": "crm_test(hash SOURCES hash_test.cc)\n",
    "tests/base/hash_test.cc": '#include "base/hash.h"\n'
                               "#include <rocksdb/db.h>\n",
}

_LONG = "int Long(int a,\n         int b) {\n" + "  a += b;\n" * 68 + "}\n"
# A class and a table may be longer than a function, and so may all of a
# namespace.
_NOT_LONG = ("namespace crm {\nclass A {\n  A() : a_{1} {}\n"
             + "  int F() { return 1; }\n" * 80 + "  int a_;\n};\n"
             + "constexpr int kTable[] = {\n" + "    1,\n" * 80 + "};\n}\n")
CLEAN["src/base/table.cc"] = _NOT_LONG


def _in(path, body):
    """The file of the clean tree with one more line."""
    return {path: CLEAN[path] + body}


def _more(members):
    """The public header with a class of its own."""
    return {"include/crm/store.h": _STORE_H.replace(
        "std::string Name();", "std::string Name();\nstruct Thing {\n"
        + members + "};")}


def _source(line):
    return _in("src/base/hash.cc", line + "\n")


def _include(path, name):
    return {path: f"#include {name}\n" + CLEAN[path]}


# (check, files that replace those of CLEAN, part of the message).
PLANTED = [
    ("layers", _include("src/base/hash.cc", '"storage/rows.h"'),
     "base may not include storage"),
    ("layers", _include("src/cli/main.cc", '"storage/rows.h"'),
     "cli may use public headers only"),
    ("layers", _include("src/storage/rows.cc", '"rows.h"'),
     "not written from the root"),
    ("layers", _include("src/storage/rows.cc", '"../base/hash.h"'),
     "not written from the root"),
    ("layers", _include("src/storage/rows.cc", '"base/gone.h"'),
     "there is no src/base/gone.h"),
    ("layers", _include("examples/quickstart.cc", '"base/hash.h"'),
     "not a public header"),
    ("layers", _include("bindings/python/src/a.cc", '"base/hash.h"'),
     "not a public header"),
    ("layers", {"src/extra/a.cc": "\n"}, "not in the order of layers"),
    ("names", {
        "src/base/hash.cc": CLEAN["src/base/hash.cc"]
        + "namespace crm {\nnamespace {\nclass A {};\n}\nclass B::A {};\n"
        "class C : D {\n  struct A {};\n};\n}\n",
        "src/storage/rows.cc": CLEAN["src/storage/rows.cc"]
        + "namespace crm {\nstruct C final {};\n}\n"},
     "crm::C is also in src/base/hash.cc"),
    ("fences", _include("src/base/hash.cc", "<rocksdb/db.h>"), "src/storage"),
    ("fences", _include("src/base/hash.cc", "<simdjson.h>"), "src/format"),
    ("fences", _include("src/base/hash.cc", '"format/a_generated.h"'),
     "src/format"),
    ("fences", _include("src/base/hash.cc", "<sodium.h>"), "crypto."),
    ("fences", _include("src/storage/rows.cc", "<mutex>"), "mutex.h"),
    ("fences", _include("src/base/hash.cc", "<re2/re2.h>"), "src/identity"),
    ("fences", _include("src/base/hash.cc", "<unicode/uchar.h>"),
     "src/identity"),
    ("fences", _include("src/base/hash.cc", "<CLI/CLI.hpp>"), "src/cli"),
    ("fences", _include("src/base/hash.cc", "<pybind11/stl.h>"), "bindings"),
    ("fences", _include("bindings/python/src/a.cc", "<pybind11/chrono.h>"),
     "no folder"),
    ("fences", _include("src/storage/rows.cc", "<xxhash.h>"), "src/base"),
    ("fences", _include("src/base/hash.cc", "<nlohmann/json.hpp>"),
     "src/ingest"),
    ("fences", {**_include("src/base/hash.cc", "<phonenumbers/a.h>"),
                **_include("src/storage/rows.cc", "<phonenumbers/a.h>")},
     "already"),
    ("fences", {**_include("src/base/hash.cc", '"date/tz.h"'),
                **_include("src/storage/rows.cc", '"date/tz.h"')},
     "already"),
    ("layers", _include("capi/store.cc", '"base/hash.h"'),
     "not a public header"),
    ("guards", _in("include/crm.h", "int a;\n"), "does not end"),
    ("public", _include("include/crm.h", "<string.h>"), "may not include"),
    ("prose", {"include/crm.h": _CRM_H.replace("/* About the function. */\n",
                                               "")}, "of code in C"),
    ("words", _in("capi/store.cc", 'void F() { printf("x"); }\n'), "'printf'"),
    ("barrier", _in("capi/store.cc", "void F() { try {} catch (...) {} }\n"),
     "'try' belongs"),
    ("barrier", _in("capi/store.cc",
                    "int crm_b(void) noexcept {\n  return 1;\n}\n"),
     "crm_b has no barrier"),
    ("faces", _in("tests/style/face_names.py",
                  'C = {"Name": "crm_a", "Gone": "crm_a"}\n'),
     "Gone is no longer in"),
    ("faces", _in("tests/style/face_names.py", 'C = {"Name": "crm_b"}\n'),
     "should be crm_b, which is not there"),
    ("faces", _in("tests/style/face_names.py", "PYTHON = {}\n"),
     "Name: there is no name"),
    ("faces", _more("  // It.\n  int Get(int a = {}) const;\n"),
     "Thing::Get: there is no crm_thing_get"),
    ("faces", _more("  // It.\n  std::vector<int> few = {};\n"),
     "Thing::few: there is no Thing.few"),
    ("faces", _more("  // It.\n  enum class Kind { kOne, kTwo = 2 };\n"),
     "ThingKind::kTwo: there is no CRM_THING_KIND_TWO"),
    ("faces", {
        "include/crm/store.h": _STORE_H.replace(
            "std::string Name();",
            "inline constexpr size_t kSize = size_t{1} << 4;"),
        "include/crm.h": _CRM_H.replace(
            "CRM_API int", "enum { CRM_SIZE = 15 };\nCRM_API int"),
        "tests/style/face_names.py": "\n"}, "CRM_SIZE is 15"),
    ("faces", {
        **_more("  // It.\n  enum class Kind { kOne = 1 };\n"),
        "include/crm.h": _CRM_H.replace(
            "CRM_API int", "enum { CRM_KIND_ONE = 2 };\nCRM_API int")},
     "Kind::kOne is 1, in C [2]"),
    ("faces", {"include/crm.h": _CRM_H.replace(
        "int second);", "crm_error** error) CRM_NOEXCEPT;")},
     "crm_a takes no options"),
    ("folders", {"examples/other.c": "int a;\n"}, "in no target"),
    ("documents", {"examples/quickstart.c": "int main2;\n"}, "differs from"),
    ("guards", {"src/base/hash.h": header("HASH_H")},
     "the guard is not CRM_BASE_HASH_H_"),
    ("guards", {"include/crm/store.h": header("CRM_STORE_H_")},
     "the guard is not CRM_INCLUDE_STORE_H_"),
    ("guards", _in("src/base/hash.h", "int a;\n"), "does not end"),
    ("public", _include("include/crm/store.h", "<rocksdb/db.h>"),
     "may not include"),
    ("public", _include("include/crm/store.h", '"base/hash.h"'),
     "may not include"),
    ("prose", {"include/crm/store.h": header(
        "CRM_INCLUDE_STORE_H_", "int a;\nint b;\nint c;\n")},
     "1 lines of prose for 3"),
    ("alone", {"include/crm/store.h": _STORE_H.replace(
        "#include <string>\n", "")}, "does not compile alone"),
    ("text", _source("// caf\u00e9"), "not ASCII"),
    ("text", _source("int a; "), "blanks at the end"),
    ("text", _source("\tint a;"), "a tab"),
    ("text", _source("// TO" "DO: more"), "left for later"),
    ("text", _source("// FIX" "ME"), "left for later"),
    ("text", _source("// " + "x" * 78), "81 columns"),
    ("text", _in("tests/base/hash_test.cc",
                 'auto a = R"(' + "x" * 98 + ')";\n'), "over 100"),
    ("text", {"src/base/hash.cc": "int a;"}, "no end"),
    ("sizes", _source(_LONG), "Long: 71 lines"),
    ("sizes", _source("namespace crm {\nstruct A {\n" + _LONG + "};\n}"),
     "Long: 71 lines"),
    ("sizes", _source("int a;\n" * 800), "over 800"),
    ("words", _source("void F() { throw 1; }"), "'throw'"),
    ("words", {"src/cli/main.cc": "void F() { throw 1; }\n"}, "'throw'"),
    ("words", _source('void F() { printf("x"); }'), "'printf'"),
    ("words", _source('void F() { std::cout << "x"; }'), "'cout'"),
    ("words", _source('void F() { std::cerr << "x"; }'), "'cerr'"),
    ("words", _source("void F() { abort(); }"), "'abort'"),
    ("words", _source("void F() { std::exit(1); }"), "'exit'"),
    ("folders", {"src/base/util/a.h": header("CRM_BASE_UTIL_A_H_")},
     "may not be called util"),
    ("folders", {"tests/helpers/a.h": header("CRM_TESTS_HELPERS_A_H_")},
     "may not be called helpers"),
    ("folders", {"tests/base/other_test.cc": "int a;\n"}, "in no target"),
    ("folders", {"src/event/log.cc": "int a;\n"}, "in no target"),
    ("version", {"CMakeLists.txt": "project(crm VERSION 0.2.0)\n"},
     "CRM_VERSION_MINOR is not 2"),
    ("version", {"CMakeLists.txt": "project(crm VERSION 0.2.0)\n"},
     "no heading for 0.2.0"),
    ("documents", _in("README.md", "[gone](src/GONE.md)\n"), "leads nowhere"),
    ("documents", _in("README.md", "[gone](CHANGELOG.md#gone)\n"),
     "no heading #gone"),
    ("documents", {"examples/quickstart.cc": "int main() { return 0; }\n"},
     "differs from"),
    ("documents", {"examples/quickstart.py": "import sys\n"},
     "differs from examples/quickstart.py"),
    ("documents", {"README.md": "# A tree\n"}, "is not there"),
]
