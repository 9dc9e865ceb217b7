"""What is true: which instances there are, what the registries know of them, and what each target may serve now.

The rules are judged at each observation. Thread rule: every method takes the model's lock; nothing blocks within it.
"""
import threading
import time

import universe
from conditions import Conditions


class Record(tuple):
    """Health, maintenance and weight of an instance that is there."""

    def __new__(cls, health="passing", maintenance=False, weight=1):
        return super().__new__(cls, (health, maintenance, weight))

    @property
    def in_service(self):
        health, maintenance, weight = self
        return health in ("passing", "warning") and not maintenance and weight > 0


def in_service(record):
    return record is not None and record.in_service


class Instance:
    """`truth` is what it is, `registry` what its registry has of it; None: it is not there."""

    def __init__(self, service, port, now):
        self.service = service
        self.port = port
        self.truth = None
        self.registry = None
        self.since = now  # when either began, or ceased, to be in service
        self.truth_since = self.since  # the same of the truth alone

    @property
    def serves(self):
        return in_service(self.truth) and in_service(self.registry)

    @property
    def gone(self):
        return not in_service(self.truth) and not in_service(self.registry)

    def __str__(self):
        return f"{self.service} 127.0.0.1:{self.port}"


class Sight:
    """What is known of one target: what it was last seen to serve, and what follows for each instance."""

    def __init__(self):
        self.observed = None  # set of (service, port), or None while it cannot be seen
        self.kept = set()  # instances that it served when it had caught up: it must not lose them
        self.removed = set()  # instances that it had removed when it had caught up: they must not come back
        self.differs_since = {}  # instance: since when it is served and should not be, or the other way round


