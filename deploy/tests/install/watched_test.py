"""What the watch calls a flap, and what it calls programmed, on statuses that are written down here."""

import unittest

from watched import Seen, is_programmed

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
