"""What the C++ headers offer, and where C and Python have it.

Every public method, function, field, enumerator and constant of include/crm is
looked for in include/crm.h and in the stubs of the Python package, under the
name that the rules below make of it or that a table of face_names.py gives.
What a face does not have on purpose stands there with the reason. So whoever
adds something to C++ either binds it or says why not.
"""

import ast
import re

from cpp_text import blank_out

SPECIAL = ("operator", "impl")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def body_at(text, start):
    """The text between the brace at or behind `start` and its partner."""
    start = text.index("{", start)
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1:at], at + 1
    return text[start + 1:], len(text)


def without_bodies(text):
    """The declarations of a class, without what braces hold."""
    text = re.sub(r"= \{[^{}]*\}", "= 0", text)
    text = re.sub(r"\bsize_t\{(\w+)\}", r"\1", text)
    before = None
    while before != text:
        before = text
        text = re.sub(r"\{[^{}]*\}", ";", text)
    return text


def without_angles(line):
    before = None
    line = line.replace("<<", " ")
    while before != line:
        before = line
        line = re.sub(r"<[^<>]*>", "", line)
    return line


def declared(head):
    """The name that a declaration of a function gives, or None."""
    match = re.search(r"([~\w]+)\s*\($", head.split("(")[0] + "(")
    return match and match[1]


def public_part(body, is_class):
    """What stands in public sections."""
    parts = re.split(r"\b(public|private|protected):", body)
    kept = "" if is_class else parts[0]
    for access, part in zip(parts[1::2], parts[2::2]):
        kept += part if access == "public" else ""
    return kept


def members_of(kind, name, body):
    body = public_part(body, kind == "class")
    body = re.sub(r"\bstruct \w+;", "", body)
    for line in without_bodies(body).split(";"):
        line = without_angles(" ".join(line.split()))
        if not line or line.startswith(("using ", "friend ", "template")):
            continue
        if "(" in line.split(" = ")[0]:
            function = declared(line)
            if function and not function.startswith(("~", *SPECIAL)) and (
                    function != name and "operator" not in line):
                yield ("method", name, function)
            continue
        for one in line.split(","):
            field = re.search(r"(\w+)(?: =.*)?$", one.strip())
            if field and not field[1][0].isupper():
                yield ("field", name, field[1])


def items_of(text):
    """(kind, of what, name) of all that a header declares."""
    text = re.sub(r"^[ \t]*#.*(\\\n.*)*", "", blank_out(text), flags=re.M)
    text = re.sub(r"\[\[\w+\]\]", "", text)
    found = []
    for match in re.finditer(
            r"\b(enum class|class|struct) (\w+)(?: final)?(?: : [^{;]*)?\s*\{",
            text):
        kind, name = match[1], match[2]
        body, end = body_at(text, match.start())
        if kind == "enum class":
            outer = [m[2] for m in re.finditer(
                r"\b(struct|class) (\w+)[^;{]*\{", text[:match.start()])
                if body_at(text, m.start())[1] > end]
            for value in re.findall(r"\b(k[A-Z]\w*)\b(?=\s*(?:[=,]|$))", body):
                found.append(("enum", (outer + [name])[-2] + name
                              if outer else name, value))
        else:
            body = re.sub(r"enum class[^;]*;", "", body)
            body = re.sub(r"\bstruct \w+ \{[^}]*\};", "", body)
            found.extend(members_of(kind, name, body))
    flat = re.sub(r"\b(class|struct|enum class) \w+[^;{]*;", "", text)
    flat = re.sub(r"namespace crm\s*\{", "", flat)
    flat = without_bodies(flat)
    for line in flat.split(";"):
        line = " ".join(line.split())
        constant = re.match(r"inline constexpr \w+ (k\w+) = ", line)
        if constant:
            found.append(("constant", "", constant[1]))
        elif "(" in line and not line.startswith(("using", "class", "struct",
                                                  "template", "enum")):
            function = declared(line)
            if function and function[0].isupper():
                found.append(("function", "", function))
    return list(dict.fromkeys(found))


