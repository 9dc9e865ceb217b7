"""Finds the fewest actions that still break the same rule, within a time.

Delta debugging over the list. What comes after the failure was never played, and early rounds seldom matter, so the
last round alone is tried first.
"""
import time


def shrink(actions, breaks, seconds):
    """`breaks`: plays a list; whether the same rule is broken. Answers the shortest list found."""
    deadline = time.monotonic() + seconds
    tried = set()

    def fails(some):
        key = repr(some)
        if not some or key in tried or time.monotonic() > deadline:
            return False
        tried.add(key)
        return breaks(some)

    for rounds in (1, 2, 4):
        last = _last_rounds(actions, rounds)
        if len(last) < len(actions) and fails(last):
            actions = last
            break
    return _remove_parts(actions, fails, deadline)


def _last_rounds(actions, rounds):
    ends = [number for number, action in enumerate(actions[:-1]) if action["do"] == "settle"]
    first = ends[-rounds] + 1 if len(ends) >= rounds else 0
    return actions[first:]


def _remove_parts(actions, fails, deadline):
    size = max(1, len(actions) // 2)
    while len(actions) > 1 and time.monotonic() < deadline:
        start, removed = 0, False
        while start < len(actions):
            without = actions[:start] + actions[start + size:]
            if fails(without):
                actions, removed = without, True
            else:
                start += size
        if size == 1 and not removed:
            break
        size = max(1, size // 2) if not removed or size > 1 else 1
    return actions
