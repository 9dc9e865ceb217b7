"""What a run found, for people."""
import json

_MOST_LISTED = 6


def summary(result):
    settled = result["settled_in"]
    requests = result["requests"]
    lines = [f"{len(result['played'])} actions in {result['seconds']:.0f} s; {len(settled)} settlings, the slowest in "
             f"{max(settled, default=0):.1f} s",
             f"requests to the undisturbed service that had to succeed: {requests['nginx']} through nginx, "
             f"{requests['haproxy']} through HAProxy"]
    if usage := result["usage"]:
        lines.append(f"drcon: memory {min(u['memory'] for u in usage)} to {max(u['memory'] for u in usage)} KiB, "
                     f"descriptors {min(u['descriptors'] for u in usage)} to {max(u['descriptors'] for u in usage)}, "
                     f"threads {min(u['threads'] for u in usage)} to {max(u['threads'] for u in usage)}")
    for each in result["violations"][:_MOST_LISTED]:
        lines.append(f"VIOLATION ({each['rule']}) after {each['after']} s: {each['text']}")
    if len(result["violations"]) > _MOST_LISTED:
        lines.append(f"and {len(result['violations']) - _MOST_LISTED} more")
    if not result["violations"]:
        lines.append("no violation")
    return "\n".join(lines)


def action_file(actions):
    return "[\n" + ",\n".join("  " + json.dumps(action) for action in actions) + "\n]\n"
