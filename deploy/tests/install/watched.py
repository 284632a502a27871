"""What clients of the API server see while something happens: conditions that turn bad, and how long a change takes."""

import contextlib
import http.client
import itertools
import json
import socket
import threading
import time

import yaml

import helm
from cluster import Refused
from node import PATIENCE, Node

VERSION = "gateway.networking.k8s.io/v1"
API = f"/apis/{VERSION}"
KINDS = ["gateways", "listenersets", "httproutes", "tcproutes"]
# Those that say that something is good.
GOOD = {"Accepted", "Programmed", "ResolvedRefs"}
NAMESPACE = "teams"
PORTS = itertools.count(10000)
# Load balancers that the changes are spread over: ALBs, and an NLB.
NLB = "layer-4"
GATEWAYS = [*(f"shared-{number}" for number in range(7)), NLB]


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


def told(thing: dict) -> dict:
    """A status in the words of tests/golden's cases, without messages and addresses. Of another generation than the object's, a condition says so."""
    generation, status = thing["metadata"]["generation"], thing["status"]

    def of(place: dict) -> dict:
        said = {}
        for it in place.get("conditions", []):
            late = "" if it["observedGeneration"] == generation else f" of generation {it['observedGeneration']}"
            said[it["type"]] = f"{it['status']}/{it['reason']}{late}"
        return said

    them = of(status)
    if "attachedListenerSets" in status:
        them["attachedListenerSets"] = status["attachedListenerSets"]
    if "listeners" in status:
        them["listeners"] = [
            of(it) | {"name": it["name"], "attachedRoutes": it["attachedRoutes"], "supportedKinds": [kind["kind"] for kind in it["supportedKinds"]]}
            for it in status["listeners"]]
    if "parents" in status:
        them["parents"] = [of(it) | {name: it[name] for name in ("controllerName", "parentRef")} for it in status["parents"]]
    return them


def golden(case: str) -> dict[str, dict]:
    """The statuses of a case of tests/golden by `Kind namespace/name`, as `told` has them."""
    def without_messages(it):
        match it:
            case dict():
                return {key: without_messages(value) for key, value in it.items() if key != "addresses"}
            case list():
                return [without_messages(value) for value in it]
            case str():
                return it.split(": ")[0]
        return it
    return without_messages(yaml.safe_load((helm.ROOT / "tests/golden/cases" / case / "status.yaml").read_text()))


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
        self.connections: dict[str, http.client.HTTPSConnection] = {}
        self.threads = [threading.Thread(target=self.follow, args=[kind], daemon=True) for kind in KINDS]
        for thread in self.threads:
            thread.start()

    def follow(self, kind: str) -> None:
        version = ""
        while not self.stopped.is_set():
            try:
                version = self.watch(kind, version) if version else self.list(kind)
            except (Refused, OSError, http.client.HTTPException):
                # The API server is away, or has forgotten that version.
                version = ""
                self.stopped.wait(0.2)

    def list(self, kind: str) -> str:
        listed, _ = self.node.request("GET", f"{API}/{kind}")
        for it in listed["items"]:
            self.see(kind, it)
        return listed["metadata"]["resourceVersion"]

    def watch(self, kind: str, version: str) -> str:
        """Until its connection ends. A new one for every few seconds would be late where the machine is busy."""
        query = f"watch=1&allowWatchBookmarks=true&resourceVersion={version}"
        connection = http.client.HTTPSConnection(self.node.server.removeprefix("https://"), context=self.node.context, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", f"{API}/{kind}?{query}", headers={"Accept": "application/json"})
            answer = connection.getresponse()
            self.connections[kind] = connection
            # Nothing happens for as long as it likes.
            connection.sock.settimeout(None)
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
        for thread, kind in zip(self.threads, KINDS, strict=True):
            deadline = time.monotonic() + 60
            # It may be connecting just now.
            while thread.is_alive() and time.monotonic() < deadline:
                connection = self.connections.get(kind)
                if connection and connection.sock:
                    with contextlib.suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)
                thread.join(0.1)
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
                make(self.node, name, self.gateway(number))
                # From here on the API server has it. How long it took to take it is another's matter.
                self.made[name] = time.monotonic()
                if number >= self.KEPT:
                    # One that is not programmed yet is waited for by who looks at this; it may not go before.
                    old = f"{self.prefix}-{number - self.KEPT}"
                    self.watched.until_programmed(old, 60)
                    unmake(self.node, old, self.gateway(number - self.KEPT))
                number += 1
                self.stopped.wait(self.PACE)
        except (AssertionError, Refused, OSError) as failure:
            self.failed.append(f"churn ended at {self.prefix}-{number}: {failure}")

    def stop(self) -> dict[str, float]:
        """The seconds that each change took, once all are programmed, by when it was made."""
        self.stopped.set()
        self.thread.join(90)
        assert not self.failed, self.failed
        assert not self.thread.is_alive(), "churn does not end"
        took = {name: max(0.0, self.watched.until_programmed(name, 60) - at) for name, at in self.made.items()}
        for number, name in list(enumerate(self.made))[-self.KEPT:]:
            unmake(self.node, name, self.gateway(number))
        return took

    @staticmethod
    def gateway(number: int) -> str:
        return GATEWAYS[number % len(GATEWAYS)]


def gateways(node: Node) -> None:
    """With the application of the document's example once more, for teams that have nothing to do with that."""
    node.kubectl("apply", "--namespace", NAMESPACE, "--filename=-", given=service("examples/listenersets/service.yaml"))
    for kind in ["alb", "nlb"]:
        node.apply({"apiVersion": VERSION, "kind": "GatewayClass", "metadata": {"name": kind}, "spec": {"controllerName": f"gateway.k8s.aws/{kind}"}})
    for name in GATEWAYS:
        kind, protocol = ("nlb", "TCP") if name == NLB else ("alb", "HTTP")
        node.apply({"apiVersion": VERSION, "kind": "Gateway", "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {"gatewayClassName": kind, "allowedListeners": {"namespaces": {"from": "Same"}},
                             "listeners": [{"name": "default", "port": 80, "protocol": protocol}]}})


def service(file: str) -> str:
    """Its manifests, of whatever namespace one likes."""
    return (helm.ROOT / file).read_text().replace("  namespace: infra\n", "")


def make(node: Node, name: str, gateway: str) -> None:
    """A set with a listener of its own, a hostname or of TCP a port, and a route from there to the application."""
    metadata = {"name": name, "namespace": NAMESPACE}
    listener = {"name": "web", "port": 80, "protocol": "HTTP", "hostname": f"{name}.example.com"}
    if gateway == NLB:
        listener = {"name": "web", "port": next(PORTS), "protocol": "TCP"}
    rules = [{"backendRefs": [{"name": "my-service", "port": 80}]}]
    node.apply({"apiVersion": VERSION, "kind": "TCPRoute" if gateway == NLB else "HTTPRoute", "metadata": metadata,
                "spec": {"parentRefs": [{"kind": "ListenerSet", "name": name}], "rules": rules}})
    node.apply({"apiVersion": VERSION, "kind": "ListenerSet", "metadata": metadata,
                "spec": {"parentRef": {"name": gateway}, "listeners": [listener]}})


def unmake(node: Node, name: str, gateway: str) -> None:
    """The route first: without its set it would not be accepted any more."""
    for kind in ["tcproutes" if gateway == NLB else "httproutes", "listenersets"]:
        node.request("DELETE", f"{API}/namespaces/{NAMESPACE}/{kind}/{name}")
