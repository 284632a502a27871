"""The real node of tests/kubernetes/node, and what a person does on it with kubectl."""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import cluster
import helm

PROGRAM = helm.ROOT / "tests/kubernetes/node/node"
# Two cores pull no image and run all of it: what takes longer than this hangs.
PATIENCE = 120
NEW_NETWORK = 0x40000000
# What the examples name. No way leads to it from here.
APP = "docker.io/hashicorp/http-echo:1.0"
CLIENT = "localhost/tributary-client:1.0"
LIBC = ctypes.CDLL(None, use_errno=True)


class Node(cluster.Api):
    """It ends with this process, however that ends. Whoever made it is in its network from then on, and so are the threads and
    programs that they start: nothing of it can be reached from elsewhere."""

    def __init__(self) -> None:
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tributary-install-"))
        # Go asks the module's origin, which cannot be reached from the node's network.
        cluster.gateway_api()
        self.programs = pathlib.Path(cluster.said(helm.ROOT / ".ci/kubernetes", "path")).parent
        self.process: subprocess.Popen | None = None
        with contextlib.ExitStack() as failed:
            failed.callback(self.close)
            super().__init__(self.start(), str(self.dir))
            failed.pop_all()

    def start(self) -> str:
        self.process, ready = cluster.start([PROGRAM, "run", self.dir], self.dir / "said")
        self.join(f"/proc/{dict(word.split('=', 1) for word in ready.split()[1:])['pid']}/ns/net")
        return ready

    def join(self, network: str) -> None:
        handle = os.open(network, os.O_RDONLY)
        try:
            if LIBC.setns(handle, NEW_NETWORK):
                raise OSError(ctypes.get_errno(), f"cannot enter {network}")
        finally:
            os.close(handle)

    def stop(self) -> None:
        """Pulls the plug."""
        self.join(f"/proc/self/fd/{self.home}")
        if self.process:
            cluster.end(self.process)

    def reboot(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        self.stop()
        subprocess.run([PROGRAM, "clean", self.dir], check=True)
        os.close(self.home)

    def do(self, verb: str, *arguments: object) -> str:
        return self.run(PROGRAM, verb, self.dir, *arguments)

    def environment(self) -> dict[str, str]:
        environment = super().environment()
        return environment | {"PATH": f"{self.programs}:{environment['PATH']}"}

    def run(self, *command: object, given: str | None = None) -> str:
        ended = subprocess.run([str(it) for it in command], input=given, text=True, capture_output=True, timeout=2 * PATIENCE, cwd=helm.ROOT,
                               env=self.environment())
        assert ended.returncode == 0, f"{' '.join(map(str, command))}: {ended.stdout}{ended.stderr}\n{self.seen()}"
        return ended.stdout

    def kubectl(self, *arguments: object, given: str | None = None) -> str:
        return self.run("kubectl", *arguments, given=given)

    def list(self, *arguments: object) -> list[dict]:
        return json.loads(self.kubectl("get", *arguments, "--output=json"))["items"]

    def release(self, *arguments: object) -> str:
        """What helm does with a release, and says of it."""
        ended = self.helm(*arguments)
        assert ended.returncode == 0, f"helm {' '.join(map(str, arguments))}: {ended.stderr}\n{self.seen()}"
        return ended.stdout

    def until(self, what: str, holds, seconds: float = PATIENCE) -> float:
        """Asks until it holds; the seconds that it took."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() < begun + seconds, f"not within {seconds:.0f} s: {what}\n{self.seen()}"
            time.sleep(0.1)
        return time.monotonic() - begun

    def seen(self) -> str:
        """What a person would look at: it says why a wait was in vain."""
        texts = []
        for command in [
            "get pods -A -o wide",
            "get leases -A",
            "describe horizontalpodautoscalers -A",
            "get gateways,listenersets,httproutes -A -o yaml --show-managed-fields=false",
            "get events -A --sort-by=.lastTimestamp",
            "logs -n tributary-system -l app.kubernetes.io/part-of=tributary --prefix --tail=15 --max-log-requests=20",
        ]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                ended = subprocess.run(["kubectl", *command.split()], text=True, capture_output=True, timeout=20, env=self.environment())
                texts.append(f"--- kubectl {command}\n{ended.stdout[-12000:]}{ended.stderr[-1000:]}")
        return "\n".join(texts)


def image_of_app(folder: pathlib.Path) -> pathlib.Path:
    """The archive of the application's image."""
    go = {**os.environ, "GOFLAGS": "", "CGO_ENABLED": "0"}
    source = pathlib.Path(__file__).parent / "app/main.go"
    subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", folder / "app", source], check=True, env=go)
    return image(APP, folder / "app")


def image_of_client(folder: pathlib.Path) -> pathlib.Path:
    """The archive of an image of the client in Go."""
    return image(CLIENT, pathlib.Path(shutil.copy(os.environ["TRIBUTARY_CLIENT"], folder / "client")))


def image(name: str, program: pathlib.Path) -> pathlib.Path:
    archive = program.with_suffix(".tar")
    with archive.open("wb") as file:
        subprocess.run([PROGRAM, "archive", name, program], check=True, stdout=file)
    return archive


def image_of_program(binary: str, folder: pathlib.Path, name: str) -> tuple[pathlib.Path, str]:
    """The archive of the product's image, and its size as the build says it."""
    command = [helm.ROOT / "deploy/image/build", binary, folder]
    said = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env={**os.environ, "IMAGE": name}).stdout
    return next(folder.glob("*.oci.tar")), said.strip().rsplit("size ", 1)[1]
