"""A release of the chart on an API server without nodes. The programs run here as the chart's Deployments say, one of each, with the rights
of their accounts, and their Secrets are laid as files where a kubelet would lay them. cert-manager makes the certificates, AWS is the sandbox."""

import base64
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import helm
from cluster import Cluster
from neighbours import CertManager
from world import PROGRAM, SERVICES, Processes, free

SYSTEM = "tributary-system"


class Release(Processes):
    def __init__(self, *settings: str) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.callback(self.cluster.close)
        self.cert_manager = CertManager(self, self.cluster)
        self.cert_manager.authority("services")
        listen = f"127.0.0.1:{free()}"
        self.sandbox = f"http://{listen}/_sandbox"
        self.start("sandbox", PROGRAM, "sandbox", f"--listen={listen}", "--provisioning-ms=0")
        values = [it for setting in (f"aws.endpoint=http://{listen}", *settings) for it in ("--set", setting)]
        ended = self.cluster.helm("upgrade", "--install", "tributary", helm.CHART, "--namespace", SYSTEM, "--create-namespace",
                                  "--values", helm.values("cert-manager"), *values)
        assert ended.returncode == 0, ended.stderr
        self.ports = {"merger": free(), "watcher": free()}
        self.admins = {service: free() for service in SERVICES}
        self.volumes = self.folder / "volumes"
        self.volumes.mkdir()
        for service in SERVICES:
            self.run(service)
        self.ready()

    def template(self, service: str) -> dict:
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"tributary-{service}", "namespace": SYSTEM}}
        return self.cluster.get(deployment)["spec"]["template"]["spec"]

    def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        live = self.cluster.get({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}})
        return live and {file: base64.b64decode(it) for file, it in live["data"].items()}

    def mount(self, name: str) -> pathlib.Path:
        """All files of a service's Secret at once, as a volume has them."""
        volume = self.volumes / name
        self.until(f"cert-manager made the certificate of {name}", lambda: self.secret(SYSTEM, f"tributary-{name}-tls"))
        version = self.volumes / f"{name}.{len(list(self.volumes.iterdir()))}"
        version.mkdir()
        for file, content in self.secret(SYSTEM, f"tributary-{name}-tls").items():
            (version / file).write_bytes(content)
        link = self.volumes / f"{name}.new"
        link.symlink_to(version)
        os.replace(link, volume)
        return volume

    def run(self, service: str) -> None:
        pod = self.template(service)
        [volume] = pod["volumes"]
        assert volume["secret"]["secretName"] == f"tributary-{service}-tls", volume
        [container] = pod["containers"]
        place = {
            "--admin-listen": f"127.0.0.1:{self.admins[service]}",
            "--grpc-listen": f"127.0.0.1:{self.ports.get(service)}",
            "--merger": f"https://127.0.0.1:{self.ports['merger']}",
            "--watcher": f"https://127.0.0.1:{self.ports['watcher']}",
            "--tls-dir": self.mount(service),
        }
        flags = [it if (flag := it.split("=")[0]) not in place else f"{flag}={place[flag]}" for it in container["args"]]
        kubeconfig = self.cluster.account(SYSTEM, pod["serviceAccountName"])
        self.start(service, PROGRAM, *flags, f"--kubeconfig={kubeconfig}", POD_NAME=f"tributary-{service}-0", POD_NAMESPACE=SYSTEM)

    def answer(self, service: str, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admins[service]}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as unready:
            return unready.code, unready.read().decode()

    def ready(self) -> None:
        """As the Deployments' probes ask."""
        for service in SERVICES:
            probe = self.template(service)["containers"][0]["readinessProbe"]["httpGet"]["path"]
            self.until(f"{service} is ready", lambda service=service, probe=probe: self.answer(service, probe)[0] == 200)

    def settled(self) -> None:
        """What was read so far is programmed and reported."""
        command = [PROGRAM, "wait", f"--server=127.0.0.1:{self.ports['merger']}", f"--tls-dir={self.mount('client')}"]
        ended = subprocess.run(command, text=True, capture_output=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def asked(self, path: str) -> dict | list:
        """What the sandbox says of itself."""
        with urllib.request.urlopen(f"{self.sandbox}/{path}", timeout=10) as answer:
            return json.load(answer)

    def aws(self, kind: str) -> list[dict]:
        return [it for region in self.asked("state")["regions"].values() for it in region[kind].values()]
