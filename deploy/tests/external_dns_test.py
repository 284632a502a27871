"""What external-dns makes of our statuses, by its documentation of Gateway API sources: a record for each hostname of a route that a Gateway or
ListenerSet has accepted, to the Gateway's addresses. It does not build with the Go that is pinned here: the reading of its pages is ours."""

import fnmatch
import pathlib
import subprocess
import tempfile
import unittest

import yaml

from world import PROGRAM

GATEWAY_API = "gateway.networking.k8s.io"
PREFIX = "external-dns.alpha.kubernetes.io"
PROTOCOLS = {"HTTPRoute": ("HTTP", "HTTPS"), "GRPCRoute": ("HTTP", "HTTPS"), "TCPRoute": ("TCP",), "TLSRoute": ("TLS",), "UDPRoute": ("UDP",)}
WORLD = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nlb}
spec: {controllerName: gateway.k8s.aws/nlb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: Same}}
  listeners: [{name: any, port: 80, protocol: HTTP}, {name: taken, port: 8080, protocol: HTTP, hostname: taken.example.com}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: team, namespace: shop}
spec:
  parentRef: {name: web}
  listeners: [{name: all, port: 81, protocol: HTTP, hostname: "*.team.example.com"}, {name: one, port: 81, protocol: HTTP, hostname: one.example.com}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: loser, namespace: shop}
spec:
  parentRef: {name: web}
  listeners: [{name: taken, port: 8080, protocol: HTTP, hostname: taken.example.com}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: stranger, namespace: other}
spec:
  parentRef: {name: web, namespace: shop}
  listeners: [{name: main, port: 82, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: stream, namespace: shop}
spec:
  gatewayClassName: nlb
  listeners: [{name: tcp, port: 9000, protocol: TCP}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop}
spec: {ports: [{port: 80}]}
"""


def route(name: str, parent: dict, *hostnames: str, kind: str = "HTTPRoute", namespace: str = "shop", annotation: str = "") -> dict:
    metadata = {"name": name, "namespace": namespace} | ({"annotations": {f"{PREFIX}/hostname": annotation}} if annotation else {})
    spec = {"parentRefs": [parent], "rules": [{"backendRefs": [{"name": "app", "port": 80}]}]} | ({"hostnames": list(hostnames)} if hostnames else {})
    return {"apiVersion": f"{GATEWAY_API}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def of(name: str, section: str = "", kind: str = "ListenerSet") -> dict:
    return {"group": GATEWAY_API, "kind": kind, "name": name} | ({"sectionName": section} if section else {})


def named(thing: dict) -> tuple[str, str]:
    return thing["kind"], thing["metadata"]["name"]


def conditions(thing: dict) -> dict[str, str]:
    return {it["type"]: it["status"] for it in thing["conditions"]}


def overlap(hostname: str, listener: str) -> str:
    """The narrower of both, or nothing."""
    if fnmatch.fnmatch(hostname, listener):
        return hostname
    return listener if fnmatch.fnmatch(listener, hostname) else ""


def hostnames(it: dict, listener: dict) -> set[str]:
    names = [*it["spec"].get("hostnames", []), *it["metadata"].get("annotations", {}).get(f"{PREFIX}/hostname", "").split(",")]
    names = [name for name in names if name] or [listener.get("hostname", "")]
    return {overlap(name, listener["hostname"]) if "hostname" in listener else name for name in names} - {""}


def records(objects: list[dict]) -> dict[str, set[str]]:
    """The targets of each hostname."""
    found: dict[str, set[str]] = {}
    by_name = {(it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"]): it for it in objects}
    for it in (it for it in objects if it["kind"] in PROTOCOLS):
        for told in it.get("status", {}).get("parents", []):
            reference = told["parentRef"]
            namespace = reference.get("namespace", it["metadata"]["namespace"])
            parent = by_name.get((reference.get("kind", "Gateway"), namespace, reference["name"]))
            if reference.get("group", GATEWAY_API) != GATEWAY_API or not parent or conditions(told).get("Accepted") != "True":
                continue
            gateway = parent
            if parent["kind"] == "ListenerSet":
                up = parent["spec"]["parentRef"]
                gateway = by_name["Gateway", up.get("namespace", namespace), up["name"]]
            targets = {address["value"] for address in gateway["status"].get("addresses", [])}
            for listener in parent["spec"]["listeners"]:
                is_meant = reference.get("sectionName", listener["name"]) == listener["name"] and reference.get("port", listener["port"]) == listener["port"]
                if is_meant and listener["protocol"] in PROTOCOLS[it["kind"]]:
                    for name in hostnames(it, listener):
                        found.setdefault(name, set()).update(targets)
    return found


class Records(unittest.TestCase):
    def test_each_accepted_hostname_is_a_record_to_its_load_balancer(self):
        web, stream = "the ALB", "the NLB"
        cases = [
            (route("plain", of("web", "any", kind="Gateway"), "shop.example.com"), {"shop.example.com": {web}}),
            # Its set is followed to the Gateway.
            (route("of-a-set", of("team", "all"), "a.team.example.com"), {"a.team.example.com": {web}}),
            # What it says and its listener does not is left out.
            (route("narrowed", of("team", "all"), "b.team.example.com", "b.example.com"), {"b.team.example.com": {web}}),
            # Without hostnames it has its listener's.
            (route("of-its-listener", of("team", "one")), {"one.example.com": {web}}),
            # Who lost a conflict accepts routes; the name leads to the load balancer where the winner serves it.
            (route("of-a-loser", of("loser"), "taken.example.com"), {"taken.example.com": {web}}),
            # A set that the Gateway does not allow accepts none.
            (route("of-a-stranger", of("stranger"), "stranger.example.com", namespace="other"), {}),
            (route("of-nothing", of("team", "none"), "c.team.example.com"), {}),
            (route("elsewhere", of("team", "all"), "d.example.com"), {}),
            (route("annotated", of("stream", kind="Gateway"), kind="TCPRoute", annotation="tcp.example.com"), {"tcp.example.com": {stream}}),
        ]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "source").mkdir()
            (folder / "source/world.yaml").write_text(WORLD)
            (folder / "source/routes.yaml").write_text(yaml.safe_dump_all(it for it, _ in cases))
            ended = subprocess.run([PROGRAM, "up", "--once", "--source", folder / "source", "--state-dir", folder / "state", "--status-dir", folder / "status"],
                                   text=True, capture_output=True)
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
            statuses = [yaml.safe_load(file.read_text()) for file in (folder / "status").rglob("*.yaml")]
        objects = {named(it): it for it in [*yaml.safe_load_all(WORLD), *(it for it, _ in cases)]}
        for it in statuses:
            objects[named(it)]["status"] = it["status"]
        names = {}
        for gateway, load_balancer in [("web", web), ("stream", stream)]:
            [address] = objects["Gateway", gateway]["status"]["addresses"]
            self.assertEqual(address["type"], "Hostname")
            self.assertRegex(address["value"], r"^[a-z0-9.-]+\.amazonaws\.com$")
            names[address["value"]] = load_balancer
        self.assertEqual(set(names.values()), {web, stream})
        others = [it for it in objects.values() if it["kind"] not in PROTOCOLS]
        for it, expected in cases:
            with self.subTest(it["metadata"]["name"]):
                found = records([*others, it])
                self.assertEqual({name: {names[target] for target in targets} for name, targets in found.items()}, expected)


if __name__ == "__main__":
    unittest.main()
