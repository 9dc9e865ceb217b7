"""What people do to a running drcon: pause, resume, rollback, release, resync, reload, and clients that say nothing.

An operator is sensible: a held loss is released only when all of it is truly gone. Whatever happens then is drcon's.
"""
import time

import universe


class Operators:
    def __init__(self, world):
        self._world = world
        self._model = world.model
        self._drcon = world.drcon

    def _post(self, path):
        """The status of the answer; 0 when drcon does not answer, which a stopped one may do."""
        return self._drcon.post(path)[0] if self._drcon.answers else 0

    def pause(self, pipeline):
        if self._post(f"/v1/pipelines/{pipeline}/pause?why=soak") == 200:
            self._model.conditions.begin(f"steered {pipeline}")
            self._model.paused[pipeline] = self._model.clock()

    def resume(self, pipeline):
        self._model.paused[pipeline] = None
        if self._post(f"/v1/pipelines/{pipeline}/resume") in (200, 409):
            self._model.conditions.end(f"steered {pipeline}")

    def rollback(self, pipeline, back=1):
        """To the revision that is `back` before the present one, if it is kept."""
        known = self._drcon.pipeline(pipeline) if self._drcon.answers else None
        if not known or len(known["history"]) <= back:
            return
        self._model.conditions.begin(f"steered {pipeline}")
        for target in universe.TARGETS_OF[pipeline]:
            self._model.forget(target, removed_too=True)
        revision = known["history"][-1 - back]["revision"]
        if self._post(f"/v1/pipelines/{pipeline}/rollback?revision={revision}") == 200:
            self._model.paused[pipeline] = self._model.clock()
        elif self._model.paused.get(pipeline) is None:
            self._model.conditions.end(f"steered {pipeline}")

    def resync(self, pipeline):
        self._post(f"/v1/pipelines/{pipeline}/resync")

    def release(self, pipeline):
        """Releases the brake if all that it holds is truly gone."""
        if number := self.number_of_true_loss(pipeline):
            self._release(pipeline, number)

    def number_of_true_loss(self, pipeline):
        """The number of what the brake holds, if the operator finds all of it gone when looking at it; else None.

        An operator who looks at the registry alone may find it whole again, while drcon has yet to hear of that.
        """
        shown = self._drcon.pipeline(pipeline) if self._drcon.answers else None
        if not shown or not shown["held_loss"]:
            return None
        if self._model.conditions.is_on("consul") or not self._model.registries_are_true():
            return None
        loss = shown["held_loss"]
        lost = [each["address"] for each in loss["endpoints"] if each["change"] == "removed"]
        are_all_shown = len(lost) == loss["removed"]
        return loss["number"] if are_all_shown and all(self._model.is_gone(address) for address in lost) else None

    def late_release(self, pipeline, services, after):
        """Looks at a held loss and finds it true; then the instances pass again; then the button is pressed."""
        number = self.number_of_true_loss(pipeline)
        self._world.actions.do({"do": "health_of_all", "services": services, "health": "passing"})
        time.sleep(after)
        if number:
            self._release(pipeline, number)

    def _release(self, pipeline, number):
        self._post(f"/v1/pipelines/{pipeline}/release-brake?number={number}")

    # ---- the configuration ----

    def reload(self, **changes):
        """`changes`: of drcon's shape; names: those that change."""
        self._change_shape(changes)
        self._reload()

    def reload_twice(self, first, second):
        self.reload(**first)
        self.reload(**second)

    def _change_shape(self, changes):
        shape = dict(self._drcon.shape)
        shape["names"] = {**shape["names"], **changes.get("names", {})}
        for key in ("isolated", "keepalive"):
            shape[key] = changes.get(key, shape[key])
        if "remove" in changes:
            shape["pipelines"] = [each for each in shape["pipelines"] if each != changes["remove"]]
        if "add" in changes and changes["add"] not in shape["pipelines"]:
            if changes["add"] != "boxes" or self._world.docker:
                shape["pipelines"] = shape["pipelines"] + [changes["add"]]
        if shape["pipelines"]:
            self._note_pipelines(shape["pipelines"])
            self._drcon.shape = shape
            self._world.write_config()

    def _note_pipelines(self, pipelines):
        """A pipeline that leaves the configuration takes its pause along; its targets stay as they are."""
        for name in set(self._drcon.shape["pipelines"]) - set(pipelines):
            self._model.conditions.begin(f"removed {name}")
            self._model.paused[name] = None
            self._model.conditions.end(f"steered {name}")

    def _reload(self):
        status, text = self._drcon.post("/v1/reload", timeout=20) if self._drcon.answers else (0, "")
        if status == 200:
            self.note_start()
        elif status == 422:
            self._model.violate("reload refused", "drcon refuses a configuration that is right: " + text)

    def note_start(self):
        """drcon has read its configuration: what it has is not removed any more."""
        for name in self._drcon.shape["pipelines"]:
            if self._model.conditions.is_on(f"removed {name}"):
                self._model.conditions.end(f"removed {name}")

    def add_all_pipelines(self):
        missing = [name for name in universe.SOURCES_OF if name not in self._drcon.shape["pipelines"]
                   and (name != "boxes" or self._world.docker)]
        for name in missing:
            self.reload(add=name)

    def silent_clients(self, count):
        self._drcon.disconnect_silent_clients()
        if count and self._drcon.process.running():
            self._drcon.connect_silent_clients(count)


VERBS = {name: getattr(Operators, name) for name in
         ("pause", "resume", "rollback", "resync", "release", "late_release", "reload", "reload_twice",
          "silent_clients")}
