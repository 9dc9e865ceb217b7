"""The matrix as a table for people: plugin × step × fault, with a mark in each cell and the reasons below it."""
import cell

_HEAD = """\
ok: what was served stayed, nothing else was, the newest came within 5 s of the end of the fault, and the status did not
say "ok" while the target differed. WRONG: one of these does not hold. —N: there is no such cell, for reason N below.
The brake has its defaults, and must hold nothing here, since every change replaces an endpoint by another; except for
nginx, where every second change takes the only endpoint of a service, which it would hold: there it is off."""


def text_of(results, faults):
    """`results`: by plugin, by step, by fault: (mark, text)."""
    lines, reasons, wrong = [_HEAD], {}, []
    width = max((len(step) for steps in results.values() for step in steps), default=0)
    counts = {cell.OK: 0, cell.WRONG: 0, cell.NONE: 0}
    for plugin, steps in results.items():
        lines.append("")
        lines.append(f"{plugin:<{width + 2}}" + "  ".join(f"{fault:>{_wide(fault)}}" for fault in faults))
        for step, cells in steps.items():
            marks = []
            for fault in faults:
                mark, text = cells.get(fault, ("", ""))
                if not mark:
                    marks.append(" " * _wide(fault))
                    continue
                counts[mark] += 1
                if mark == cell.NONE:
                    mark += str(reasons.setdefault(text, len(reasons) + 1))
                elif mark == cell.WRONG:
                    wrong.append(f"{plugin} × {step} × {fault}: {text}")
                marks.append(f"{mark:>{_wide(fault)}}")
            lines.append(f"  {step:<{width}}" + "  ".join(marks))
    lines += ["", *(f"—{number}: {text}" for text, number in reasons.items()), ""] if reasons else [""]
    lines += [f"WRONG: {each}" for each in wrong]
    lines.append(f"{counts[cell.OK]} cells ok, {counts[cell.WRONG]} wrong, {counts[cell.NONE]} that cannot be")
    return "\n".join(lines)


def _wide(fault):
    return max(len(fault), len(cell.WRONG))
