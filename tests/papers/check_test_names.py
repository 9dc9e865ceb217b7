#!/usr/bin/env python3
"""Fails when a document points at a test that does not exist.

usage: check_test_names.py SOURCE_ROOT              checks the documents
       check_test_names.py --self-check SOURCE_ROOT expects wrong names to be found, and right ones not

A test is named in backticks as `Suite.Name`, both in capitals and small letters, as GoogleTest and CTest have it. The name
is looked for in the sources, so that nothing needs to be built.
"""

import re
import sys

sys.dont_write_bytecode = True

import command_line  # noqa: E402

DOCUMENTS = ("SECURITY.md", "CONTRIBUTING.md", "README.md")
NAMED = re.compile(r"`([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)\.([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)`")
DEFINED = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
ADDED = re.compile(r"\badd_test\(\s*NAME\s+(\w+)\.(\w+)")
# tests/fuzz/CMakeLists.txt makes one of each fuzzer, by a function.
FUZZERS = re.compile(r"\bdrcon_fuzzer\(\w+\s+TEST\s+(\w+)")


def tests_of(root):
    """{(suite, name)} of all tests in the sources."""
    found = set()
    for path in (root / "tests").rglob("*.cpp"):
        found.update(DEFINED.findall(path.read_text(errors="replace")))
    for path in (root / "tests").rglob("CMakeLists.txt"):
        text = path.read_text()
        found.update(ADDED.findall(text))
        found.update((each, "SurvivesFuzzing") for each in FUZZERS.findall(text))
    return found


def faults(document, text, tests):
    """("document:line: what is wrong") for each test that is not there."""
    return [f"{document}:{number}: there is no test `{suite}.{name}`"
            for number, line in enumerate(text.splitlines(), 1)
            for suite, name in NAMED.findall(line) if (suite, name) not in tests]


def check(root):
    tests = tests_of(root)
    found = [each for document in DOCUMENTS for each in faults(document, (root / document).read_text(), tests)]
    # Otherwise a pattern that fits nothing any more would look like a document without a fault.
    if not NAMED.search((root / "SECURITY.md").read_text()):
        found.append("SECURITY.md points at no test")
    return found


def self_check(root):
    """A checker that finds nothing looks like one that works."""
    tests = tests_of(root)
    found = []
    for wrong in ("`Library.IsNowhere`", "`Nowhere.RefusesAnExecutable`"):
        if faults("SECURITY.md", "\n" + wrong, tests) != [f"SECURITY.md:2: there is no test {wrong}"]:
            found.append(f"not found: {wrong}")
    for right in ("`Library.RefusesAnExecutable`", "`Papers.EveryPathThatTheyNameExists`", "`README.md`", "`plugin.h`"):
        if faults("SECURITY.md", right, tests):
            found.append(f"found without reason: {right}")
    return found


if __name__ == "__main__":
    command_line.run(__doc__, check, self_check)
