"""A real OpenTelemetry Collector takes the traces of the five programs."""

import json
import unittest
import urllib.request

from neighbours import Collector, attributes
from world import SERVICES, Processes, World

# Work for every program: a pod more of the Service that both load balancers send to, and a listener that has no status yet.
CHANGE = [
    ("endpoints: [", "endpoints: [{addresses: [10.0.1.11], conditions: {ready: true}}, "),
    ("{name: http, port: 80, protocol: HTTP}", "{name: http, port: 80, protocol: HTTP}\n    - {name: more, port: 8080, protocol: HTTP}"),
]
# What each of them does about it, as its spans are called.
DONE = {
    ("tributary-watcher", "read"),
    ("tributary-merger", "receive"),
    ("tributary-alb-programmer", "program"),
    ("tributary-alb-programmer", "aws RegisterTargets"),
    ("tributary-alb-programmer", "aws CreateListener"),
    ("tributary-nlb-programmer", "program"),
    ("tributary-nlb-programmer", "aws RegisterTargets"),
    ("tributary-status-writer", "receive"),
    ("tributary-status-writer", "write"),
}


def registered(world: World) -> list[str]:
    """The targets of all groups, as the sandbox has them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{world.sandbox}/_sandbox/state", timeout=10) as answer:
        regions = json.load(answer)["regions"].values()
    return [key["id"] for region in regions for group in region["target_groups"].values() for key, _ in group["targets"]]


def done(trace: list[dict]) -> set[tuple[str, str]]:
    return {(it["service"], f"{it['name']} {attributes(it).get('operation', '')}".strip()) for it in trace}


def roots(trace: list[dict]) -> list[dict]:
    """The spans that follow from none of the others."""
    known = {it["spanId"] for it in trace}
    return [it for it in trace if it.get("parentSpanId") not in known]


class Traces(unittest.TestCase):
    def setUp(self):
        self.processes = self.enterContext(Processes())
        self.collector = Collector(self.processes)
        self.processes.until("the collector listens", lambda: "Everything is ready" in self.processes.log("collector"))

    def changed(self, **environment: str) -> World:
        """One that exports often, in which everything was there before the change."""
        world = self.enterContext(World("--otlp-endpoint", self.collector.endpoint, OTEL_BSP_SCHEDULE_DELAY="100", **environment))
        world.begin()
        world.change(*CHANGE)
        world.until("both programmers have registered the pod", lambda: registered(world).count("10.0.1.11") == 2)
        world.until("the status tells the listener", lambda: "name: more" in world.status("listenerset", "infra", "app"))
        return world

    def test_one_change_is_one_trace_of_all_services_and_their_calls_of_aws(self):
        world = self.changed()
        # What they still have, they send now.
        for service in SERVICES:
            world.stop(service)
        [trace] = [it for it in self.collector.traces().values() if done(it) >= DONE]
        # Nothing hangs in the air: all of it follows from one reading of the source.
        self.assertEqual([(it["service"], it["name"]) for it in roots(trace)], [("tributary-watcher", "read")])

    def test_of_no_trace_nothing_is_sent(self):
        world = self.changed(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0")
        for service in SERVICES:
            world.stop(service)
        self.assertEqual(self.collector.traces(), {})


if __name__ == "__main__":
    unittest.main()
