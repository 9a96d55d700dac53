"""Enough of C++ to blank out comments and strings and to find functions."""

import re

_TOKEN = re.compile(
    r'(?P<raw>\b(?:u8|u|U|L)?R"(?P<tag>[^()\\ ]{0,16})\(.*?\)(?P=tag)")'
    r'|(?P<line>//[^\n]*)'
    r'|(?P<block>/\*.*?\*/)'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<digits>\b\d[\w.']*)"
    r"|(?P<char>'(?:\\.|[^'\\\n])+')",
    re.S)


def blank_out(text):
    """The text with comments, strings and characters made blank; every line
    and column stays where it is."""

    def blank(match):
        if match["digits"]:  # 1'000 holds no character.
            return match[0].replace("'", "_")
        return re.sub(r"[^\n]", " ", match[0])

    return _TOKEN.sub(blank, text)


def _without_angles(head):
    """Drops <...> and (...), innermost first."""
    before = None
    while head != before:
        before = head
        head = re.sub(r"<[^<>]*>|\([^()]*\)|\[\[[^\[\]]*\]\]", " ", head)
    return head


def _is_scope(head):
    return re.search(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$",
                     _without_angles(head)) is not None


def functions_of(text):
    """(name, first line, last line) of each function, lambdas and blocks
    within it not counted apart."""
    text = blank_out(text)
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
                  lambda match: re.sub(r"[^\n]", " ", match[0]), text,
                  flags=re.M)
    kinds = []  # Of the open braces: scope, function, other.
    starts = []
    head_start = 0
    depth = 0  # Of parentheses.
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char == ";" and depth == 0:
            head_start = at + 1
        elif char == "{":
            head = text[head_start:at]
            if "function" in kinds:
                kind = "other"
            elif _is_scope(head):
                kind = "scope"
            elif ")" in head and not head.rstrip().endswith(("=", ",", "(")):
                kind = "function"
            else:
                kind = "other"
            kinds.append(kind)
            lead = len(head) - len(head.lstrip())
            starts.append((head_start + lead, head, depth))
            head_start = at + 1
            depth = 0
        elif char == "}" and kinds:
            start, head, depth = starts.pop()
            if kinds.pop() == "function":
                names = re.findall(r"[\w:~]+(?=\s*\()", head)
                yield (names[0] if names else "?",
                       text.count("\n", 0, start) + 1,
                       text.count("\n", 0, at) + 1)
            if depth == 0:
                head_start = at + 1
