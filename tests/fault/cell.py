"""Plays one cell: a change begins, drcon is held at the step, the fault strikes, lasts and ends; what follows is judged."""
import time

import rows
from judge import Judgement, Watch
from processes import wait_until

OK, WRONG, NONE = "ok", "WRONG", "—"
_STEP_WITHIN = 10.0  # seconds until the change has reached the step
_NEWEST_WITHIN = 5.0  # seconds after the end of the fault
_SETTLES_WITHIN = 10.0  # the same for the status


def play(world, step, name, fault):
    """Answers (mark, text): the text says what was wrong, why there is no such cell, or what was noticed."""
    if reason := world.row.reason(step, name, fault):
        return NONE, reason
    revision = world.state()[1] if world.row.registry.at_once else None
    judgement = Judgement(world.truth(world.turn), world.truth(world.turn + 1), revision)
    watch = Watch(world, judgement)
    injected = world.page.injected()
    try:
        notes = _strike(world, judgement, step, fault)
    finally:
        world.page.let_go()
        watch.end()
    if fault.writes and hasattr(fault, "_bits") and world.page.injected() == injected:
        notes.append("met by no call")
    if judgement.wrong:
        return WRONG, "; ".join(judgement.wrong.values())
    return OK, "; ".join(notes)


def _strike(world, judgement, step, fault):
    world.page.arm(world.row.steps[step])
    if step == rows.RELOAD:
        world.begin_reload()
    else:
        _change(world, judgement)
    if not world.page.wait(_STEP_WITHIN):
        judgement.note("the matrix itself", "the step was not reached")
        return []
    if step == rows.RELOAD:
        _change(world, judgement)
    target_is_hit = fault.hits_target and world.row.hit is world.row.target
    judgement.down = target_is_hit
    judgement.forgot = target_is_hit and world.row.target.forgets
    fault.begin(world)
    fault.hold(world)
    fault.end(world)
    return _recover(world, judgement, step, fault)


def _change(world, judgement):
    world.change()
    judgement.registered = True


def _recover(world, judgement, step, fault):
    notes = []
    if not world.drcon.process.running():
        if not fault.may_end_drcon:
            judgement.note("ended", f"drcon ended with code {world.drcon.process.exit_code()}")
        elif world.drcon.process.exit_code() != -9:
            notes.append(f"drcon ended with code {world.drcon.process.exit_code()} and was started again")
        world.drcon.launch()
    judgement.down = False
    ended = time.monotonic()
    if not judgement.caught_up.wait(_NEWEST_WITHIN):
        judgement.note("late", f"the newest is not served {_NEWEST_WITHIN:.0f} s after the end of the fault")
    else:
        notes.append(f"{time.monotonic() - ended:.1f} s")
    if step == rows.RELOAD and wait_until(lambda: world.is_settled() or world.state()[0] == "caveats",
                                          _SETTLES_WITHIN / 2, 0.1) and not world.is_settled():
        # The fault has made drcon refuse the reload. It says so until the next one, which is the operator's turn.
        world.reload_again()
        notes.append("the reload was refused, and was made again")
    if not wait_until(world.is_settled, max(0.0, ended + _SETTLES_WITHIN - time.monotonic()), 0.1):
        judgement.note("not settled", f"{world.verdict()} {_SETTLES_WITHIN:.0f} s after the end of the fault")
    return notes
