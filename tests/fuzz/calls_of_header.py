#!/usr/bin/env python3
"""Writes a call of every function of crm.h, for capi_any_fuzzer.cc.

  calls_of_header.py include/crm.h OUT

What each call gets comes from the bytes of the input, by the type of each
parameter and by its name: a live handle, a dead one or NULL, records whose
arrays have as many elements as is said, slices that end where they say. So no
function is left out, also not one that is added tomorrow; a kind of parameter
that this does not know stops the build.
"""

import re
import sys

# Slices that name a file or a folder, by their parameter or member.
PATHS = {"path", "directory", "clusters", "crm_restore_store.data",
         "crm_restore_store.keys", "crm_store_options.key_file",
         "crm_link_options.review"}
# What would wait for a call that never comes: only handles that are none.
DEAD = {"crm_append_order_wait.order", "crm_append_options.order"}
# What is no record.
SCALARS = {"uint64_t", "int64_t", "uint32_t", "int32_t", "size_t", "double",
           "crm_status", "uint8_t", "char"}


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"^#.*(?:\\\n.*)*$", "", text, flags=re.M)


def split(parameters):
    """At commas that stand in no parentheses."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(parameters):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(parameters[start:at])
            start = at + 1
    parts.append(parameters[start:])
    return [" ".join(part.split()) for part in parts if part.strip()]


class Header:
    def __init__(self, text):
        text = without_comments(text)
        self.callbacks = set(re.findall(r"typedef int32_t \(\*(\w+)\)", text))
        self.structs = {
            name: [self.variable(" ".join(member.split()))
                   for member in body.split(";") if member.strip()]
            for name, body in re.findall(
                r"typedef struct (\w+) \{(.*?)\} \1;", text, re.S)}
        self.handles = re.findall(r"typedef struct (\w+) \1;", text)
        self.functions = []
        for declaration in re.findall(r"^CRM_API\b([^;]*);", text, re.M):
            declaration = " ".join(declaration.split())
            match = re.fullmatch(
                r"(.*?)\b(crm_\w+) ?\((.*)\) CRM_NOEXCEPT", declaration)
            parameters = [] if match[3].strip() == "void" else [
                self.variable(part) for part in split(match[3])]
            self.functions.append((match[1].strip(), match[2], parameters))

    @staticmethod
    def variable(text):
        """(type, name, length of an array or None)"""
        match = re.fullmatch(r"void \(\*(\w+)\)\(void\* user_data\)", text)
        if match:
            return ("destroy", match[1], None)
        match = re.fullmatch(r"(.*?)(\w+)(?:\[(\w+)\])?", text)
        return (match[1].strip(), match[2], match[3])


def pairs(variables):
    """Names of pointers that the next variable counts, and of those."""
    found = {}
    for (kind, name, _), (following, count, _) in zip(
            variables, variables[1:]):
        if kind.endswith("*") and following == "size_t" and (
                count.endswith("count") or count == "room"):
            found[name] = count
    return found


class Writer:
    def __init__(self, header):
        self.header = header
        self.lines = []

    def value(self, owner, kind, name, counts):
        """The expression for one parameter or member."""
        where = f"{owner}.{name}"
        if kind == "crm_slice":
            if name in PATHS or where in PATHS:
                return "in.Path()"
            return f'in.Slice("{name}")'
        if kind in SCALARS:
            if name.startswith("timeout"):
                return "in.Next() % 2"
            return f'in.Number<{kind}>("{name}")'
        if kind == "const char*":
            return "in.Text()"
        if kind == "void*":
            return "&in"
        if kind == "destroy":
            return "in.Next() % 2 == 0 ? nullptr : &Destroyed"
        if kind in self.header.callbacks:
            return f"in.Next() % 2 == 0 ? nullptr : &On_{kind}"
        plain = kind.removeprefix("const ").removesuffix("*").strip()
        if plain in self.header.handles:
            dead = "Dead" if where in DEAD else "Pick"
            return f"world.{dead}(world.handles.{plain}_)"
        if kind.startswith("const ") and kind.endswith("*"):
            if name in counts:
                return f"Array<{plain}>(world, &{counts[name]})"
            return f"One<{plain}>(world)"
        raise ValueError(f"{where}: what is a {kind}?")

    def fill(self, name):
        members = self.header.structs[name]
        counts = pairs(members)
        counted = set(counts.values())
        self.lines += [f"void Fill(World& world, {name}& out) {{",
                       "  Bytes& in = world.bytes;"]
        for kind, member, length in members:
            if member in counted:
                continue
            if member in counts:
                self.lines.append(f"  size_t {counts[member]} = 0;")
            if member == "struct_size":
                self.lines.append("  out.struct_size = in.Size(sizeof(out));")
            elif member.startswith("reserved"):
                target = f"out.{member}" + ("[0]" if length else "")
                self.lines.append(f"  {target} = in.Next() == 255;")
            elif length:
                self.lines += [f"  for (auto& one : out.{member}) {{",
                               f'    one = in.Number<{kind}>("{member}");',
                               "  }"]
            elif kind in self.header.structs and kind != "crm_slice":
                self.lines.append(f"  Fill(world, out.{member});")
            else:
                value = self.value(name, kind, member, counts)
                self.lines.append(f"  out.{member} = {value};")
            if member in counts:
                count = counts[member]
                self.lines.append(f"  out.{count} = {count};")
        self.lines += ["  (void)in;", "}"]

    def touch(self, name):
        members = self.header.structs[name]
        counts = pairs(members)
        self.lines.append(f"void Touch(const {name}& in) {{")
        for kind, member, length in members:
            plain = kind.removeprefix("const ").removesuffix("*").strip()
            if kind in self.header.structs:
                self.lines.append(f"  Touch(in.{member});")
            elif member in counts:
                self.lines += [
                    f"  for (size_t i = 0; i < in.{counts[member]}; ++i) {{",
                    f"    Touch(in.{member}[i]);", "  }"]
        self.lines += ["  (void)in;", "}"]

    def call(self, result, name, parameters):
        counts = pairs(parameters)
        counted = set(counts.values())
        fallible = any(kind == "crm_error**" for kind, _, _ in parameters)
        before, arguments, after = [], [], []
        for kind, parameter, _ in parameters:
            plain = kind.removeprefix("const ").rstrip("*").strip()
            if kind == "crm_error**":
                before.append("crm_error** const error = world.ErrorOut();")
                arguments.append("error")
            elif kind.endswith("**"):
                before.append(f"{plain}* made_{parameter} = Poison<{plain}>();")
                before.append(f"auto** const {parameter} = in.Next() == 255 ? "
                              f"nullptr : &made_{parameter};")
                arguments.append(parameter)
                after.append(
                    f"world.Keep(answer, {parameter}, world.handles.{plain}_, "
                    f"&Free_{plain});")
            elif parameter in counted:
                arguments.append(parameter)
            elif kind == "struct ArrowArrayStream*":
                arguments.append("world.Stream()" if parameter == "stream"
                                 else "world.EmptyStream()")
            elif kind.endswith("*") and not kind.startswith("const ") and (
                    plain not in self.header.handles and kind != "void*"):
                if parameter in counts:
                    before.append(f"size_t {counts[parameter]} = 0;")
                    before.append(f"{plain}* const {parameter} = "
                                  f"Room<{plain}>(world, "
                                  f"&{counts[parameter]});")
                else:
                    before.append(f"{plain}* const {parameter} = "
                                  f"Out<{plain}>(world);")
                    if fallible:
                        after.append(f"if (answer >= 0 && {parameter} != "
                                     f"nullptr) Touch(*{parameter});")
                arguments.append(parameter)
            else:
                if parameter in counts:
                    before.append(f"size_t {counts[parameter]} = 0;")
                value = self.value(name, kind, parameter, counts)
                before.append(f"const auto {parameter}_ = {value};")
                arguments.append(f"{parameter}_")
        self.lines += [f"void Call_{name}(World& world) {{",
                       "  Bytes& in = world.bytes;"]
        self.lines += [f"  {line}" for line in before]
        called = f"{name}({', '.join(arguments)})"
        if result == "void":
            self.lines.append(f"  {called};")
        else:
            self.lines.append(f"  const auto answer = {called};")
            if result.endswith("_view*") or result == "const crm_trait*":
                self.lines.append("  if (answer != nullptr) Touch(*answer);")
            elif fallible:
                self.lines.append("  world.Took(answer, error);")
            else:
                self.lines.append("  Touch(answer);")
        self.lines += [f"  {line}" for line in after]
        self.lines += ["  (void)in;", "}"]

    def handles(self):
        self.lines.append("struct Handles {")
        for handle in self.header.handles:
            self.lines.append(f"  Slots<{handle}> {handle}_;")
        self.lines.append("};")

    def frees(self):
        known = {name for _, name, _ in self.header.functions}
        for handle in self.header.handles:
            free = ("CloseStore" if handle == "crm_store"
                    else f"{handle}_free")
            if free not in known and free != "CloseStore":
                raise ValueError(f"{handle} has no {free}")
            self.lines.append(f"void Free_{handle}({handle}* handle) "
                              f"{{ {free}(handle); }}")
        self.lines.append("void FreeAll(Handles& handles) {")
        last = [h for h in self.header.handles if h != "crm_store"]
        for handle in last + ["crm_store"]:
            self.lines.append(f"  for ({handle}* one : handles.{handle}_) "
                              f"Free_{handle}(one);")
        self.lines.append("}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        header = Header(file.read())
    structs = [name for name in header.structs if name != "crm_slice"]
    handles, calls = Writer(header), Writer(header)
    handles.handles()
    for name in structs:
        calls.lines += [f"[[maybe_unused]] void Touch(const {name}& in);"]
    for name in structs:
        calls.touch(name)
    calls.frees()
    wanted = set()

    def want(kind):
        name = kind.removeprefix("const ").removesuffix("*").strip()
        if name in structs and name not in wanted:
            wanted.add(name)
            for member, _, _ in header.structs[name]:
                if member.startswith("const ") or member in structs:
                    want(member)
    for _, _, parameters in header.functions:
        for kind, _, _ in parameters:
            if kind.startswith("const "):
                want(kind)
    for name in structs:
        if name in wanted:
            calls.lines += [f"void Fill(World& world, {name}& out);"]
    for name in structs:
        if name in wanted:
            calls.fill(name)
    for result, name, parameters in header.functions:
        calls.call(result, name, parameters)
    calls.lines += ["constexpr Function kCalls[] = {"]
    calls.lines += [f'    {{"{name}", &Call_{name}}},'
                    for _, name, _ in header.functions]
    calls.lines += ["};"]
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("#ifdef CRM_FUZZ_HANDLES\n" + "\n".join(handles.lines) +
                  "\n#else\n" + "\n".join(calls.lines) + "\n#endif\n")


if __name__ == "__main__":
    main()
