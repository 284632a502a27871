"""The life of an install on a real node, in order: Helm's one command, the document's example, growth, rollouts, failures, an upgrade,
removal. Each step needs the ones before it, so the first that fails ends the run (`--failfast`).

    TRIBUTARY_CLIENT              the client in Go (examples/clients/build)
    TRIBUTARY_BIN                 the program that the image is made of
    TRIBUTARY_PREVIOUS[_COMMIT]   the program and the commit of the last release, from whose chart the upgrade begins (.ci/previous)

What was measured is printed as a table in the end, for BENCHMARKS.md.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import yaml

import adapter
import monitored
import node
import world
from helm import CHART, ROOT
from neighbours import Collector, Prometheus
from node import Node
from watched import GATEWAYS, NAMESPACE, NLB, Churn, Watched, gateways, golden, is_programmed, make, told, unmake

SYSTEM = "tributary-system"
IMAGE = "localhost/tributary"
SERVICES = ["watcher", "merger", "alb-programmer", "nlb-programmer", "status-writer"]
EXAMPLE = "examples/listenersets"
# Of a release that is AWS alone: it stays when the one that is tried goes.
AWS = "aws"
# Seconds that no change waits longer for while pods are replaced, of one Deployment or of all of them at once,
GAP = 5
# where each call to AWS takes one, and a change several calls,
GAP_OF_SLOW_AWS = 10
# and while something dies: its Lease ends after 4, and another takes over.
FAILOVER = 15
# Alerts are true, and not any more: Prometheus looks for new targets every five seconds, and pods have to start.
ALERTED = 45
# The API server hangs for longer than a Lease, and than a client waits for an answer to its renewal.
HANGS = 12

NODE: Node
FIGURES: list[tuple[str, str]] = []


def setUpModule():
    global NODE
    unittest.addModuleCleanup(print_figures)
    with tempfile.TemporaryDirectory(prefix="tributary-install-") as folder:
        folder = pathlib.Path(folder)
        program, size = node.image_of_program(os.environ["TRIBUTARY_BIN"], folder / "this", f"{IMAGE}:{version()}")
        previous, _ = node.image_of_program(previous_program(), folder / "previous", f"{IMAGE}:previous")
        app, client = node.image_of_app(folder), node.image_of_client(folder)
        FIGURES.append(("the image", size))
        begun = time.monotonic()
        NODE = Node()
        unittest.addModuleCleanup(NODE.close)
        figure("an empty folder to a Kubernetes node with the Gateway API's CRDs", time.monotonic() - begun)
        for archive in [program, previous, app, client]:
            NODE.do("load", archive)
    NODE.namespace(NAMESPACE)


def print_figures() -> None:
    print("\n| what | measured |\n|---|---|")
    for what, measured in FIGURES:
        print(f"| {what} | {measured} |")


def figure(what: str, *seconds: float) -> None:
    FIGURES.append((what, ", ".join(f"{it:.1f}" for it in seconds) + " s"))


def version() -> str:
    return yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]


# --- What a platform engineer does


def install(*settings: str, chart: pathlib.Path = CHART, name: str = "tributary", chosen: dict | None = None) -> None:
    values = [it for setting in (f"image.repository={IMAGE}", *settings) for it in ("--set", setting)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(chosen or {}, file)
        file.flush()
        NODE.release("upgrade", "--install", name, chart, "--namespace", SYSTEM, "--create-namespace", "--values", file.name, *values)
    NODE.until(f"all pods of {name} are Ready", is_ready)


def uninstall(name: str = "tributary") -> None:
    NODE.release("uninstall", name, "--namespace", SYSTEM)
    NODE.until(f"the pods of {name} are gone", lambda: not NODE.list("pods", "-n", SYSTEM, "-l", f"app.kubernetes.io/instance={name}"))


def is_ready() -> bool:
    deployments = NODE.list("deployments", "-n", SYSTEM)
    return bool(deployments) and all(is_rolled_out(it) for it in deployments)


def is_rolled_out(deployment: dict) -> bool:
    wanted, status = deployment["spec"]["replicas"], deployment["status"]
    counts = [status.get(it, 0) for it in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == deployment["metadata"]["generation"] and counts == [wanted] * 3


def pods(service: str) -> list[dict]:
    """Those that are not on their way out."""
    them = NODE.list("pods", "-n", SYSTEM, "-l", f"app.kubernetes.io/component={service}")
    return [it for it in them if "deletionTimestamp" not in it["metadata"]]


def restarts() -> dict[str, int]:
    return {name_of(it): it["status"]["containerStatuses"][0]["restartCount"] for it in NODE.list("pods", "-n", SYSTEM)}


def images() -> set[str]:
    return {it["spec"]["containers"][0]["image"] for service in SERVICES for it in pods(service)}


def name_of(thing: dict) -> str:
    return thing["metadata"]["name"]


def held_by(pod: dict) -> list[str]:
    """The Leases of a pod. A holder is the name of its pod, cut where it is long, and something random."""
    holders = {name_of(it): it["spec"].get("holderIdentity") or "" for it in NODE.list("leases", "-n", SYSTEM)}
    return [lease for lease, holder in holders.items() if holder and name_of(pod).startswith(holder.rsplit("-", 1)[0])]


def leader(service: str) -> dict:
    return next(it for it in pods(service) if f"tributary-{service}" in held_by(it))


def shards_by_pod() -> list[int]:
    """How many shards each ALB programmer has, the fewest first."""
    return sorted(sum("-shard-" in lease for lease in held_by(it)) for it in pods("alb-programmer"))


def example_is_programmed() -> bool:
    them = NODE.list("gateways,listenersets", "-A")
    return len(them) > 0 and all(is_programmed(it) for it in them)


def changes(*gateways_of: str) -> float:
    """A change to each of these Gateways at once: when the last of them was programmed."""
    with contextlib.closing(Watching()) as watching:
        names = [f"change-{time.monotonic_ns()}-{gateway}" for gateway in gateways_of]
        for name, gateway in zip(names, gateways_of, strict=True):
            make(NODE, name, gateway)
        last = max(watching.watched.until_programmed(name, node.PATIENCE) for name in names)
        for name, gateway in zip(names, gateways_of, strict=True):
            unmake(NODE, name, gateway)
        return last


class Watching:
    """Nothing that was good turns bad meanwhile."""

    def __init__(self) -> None:
        self.watched = Watched(NODE)

    def close(self) -> None:
        self.watched.stop()
        assert not self.watched.turned, "\n".join(["what was good turned bad:", *self.watched.turned, NODE.seen()])


@contextlib.contextmanager
def under_churn(prefix: str, gap: float = GAP):
    """Changes all the time, none of which waits longer than it may. Yields what to call with each thing that is about to happen; a figure
    is made of the changes from then on. It returns all changes, past and future."""
    happens: list[tuple[str, float]] = []
    with contextlib.closing(Watching()) as watching:
        churn = Churn(NODE, watching.watched, prefix)

        def made(begun: float, end: float) -> list[str]:
            return [name for name, at in list(churn.made.items()) if begun <= at < end]

        def go_on() -> None:
            if happens:
                begun = happens[-1][1]
                NODE.until(f"ten changes after the {happens[-1][0]}", lambda: churn.failed or len(made(begun, time.monotonic())) >= 10)

        def happens_now(what: str) -> dict[str, float]:
            go_on()
            happens.append((what, time.monotonic()))
            return churn.made
        try:
            yield happens_now
            go_on()
        finally:
            churn.stopped.set()
        ends = [at for _, at in happens[1:]] + [time.monotonic()]
        took = churn.stop()
        for (what, begun), end in zip(happens, ends, strict=True):
            among = sorted(took[name] for name in made(begun, end))
            figure(f"{what}: longest and median of {len(among)} changes to Programmed", among[-1], among[len(among) // 2])
        late = {name: seconds for name, seconds in took.items() if seconds > gap}
        assert not late, f"changes that waited longer than {gap} s: {late}"


# --- What a team does


def tenants() -> None:
    """Two accounts: `tenant` may see the listeners of one namespace, `platform` all of them. The authority of the installation is beside them."""
    authority = NODE.get({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tributary-ca", "namespace": SYSTEM}})["data"]
    NODE.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tributary-ca", "namespace": NAMESPACE}, "data": authority})
    for account, kind, where in [("tenant", "RoleBinding", {"namespace": "infra"}), ("platform", "ClusterRoleBinding", {})]:
        NODE.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": NAMESPACE}})
        NODE.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": f"sees-listeners-{account}", **where},
                    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "tributary-listeners-view"},
                    "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]})


def ask(*words: str, account: str, image: str = "", **environment: str) -> tuple[str, str]:
    """What a client says in a pod with an account's token for the merger, and whether it Succeeded or Failed."""
    context = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    token = {"path": "token", "audience": "merger.tributary.services.tributary.dev", "expirationSeconds": 600}
    volumes = [{"name": "asks", "projected": {"sources": [{"serviceAccountToken": token}, {"configMap": {"name": "tributary-ca"}}]}}]
    container = {"name": "ask", "image": image or f"{IMAGE}:{version()}", "args": words, "securityContext": context,
                 "volumeMounts": [{"name": "asks", "mountPath": "/asks"}],
                 "env": [{"name": name, "value": value} for name, value in environment.items()]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"ask-{time.monotonic_ns()}", "namespace": NAMESPACE},
           "spec": {"restartPolicy": "Never", "serviceAccountName": account, "containers": [container], "volumes": volumes}}
    NODE.apply(pod)

    def phase() -> str:
        return NODE.get(pod)["status"].get("phase")
    NODE.until("the question is answered", lambda: phase() in ("Succeeded", "Failed"))
    said, ended = NODE.kubectl("logs", "-n", NAMESPACE, name_of(pod)), phase()
    NODE.kubectl("delete", "pod", "-n", NAMESPACE, name_of(pod), "--wait=false")
    return said, ended


