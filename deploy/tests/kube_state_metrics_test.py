"""The real kube-state-metrics reads deploy/kube-state-metrics of an API server, with the rights of its role and no others: what it makes of each
ListenerSet, of a changed status, and of one that is gone."""

import datetime
import re
import unittest
import urllib.request

import yaml

import helm
from cluster import Cluster
from neighbours import program
from world import Processes, free

GATEWAY_API = "gateway.networking.k8s.io"
CONFIG = helm.ROOT / "deploy/kube-state-metrics/listenersets.yaml"
ROLE = helm.ROOT / "deploy/kube-state-metrics/role.yaml"
# What it says of every series of this kind by itself.
KIND = {"customresource_group": GATEWAY_API, "customresource_version": "v1", "customresource_kind": "ListenerSet"}
BEGUN = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
WELL = ["Accepted=True/Accepted", "Programmed=True/Programmed"]
LOST = ["Accepted=False/HostnameConflict", "Programmed=False/HostnameConflict", "Conflicted=True/HostnameConflict"]
REFUSED = ["Accepted=False/NotAllowed", "Programmed=False/NotAllowed"]
# What a listener says besides, where it is well.
SERVED = [*WELL, "ResolvedRefs=True/ResolvedRefs", "Conflicted=False/NoConflicts"]

Series = tuple[str, frozenset[tuple[str, str]]]


def conditions(words: list[str]) -> list[dict]:
    """TYPE=STATUS/REASON each."""
    parts = [re.fullmatch(r"(\w+)=(\w+)/(\w+)", word).groups() for word in words]
    at = BEGUN.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [{"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": at} for kind, status, reason in parts]


def listener_set(name: str, *listeners: str, namespace: str = "", parent: str = "") -> dict:
    """A set of a namespace that has its name, with listeners on ports of their own."""
    parent_ref = {"name": "web"} | ({"namespace": parent} if parent else {})
    return {"apiVersion": f"{GATEWAY_API}/v1", "kind": "ListenerSet", "metadata": {"name": name, "namespace": namespace or name},
            "spec": {"parentRef": parent_ref,
                     "listeners": [{"name": it, "port": 80 + number, "protocol": "HTTP"} for number, it in enumerate(listeners or ["http"])]}}


def status(own: list[str], **listeners: tuple[int, list[str]]) -> dict:
    """Of a set, and of each listener the attached routes and conditions."""
    told = [{"name": name, "attachedRoutes": routes, "conditions": conditions(words), "supportedKinds": []} for name, (routes, words) in listeners.items()]
    return {"conditions": conditions(own), "listeners": told}


def series(metric: str, **labels: str) -> Series:
    return f"gatewayapi_listenerset_{metric}", frozenset((KIND | labels).items())


def read(text: str) -> dict[Series, float]:
    found = {}
    for line in text.splitlines():
        if line.startswith("gatewayapi_listenerset_"):
            name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
            which = name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))
            assert which not in found, f"twice: {line}"
            found[which] = float(value)
    return found


