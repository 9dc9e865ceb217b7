"""Looks at the target, at requests through it and at drcon's status during a cell, and notes the first of each wrong.

`Judgement` has the rules alone, and is fed with what was seen; `Watch` sees, on threads of its own.
"""
import threading
import time

_SAID_LATE = 5.0  # seconds that "ok" may be said while the target differs and drcon cannot know it yet
_LOOK_EVERY, _ASK_EVERY, _REQUEST_EVERY = 0.02, 0.15, 0.05


class Judgement:
    """`old` and `new`: sets of (service, port). Thread rule: each rule's method is called by one thread."""

    def __init__(self, old, new, revision=0):
        self.old = old
        self.new = new
        self._revision = revision  # of the old; None: a change is no single revision here
        self.wrong = {}  # the first of each rule
        self.registered = False  # the registry has the change, whole
        self.down = False  # the target itself is: what it serves is not drcon's doing
        self.forgot = False  # the target has lost its memory, and was not filled again yet
        self._contradicts_since = None
        self.caught_up = threading.Event()

    def note(self, rule, text):
        self.wrong.setdefault(rule, text)

    @property
    def excused(self):
        return self.down or self.forgot

    def see_target(self, served, confirmed=True):
        """`confirmed`: whether requests are answered accordingly."""
        if served is None:
            return
        if alien := served - self.old - self.new:
            self.note("alien", f"serves {_words(alien)}, which is not registered")
        if served == self.new and confirmed:
            if not self.down:
                self.forgot = False
            self.caught_up.set()
        elif (lost := (self.old & self.new) - served) and not self.excused:
            self.note("lost", f"lost {_words(lost)}")

    def see_answer(self, service, status, text):
        """`text`: the port of who answered. A request counts when the target was excused neither at its begin nor at
        its end."""
        if self.excused:
            return
        if status != 200:
            self.note("request failed", f"a request to {service} failed: {status} {text.strip()[:80]}")
        elif (service, int(text)) not in self.old | self.new:
            self.note("alien", f"a request to {service} was answered by {text.strip()}")

    def see_ok(self, served, confirmed, revision, now):
        """The status said "ok", of this revision, before and after the target was looked at."""
        if not self.registered or served is None or (served == self.new and confirmed):
            self._contradicts_since = None
            return
        if self._contradicts_since is None:
            self._contradicts_since = now
        if self._revision is not None and revision > self._revision and not self.forgot:
            self.note("said wrongly", "status says ok although drcon knows of the change and the target differs")
        elif now - self._contradicts_since > _SAID_LATE:
            self.note("said wrongly", f"status says ok for {_SAID_LATE:.0f} s while the target differs")

    def see_other_state(self):
        self._contradicts_since = None


class Watch:
    def __init__(self, world, judgement):
        self._world = world
        self._judgement = judgement
        self._over = threading.Event()
        self._met = set()  # who answered while the target served the newest alone
        jobs = [(self._look, _LOOK_EVERY), (self._ask, _ASK_EVERY)]
        if world.row.target.entry:
            jobs.append((self._request, _REQUEST_EVERY))
        self._threads = [threading.Thread(target=self._repeat, args=job, daemon=True) for job in jobs]
        for each in self._threads:
            each.start()

    def _repeat(self, job, pause):
        try:
            while not self._over.wait(pause):
                job()
        except Exception as fault:  # who has ended would find nothing more
            self._judgement.note("the matrix itself", f"cannot watch: {fault!r}")

    def _served(self):
        """What the target is set to serve, and whether requests are answered by that alone."""
        served = self._world.row.target.served()
        return served, served != self._judgement.new or self._world.answerers(served) <= served

    def _look(self):
        served, confirmed = self._served()
        if served == self._judgement.new and confirmed and self._world.row.target.entry:
            # Who asks at the same time takes turns with us: each endpoint must be met once, not in each look.
            self._met |= self._world.answerers(served)
            confirmed = self._met >= served
        self._judgement.see_target(served, confirmed)

    def _ask(self):
        before = self._world.state()
        if before[0] != "ok":
            self._judgement.see_other_state()
            return
        seen = self._served()
        if self._world.state() == before:
            self._judgement.see_ok(*seen, before[1], time.monotonic())

    def _request(self):
        for service in ("a", "steady"):
            if self._judgement.excused:
                return
            [(status, text)] = self._world.traffic.ask_each(self._world.row.target.entry, service, 1)
            self._judgement.see_answer(service, status, text)

    def end(self):
        self._over.set()
        for each in self._threads:
            each.join(15)


def _words(some):
    return ", ".join(f"{service}:{port}" for service, port in sorted(some))
