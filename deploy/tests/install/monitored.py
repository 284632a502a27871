"""A ServiceMonitor in the words of Prometheus's own configuration, as Prometheus Operator has it. Debian's Prometheus cannot ask Kubernetes
for targets: they are read here, from the EndpointSlices that Kubernetes keeps, and given to it in a file, with the labels that it would find."""

import json
import pathlib
import re

from neighbours import Prometheus
from node import Node
from prometheus_test import DASHBOARDS, alerts, panels

# Of Prometheus Operator's CRD no more than that it is there.
MONITORS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "servicemonitors.monitoring.coreos.com"},
    "spec": {
        "group": "monitoring.coreos.com", "scope": "Namespaced", "names": {"kind": "ServiceMonitor", "plural": "servicemonitors"},
        "versions": [{"name": "v1", "served": True, "storage": True,
                      "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}],
    },
}
# A tenant's set with a certificate of a Secret, and a listener that is refused, since the Gateway has it.
SECURED = {
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet", "metadata": {"name": "secured", "namespace": "infra"}, "spec": {
        "parentRef": {"name": "my-gateway"},
        "listeners": [{"name": "https", "port": 8443, "protocol": "HTTPS", "hostname": "app.example.com",
                       "tls": {"mode": "Terminate", "certificateRefs": [{"name": "app"}]}},
                      {"name": "taken", "port": 80, "protocol": "HTTP"}]},
}
# A tenant's set that AWS has no certificate for.
UNCERTIFIED = {
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "ListenerSet", "metadata": {"name": "uncertified", "namespace": "infra"}, "spec": {
        "parentRef": {"name": "my-gateway"}, "listeners": [{"name": "https", "port": 9443, "protocol": "HTTPS", "hostname": "nobody.example.org"}]},
}
# Panels that may be empty where all is well.
UNSEEN = {
    "Calls that failed": "AWS refuses nothing",
    "Own pace": "it is told when AWS throttles, and AWS throttles nothing",
    "Requests that failed": "the API server answers",
    "On its way": "everything is settled",
}


def empty_panels(prometheus: Prometheus) -> set[str]:
    """The titles of those of all dashboards that have nothing to show."""
    all_of_them = [panel for file in DASHBOARDS for panel in panels(json.loads(file.read_text()))]
    return {it["title"] for it in all_of_them if not any(prometheus.asked(target["expr"]) for target in it["targets"])}


def true_alerts(prometheus: Prometheus) -> dict[str, list]:
    """Those whose expression is true now, and of what: how long it has to be, `for`, is promtool's matter."""
    asked = {name: prometheus.asked(rule["expr"]) for name, rule in alerts().items()}
    return {name: answer for name, answer in asked.items() if answer}


def label(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def scrape(monitor: dict, targets: pathlib.Path) -> dict:
    """A `scrape_config` of a monitor with one endpoint, for the targets of a file."""
    [endpoint] = monitor["spec"]["endpoints"]
    kept = {f"__meta_kubernetes_service_label_{label(name)}": value for name, value in monitor["spec"]["selector"]["matchLabels"].items()}
    kept["__meta_kubernetes_endpointslice_port_name"] = endpoint["port"]
    taken = {"namespace": "__meta_kubernetes_namespace", "pod": "__meta_kubernetes_pod_name", "service": "__meta_kubernetes_service_name"}
    taken |= {label(it): f"__meta_kubernetes_pod_label_{label(it)}" for it in monitor["spec"]["podTargetLabels"]}
    return {
        "job_name": monitor["metadata"]["name"], "metrics_path": endpoint["path"], "file_sd_configs": [{"files": [str(targets)]}],
        "relabel_configs": [
            *({"action": "keep", "source_labels": [source], "regex": re.escape(value)} for source, value in kept.items()),
            *({"target_label": name, "source_labels": [source], "regex": "(.+)"} for name, source in taken.items()),
            # Theirs are of words that Prometheus writes the same.
            *endpoint.get("relabelings", []),
        ],
    }


def discover(node: Node, namespace: str) -> list[dict]:
    """Every port of every endpoint of a namespace, whether it is ready or not."""
    services = {it["metadata"]["name"]: it for it in node.list("services", "-n", namespace)}
    pods = {it["metadata"]["name"]: it for it in node.list("pods", "-n", namespace)}
    found = []
    for slice_ in node.list("endpointslices", "-n", namespace):
        service = services[slice_["metadata"]["labels"]["kubernetes.io/service-name"]]["metadata"]
        # Without endpoints it has no ports either.
        for port in slice_["ports"] or []:
            for endpoint in slice_["endpoints"] or []:
                # Some have no pod (the API server's), and a pod that has just gone is in its slice for a moment.
                if not (pod := pods.get(endpoint.get("targetRef", {}).get("name"))):
                    continue
                pod = pod["metadata"]
                about = {"namespace": namespace, "service_name": service["name"], "endpointslice_port_name": port["name"], "pod_name": pod["name"]}
                about |= {f"service_label_{label(name)}": value for name, value in service.get("labels", {}).items()}
                about |= {f"pod_label_{label(name)}": value for name, value in pod["labels"].items()}
                found.append({"targets": [f"{endpoint['addresses'][0]}:{port['port']}"],
                              "labels": {f"__meta_kubernetes_{name}": value for name, value in about.items()}})
    return found


def write(node: Node, namespace: str, targets: pathlib.Path) -> None:
    """At once: it is read while it is written."""
    part = targets.with_suffix(".part")
    part.write_text(json.dumps(discover(node, namespace)))
    part.rename(targets)
