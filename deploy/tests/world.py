"""The five programs over a folder of manifests, with the sandbox as their AWS: processes, and what a person asks of them."""

import base64
import contextlib
import datetime
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import helm

PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", helm.ROOT / "target")) / "debug/tributary"
SERVICES = ["watcher", "merger", "alb-programmer", "nlb-programmer", "status-writer"]
MANIFESTS = pathlib.Path(__file__).parent / "prometheus/world.yaml"
PATIENCE = 240


def free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def secret(days: int = 90) -> str:
    """The one that a listener of the manifests names. Its certificate lasts so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app.example.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = certificate.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=days))
    certificate = certificate.add_extension(x509.SubjectAlternativeName([x509.DNSName("app.example.com")]), False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    data = {"tls.crt": certificate.public_bytes(pem), "tls.key": private}
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "app", "namespace": "infra"},
        "data": {name: base64.b64encode(it).decode() for name, it in data.items()},
    })


class Processes(contextlib.ExitStack):
    """They end with it, the last one first. Their logs are in its folder."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        self.running: dict[str, subprocess.Popen] = {}

    def start(self, name: str, *command: object, **environment: str) -> None:
        log = self.enter_context((self.folder / f"{name}.log").open("a"))
        process = subprocess.Popen([str(it) for it in command], stdout=log, stderr=log, env={**os.environ, **environment})
        self.running[name] = process
        self.callback(process.wait, 30)
        self.callback(process.terminate)

    def stop(self, name: str) -> None:
        """What it has to say in the end, it says."""
        process = self.running.pop(name)
        process.terminate()
        assert process.wait(30) == 0, self.log(name)

    def until(self, what: str, is_so) -> None:
        """Asks again and again, for as long as all of them run."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if is_so():
                    return
            except (urllib.error.URLError, ConnectionError):
                pass  # It may not listen yet; the deadline says if it never does.
            for name, process in self.running.items():
                assert process.poll() is None, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < end, f"not so: {what}"
            time.sleep(0.2)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


class World(Processes):
    """The watcher's folder begins as `prometheus/world.yaml`, in which a route's path is `/first`."""

    def __init__(self, *more: object, **environment: str) -> None:
        """Flags and variables of all five."""
        super().__init__()
        source = self.folder / "source"
        source.mkdir()
        self.manifests = source / "world.yaml"
        self.manifests.write_text(MANIFESTS.read_text())
        (source / "secret.yaml").write_text(secret())
        watcher, self.merger, self.sandbox = free(), free(), free()
        self.admins = {service: free() for service in SERVICES}
        merger = ["--merger", f"http://127.0.0.1:{self.merger}"]
        programmer = [*merger, "--aws", f"http://127.0.0.1:{self.sandbox}", "--source", source]
        self.arguments = {
            "watcher": ["--source", source, "--grpc-listen", f"127.0.0.1:{watcher}"],
            "merger": ["--watcher", f"http://127.0.0.1:{watcher}", "--grpc-listen", f"127.0.0.1:{self.merger}", "--tenant-metrics"],
            "alb-programmer": programmer,
            "nlb-programmer": programmer,
            "status-writer": [*merger, "--status-dir", self.folder / "status"],
        }
        self.more, self.environment = more, environment

    def begin(self) -> None:
        self.start("sandbox", PROGRAM, "sandbox", "--listen", f"127.0.0.1:{self.sandbox}", "--issued-certificate", "other.example.com")
        for service, port in self.admins.items():
            self.start(service, PROGRAM, service, *self.arguments[service], "--admin-listen", f"127.0.0.1:{port}", *self.more, **self.environment)
        self.settled()

    def asked(self, *words: object) -> subprocess.CompletedProcess:
        return subprocess.run([PROGRAM, *map(str, words), "--server", f"127.0.0.1:{self.merger}"], text=True, capture_output=True)

    def settled(self) -> None:
        def is_settled() -> bool:
            ended = self.asked("wait", "--timeout", f"{PATIENCE}s")
            # It may not listen yet.
            assert ended.returncode == 0 or "no Tributary server" in ended.stderr, ended.stdout + ended.stderr
            return ended.returncode == 0

        self.until("everything is judged, programmed and reported", is_settled)

    def status(self, kind: str, namespace: str, name: str) -> str:
        file = self.folder / "status" / kind / namespace / f"{name}.yaml"
        return file.read_text() if file.exists() else ""

    def change(self, *edits: tuple[str, str]) -> None:
        """Each is a text, and what stands in its place from now on. The watcher sees all of them at once."""
        text = self.manifests.read_text()
        for before, after in edits:
            assert before in text, before
            text = text.replace(before, after)
        self.manifests.write_text(text)
        self.settled()