def ask_tributary(*words: str, account: str) -> tuple[str, str]:
    """The command line asks the merger that leads, as the chart's notes say."""
    return ask(*words, "--output=json", account=account, TRIBUTARY_SERVER=f"{leader('merger')['status']['podIP']}:7070",
               TRIBUTARY_CA_FILE="/asks/ca.crt", TRIBUTARY_TOKEN_FILE="/asks/token")


def ask_client(*words: str, account: str) -> tuple[str, str]:
    """The client in Go (examples/clients) asks the Service: it tries again where a standby answers."""
    return ask("list", f"--server=tributary-merger.{SYSTEM}.svc:7070", "--ca=/asks/ca.crt", "--token-file=/asks/token", *words, account=account,
               image=node.CLIENT)


def certificates_end() -> dict[str, float]:
    """By pod, when the certificate that it uses ends, as its metrics say."""
    ends = {}
    for pod in (it for service in SERVICES for it in pods(service)):
        with urllib.request.urlopen(f"http://{pod['status']['podIP']}:8080/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        ends[name_of(pod)] = next(float(it.split()[1]) for it in lines if it.startswith("tributary_tls_certificate_not_after_seconds "))
    return ends


# --- What AWS has


def aws(kind: str, service: str = "tributary") -> list[dict]:
    """All `load_balancers`, `listeners`, `target_groups` … of the sandbox of a release."""
    regions = side_door("state", service=service)["regions"].values()
    return [it for region in regions for it in region[kind].values()]


def side_door(path: str, method: str = "GET", body: object = None, service: str = "tributary") -> dict:
    """What only the local AWS has."""
    address = NODE.kubectl("get", "service", "-n", SYSTEM, f"{service}-sandbox", "--output=jsonpath={.spec.clusterIP}")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{address}:4566/_sandbox/{path}", data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or "{}")


def names_of_load_balancers(service: str = "tributary") -> dict[str, str]:
    return {it["dns_name"]: it["arn"] for it in aws("load_balancers", service)}


def targets_are_the_pods(service: str = "tributary") -> bool:
    """The registered targets of the example's group are its pods."""
    pods_of_app = {it["status"].get("podIP") for it in NODE.list("pods", "-n", "infra", "-l", "app=my-app")}
    groups = [{(key["id"], key["port"]) for key, target in it["targets"] if target["draining_until"] is None} for it in aws("target_groups", service)]
    return {(address, 8080) for address in pods_of_app} in groups


def app_pods() -> list[dict]:
    """The example's, without those on their way out."""
    return [it for it in NODE.list("pods", "-n", "infra", "-l", "app=my-app") if "deletionTimestamp" not in it["metadata"]]


def gate(pod: dict) -> str | None:
    """What its readiness gate of ours says; None for a pod without."""
    wanted = "gateway.tributary.dev/target-health"
    if wanted not in [it["conditionType"] for it in pod["spec"].get("readinessGates", [])]:
        return None
    return says(pod, wanted)


def is_ready_pod(pod: dict) -> bool:
    return says(pod, "Ready") == "True"


def says(pod: dict, condition: str) -> str:
    return {it["type"]: it["status"] for it in pod["status"].get("conditions", [])}.get(condition, "Unknown")


class Install(unittest.TestCase):
    begun: float

    def test_one_command_installs_it(self):
        Install.begun = time.monotonic()
        install("sandbox.enabled=true")
        figure("`helm install` to all pods Ready", time.monotonic() - self.begun)

    def test_the_documents_example_is_programmed(self):
        begun = time.monotonic()
        NODE.kubectl("apply", "-f", EXAMPLE)
        NODE.until("Gateway and ListenerSet are Programmed", example_is_programmed)
        figure("`kubectl apply` of the example to Programmed", time.monotonic() - begun)
        figure("`helm install` to the first Programmed", time.monotonic() - self.begun)
        gateway, listener_set, route = [json.loads(NODE.kubectl("get", "-n", "infra", *it.split(), "--output=json")) for it in [
            "gateway my-gateway", "listenerset app-listeners", "httproute app-route"]]
        # The whole status, as the document has it; what the README of the example says is to be seen is in there.
        class_ = json.loads(NODE.kubectl("get", "gatewayclass", gateway["spec"]["gatewayClassName"], "--output=json"))
        self.assertEqual({f"{it['kind']} {it['metadata'].get('namespace', '')}/{name_of(it)}".replace(" /", " "): told(it)
                          for it in (gateway, listener_set, route, class_)}, golden("example-listenersets"))
        self.assertEqual([it["value"] for it in gateway["status"]["addresses"]], list(names_of_load_balancers()))
        self.assertEqual(sorted(it["port"] for it in aws("listeners")), [80, 443, 8080])
        NODE.until("the targets are the Deployment's pods", targets_are_the_pods)
        for group in aws("target_groups"):
            for key, _ in group["targets"]:
                with urllib.request.urlopen(f"http://{key['id']}:{key['port']}/", timeout=10) as answer:
                    self.assertEqual(answer.read(), b"hello\n")

    def test_a_tenant_asks_for_its_listeners(self):
        tenants()
        listeners = {("default-http", "Programmed"), ("app-http", "Programmed"), ("app-https", "Programmed")}
        for account, namespace in [("tenant", "infra"), ("platform", "")]:
            words = f"--namespace={namespace}" if namespace else "--all-namespaces"
            said, ended = ask_tributary("get", "listeners", words, account=account)
            self.assertEqual(ended, "Succeeded", said)
            self.assertEqual({(it["listener"], it["state"]) for it in json.loads(said)["items"]}, listeners)
            said, ended = ask_client(*([words] if namespace else []), account=account)
            self.assertEqual(ended, "Succeeded", said)
            lines = [json.loads(it) for it in said.splitlines() if it.startswith("{")]
            self.assertEqual({(it["listener"], it["state"]) for it in lines}, listeners, said)
        for account, words in [("tenant", "--all-namespaces"), ("tenant", f"--namespace={SYSTEM}"), ("default", "--namespace=infra")]:
            said, ended = ask_tributary("get", "listeners", words, account=account)
            self.assertEqual(ended, "Failed", said)
            self.assertIn("may not list resolvedlisteners.gateway.tributary.dev", said)
        said, ended = ask_client("--namespace=infra", account="default")
        self.assertEqual(ended, "Failed", said)
        self.assertIn("may not list resolvedlisteners.gateway.tributary.dev", said)

    def test_a_person_asks_through_the_api_server(self):
        said = NODE.run(os.environ["TRIBUTARY_BIN"], "get", "listeners", "--namespace=infra", "--output=json", f"--as-account={NAMESPACE}/tenant")
        self.assertEqual(len(json.loads(said)["items"]), 3)

    def test_programmers_grow_and_shrink(self):
        gateways(NODE)
        NODE.until("all Gateways are Programmed", example_is_programmed)
        side_door("calls", "DELETE")
        with under_churn("scaled") as happens_now:
            for replicas, shares in [(1, [8]), (4, [2, 2, 2, 2]), (1, [8])]:
                made = happens_now(f"ALB programmers scaled to {replicas}")
                begun = time.monotonic()
                NODE.kubectl("scale", "deployment", "-n", SYSTEM, "tributary-alb-programmer", f"--replicas={replicas}")
                NODE.until(f"{replicas} programmers have the shards", lambda shares=shares: shards_by_pod() == shares)
                figure(f"ALB programmers scaled to {replicas}: until they have divided the shards", time.monotonic() - begun)
        nothing_was_asked_for_twice(self, len(made))
        self.assertEqual(len(aws("load_balancers")), len(GATEWAYS) + 1)

    def test_programmers_follow_their_load(self):
        # As the chart's README says it, with less patience: two changes a second are some four calls under way.
        metrics = [{"type": "Pods", "pods": {"metric": {"name": adapter.METRIC}, "target": {"type": "AverageValue", "averageValue": "500m"}}}]
        scaling = {"enabled": True, "minReplicas": 1, "maxReplicas": 4, "metrics": metrics,
                   "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}}}
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(adapter.Adapter(NODE, pathlib.Path(folder))):
            install("sandbox.enabled=true", chosen={"albProgrammer": {"autoscaling": scaling}})
            NODE.until("one programmer has the shards", lambda: shards_by_pod() == [8])
            side_door("calls", "DELETE")
            with under_churn("autoscaled", GAP_OF_SLOW_AWS) as happens_now:
                made = happens_now("AWS at 1 s a call, programmers scaled by its load")
                side_door("faults", "PUT", {"latency_ms": 1000})
                figure("AWS at 1 s a call: until the autoscaler has made four ALB programmers of one",
                       NODE.until("the autoscaler has made four of one", lambda: shards_by_pod() == [2, 2, 2, 2]))
            side_door("faults", "DELETE")
            figure("no load: until it has made one of four", NODE.until("the autoscaler has made one of four", lambda: shards_by_pod() == [8]))
        nothing_was_asked_for_twice(self, len(made))
        install("sandbox.enabled=true")

    def test_programmers_follow_their_cpu(self):
        # The chart's default metric. The programmer of the dev profile takes some 100m at two changes a second, and 15m at rest.
        scaling = {"enabled": True, "minReplicas": 1, "maxReplicas": 2, "targetCPUUtilizationPercentage": 40,
                   "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}}}
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(adapter.Adapter(NODE, pathlib.Path(folder))):
            install("sandbox.enabled=true", chosen={"albProgrammer": {"autoscaling": scaling}})
            NODE.until("one programmer has the shards", lambda: shards_by_pod() == [8])
            with under_churn("heated") as happens_now:
                happens_now("programmers scaled by their CPU")
                figure("changes: until the autoscaler has made two ALB programmers of one, by their CPU",
                       NODE.until("the autoscaler has made two of one", lambda: shards_by_pod() == [4, 4]))
            figure("no changes: until it has made one of two", NODE.until("the autoscaler has made one of two", lambda: shards_by_pod() == [8]))
        install("sandbox.enabled=true")

    def test_new_pods_wait_for_their_targets(self):
        install("sandbox.enabled=true", "podReadinessGates.enabled=true")
        NODE.kubectl("label", "namespace", "infra", "gateway.tributary.dev/pod-readiness-gate-inject=enabled")
        before = {name_of(it) for it in app_pods()}
        begun = time.monotonic()
        NODE.kubectl("rollout", "restart", "deployment", "-n", "infra", "my-app")
        NODE.until("every pod is a new one with its gate open, and Ready",
                   lambda: all(name_of(it) not in before and gate(it) == "True" and is_ready_pod(it) for it in app_pods()))
        figure("`kubectl rollout restart` of the example's pods behind readiness gates", time.monotonic() - begun)
        NODE.until("the targets are the new pods", targets_are_the_pods)
        # Nobody answers the API server: a pod is made all the same, and waits for nothing.
        NODE.kubectl("scale", "deployment", "-n", SYSTEM, "tributary-merger", "--replicas=0")
        NODE.until("no merger is left", lambda: not NODE.list("pods", "-n", SYSTEM, "-l", "app.kubernetes.io/component=merger"))
        begun = time.monotonic()
        NODE.kubectl("delete", "pod", "-n", "infra", name_of(app_pods()[0]))
        NODE.until("its successor is Ready without a gate",
                   lambda: any(gate(it) is None for it in app_pods()) and all(is_ready_pod(it) for it in app_pods()))
        figure("a deleted pod to its successor Ready, with no merger to ask for its gate", time.monotonic() - begun)
        NODE.kubectl("label", "namespace", "infra", "gateway.tributary.dev/pod-readiness-gate-inject-")
        install("sandbox.enabled=true")

    def test_nobody_notices_new_certificates(self):
        before = certificates_end()
        with under_churn("certified") as happens_now:
            happens_now("every service's certificate replaced")
            NODE.kubectl("delete", "secrets", "-n", SYSTEM, *(f"tributary-{it}-tls" for it in [*SERVICES, "client"]))
            NODE.kubectl("create", "job", "-n", SYSTEM, "--from=cronjob/tributary-tls", "replace-certificates")
            NODE.until("every pod uses its new one", lambda: all(end > before[pod] for pod, end in certificates_end().items()))

    def test_nobody_notices_a_rolling_restart(self):
        NODE.kubectl("scale", "deployment", "-n", SYSTEM, "tributary-alb-programmer", "--replicas=2")
        NODE.until("two programmers have the shards", lambda: shards_by_pod() == [4, 4])
        with under_churn("restarted") as happens_now:
            for service in SERVICES:
                happens_now(f"rolling restart of the {service}")
                before = {name_of(it) for it in pods(service)}
                NODE.kubectl("rollout", "restart", "deployment", "-n", SYSTEM, f"tributary-{service}")
                NODE.until(f"{service} is restarted", lambda: is_ready() and not before & {name_of(it) for it in pods(service)})

    def test_another_takes_over_from_a_pod_that_is_gone(self):
        begun = time.monotonic()
        figure(f"{len(GATEWAYS)} new sets to Programmed, with nothing else going on", changes(*GATEWAYS) - begun)
        took: dict[str, list[float]] = {}
        for service in SERVICES:
            for pod in pods(service):
                begun = time.monotonic()
                NODE.kubectl("delete", "pod", "-n", SYSTEM, name_of(pod), "--force", "--grace-period=0")
                took.setdefault(service, []).append(changes(*GATEWAYS) - begun)
                NODE.until("its successor is Ready", is_ready)
        for service, seconds in took.items():
            figure(f"`kubectl delete pod --force` of each {service} to {len(GATEWAYS)} new sets Programmed", *seconds)
        self.assertLess(max(max(it) for it in took.values()), FAILOVER, took)

    def test_a_leader_that_is_killed_is_followed(self):
        for service in ["merger", "status-writer"]:
            container = leader(service)["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
            begun = time.monotonic()
            NODE.do("enter", "ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container)
            took = changes(*GATEWAYS) - begun
            figure(f"SIGKILL of the {service} that leads to {len(GATEWAYS)} new sets Programmed", took)
            self.assertLess(took, FAILOVER)
            NODE.until("all pods are Ready", is_ready)

    def test_the_api_server_restarts(self):
        def answers() -> bool:
            try:
                # It answers before it knows its CRDs.
                return NODE.answers("/apis/gateway.networking.k8s.io/v1")
            except OSError:
                return False
        before = restarts()
        begun = time.monotonic()
        NODE.do("kill", "server")
        NODE.until("the API server is back", answers)
        back = time.monotonic()
        figure("the API server killed: until it is back, then to new sets Programmed", back - begun, changes(*GATEWAYS) - back)
        # It is waited for, and nothing is started anew because of it.
        self.assertEqual(restarts(), before)
        NODE.until("all pods are Ready", is_ready)

    def test_the_api_server_hangs(self):
        # As where its etcd has lost its quorum: it keeps connections, and answers nothing. Every Lease ends meanwhile.
        before = restarts()
        NODE.do("freeze", "server")
        time.sleep(HANGS)
        NODE.do("thaw", "server")
        back = time.monotonic()
        figure(f"the API server frozen for {HANGS} s: from its return to new sets Programmed", changes(*GATEWAYS) - back)
        self.assertEqual(restarts(), before)
        NODE.until("all pods are Ready", is_ready)

    def test_the_node_reboots(self):
        # The sandbox forgets everything with its pod: what is desired is made once more.
        begun = time.monotonic()
        NODE.reboot()
        up = time.monotonic()
        NODE.until("the sandbox is back, and has everything again", everything_is_there_again)
        figure("reboot of the node: until it is Ready, then until everything is in an AWS that had forgotten it", up - begun, time.monotonic() - up)
        NODE.until("all pods are Ready", is_ready)
        changes(*GATEWAYS)

    def test_everything_is_seen(self):
        # The last before it goes: every Deployment is rolled, and who looks on costs time.
        NODE.apply(monitored.MONITORS)
        NODE.until_served(monitored.MONITORS)
        # A certificate of a Secret, and a listener that is refused.
        NODE.kubectl("apply", "--filename=-", given=world.secret())
        NODE.apply(monitored.SECURED)
        with world.Processes() as beside:
            collector = Collector(beside, urllib.parse.urlsplit(NODE.server).hostname)
            install("sandbox.enabled=true", "serviceMonitor.enabled=true", "metrics.tenants=true", f"otlp.endpoint={collector.endpoint}")
            them = {name_of(it) for service in SERVICES for it in pods(service)}
            targets = beside.folder / "targets.json"
            monitor = NODE.get({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "tributary", "namespace": SYSTEM}})
            prometheus = Prometheus(beside, monitored.scrape(monitor, targets))

            def is_scraped() -> bool:
                monitored.write(NODE, SYSTEM, targets)
                return {it["metric"]["pod"] for it in prometheus.asked("tributary_build_info")} == them
            beside.until("a scrape of every pod", is_scraped)
            # Changes, so that there is something to time, after the first scrape and before the last.
            changes(*GATEWAYS)
            for query in ['rate(tributary_change_seconds_count{stage="programmed"}[1m]) > 0', "tributary_tenant_objects"]:
                beside.until(query, lambda query=query: prometheus.asked(query))
            self.assertEqual({(it["metric"]["pod"], it["value"][1]) for it in prometheus.asked("up")}, {(pod, "1") for pod in them})
            self.assertLessEqual(monitored.empty_panels(prometheus), set(monitored.UNSEEN))
            way = {"tributary-watcher read", "tributary-merger receive", "tributary-alb-programmer aws", "tributary-status-writer write"}
            beside.until("a trace from pod to pod", lambda: any(way <= {f"{it['service']} {it['name']}" for it in trace} for trace in collector.traces().values()))
            alerts_follow_what_goes_wrong(prometheus, targets)

    def test_gateways_first_then_the_release_and_nothing_is_left(self):
        # What is looked for afterwards is there now, the Secrets and Leases that the programs made among it.
        there = {it.split()[0] for it in left_of_the_release()}
        self.assertLessEqual({"Deployment", "Secret", "ConfigMap", "Lease", "CronJob", "ValidatingAdmissionPolicy"}, there)
        remove_everything(self)

    def test_nobody_notices_an_upgrade(self):
        # AWS is another release's, for a sandbox that is upgraded forgets everything.
        install("sandbox.enabled=true", "crds.install=false", "rbac.create=false", "networkPolicy.enabled=false", f"fullnameOverride={AWS}",
                *(f"{it}.enabled=false" for it in ["watcher", "merger", "albProgrammer", "nlbProgrammer", "statusWriter"]), name=AWS)
        with tempfile.TemporaryDirectory() as folder:
            install(*apart(), "image.tag=previous", chart=previous_chart(pathlib.Path(folder)))
        NODE.kubectl("apply", "-f", EXAMPLE)
        gateways(NODE)
        NODE.until("all Gateways are Programmed", example_is_programmed)
        with under_churn("upgraded") as happens_now:
            happens_now("upgrade of all at once")
            install(*apart())
        self.assertEqual(images(), {f"{IMAGE}:{version()}"})
        with under_churn("back") as happens_now:
            happens_now("`helm rollback`")
            NODE.release("rollback", "tributary", "--namespace", SYSTEM)
            NODE.until("all pods are Ready", is_ready)
        self.assertEqual(images(), {f"{IMAGE}:previous"})
        install(*apart())

    def test_load_balancers_outlive_the_release_and_the_next_one_takes_them(self):
        before = names_of_load_balancers(AWS)
        with contextlib.closing(Watching()):
            uninstall()
            self.assertEqual(names_of_load_balancers(AWS), before)
            begun = time.monotonic()
            install(*apart())
            figure("`helm install` where load balancers were left, to new sets Programmed", changes(*GATEWAYS) - begun)
        self.assertEqual(names_of_load_balancers(AWS), before)

    def test_it_can_be_removed_once_more(self):
        remove_everything(self, AWS)
        uninstall(AWS)


def apart() -> list[str]:
    """Settings of a release whose AWS is another's."""
    return [f"aws.endpoint=http://{AWS}-sandbox.{SYSTEM}.svc:4566", "aws.cluster=trial"]


def previous_program() -> str:
    """Of the last release, as far as it is at hand (.ci/previous)."""
    return os.environ.get("TRIBUTARY_PREVIOUS", os.environ["TRIBUTARY_BIN"])


def previous_chart(folder: pathlib.Path) -> pathlib.Path:
    """Of the last release; where that is not at hand, this one with another version and another default."""
    if commit := os.environ.get("TRIBUTARY_PREVIOUS_COMMIT"):
        archive = subprocess.run(["git", "archive", commit, "deploy/chart"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        return folder / "deploy/chart"
    chart = folder / "tributary"
    shutil.copytree(CHART, chart)
    description = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump(description | {"version": "0.0.1"}))
    values = yaml.safe_load((chart / "values.yaml").read_text())
    (chart / "values.yaml").write_text(yaml.safe_dump(values | {"leaseSeconds": 6}))
    return chart


def nothing_was_asked_for_twice(test: Install, made: int) -> None:
    """Each of so many changes of a churn made one call, and one when it went: names are unique in AWS, so what is there would not tell."""
    of_nlb = [Churn.gateway(number) for number in range(made)].count(NLB)
    of_alb = made - of_nlb

    def asked() -> dict[str, int]:
        calls = side_door("calls")["operations"]
        return {it: calls.get(f"elbv2:{it}", 0) for it in ["CreateLoadBalancer", "CreateListener", "CreateRule", "DeleteListener", "DeleteRule"]}
    # The last ones are on their way out.
    NODE.until("what the changes made is gone", lambda: asked()["DeleteListener"] >= of_nlb and asked()["DeleteRule"] >= of_alb)
    test.assertEqual(asked(), {"CreateLoadBalancer": 0, "CreateListener": of_nlb, "CreateRule": of_alb, "DeleteListener": of_nlb, "DeleteRule": of_alb})


def alerts_follow_what_goes_wrong(prometheus: Prometheus, targets: pathlib.Path) -> None:
    """No alert is true where all is well. Those of what goes wrong are, and no others, and none any more once it is mended."""
    seen: list[dict[str, list]] = []

    def until(what: str, *expected: str) -> None:
        def is_so() -> bool:
            # Pods come and go meanwhile.
            monitored.write(NODE, SYSTEM, targets)
            seen.append(monitored.true_alerts(prometheus))
            return set(seen[-1]) == set(expected)
        begun = time.monotonic()
        try:
            NODE.until(f"{what}: exactly the alerts {sorted(expected)}", is_so, ALERTED)
        except AssertionError as late:
            raise AssertionError(f"true in the end: {seen[-1]}; {late}") from None
        figure(f"{what}: until the alerts say so", time.monotonic() - begun)

    until("all is well")
    # A tenant's: its certificate ends tomorrow, and AWS has none for another listener.
    NODE.kubectl("apply", "--filename=-", given=world.secret(days=1))
    NODE.apply(monitored.UNCERTIFIED)
    tenants = ["TributaryCertificateEndsSoon", "TributaryCertificateEnds", "TributaryRefusedByAws"]
    until("a tenant's certificate ends, and another is missing", *tenants)
    # A platform's: the status writer may not hold its Lease any more, and the watcher is gone.
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tributary-status-writer", "namespace": SYSTEM}}
    rules = NODE.get(role)["rules"]
    replicas = len(pods("watcher"))
    may(role, [])
    NODE.kubectl("scale", "deployment", "-n", SYSTEM, "tributary-watcher", "--replicas=0")
    until("the status writer's role is empty, and no watcher runs", *tenants, "TributaryNobodyLeads", "TributaryServiceMissing")
    may(role, rules)
    NODE.kubectl("scale", "deployment", "-n", SYSTEM, "tributary-watcher", f"--replicas={replicas}")
    NODE.kubectl("apply", "--filename=-", given=world.secret())
    NODE.request("DELETE", NODE.path(monitored.UNCERTIFIED))
    until("all of it is mended")
    NODE.until("all pods are Ready", is_ready)


def may(role: dict, rules: list[dict]) -> None:
    NODE.kubectl("patch", "role", "-n", SYSTEM, name_of(role), "--type=merge", f"--patch={json.dumps({'rules': rules})}")


def left_of_the_release() -> set[str]:
    """Objects of any kind that the API server has and that carry the release's label, whoever made them, and the programs' Leases. The chart's
    README says that CRDs stay, and nothing else."""
    kinds = set(NODE.kubectl("api-resources", "--verbs=list", "--output=name").split()) - {"componentstatuses"}
    them = NODE.list(",".join(sorted(kinds)), "-A", "-l", "app.kubernetes.io/instance=tributary") + NODE.list("leases", "-n", SYSTEM)
    return {f"{it['kind']} {name_of(it)}" for it in them if it["kind"] != "CustomResourceDefinition"}


def everything_is_there_again() -> bool:
    try:
        addresses = names_of_load_balancers()
    except OSError:
        return False
    return len(addresses) == len(GATEWAYS) + 1 and targets_are_the_pods() and example_is_programmed() and all(
        it["value"] in addresses for gateway in NODE.list("gateways", "-A") for it in gateway["status"]["addresses"])


def remove_everything(test: Install, service: str = "tributary") -> None:
    """As the chart's README says: the Gateways, then the release. Nothing waits for anybody afterwards."""
    begun = time.monotonic()
    NODE.kubectl("delete", "gateways", "-A", "--all", f"--timeout={node.PATIENCE}s")
    figure(f"removal of {len(GATEWAYS) + 1} Gateways with their load balancers", time.monotonic() - begun)
    for kind in ["load_balancers", "listeners", "rules", "target_groups"]:
        test.assertEqual(aws(kind, service), [])
    uninstall()
    # What the programs made is their accounts', and goes a moment after them.
    NODE.until("nothing of the release is left", lambda: not left_of_the_release())
    NODE.kubectl("delete", "-f", EXAMPLE, "--ignore-not-found", f"--timeout={node.PATIENCE}s")


def load_tests(_loader, _tests, _pattern):
    """In the order in which they are written."""
    return unittest.TestSuite(Install(it) for it in vars(Install) if it.startswith("test_"))