class Running:
    """kube-state-metrics for an account, with our file, and of nothing else."""

    def __init__(self, among: Processes, cluster: Cluster, account: str) -> None:
        self.among, self.name, self.port = among, f"kube-state-metrics-{account}", free()
        among.start(self.name, program("kube-state-metrics"), f"--kubeconfig={cluster.account('monitoring', account)}", "--custom-resource-state-only",
                    f"--custom-resource-state-config-file={CONFIG}", "--host=127.0.0.1", f"--port={self.port}", "--telemetry-host=127.0.0.1",
                    f"--telemetry-port={free()}")

    def text(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def log(self) -> str:
        return self.among.log(self.name)


class ListenerSets(unittest.TestCase):
    cluster: Cluster
    processes: Processes
    running: Running

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.processes = cls.enterClassContext(Processes())
        cls.cluster.namespace("monitoring")
        cls.account("whole", yaml.safe_load(ROLE.read_text())["rules"])
        cls.running = Running(cls.processes, cls.cluster, "whole")

    @classmethod
    def account(cls, name: str, rules: list[dict]) -> None:
        """One that has these rules in all namespaces, and no others."""
        of = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"monitoring-{name}"}
        cls.cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "monitoring"}})
        cls.cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": of["name"]}, "rules": rules})
        cls.cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": of["name"]}, "roleRef": of,
                           "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "monitoring"}]})

    def make(self, it: dict, says: dict | None = None) -> None:
        self.cluster.namespace(it["metadata"]["namespace"])
        self.cluster.apply(it)
        if says:
            self.say(it, says)

    def say(self, it: dict, says: dict) -> None:
        """As a controller writes a status."""
        self.cluster.request("PATCH", f"{self.cluster.path(it)}/status", {"status": says}, "application/merge-patch+json")

    def told(self, it: dict) -> dict[Series, float]:
        """What is exposed of a set."""
        labels = {("namespace", it["metadata"]["namespace"]), ("name", it["metadata"]["name"])}
        return {which: value for which, value in read(self.running.text()).items() if labels <= which[1]}

    def expected(self, it: dict, **metrics: list[tuple[dict[str, str], float]]) -> dict[Series, float]:
        """Of a set: what it always says, and this."""
        live = self.cluster.get(it)["metadata"]
        own = {"namespace": live["namespace"], "name": live["name"]}
        parent = {f"parent_{name}": value for name, value in it["spec"]["parentRef"].items()}
        created = datetime.datetime.fromisoformat(live["creationTimestamp"]).timestamp()
        always = {series("info", **own, **parent): 1.0, series("created", **own): created}
        return always | {series(metric, **own, **labels): value for metric, values in metrics.items() for labels, value in values}

    def until(self, it: dict, expected: dict[Series, float]) -> None:
        try:
            self.processes.until("it says so", lambda: self.told(it) == expected)
        except AssertionError:
            self.assertEqual(self.told(it), expected, self.running.log())

    def own(self, *words: str) -> list[tuple[dict[str, str], float]]:
        """The series of a set's own conditions."""
        return [({"condition": it["type"], "reason": it["reason"]}, float(it["status"] == "True")) for it in conditions(list(words))]

    def test_a_set_whose_listeners_are_programmed(self):
        it = listener_set("well", "http", "https")
        self.make(it, status(WELL, http=(3, SERVED), https=(0, SERVED)))
        both = ["http", "https"]
        self.until(it, self.expected(
            it, status_condition=self.own(*WELL),
            listener_accepted=[({"listener": name, "reason": "Accepted"}, 1) for name in both],
            listener_programmed=[({"listener": name, "reason": "Programmed"}, 1) for name in both],
            listener_conflicted=[({"listener": name, "reason": "NoConflicts"}, 0) for name in both],
            listener_attached_routes=[({"listener": "http"}, 3), ({"listener": "https"}, 0)]))

    def test_a_listener_that_lost_a_conflict_beside_one_that_is_served(self):
        it = listener_set("half", "lost", "kept")
        self.make(it, status(["Accepted=True/ListenersNotValid", "Programmed=True/ListenersNotValid"], lost=(1, LOST), kept=(2, SERVED)))
        self.until(it, self.expected(
            it, status_condition=self.own("Accepted=True/ListenersNotValid", "Programmed=True/ListenersNotValid"),
            listener_accepted=[({"listener": "lost", "reason": "HostnameConflict"}, 0), ({"listener": "kept", "reason": "Accepted"}, 1)],
            listener_programmed=[({"listener": "lost", "reason": "HostnameConflict"}, 0), ({"listener": "kept", "reason": "Programmed"}, 1)],
            listener_conflicted=[({"listener": "lost", "reason": "HostnameConflict"}, 1), ({"listener": "kept", "reason": "NoConflicts"}, 0)],
            listener_attached_routes=[({"listener": "lost"}, 1), ({"listener": "kept"}, 2)]))

    def test_a_set_that_its_gateway_does_not_allow(self):
        it = listener_set("stranger", parent="infra")
        self.make(it, status(REFUSED))
        self.until(it, self.expected(it, status_condition=self.own(*REFUSED)))

    def test_a_set_that_nobody_has_judged(self):
        it = listener_set("new")
        self.make(it)
        # What the CRD gives it: nothing is known yet.
        self.until(it, self.expected(it, status_condition=self.own("Accepted=Unknown/Pending", "Programmed=Unknown/Pending")))

    def test_a_listener_without_a_condition_says_nothing_of_it(self):
        it = listener_set("brief")
        self.make(it, status(WELL, http=(0, ["Accepted=Unknown/Pending"])))
        self.until(it, self.expected(it, status_condition=self.own(*WELL), listener_accepted=[({"listener": "http", "reason": "Pending"}, 0)],
                                     listener_attached_routes=[({"listener": "http"}, 0)]))

    def test_sets_of_one_name_in_two_namespaces_are_told_apart(self):
        here, there = listener_set("same", namespace="here"), listener_set("same", namespace="there", parent="here")
        self.make(here, status(WELL))
        self.make(there, status(REFUSED))
        self.until(here, self.expected(here, status_condition=self.own(*WELL)))
        self.until(there, self.expected(there, status_condition=self.own(*REFUSED)))

    def test_a_changed_status_takes_the_place_of_the_old_one_and_a_deleted_set_is_gone(self):
        it = listener_set("changed")
        self.make(it, status(WELL, http=(1, SERVED)))
        self.until(it, self.expected(
            it, status_condition=self.own(*WELL), listener_accepted=[({"listener": "http", "reason": "Accepted"}, 1)],
            listener_programmed=[({"listener": "http", "reason": "Programmed"}, 1)], listener_conflicted=[({"listener": "http", "reason": "NoConflicts"}, 0)],
            listener_attached_routes=[({"listener": "http"}, 1)]))
        self.say(it, status(REFUSED, http=(0, LOST)))
        self.until(it, self.expected(
            it, status_condition=self.own(*REFUSED), listener_accepted=[({"listener": "http", "reason": "HostnameConflict"}, 0)],
            listener_programmed=[({"listener": "http", "reason": "HostnameConflict"}, 0)],
            listener_conflicted=[({"listener": "http", "reason": "HostnameConflict"}, 1)], listener_attached_routes=[({"listener": "http"}, 0)]))
        self.cluster.request("DELETE", self.cluster.path(it))
        self.until(it, {})

    def test_every_metric_is_described_and_none_is_beside_them(self):
        [resource] = yaml.safe_load(CONFIG.read_text())["spec"]["resources"]
        described = {f"{resource['metricNamePrefix']}_{it['name']}": (it["help"], it["each"]["type"].lower()) for it in resource["metrics"]}
        it = listener_set("described")
        self.make(it)
        self.processes.until("the set is there", lambda: self.told(it))
        helps = dict(re.findall(r"^# HELP (\w+) (.*)$", self.running.text(), re.MULTILINE))
        types = dict(re.findall(r"^# TYPE (\w+) (.*)$", self.running.text(), re.MULTILINE))
        self.assertEqual(helps, {name: text for name, (text, _) in described.items()})
        # In Prometheus's own format an info is a gauge.
        self.assertEqual(types, {name: "gauge" if kind == "info" else kind for name, (_, kind) in described.items()})

    def test_each_right_of_the_role_is_needed(self):
        rules = yaml.safe_load(ROLE.read_text())["rules"]
        them = {}
        for rule in rules:
            [resource] = rule["resources"]
            self.account(resource, [it for it in rules if it is not rule])
            them[resource] = Running(self.processes, self.cluster, resource)
        for resource, running in them.items():
            # Its log quotes what the API server says.
            refused = f'cannot list resource \\"{resource}\\"'
            self.processes.until(f"{resource} cannot be read", lambda running=running, refused=refused: refused in running.log())
            self.assertEqual(read(running.text()), {})

    @classmethod
    def tearDownClass(cls):
        # It reads them without complaint, those without a status too.
        complaints = [it for it in cls.running.log().splitlines() if re.match(r"[EW]\d{4} ", it)]
        assert not complaints, "\n".join(complaints)


if __name__ == "__main__":
    unittest.main()