class Model:
    def __init__(self, clock=time.monotonic):
        self.lock = threading.RLock()
        self.clock = clock
        self.conditions = Conditions(clock)
        self.instances = {}
        self.sights = {target: Sight() for target in universe.PIPELINE_OF}
        self.violations = []
        self.ok_since = None  # since when every status said "ok"
        self.paused = {}  # pipeline: since when it is paused; a pause that was answered must stay
        self.changed = threading.Event()  # set by the first violation

    def violate(self, rule, text):
        with self.lock:
            self.violations.append({"rule": rule, "text": text, "at": self.clock()})
            self.changed.set()

    # ---- what is true ----

    def instance(self, service, port):
        with self.lock:
            return self.instances.setdefault(port, Instance(service, port, self.clock()))

    def set_truth(self, instance, record):
        self._set(instance, "truth", record)

    def set_registry(self, instance, record):
        self._set(instance, "registry", record)

    def _set(self, instance, which, record):
        with self.lock:
            if in_service(getattr(instance, which)) != in_service(record):
                instance.since = self.clock()
                if which == "truth":
                    instance.truth_since = instance.since
            setattr(instance, which, record)
            # Here and not when a target is next seen: an instance may be gone for less time than lies between two looks.
            for sight in self.sights.values():
                if not in_service(instance.truth):
                    sight.kept.discard(instance)
                if not instance.gone:
                    sight.removed.discard(instance)

    def of(self, services):
        with self.lock:
            return [each for each in self.instances.values() if each.service in services]

    def registries_are_true(self):
        with self.lock:
            return all(each.truth == each.registry for each in self.instances.values())

    def is_gone(self, address):
        """Whether no instance at this address (HOST:PORT) is in service, nor has been registered as if it were."""
        with self.lock:
            instance = self.instances.get(int(address.rsplit(":", 1)[1]))
            return instance is None or instance.gone

    # ---- what is seen ----

    def observe(self, target, observed):
        """`observed`: set of (service, port) in service at the target; None: it cannot be seen."""
        now = self.clock()
        with self.lock:
            sight = self.sights[target]
            sight.observed = observed
            if observed is None:
                sight.differs_since.clear()
                return
            self._judge_aliens(target, observed)
            calm = self.conditions.calm_for(target, now)
            for instance in self.of(universe.services_of(target)):
                present = (instance.service, instance.port) in observed
                self._judge_history(target, sight, instance, present, now)
                self._note(sight, instance, present, min(calm, now - instance.since))
                self._judge_status(target, sight, instance, present, now)

    def _judge_aliens(self, target, observed):
        for service, port in observed:
            known = self.instances.get(port)
            if known is None or known.service != service:
                self.violate("alien", f"{target} serves {service} 127.0.0.1:{port}, which was never registered")

    def _judge_history(self, target, sight, instance, present, now):
        if not in_service(instance.registry) and now - instance.since > 0.8 * universe.HOLD:
            sight.kept.discard(instance)  # the brake may have held its removal for as long as it may
        if instance in sight.kept and not present:
            sight.kept.discard(instance)
            self.violate("lost", f"{target} lost {instance}, which has been in service for "
                         f"{now - instance.truth_since:.1f} s"
                         + ("" if in_service(instance.registry) else " (its registry has lost its data)"))
        if instance in sight.removed and present:
            sight.removed.discard(instance)
            self.violate("came back", f"{target} serves {instance} again, which has been gone for "
                         f"{now - instance.since:.1f} s")

    @staticmethod
    def _note(sight, instance, present, calm):
        if calm < universe.CALM:
            return
        if instance.serves and present:
            sight.kept.add(instance)
        if instance.gone and not present:
            sight.removed.add(instance)

    def differs(self, sight, instance, present):
        """Whether the target is wrong about an instance of which truth and registry say the same."""
        if instance.serves:
            return not present
        if not instance.gone or not present:
            return False
        # An empty service keeps its last servers, by the sinks' default.
        return any(each.serves for each in self.of({instance.service}))

    def _judge_status(self, target, sight, instance, present, now):
        if not self.differs(sight, instance, present) or self.conditions.is_on(f"removed {universe.PIPELINE_OF[target]}"):
            sight.differs_since.pop(instance, None)
            return
        since = max(sight.differs_since.setdefault(instance, now), instance.since)
        if self.ok_since is not None and now - max(since, self.ok_since) > universe.SAID_WRONGLY:
            sight.differs_since.pop(instance)
            self.violate("said wrongly", f"status says ok for more than {universe.SAID_WRONGLY:.0f} s while {target} "
                         + ("still serves" if present else "does not serve") + f" {instance}")

    def differences(self):
        """How targets differ from what is true, one line each."""
        with self.lock:
            found = []
            for target, sight in self.sights.items():
                if self.conditions.is_on(f"removed {universe.PIPELINE_OF[target]}"):
                    continue
                if sight.observed is None:
                    found.append(f"{target} cannot be seen")
                    continue
                for instance in self.of(universe.services_of(target)):
                    present = (instance.service, instance.port) in sight.observed
                    if self.differs(sight, instance, present):
                        found.append(f"{target} " + ("still serves " if present else "does not serve ") + str(instance))
            return found

    def caught_up(self):
        """Everything is settled and equal: from now on targets must keep what they serve, and not bring back the rest."""
        with self.lock:
            for target, sight in self.sights.items():
                if sight.observed is None:
                    continue
                for instance in self.of(universe.services_of(target)):
                    self._note(sight, instance, (instance.service, instance.port) in sight.observed, universe.CALM)

    def forget(self, target, removed_too=False):
        """The target lost its memory (HAProxy's restart), or an operator put an older revision into it."""
        with self.lock:
            self.sights[target].kept.clear()
            if removed_too:
                self.sights[target].removed.clear()

    def must_answer(self, target):
        """Whether a request to the undisturbed service must succeed now."""
        with self.lock:
            return len([each for each in self.sights[target].kept if each.service == universe.UNDISTURBED]) == \
                universe.AT_START[universe.UNDISTURBED]

    # ---- what drcon says ----

    def note_status(self, status):
        """`status`: what the admin interface answers; None: nothing."""
        now = self.clock()
        with self.lock:
            if status is None or status["state"] != "ok":
                self.ok_since = None
            elif self.ok_since is None:
                self.ok_since = now
            if status is None:
                return
            for pipeline, since in self.paused.items():
                shown = status["pipelines"].get(pipeline)
                if shown is not None and since is not None and now - since > 1 and not shown["paused_since"]:
                    self.paused[pipeline] = None
                    self.violate("pause lost", f"the pause of pipeline {pipeline} was answered, and is not there")
