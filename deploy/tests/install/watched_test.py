"""What the watch calls a flap, and what it calls programmed, on statuses that are written down here."""

import copy
import unittest

from watched import Seen, golden, is_programmed, told

KEY = ("listenersets", "shop", "web")


def listener_set(generation: int = 1, of_listener: str = "True", **statuses: str) -> dict:
    """With conditions of the set as given, and one of its listener, all of generation 1."""
    def condition(kind: str, status: str) -> dict:
        return {"type": kind, "status": status, "observedGeneration": 1, "reason": "Because", "message": "it is so"}
    listener = {"name": "http", "conditions": [condition("Programmed", of_listener)]}
    return {"metadata": {"namespace": "shop", "name": "web", "generation": generation},
            "status": {"conditions": [condition(*it) for it in statuses.items()], "listeners": [listener]}}


class Turned(unittest.TestCase):
    def check(self, states: list[dict], names: list[str]) -> None:
        seen = Seen()
        for it in states:
            seen.see("listenersets", it)
        self.assertEqual([it.split(": ")[1].split(" is now")[0] for it in seen.turned], names)

    def test_what_stays_true_has_not_turned(self):
        self.check([listener_set(Programmed="True"), listener_set(Programmed="True")], [])

    def test_what_becomes_true_has_not_turned(self):
        self.check([listener_set(Programmed="False"), listener_set(Programmed="True")], [])

    def test_false_and_unknown_after_true_have_turned(self):
        for status in ["False", "Unknown"]:
            self.check([listener_set(Programmed="True"), listener_set(Programmed=status)], ["Programmed"])

    def test_a_condition_that_is_gone_has_turned(self):
        self.check([listener_set(Accepted="True"), listener_set()], ["Accepted"])

    def test_a_listeners_condition_counts(self):
        self.check([listener_set(), listener_set(of_listener="False")], ["Programmed/http"])

    def test_there_and_back_is_seen(self):
        self.check([listener_set(Programmed=it) for it in ["True", "False", "True"]], ["Programmed"])

    def test_a_condition_that_says_something_bad_may_end(self):
        self.check([listener_set(Conflicted="True"), listener_set(Conflicted="False")], [])

    def test_what_is_being_deleted_may_turn(self):
        ending = listener_set(Programmed="False")
        ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        self.check([listener_set(Programmed="True"), ending], [])


class Told(unittest.TestCase):
    """What the install test compares with the golden of the document's example."""

    def test_a_status_is_told_in_the_words_of_a_golden(self):
        self.assertEqual(told(self.live()), golden("example-listenersets")["ListenerSet infra/app-listeners"])

    def test_whatever_is_another_is_seen(self):
        expected = told(self.live())

        def changed(change) -> None:
            it = copy.deepcopy(self.live())
            change(it)
            self.assertNotEqual(told(it), expected)
        changed(lambda it: it["status"]["conditions"][0].update(reason="Nonsense"))
        changed(lambda it: it["status"]["conditions"][0].update(status="False"))
        changed(lambda it: it["status"]["conditions"].append(it["status"]["conditions"][0] | {"type": "gateway.tributary.dev/Degraded"}))
        changed(lambda it: it["status"]["conditions"].pop())
        changed(lambda it: it["status"]["listeners"].reverse())
        changed(lambda it: it["status"]["listeners"][0].update(name="other"))
        changed(lambda it: it["status"]["listeners"][0].update(attachedRoutes=2))
        changed(lambda it: it["status"]["listeners"][1]["conditions"][0].update(reason="Nonsense"))
        changed(lambda it: it["metadata"].update(generation=2))

    @staticmethod
    def live() -> dict:
        def conditions(**of: str) -> list[dict]:
            return [{"type": kind, "status": said.split("/")[0], "reason": said.split("/")[1], "message": "It is so: yes.", "observedGeneration": 1}
                    for kind, said in of.items()]
        listener = conditions(Accepted="True/Accepted", Conflicted="False/NoConflicts", Programmed="True/Programmed", ResolvedRefs="True/ResolvedRefs")
        kinds = [{"group": "gateway.networking.k8s.io", "kind": it} for it in ("HTTPRoute", "GRPCRoute")]
        listeners = [{"name": name, "attachedRoutes": routes, "supportedKinds": kinds, "conditions": copy.deepcopy(listener)}
                     for name, routes in [("app-http", 1), ("app-https", 0)]]
        return {"metadata": {"namespace": "infra", "name": "app-listeners", "generation": 1},
                "status": {"conditions": conditions(Accepted="True/Accepted", Programmed="True/Programmed"), "listeners": listeners}}


class Programmed(unittest.TestCase):
    def test_it_is_of_what_is_asked_for_now(self):
        for generation, status, there in [(1, "True", True), (2, "True", False), (1, "False", False)]:
            it = listener_set(generation, Programmed=status)
            self.assertEqual(is_programmed(it), there)
            seen = Seen()
            seen.see("listenersets", it)
            self.assertEqual(KEY in seen.programmed, there)

    def test_without_a_status_it_is_not(self):
        self.assertFalse(is_programmed({"metadata": {"generation": 1}}))
