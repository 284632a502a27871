"""An API server for the tests, that of tests/kubernetes, and the little that they ask of it over HTTPS."""

import base64
import functools
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import yaml

import helm

# The server is ready within seconds, or something is wrong; two cores may be busy.
START_SECONDS = 120


class Refused(Exception):
    """What the API server answers, as text, to what it does not take."""


class Api:
    """What answers at a kubeconfig, with the Gateway API's CRDs. What is kept of it lies in a folder."""

    def __init__(self, ready: str, folder: str) -> None:
        """`ready …` is what its program said."""
        words = dict(word.split("=", 1) for word in ready.split()[1:])
        self.folder = folder
        self.kubeconfig = words["kubeconfig"]
        self.server = words["server"]
        self.context = self.credentials()
        self.resources: dict[tuple[str, str], dict] = {}
        for file in sorted((gateway_api() / "config/crd/standard").glob("*.yaml")):
            for thing in yaml.safe_load_all(file.read_text()):
                # Its policy about upgrades is another's matter.
                if thing and thing["kind"] == "CustomResourceDefinition":
                    self.apply(thing)
                    self.until_served(thing)

    def credentials(self) -> ssl.SSLContext:
        config = yaml.safe_load(pathlib.Path(self.kubeconfig).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

        def file(part: dict, key: str) -> str:
            if key in part:
                return part[key]
            path = pathlib.Path(self.folder) / key
            path.write_bytes(base64.b64decode(part[f"{key}-data"]))
            return str(path)

        context = ssl.create_default_context(cafile=file(cluster, "certificate-authority"))
        context.load_cert_chain(file(user, "client-certificate"), file(user, "client-key"))
        return context

    def request(self, method: str, path: str, body: object = None, kind: str = "application/json", user: str = "") -> tuple[dict, list[str]]:
        """The answer, and what the API server warns of."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if user:
            headers["Impersonate-User"] = user
        request = urllib.request.Request(self.server + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                return json.load(answer), answer.headers.get_all("Warning") or []
        except urllib.error.HTTPError as error:
            # Not all of them are a Status: of what is not served it is a line of text.
            raise Refused(error.read().decode()) from None

    def path(self, thing: dict) -> str:
        """Where an object is, by discovery."""
        version, kind = thing["apiVersion"], thing["kind"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self.resources:
            served, _ = self.request("GET", root)
            for it in served["resources"]:
                if "/" not in it["name"]:
                    self.resources[version, it["kind"]] = it
        resource = self.resources[version, kind]
        metadata = thing["metadata"]
        within = f"/namespaces/{metadata['namespace']}" if resource["namespaced"] else ""
        return f"{root}{within}/{resource['name']}/{metadata['name']}"

    def apply(self, thing: dict, query: str = "") -> list[str]:
        """Applies it, strictly; returns the warnings."""
        path = f"{self.path(thing)}?fieldManager=chart&force=true&fieldValidation=Strict{query}"
        return self.request("PATCH", path, thing, "application/apply-patch+yaml")[1]

    def get(self, thing: dict) -> dict | None:
        try:
            return self.request("GET", self.path(thing))[0]
        except Refused as refused:
            if '"reason":"NotFound"' in str(refused):
                return None
            raise

    def until_served(self, crd: dict) -> None:
        version = next(it["name"] for it in crd["spec"]["versions"] if it["served"])
        path = f"/apis/{crd['spec']['group']}/{version}/{crd['spec']['names']['plural']}"
        until(f"{path} is served", lambda: self.answers(path))

    def answers(self, path: str) -> bool:
        try:
            self.request("GET", path)
        except Refused:
            return False
        return True

    def namespace(self, name: str, **metadata: object) -> None:
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}})

    def account(self, namespace: str, name: str) -> pathlib.Path:
        """A kubeconfig that may do what the account may, for an hour."""
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        answer, _ = self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", asked)
        config = yaml.safe_load(pathlib.Path(self.kubeconfig).read_text())
        config["users"][0]["user"] = {"token": answer["status"]["token"]}
        path = pathlib.Path(self.folder) / f"{namespace}-{name}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return path

    def environment(self) -> dict[str, str]:
        """Of programs that ask it."""
        return {**os.environ, "KUBECONFIG": self.kubeconfig, "HELM_CACHE_HOME": self.folder}

    def helm(self, *arguments: object) -> subprocess.CompletedProcess:
        return helm.run(*arguments, env=self.environment())


class Cluster(Api):
    """One without nodes. It ends with this process, however that ends."""

    def __init__(self) -> None:
        self.state = tempfile.TemporaryDirectory(prefix="tributary-chart-")
        server = said(helm.ROOT / ".ci/kubernetes", "path")
        command = [server, "-dir", f"{self.state.name}/state", "-stop-on-stdin-eof"]
        self.process, ready = start(command, pathlib.Path(self.state.name) / "log")
        super().__init__(ready, self.state.name)

    def close(self) -> None:
        end(self.process)
        self.state.cleanup()


def start(command: list[object], log: pathlib.Path) -> tuple[subprocess.Popen, str]:
    """A program that runs until its input ends, and its line `ready …`."""
    with log.open("a") as file:
        process = subprocess.Popen([str(it) for it in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True)
    watchdog = time.monotonic() + START_SECONDS
    for line in process.stdout:
        if line.startswith("ready "):
            return process, line
        assert time.monotonic() < watchdog, f"not ready in time: {command[0]}"
    raise AssertionError(log.read_text()[-2000:])


def end(process: subprocess.Popen) -> None:
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


def gateway_api() -> pathlib.Path:
    return sources("tests/kubernetes/crds", "sigs.k8s.io/gateway-api")


@functools.cache
def sources(of: str, module: str) -> pathlib.Path:
    """Of a Go module, in the version that the module in the folder `of` names."""
    return pathlib.Path(json.loads(said("go", "mod", "download", "-json", module, folder=of))["Dir"])


def until(what: str, holds) -> None:
    """Asks again and again, for a while."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"not within a minute: {what}"
        time.sleep(0.05)


def said(*command: object, folder: str = ".") -> str:
    ended = subprocess.run([str(it) for it in command], check=True, text=True, stdout=subprocess.PIPE, cwd=helm.ROOT / folder,
                           env={**os.environ, "GOFLAGS": ""})
    return ended.stdout.strip()
