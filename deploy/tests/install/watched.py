"""What clients of the API server see while something happens: conditions that turn bad, and how long a change takes."""

import json
import threading
import time
import urllib.error
import urllib.request

from cluster import Refused
from node import Node

API = "/apis/gateway.networking.k8s.io/v1"
KINDS = ["gateways", "listenersets", "httproutes"]
# Those that say that something is good.
GOOD = {"Accepted", "Programmed", "ResolvedRefs"}
NAMESPACE = "teams"
# Load balancers that the changes are spread over.
GATEWAYS = [f"shared-{number}" for number in range(8)]


def conditions(thing: dict):
    """All conditions of an object that say that something is good, by what they are of."""
    status = thing.get("status", {})
    places = [("", status), *((f"/{it['name']}", it) for it in status.get("listeners", []))]
    places += [(f" of {it['parentRef']['name']}/{it['parentRef'].get('sectionName', '')}", it) for it in status.get("parents", [])]
    for place, it in places:
        for condition in it.get("conditions", []):
            if condition["type"] in GOOD:
                yield f"{condition['type']}{place}", condition


def is_programmed(thing: dict) -> bool:
    """As of what the object asks for now."""
    condition = dict(conditions(thing)).get("Programmed", {})
    return condition.get("status") == "True" and condition.get("observedGeneration") == thing["metadata"]["generation"]


class Seen:
    """What became of objects, by their states in order."""

    def __init__(self) -> None:
        self.news = threading.Condition()
        # By kind, namespace and name: what was last said, and when it was first programmed.
        self.said: dict[tuple[str, str, str], dict[str, str]] = {}
        self.programmed: dict[tuple[str, str, str], float] = {}
        # What was True and is not any more.
        self.turned: list[str] = []

    def see(self, kind: str, thing: dict) -> None:
        metadata = thing["metadata"]
        key = kind, metadata["namespace"], metadata["name"]
        if "deletionTimestamp" in metadata:
            return
        now = dict(conditions(thing))
        with self.news:
            for name, status in self.said.get(key, {}).items():
                if status == "True" and now.get(name, {}).get("status") != "True":
                    self.turned.append(f"{time.strftime('%H:%M:%S')} {' '.join(key)}: {name} is now {now.get(name, 'nowhere')}")
            self.said[key] = {name: it["status"] for name, it in now.items()}
            if is_programmed(thing):
                self.programmed.setdefault(key, time.monotonic())
            self.news.notify_all()


class Watched(Seen):
    """Follows all objects of some kinds: every state that the API server had is seen."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.follow, args=[kind], daemon=True) for kind in KINDS]
        for thread in self.threads:
            thread.start()

    def follow(self, kind: str) -> None:
        version = ""
        while not self.stopped.is_set():
            try:
                version = self.watch(kind, version) if version else self.list(kind)
            except (Refused, OSError):
                # The API server is away, or has forgotten that version.
                version = ""
                self.stopped.wait(0.2)

    def list(self, kind: str) -> str:
        listed, _ = self.node.request("GET", f"{API}/{kind}")
        for it in listed["items"]:
            self.see(kind, it)
        return listed["metadata"]["resourceVersion"]

    def watch(self, kind: str, version: str) -> str:
        """Until the server ends it, which it does soon, so that a stop is seen."""
        query = f"watch=1&timeoutSeconds=2&allowWatchBookmarks=true&resourceVersion={version}"
        request = urllib.request.Request(f"{self.node.server}{API}/{kind}?{query}", headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, context=self.node.context, timeout=10) as answer:
            for line in answer:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] in ("ADDED", "MODIFIED"):
                    self.see(kind, event["object"])
        return version

    def until_programmed(self, name: str, seconds: float) -> float:
        """When it was."""
        key = "listenersets", NAMESPACE, name
        with self.news:
            there = self.news.wait_for(lambda: key in self.programmed, seconds)
        assert there, f"not programmed within {seconds:.0f} s: ListenerSet {name}\n{self.node.seen()}"
        return self.programmed[key]

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive(), "a watch does not end"


class Churn:
    """Changes by application teams, one after the other at a pace: a new ListenerSet with a route to a Service, an old one gone. It
    tells how long each took to be programmed."""

    PACE = 0.5
    # As many are there at once.
    KEPT = 8

    def __init__(self, node: Node, watched: Watched, prefix: str) -> None:
        self.node, self.watched, self.prefix = node, watched, prefix
        self.stopped = threading.Event()
        self.made: dict[str, float] = {}
        self.failed: list[str] = []
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.thread.start()

    def go(self) -> None:
        number = 0
        try:
            while not self.stopped.is_set():
                name = f"{self.prefix}-{number}"
                make(self.node, name, GATEWAYS[number % len(GATEWAYS)])
                # From here on the API server has it. How long it took to take it is another's matter.
                self.made[name] = time.monotonic()
                if number >= self.KEPT:
                    # One that is not programmed yet is waited for by who looks at this; it may not go before.
                    old = f"{self.prefix}-{number - self.KEPT}"
                    self.watched.until_programmed(old, 60)
                    unmake(self.node, old)
                number += 1
                self.stopped.wait(self.PACE)
        except (AssertionError, Refused, urllib.error.URLError) as failure:
            self.failed.append(f"churn ended at {self.prefix}-{number}: {failure}")

    def stop(self) -> dict[str, float]:
        """The seconds that each change took, once all are programmed, by when it was made."""
        self.stopped.set()
        self.thread.join(90)
        assert not self.failed, self.failed
        assert not self.thread.is_alive(), "churn does not end"
        took = {name: max(0.0, self.watched.until_programmed(name, 60) - at) for name, at in self.made.items()}
        for name in list(self.made)[-self.KEPT:]:
            unmake(self.node, name)
        return took


def gateways(node: Node) -> None:
    """Of the class that the document's example brings."""
    for name in GATEWAYS:
        spec = {"gatewayClassName": "aws-alb-gateway-class", "allowedListeners": {"namespaces": {"from": "Same"}},
                "listeners": [{"name": "default", "port": 80, "protocol": "HTTP"}]}
        node.apply({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": spec})


def make(node: Node, name: str, gateway: str) -> None:
    """A set with a listener of a hostname of its own, and a route to it."""
    metadata = {"name": name, "namespace": NAMESPACE}
    backend = {"name": "app", "port": 80}
    route = {"parentRefs": [{"kind": "ListenerSet", "name": name}], "rules": [{"backendRefs": [backend]}]}
    node.apply({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": route})
    listener = {"name": "web", "port": 80, "protocol": "HTTP", "hostname": f"{name}.example.com"}
    node.apply({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet", "metadata": metadata,
                "spec": {"parentRef": {"name": gateway}, "listeners": [listener]}})


def unmake(node: Node, name: str) -> None:
    """The route first: without its set it would not be accepted any more."""
    for kind in ["httproutes", "listenersets"]:
        node.request("DELETE", f"{API}/namespaces/{NAMESPACE}/{kind}/{name}")
