#!/usr/bin/env python3
"""Fails when a document names, in backticks, a path of this repository that does not exist.

usage: check_paths.py SOURCE_ROOT              checks the documents
       check_paths.py --self-check SOURCE_ROOT expects each wrong path of a text to be found, and no other

A word in backticks is a path of the repository when it begins with a directory of the root, as `core/engine` does. It
may be a pattern, as `core/report/encode*` is: something must match it. Relative links are checked as well. Blocks of
code are not read.
"""

import pathlib
import re
import sys

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "core/ARCHITECTURE.md", "plugins/README.md")
AREAS = ("config", "core", "packaging", "plugins", "sdk", "tests")
# Capitals stand for a name of the reader's choice, as in plugins/NAME; README.md and the like are files.
PLACEHOLDER = re.compile(r"[A-Z]{4,}(?!\w*\.md)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")  # not https://..., nor a heading of the same page


def paths_of(text):
    """Each path that the text names, as it is written: those of the repository, and the targets of links."""
    text = FENCE.sub("", text)
    named = []
    for span in CODE.findall(text):
        for word in span.split():
            word = word.strip(",;:").removeprefix("./")
            if "/" in word and word.split("/")[0] in AREAS and not PLACEHOLDER.search(word):
                named.append(word)
    return named, LINK.findall(text)


def missing(root, document, text):
    """The paths that `text`, which stands in `document`, names and the tree does not have."""
    named, links = paths_of(text)
    wrong = [path for path in named if not any(root.glob(path))]
    return wrong + [link for link in links if not (root / document).parent.joinpath(link).exists()]


def check(root):
    faults = 0
    read = 0
    for name in DOCUMENTS:
        if not (root / name).is_file():
            print(f"{name}: this document is missing")
            faults += 1
            continue
        text = (root / name).read_text()
        read += len(paths_of(text)[0])
        for path in missing(root, name, text):
            print(f"{name}: there is no {path}")
            faults += 1
    print(f"{read} paths in {len(DOCUMENTS)} documents, {faults} wrong")
    # Documents that name no path at all would mean that none is recognised.
    return 1 if faults or read < 50 else 0


def self_check(root):
    text = "`core/main.cpp`, `core/nowhere.cpp`, `tests/no_such/*`, `plugins/NAME.cpp`, [sdk](sdk/README.md), [x](sdk/X.md)"
    expected = ["core/nowhere.cpp", "tests/no_such/*", "sdk/X.md"]
    found = missing(root, "README.md", text)
    if found == expected:
        return 0
    print(f"expected {expected}, found {found}")
    return 1


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--self-check":
        sys.exit(self_check(pathlib.Path(sys.argv[2])))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(check(pathlib.Path(sys.argv[1])))
