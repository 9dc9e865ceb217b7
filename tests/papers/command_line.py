"""What the checks of the documents share: how they are called, and how they report."""

import pathlib
import sys


def run(usage, check, self_check):
    """Runs check(root), or with --self-check self_check(root), prints each fault that it returns, and exits."""
    arguments = sys.argv[1:]
    if len(arguments) not in (1, 2) or (len(arguments) == 2 and arguments[0] != "--self-check"):
        sys.exit(usage)
    root = pathlib.Path(arguments[-1]).resolve()
    found = self_check(root) if len(arguments) == 2 else check(root)
    for each in found:
        print(each)
    sys.exit(1 if found else 0)
