"""Which faults are on, and for how long each target's way from its registries has been free of them.

Thread rule: guarded by the model's lock where it is read from other threads; times are monotonic.
"""
import universe


def _conditions_of(target):
    pipeline = universe.PIPELINE_OF[target]
    own = {"nginx": ["nginx"], "haproxy": ["haproxy"], "app": ["app"], "boxes": ["app"]}[target]
    return own + ["drcon", f"steered {pipeline}", f"removed {pipeline}"] + universe.SOURCES_OF[pipeline]


class Conditions:
    """A condition is on (a fault is there, a pipeline is steered or removed) or off since a time."""

    def __init__(self, clock):
        self._clock = clock
        self._on = set()
        self._changed = {}

    def begin(self, name):
        self._on.add(name)
        self._changed[name] = self._clock()

    def end(self, name):
        self._on.discard(name)
        self._changed[name] = self._clock()

    def is_on(self, name):
        return name in self._on

    def all_on(self):
        return sorted(self._on)

    def calm_for(self, target, now):
        """Seconds since the last fault on the way to this target ended; 0 while one is on."""
        names = _conditions_of(target)
        if any(name in self._on for name in names):
            return 0.0
        return now - max((self._changed.get(name, 0.0) for name in names), default=0.0)
