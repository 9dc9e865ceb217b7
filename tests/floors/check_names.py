#!/usr/bin/env python3
"""Finds names of anonymous namespaces that a file beside them would take for something else.

    tests/floors/check_names.py ROOT
    tests/floors/check_names.py --self-check

Several source files of a target are compiled as one object (see packaging/compile_time.cmake), so that what one has in its
anonymous namespace is seen by those after it. A name that a header has in the same namespace, or in one around it, would
then mean the header's in one file and the neighbour's in the next, and nothing would say so. clang-format keeps what
stands in a namespace at the start of a line, which is how declarations are found here.
"""
import os
import re
import sys
import tempfile

FOLDERS = ("core", "plugins", "tools", "tests/unit", "tests/integration", "tests/e2e", "tests/support", "tests/sdk")
HEADERS = FOLDERS + ("sdk",)
OPENS = re.compile(r"^(?:inline )?namespace(?: ([\w:]+))? \{")
TYPE = re.compile(r"^(?:class|struct|enum class|enum) (\w+)(?: final)?(?= ?[:{])")
ALIAS = re.compile(r"^(?:using|namespace) (\w+) = ")
VALUE = re.compile(r"^(?:inline |static |constexpr |const |thread_local )+(?:[\w:<>,*&\[\] ]+?[ &*>])?(\w+)(?:\[\w*\])?(?: =(?: |$)|\{|;)")
FUNCTION = re.compile(r"^[\w:<>,*&\[\] ]*?[\w>&*] ?\b(\w+)\(")
NO_NAME = {"return", "if", "for", "while", "switch", "TEST", "TEST_F", "TEST_P", "INSTANTIATE_TEST_SUITE_P", "operator",
           "static_assert", "decltype", "main", "requires", "to_string", "encode", "PrintTo", "alignas"}


def declared(line):
    for each in (TYPE, ALIAS, VALUE, FUNCTION):
        found = each.match(line)
        if found:
            return None if found.group(1) in NO_NAME else found.group(1)
    return None


def declarations(path):
    """Each as (namespace, whether it is anonymous, name, line)."""
    stack = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            opened = OPENS.match(line)
            if opened:
                stack.append(opened.group(1))
            elif line.startswith("}  // namespace"):
                if stack:
                    stack.pop()
            elif stack and not re.match(r"[\s#/}]", line):
                name = declared(line)
                if name and "::" + name + "(" not in line:
                    yield "::".join(each for each in stack if each), None in stack, name, number


def files(root, folders, ending):
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith(ending):
                    yield os.path.join(where, name)


def is_alone(path):
    """A plugin's or a tool's own file is an object by itself: plugins/NAME/NAME.cpp, tools/NAME/main.cpp."""
    folder, name = os.path.split(path)
    return name in (os.path.basename(folder) + ".cpp", "main.cpp")


def faults(root):
    known = {}
    for path in files(root, HEADERS, ".hpp"):
        for namespace, anonymous, name, number in declarations(path):
            if not anonymous:
                known.setdefault(name, []).append((namespace, path, number))
    for path in sorted(files(root, FOLDERS, ".cpp")):
        if is_alone(os.path.relpath(path, root)):
            continue
        for namespace, anonymous, name, number in declarations(path):
            if not anonymous:
                continue
            for around, header, at in known.get(name, ()):
                if namespace == around or namespace.startswith(around + "::"):
                    yield (f"{os.path.relpath(path, root)}:{number}: '{name}' hides the one of "
                           f"{os.path.relpath(header, root)}:{at} from the files that are compiled with this one; "
                           "give it another name, or the file a namespace with a name")
                    break


def self_check():
    """A name of each kind that hides one of a header is found, and one that hides none is not."""
    header = "namespace drcon {\nstruct thing {\n};\ninline const int count = 1;\nint sum(int a);\n}  // namespace drcon\n"
    for kind, line, wrong in (("type", "struct thing {", True), ("value", "constexpr long count = 2;", True),
                              ("value of the next line", "constexpr const char* count =", True),
                              ("function", "long sum(long a) {", True), ("alias", "using thing = int;", True),
                              ("another name", "long sum_of(long a) {", False)):
        with tempfile.TemporaryDirectory() as tree:
            os.makedirs(os.path.join(tree, "core", "part"))
            for name, text in (("part/part.hpp", header),
                               ("part/one.cpp", "namespace drcon::part {\nnamespace {\n\n" + line +
                                "\n}\n}  // namespace\n}  // namespace drcon::part\n")):
                with open(os.path.join(tree, "core", name), "w", encoding="utf-8") as out:
                    out.write(text)
            if bool(list(faults(tree))) != wrong:
                sys.exit(f"check_names: {kind}: {'not found' if wrong else 'found, and is none'}")
    return []


if __name__ == "__main__":
    found = self_check() if sys.argv[1] == "--self-check" else list(faults(sys.argv[1]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
