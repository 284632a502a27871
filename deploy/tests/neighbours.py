"""The real neighbours, as processes beside ours: those that .ci/neighbours builds, and Debian's Prometheus (.ci/tools)."""

import collections
import datetime
import functools
import json
import pathlib
import urllib.error
import urllib.parse
import urllib.request

import yaml

import helm
from cluster import Api, end, said, sources, start
from world import Processes, free

CERT_MANAGER = "cert-manager.io/v1"


@functools.cache
def program(name: str) -> pathlib.Path:
    return pathlib.Path(said(helm.ROOT / ".ci/neighbours", "path")) / name


class Collector:
    """An OpenTelemetry Collector, and the spans that it was sent. It ends with the processes that it is among."""

    def __init__(self, among: Processes, address: str = "127.0.0.1") -> None:
        self.spans = among.folder / "spans.json"
        listen = f"{address}:{free()}"
        self.endpoint = f"http://{listen}"
        config = among.folder / "collector.yaml"
        config.write_text(yaml.safe_dump({
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": listen}}}},
            "exporters": {"lines": {"path": str(self.spans)}},
            "service": {
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["lines"]}},
                # Of itself it tells nothing: that would be a port more.
                "telemetry": {"metrics": {"level": "none"}},
            },
        }))
        among.start("collector", program("collector"), f"--config=file:{config}")

    def traces(self) -> dict[str, list[dict]]:
        """The spans of each trace, with their `service`."""
        traces = collections.defaultdict(list)
        text = self.spans.read_text() if self.spans.exists() else ""
        # A line may be on its way.
        for line in text[:text.rfind("\n") + 1].splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                attributes = {it["key"]: it["value"] for it in resource["resource"]["attributes"]}
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        traces[span["traceId"]].append({**span, "service": attributes["service.name"]["stringValue"]})
        return dict(traces)


class CertManager:
    """cert-manager's controllers on an API server. It ends with the processes that it is among."""

    def __init__(self, among: Processes, api: Api) -> None:
        self.api = api
        for file in sorted((sources("deploy/tests/programs/cert-manager", "github.com/cert-manager/cert-manager") / "deploy/crds").glob("*.yaml")):
            crd = yaml.safe_load(file.read_text())
            api.apply(crd)
            api.until_served(crd)
        api.namespace("cert-manager")
        # It prints its one line, and then it only writes a log.
        process, _ = start([program("cert-manager"), api.kubeconfig], among.folder / "cert-manager.log")
        among.callback(end, process)

    def authority(self, name: str) -> None:
        """A ClusterIssuer whose certificate is signed by itself."""
        reference = {"group": "cert-manager.io", "kind": "ClusterIssuer"}
        for thing in [
            {"kind": "ClusterIssuer", "metadata": {"name": f"{name}-root"}, "spec": {"selfSigned": {}}},
            {"kind": "Certificate", "metadata": {"name": name, "namespace": "cert-manager"}, "spec": {
                "isCA": True, "commonName": name, "secretName": name, "privateKey": {"algorithm": "ECDSA", "size": 256},
                "issuerRef": {**reference, "name": f"{name}-root"}}},
            {"kind": "ClusterIssuer", "metadata": {"name": name}, "spec": {"ca": {"secretName": name}}},
        ]:
            self.api.apply({"apiVersion": CERT_MANAGER, **thing})

    def renew(self, namespace: str, name: str) -> None:
        """As `cmctl renew` does it."""
        certificate = {"apiVersion": CERT_MANAGER, "kind": "Certificate", "metadata": {"name": name, "namespace": namespace}}
        live = self.api.get(certificate)
        issuing = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "asked for by a test",
                   "lastTransitionTime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                   "observedGeneration": live["metadata"]["generation"]}
        conditions = [it for it in live["status"]["conditions"] if it["type"] != "Issuing"] + [issuing]
        self.api.request("PATCH", f"{self.api.path(certificate)}/status", {"status": {"conditions": conditions}}, "application/merge-patch+json")


class Prometheus:
    """It scrapes once a second. It ends with the processes that it is among."""

    def __init__(self, among: Processes, scrape: dict, address: str = "127.0.0.1") -> None:
        """`scrape` is one of its `scrape_configs`."""
        listen = f"{address}:{free()}"
        self.url = f"http://{listen}/api/v1"
        config = among.folder / "prometheus.yaml"
        config.write_text(yaml.safe_dump({"scrape_configs": [{"scrape_interval": "1s", "scrape_timeout": "1s", **scrape}]}))
        among.start("prometheus", "prometheus", f"--config.file={config}", f"--storage.tsdb.path={among.folder}/data",
                    f"--web.listen-address={listen}", "--log.level=error")

    def get(self, path: str, **parameters: object) -> dict | list:
        """A question that it cannot answer is an error."""
        url = f"{self.url}/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{url}: {refused.read().decode()}") from refused

    def asked(self, query: str) -> list:
        """What it answers now to what a panel or an alert asks, of all installations and of one tenant."""
        return self.get("query", query=of_dashboard(query))["result"]


def of_dashboard(query: str) -> str:
    """With what Grafana puts in the place of a dashboard's variables."""
    for name, value in {"$namespace": ".*", "$tenant": "infra", "$__rate_interval": "1m"}.items():
        query = query.replace(name, value)
    return query


def attributes(span: dict) -> dict[str, object]:
    """Each has a value of one kind."""
    return {it["key"]: next(iter(it["value"].values())) for it in span.get("attributes", [])}
