#!/usr/bin/env python3
"""Fails when a document names, in backticks or as a link, a path of this repository that does not exist.

usage: check_paths.py SOURCE_ROOT              checks the documents
       check_paths.py --self-check SOURCE_ROOT expects wrong paths to be found, and right ones not

Looked at are the words in `backticks`, and the targets of links. A word is a path of the repository when it begins with one
of its top directories and a slash, or is the name of a document at the root. Blocks of code are commands and examples, and
are not looked at; nor is `build/`, which a build makes. A path of which `.cpp` and `.hpp` exist may stand without an ending,
and `*` stands for any text.
"""

import re
import sys

sys.dont_write_bytecode = True

import command_line  # noqa: E402

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "core/ARCHITECTURE.md", "plugins/README.md",
             "tools/import/README.md")
TOP = ("config", "core", "packaging", "plugins", "sdk", "tests", "tools")

FENCE = re.compile(r"^```.*?^```[^\n]*$", re.MULTILINE | re.DOTALL)
BACKTICKS = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# NAME and other words in capitals stand for something: `plugins/NAME` is a pattern for readers, not a path.
PLACEHOLDER = re.compile(r"(^|[/_.])[A-Z]{2,}([/_.]|$)")
DOCUMENT = re.compile(r"(README|CONTRIBUTING|CHANGELOG|SECURITY|ARCHITECTURE)\.md$")


def without_code_blocks(text):
    """Line numbers stay as they are."""
    return FENCE.sub(lambda block: "\n" * block.group().count("\n"), text)


def is_path(word):
    """True if the word looks like a path of this repository."""
    if DOCUMENT.fullmatch(word):
        return True
    if not word.startswith(tuple(top + "/" for top in TOP)):
        return False
    return not PLACEHOLDER.search(DOCUMENT.sub("", word))


def exists(root, word):
    if "*" in word:
        return any(root.glob(word))
    path = root / word.rstrip("/")
    return path.exists() or path.with_name(path.name + ".cpp").exists() or path.with_name(path.name + ".hpp").exists()


def faults(root, document, text):
    """("document:line: what is wrong") for each path that does not exist."""
    found = []
    for number, line in enumerate(without_code_blocks(text).splitlines(), 1):
        for word in BACKTICKS.findall(line):
            # "drcon -c config/x.toml": each word of a command may be a path.
            for part in word.split():
                if is_path(part) and not exists(root, part):
                    found.append(f"{document}:{number}: `{part}` does not exist")
        for target in LINK.findall(line):
            if "://" not in target and not (root / document).parent.joinpath(target).exists():
                found.append(f"{document}:{number}: the link to {target} leads nowhere")
    return found


def check(root):
    found = []
    for document in DOCUMENTS:
        path = root / document
        found += faults(root, document, path.read_text()) if path.exists() else [f"{document} does not exist"]
    return found


def self_check(root):
    """A checker that finds nothing looks like one that works."""
    wrong = ("`core/engine/nowhere.cpp`", "`plugins/nowhere`", "`tests/*/nowhere.cpp`", "`run core/nowhere/x`",
             "`ARCHITECTURE.md`", "[a link](nowhere.md)", "```\ncode\n```\n`core/after_a_block.cpp`")
    right = ("`core/engine/pipeline.cpp`", "`core/engine/pipeline`", "`core/engine/`", "`plugins/*/README.md`",
             "`core/NAME.cpp`", "`core/ARCHITECTURE.md`", "`README.md`", "`nowhere`", "`build/x`", "[README](README.md)",
             "[elsewhere](https://example.org/x)", "```\n`core/nowhere.cpp`\n```")
    found = [f"not found: {text!r}" for text in wrong if len(faults(root, "README.md", text)) != 1]
    found += [f"found without reason: {text!r}" for text in right if faults(root, "README.md", text)]
    numbered = faults(root, "README.md", "```\ncode\n```\n`core/nowhere.cpp`")
    if not numbered or not numbered[0].startswith("README.md:4:"):
        found.append(f"wrong line: {numbered}")
    return found


if __name__ == "__main__":
    command_line.run(__doc__, check, self_check)
