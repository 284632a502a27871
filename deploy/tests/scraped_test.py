"""A real Prometheus scrapes the five programs: each panel and each alert is asked, and what has no data here says why."""

import base64
import datetime
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import helm
from prometheus_test import DASHBOARDS, alerts, panels

PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", helm.ROOT / "target")) / "debug/tributary"
PATIENCE = 120
# Of these there is nothing to see in a folder without certificates between the services, where nothing goes wrong.
WITHOUT_DATA = {
    "Leases held": "replicas share by Leases in Kubernetes only",
    "Shares by pod": "replicas share by Leases in Kubernetes only",
    "Failed tasks in an hour": "no task fails",
    "Calls that failed": "AWS refuses nothing",
    "Own pace": "it is told when AWS throttles, and AWS throttles nothing",
    "Certificates between the services": "the services have none",
    "Objects": "a folder has no watches",
    "Objects that cannot be read": "a folder has no watches",
    "Requests that failed": "there is no API server",
    "Events": "there is no API server",
    "On its way": "everything is settled",
}


def free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def secret() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app.example.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = certificate.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=90))
    certificate = certificate.add_extension(x509.SubjectAlternativeName([x509.DNSName("app.example.com")]), False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    data = {"tls.crt": certificate.public_bytes(pem), "tls.key": private}
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "app", "namespace": "infra"},
        "data": {name: base64.b64encode(it).decode() for name, it in data.items()},
    })


class Scraped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        source = cls.folder / "source"
        source.mkdir()
        cls.world = source / "world.yaml"
        cls.world.write_text((pathlib.Path(__file__).parent / "prometheus/world.yaml").read_text())
        (source / "secret.yaml").write_text(secret())
        watcher, cls.merger, sandbox, cls.prometheus = free(), free(), free(), free()
        admins = {service: free() for service in ["watcher", "merger", "alb-programmer", "nlb-programmer", "status-writer"]}
        programmer = ["--merger", f"http://127.0.0.1:{cls.merger}", "--aws", f"http://127.0.0.1:{sandbox}", "--source", source]
        arguments = {
            "watcher": ["--source", source, "--grpc-listen", f"127.0.0.1:{watcher}"],
            "merger": ["--watcher", f"http://127.0.0.1:{watcher}", "--grpc-listen", f"127.0.0.1:{cls.merger}", "--tenant-metrics"],
            "alb-programmer": programmer,
            "nlb-programmer": programmer,
            "status-writer": ["--merger", f"http://127.0.0.1:{cls.merger}", "--status-dir", cls.folder / "status"],
        }
        cls.start("sandbox", PROGRAM, "sandbox", "--listen", f"127.0.0.1:{sandbox}", "--issued-certificate", "other.example.com")
        for service, port in admins.items():
            cls.start(service, PROGRAM, service, *arguments[service], "--admin-listen", f"127.0.0.1:{port}")
        scrape = {"job_name": "tributary", "scrape_interval": "1s", "scrape_timeout": "1s",
                  "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in admins.values()]}]}
        config = cls.folder / "prometheus.yaml"
        config.write_text(yaml.safe_dump({"scrape_configs": [scrape]}))
        cls.start("prometheus", "prometheus", f"--config.file={config}", f"--storage.tsdb.path={cls.folder}/data",
                  f"--web.listen-address=127.0.0.1:{cls.prometheus}", "--log.level=error")
        cls.settled()
        # Changes, so that there is something to time.
        cls.until("the first scrape of all five", lambda: len(cls.asked("tributary_build_info")) == 5)
        for path in ["/second", "/third"]:
            cls.world.write_text(cls.world.read_text().replace("/first", path).replace("/second", path))
            cls.settled()
        cls.until("changes that are timed", lambda: cls.asked('rate(tributary_change_seconds_count{stage="programmed"}[1m]) > 0'))
        cls.until("objects that are counted", lambda: cls.asked("tributary_tenant_objects"))
        cls.until("a rate of all five", lambda: len(cls.asked("count_over_time(tributary_build_info[1m]) >= 3")) == 5)

    @classmethod
    def start(cls, name: str, *command: object):
        log = (cls.folder / f"{name}.log").open("w")
        cls.addClassCleanup(log.close)
        process = subprocess.Popen([str(it) for it in command], stdout=log, stderr=log)
        cls.addClassCleanup(process.wait, 30)
        cls.addClassCleanup(process.terminate)

    @classmethod
    def settled(cls):
        ended = subprocess.run([PROGRAM, "wait", "--timeout", f"{PATIENCE}s", "--server", f"127.0.0.1:{cls.merger}"], text=True, capture_output=True)
        # It may not listen yet.
        if ended.returncode and "no Tributary server" in ended.stderr:
            cls.until("the merger listens", lambda: subprocess.run([PROGRAM, "wait", "--server", f"127.0.0.1:{cls.merger}"], capture_output=True).returncode == 0)
            return
        assert ended.returncode == 0, ended.stdout + ended.stderr

    @classmethod
    def until(cls, what: str, is_so):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if is_so():
                    return
            except (urllib.error.URLError, ConnectionError):
                pass  # It may not listen yet; the deadline says if it never does.
            assert time.monotonic() < end, f"not so: {what}"
            time.sleep(0.2)

    @classmethod
    def asked(cls, query: str) -> list:
        """What Prometheus answers; a query that it cannot answer is an error."""
        for name, value in {"$namespace": ".*", "$tenant": "infra", "$__rate_interval": "1m"}.items():
            query = query.replace(name, value)
        url = f"http://127.0.0.1:{cls.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{query}: {refused.read().decode()}") from refused

    def test_each_panel_shows_something_or_says_why_not(self):
        empty, seen = set(), set()
        for file in DASHBOARDS:
            for panel in panels(json.loads(file.read_text())):
                title = panel["title"]
                if any(self.asked(target["expr"]) for target in panel["targets"]):
                    seen.add(title)
                else:
                    empty.add(title)
        self.assertEqual(empty, set(WITHOUT_DATA))
        self.assertFalse(empty & seen)

    def test_no_alert_fires_where_all_is_well(self):
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertEqual(self.asked(rule["expr"]), [])

    def test_status_agrees(self):
        ended = subprocess.run([PROGRAM, "status", "-o", "json", "--server", f"127.0.0.1:{self.merger}"], text=True, capture_output=True)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        told = json.loads(ended.stdout)
        self.assertEqual(told["status"], "Well")
        services = {it["service"] for it in told["services"]}
        self.assertEqual(services, {"watcher", "merger", "alb-programmer", "nlb-programmer", "status-writer"})
        for it in told["objects"]:
            name = {"Gateway": "tributary_gateways", "ListenerSet": "tributary_listener_sets", "Listener": "tributary_listeners"}.get(it["what"], "tributary_routes")
            kind = f',kind="{it["what"]}"' if name == "tributary_routes" else ""
            [series] = self.asked(f'{name}{{state="{it["state"]}",reason="{it["reason"]}"{kind}}}')
            self.assertEqual(int(series["value"][1]), it["count"], it)


if __name__ == "__main__":
    unittest.main()
