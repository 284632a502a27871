"""What prometheus-adapter and metrics-server would be to the autoscaler: the custom metrics API with the metric of the chart's README, of the
pods' own /metrics, and the resource metrics API with the CPU and memory that the kubelet has measured."""

import collections
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from node import Node

# In the node's network; the API server goes there for an APIService.
ADDRESS, PORT = "10.255.0.1", 6444
CUSTOM, RESOURCES = ("custom.metrics.k8s.io", "v1beta2"), ("metrics.k8s.io", "v1beta1")
METRIC = "tributary_aws_calls_under_way"
SECONDS_OF_CALLS = "tributary_aws_call_seconds_total"
# `rate` looks back so far here: the autoscaler asks every 15 s, and two answers make a rate. The README's [1m] would only make the test longer.
WINDOW = 20


class Adapter:
    """Answers until it is closed. Its thread is in the network of whoever makes it."""

    def __init__(self, node: Node, folder: pathlib.Path) -> None:
        self.node = node
        # By pod: when it was asked, and how many seconds of calls it had had.
        self.seen: dict[str, collections.deque[tuple[float, float]]] = collections.defaultdict(collections.deque)
        key, certificate = folder / "adapter.key", folder / "adapter.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=adapter", "-days", "1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        adapter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = adapter.answer(urllib.parse.urlsplit(self.path))
                body = json.dumps(answer or {}).encode()
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer((ADDRESS, PORT), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.register()

    def register(self) -> None:
        metadata = {"name": "adapter", "namespace": "kube-system"}
        ports = [{"name": "https", "port": 443, "protocol": "TCP"}]
        self.node.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}})
        self.node.apply({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                         "metadata": metadata | {"labels": {"kubernetes.io/service-name": "adapter"}},
                         "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}], "endpoints": [{"addresses": [ADDRESS]}]})
        for group, version in (CUSTOM, RESOURCES):
            self.node.apply({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"{version}.{group}"},
                             "spec": {"group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
                                      "insecureSkipTLSVerify": True, "service": {"namespace": "kube-system", "name": "adapter"}}})

    def answer(self, asked: urllib.parse.SplitResult) -> dict | None:
        match urllib.parse.unquote(asked.path).strip("/").split("/"):
            case ["apis", *api] if tuple(api) == CUSTOM:
                return resource_list(CUSTOM, {"name": f"pods/{METRIC}", "kind": "MetricValueList", "verbs": ["get"]})
            case ["apis", *api] if tuple(api) == RESOURCES:
                return resource_list(RESOURCES, {"name": "pods", "kind": "PodMetrics", "verbs": ["get", "list"]})
            case ["apis", *api, "namespaces", namespace, "pods", "*", metric] if (tuple(api), metric) == (CUSTOM, METRIC):
                items = [self.value(it) for it in self.pods(namespace, asked)]
                return {"kind": "MetricValueList", "apiVersion": "/".join(CUSTOM), "metadata": {}, "items": items}
            case ["apis", *api, "namespaces", namespace, "pods"] if tuple(api) == RESOURCES:
                return {"kind": "PodMetricsList", "apiVersion": "/".join(RESOURCES), "metadata": {},
                        "items": self.resources(self.pods(namespace, asked))}
        return None

    def pods(self, namespace: str, asked: urllib.parse.SplitResult) -> list[dict]:
        selector = dict(urllib.parse.parse_qsl(asked.query)).get("labelSelector", "")
        pods = self.node.list("pods", "-n", namespace, "-l", selector)
        return [it for it in pods if it["status"].get("podIP") and "deletionTimestamp" not in it["metadata"]]

    def resources(self, pods: list[dict]) -> list[dict]:
        """Of each pod that the kubelet has measured."""
        summary = json.loads(self.node.kubectl("get", "--raw", f"/api/v1/nodes/{pods[0]['spec']['nodeName']}/proxy/stats/summary")) if pods else {}
        measured = {it["podRef"]["uid"]: it for it in summary.get("pods", [])}
        found = [(it, measured[it["metadata"]["uid"]]) for it in pods if "usageNanoCores" in measured.get(it["metadata"]["uid"], {}).get("cpu", {})]
        return [{"metadata": {name: pod["metadata"][name] for name in ("name", "namespace", "labels")}, "timestamp": stats["cpu"]["time"],
                 "window": "10s", "containers": [{"name": pod["spec"]["containers"][0]["name"],
                                                  "usage": {"cpu": f"{stats['cpu']['usageNanoCores']}n",
                                                            "memory": str(stats["memory"]["workingSetBytes"])}}]}
                for pod, stats in found]

    def value(self, pod: dict) -> dict:
        name, now = pod["metadata"]["name"], time.monotonic()
        try:
            total = seconds_of_calls(pod["status"]["podIP"])
        except OSError:
            # It has only begun, and had no calls yet.
            total = 0.0
        seen = self.seen[name]
        seen.append((now, total))
        while now - seen[0][0] > WINDOW:
            seen.popleft()
        (begun, before), took = seen[0], now - seen[0][0]
        rate = (total - before) / took if took else 0.0
        return {"describedObject": {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": name, "apiVersion": "v1"},
                "metric": {"name": METRIC}, "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "value": f"{int(rate * 1000)}m"}

    def close(self) -> None:
        self.node.kubectl("delete", "apiservice", *(f"{version}.{group}" for group, version in (CUSTOM, RESOURCES)))
        self.node.kubectl("delete", "service,endpointslice", "-n", "kube-system", "adapter", "--ignore-not-found")
        self.server.shutdown()
        self.server.server_close()


def resource_list(api: tuple[str, str], resource: dict) -> dict:
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "/".join(api),
            "resources": [{"singularName": "", "namespaced": True} | resource]}


def seconds_of_calls(address: str) -> float:
    with urllib.request.urlopen(f"http://{address}:8080/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(it.rsplit(" ", 1)[1]) for it in lines if it.startswith(SECONDS_OF_CALLS))
