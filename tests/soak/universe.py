"""What the soak is played with: names of services, pipelines and targets, ports, and the times that the rules use.

Everything runs in a network namespace of its own, so that the ports can be constants and an action file replays.
"""

CONSUL_PORT = 8500
NGINX_PORT = 8080
HAPROXY_PORT = 8081
ADMIN_PORT = 9180
FIRST_INSTANCE_PORT = 20000
FIRST_GHOST_PORT = 15000  # instances that were registered and removed before drcon started
GHOSTS = 300

UNDISTURBED = "steady"  # no action touches it, and requests to it never stop
NAMED = [UNDISTURBED, "a", "b", "c"]  # the source asks for these by name
MATCHED = ["m-x", "m-y"]  # and for these by a pattern, so that they vanish with their last instance
REFUSED = "m-odd"  # HAProxy takes no dynamic servers for it
CHURNED = [name for name in NAMED if name != UNDISTURBED] + MATCHED
IN_FILE = ["f", "g"]
IN_DOCKER = ["box", "crate"]

SOURCE_OF = {name: "consul" for name in NAMED + MATCHED + [REFUSED]}
SOURCE_OF.update({name: "file" for name in IN_FILE})
SOURCE_OF.update({name: "docker" for name in IN_DOCKER})

SOURCES_OF = {"edge": ["consul"], "app": ["consul", "file"], "boxes": ["docker"]}  # by pipeline
PIPELINE_OF = {"nginx": "edge", "haproxy": "edge", "app": "app", "boxes": "boxes"}  # by target
TARGETS_OF = {"edge": ["nginx", "haproxy"], "app": ["app"], "boxes": ["boxes"]}  # by pipeline

AT_START = {UNDISTURBED: 3, "a": 3, "b": 3, "c": 2, "m-x": 3, "m-y": 2, "f": 2, "g": 2, "box": 2, "crate": 1}

HOLD = 15.0  # seconds: brake.hold of every pipeline
SAID_WRONGLY = 5.0  # how long "ok" may be said while a target differs
SETTLES_WITHIN = 10.0  # after the last fault: "ok" is said, and every target is as the model says
CALM = 5.0  # without faults and changes for so long, a target is taken to have caught up


def services_of(target):
    """The services that a target is to serve."""
    sources = SOURCES_OF[PIPELINE_OF[target]]
    served = {name for name, source in SOURCE_OF.items() if source in sources}
    return served - {REFUSED} if target == "haproxy" else served