def c_face(text):
    """Functions, "struct.member" and constants of crm.h."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    found = set(re.findall(r"^CRM_API\b[^;(]*?\b(crm_\w+)\s*\(", text, re.M))
    found |= set(re.findall(r"^#define (CRM_\w+)", text, re.M))
    for body in re.findall(r"^enum \{(.*?)\}", text, re.M | re.S):
        found |= set(re.findall(r"\b(CRM_\w+) =", body))
    for name, body in re.findall(
            r"typedef struct (\w+) \{(.*?)\} \1;", text, re.S):
        found |= {f"{name}.{member}"
                  for member in re.findall(r"(\w+)(?:\[\w+\])?;", body)}
        found |= {f"{name}.{member}"
                  for member in re.findall(r"\(\*(\w+)\)", body)}
    return found


def python_face(*stubs):
    """"Class.member", "Class.method(parameter)", functions, constants."""
    found = set()
    for stub in stubs:
        for node in ast.parse(stub).body:
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
                arguments = node.args.args + node.args.kwonlyargs
                found |= {f"{node.name}({a.arg})" for a in arguments}
            elif isinstance(node, ast.AnnAssign):
                found.add(node.target.id)
            elif isinstance(node, ast.ClassDef):
                found |= members_of_stub(node)
    return found


def members_of_stub(node):
    found = {node.name}
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            found.add(f"{node.name}.{member.name}")
            arguments = member.args.args + member.args.kwonlyargs
            found |= {f"{node.name}.{member.name}({argument.arg})"
                      for argument in arguments}
        elif isinstance(member, ast.Assign):
            found |= {f"{node.name}.{target.id}" for target in member.targets}
    return found


class Names:
    """The rules, with the tables of a face_names.py."""

    def __init__(self, tables):
        self.tables = tables

    def of(self, table):
        return self.tables.get(table, {})

    def c(self, kind, owner, name):
        """Where C should have it, best first."""
        bare = name[1:]
        if kind == "constant":
            return ["CRM_" + snake(bare).upper()]
        if kind == "enum":
            prefix = self.of("C_ENUMS").get(owner, "CRM_" + snake(owner))
            return [f"{prefix}_{snake(bare)}".upper()]
        if kind == "function":
            return ["crm_" + snake(name)]
        noun = self.of("C_NOUNS").get(owner, "crm_" + snake(owner))
        if kind == "method":
            return [f"{noun}_{snake(name)}", f"{noun}_get_{snake(name)}"]
        return [f"{struct}.{member}" for struct in (noun, noun + "_view")
                for member in (name, name + "_us")]

    def python(self, kind, owner, name):
        bare = name[1:]
        where = self.of("PYTHON_CLASSES").get(owner, owner)
        if kind == "constant":
            return [snake(bare).upper()]
        if kind == "enum":
            return [f"{where}.{snake(bare).upper()}"]
        if kind == "function":
            return [snake(name)]
        if kind == "method":
            short = re.sub(r"^(Get|List)(?=[A-Z])", "", name)
            return [f"{where}.{snake(name)}", f"{where}.{snake(short)}"]
        if owner in self.of("PYTHON_OPTIONS"):
            call = self.of("PYTHON_OPTIONS")[owner]
            other = self.of("PYTHON_PARAMETERS").get(name, name)
            return [f"{call}({name})", f"{call}({other})"]
        return [f"{where}.{member}" for member in (name, name + "_json")]


def shown(item):
    kind, owner, name = item
    return f"{owner}::{name}" if owner else name


def missing_in(items, face, candidates, table):
    """What a face lacks, and what its table says that is not so."""
    known = {shown(item) for item in items}
    for name, place in table.items():
        if name not in known:
            yield f"face_names.py: {name} is no longer in include/crm"
        for one in () if place.startswith("(") else place.split(", "):
            if one not in face:
                yield f"face_names.py: {name} should be {one}, which is not there"
    for item in items:
        if shown(item) in table:
            continue
        wanted = candidates(*item)
        if not any(one in face for one in wanted):
            yield f"{shown(item)}: there is no {wanted[0]}"


def number(text):
    """The value of a constant, in C++ or C; None: no number."""
    text = re.sub(r"\bsize_t\{(\w+)\}", r"\1", text).replace("'", "")
    text = text.split("//")[0].split("/*")[0].strip(" ;,")
    if not re.fullmatch(r"[\d\s<*()]+", text):
        return None
    return eval(text, {"__builtins__": {}})  # Digits and operators only.


def different_limits(headers, crm_h):
    """Constants whose numbers differ."""
    for name, value in re.findall(
            r"^inline constexpr \w+ (k\w+) = ([^;]+);", headers, re.M):
        c_name = "CRM_" + snake(name[1:]).upper()
        match = re.search(rf"^\s*{c_name} = ([^,\n/}}]+)|\b{c_name} = (\d+) }}",
                          crm_h, re.M)
        if match and number(value) is not None and (
                number(match[1] or match[2]) != number(value)):
            yield f"{name} is {value}, {c_name} is {match[1] or match[2]}"


def different_numbers(headers, crm_h, names):
    """Enumerators whose numbers differ, but for enums that a table names."""
    numbers = {name: int(value) for name, value in re.findall(
        r"\b(CRM_\w+) = (-?\d+)\b", crm_h)}
    for text in headers:
        for enum, body in re.findall(
                r"\benum class (\w+)[^{;]*\{(.*?)\};", blank_out(text), re.S):
            prefixes = [names.c("enum", owner, "kX")[0][:-1] for owner in {
                enum, *(key for key in names.of("C_ENUMS")
                        if key.endswith(enum))}]
            for name, value in re.findall(r"\b(k\w+) = (-?\d+)", body):
                found = {numbers[prefix + snake(name[1:]).upper()]
                         for prefix in prefixes
                         if prefix + snake(name[1:]).upper() in numbers}
                if found and int(value) not in found and (
                        enum not in names.of("OTHER_NUMBERS")):
                    yield f"{enum}::{name} is {value}, in C {sorted(found)}"


def without_options(crm_h, reasons):
    """Calls of C that can fail and cannot grow, but for those with a reason."""
    crm_h = re.sub(r"/\*.*?\*/", " ", crm_h, flags=re.S)
    found = set()
    for name, arguments in re.findall(
            r"^CRM_API\b[^;(]*?\b(crm_\w+)\s*\((.*?)\)\s*CRM_NOEXCEPT;",
            crm_h, re.M | re.S):
        if "crm_error**" in arguments and not re.search(
                r"const crm_\w+_(options|query|definition)\*", arguments):
            found.add(name)
    for name in sorted(found - set(reasons)):
        yield f"{name} takes no options, and face_names.py has no reason"
    for name in sorted(set(reasons) - found):
        yield f"face_names.py: {name} is not there, or takes options"


def problems(tables, headers, crm_h, *stubs):
    """`headers`: the texts of include/crm; `tables`: of a face_names.py."""
    names = Names(tables)
    items = [item for text in headers for item in items_of(text)
             if item[1] not in tables.get("NOT_FACES", ())]
    yield from missing_in(items, c_face(crm_h), names.c, names.of("C"))
    yield from missing_in(items, python_face(*stubs), names.python,
                          names.of("PYTHON"))
    yield from different_limits("\n".join(headers), crm_h)
    yield from different_numbers(headers, crm_h, names)
    yield from without_options(crm_h, names.of("NO_OPTIONS"))
