"""The chart and what lies beside it on an API server: what that takes, and what it then refuses."""

import pathlib
import shutil
import tempfile
import unittest

import yaml

import helm
from cluster import Cluster, Refused, until
from helm import identity, rendered

CLUSTER: Cluster
GATEWAY_API = "gateway.networking.k8s.io/v1"


def setUpModule():
    global CLUSTER
    CLUSTER = Cluster()


def tearDownModule():
    CLUSTER.close()


def documents(path: str) -> list[dict]:
    return [it for it in yaml.safe_load_all((helm.ROOT / path).read_text()) if it]


def gateway(namespace: str, name: str, *listeners: dict, **metadata: object) -> dict:
    spec = {"gatewayClassName": "alb", "listeners": list(listeners)}
    return {"apiVersion": GATEWAY_API, "kind": "Gateway", "metadata": {"name": name, "namespace": namespace, **metadata}, "spec": spec}


def listener(hostname: str | None = None, protocol: str = "HTTP") -> dict:
    return {"name": "main", "port": 80, "protocol": protocol} | ({"hostname": hostname} if hostname else {})


class Schema(unittest.TestCase):
    """Every object is applied strictly, and nothing is kept."""

    @classmethod
    def setUpClass(cls):
        # A pod that may do too much is a warning.
        CLUSTER.namespace("tributary-system", labels={"pod-security.kubernetes.io/warn": "restricted"})

    def check(self, objects: list[dict]) -> None:
        self.assertTrue(objects)
        for it in objects:
            # Prometheus Operator's and cert-manager's, which are not here.
            if it["kind"] in ("ServiceMonitor", "PrometheusRule", "Certificate"):
                continue
            with self.subTest(identity(it)):
                self.assertEqual(CLUSTER.apply(it, "&dryRun=All"), [])

    def test_what_the_chart_renders(self):
        for name in ["cluster", "sandbox", "west", "one-kind", "accounts", "everything", "cert-manager", "plain"]:
            with self.subTest(name):
                self.check(rendered(name))

    def test_rbac(self):
        for file in sorted((helm.ROOT / "deploy/rbac").rglob("*.yaml")):
            self.check(documents(str(file.relative_to(helm.ROOT))))

    def test_kustomize_base(self):
        names = documents("deploy/kustomize/base/kustomization.yaml")[0]["resources"]
        there = {file.name for file in (helm.ROOT / "deploy/kustomize/base").iterdir()} - {"kustomization.yaml"}
        self.assertEqual(set(names), there)
        for name in names:
            self.check(documents(f"deploy/kustomize/base/{name}"))

    def test_policies(self):
        self.check(documents("deploy/policies/hostnames.yaml"))

    def test_argocd(self):
        CLUSTER.namespace("argocd")
        self.check(documents("deploy/argocd/argocd-cm.yaml"))

    def test_a_wrong_object_fails_here(self):
        it = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "tributary-system"}, "spec": {"prots": []}}
        with self.assertRaises(Refused):
            CLUSTER.apply(it, "&dryRun=All")

    def test_a_pod_that_may_do_too_much_is_warned_of_here(self):
        it = {it["kind"]: it for it in rendered("cluster")}["Deployment"]
        it["spec"]["template"]["spec"]["securityContext"] = {}
        self.assertTrue(CLUSTER.apply(it, "&dryRun=All"))


class Releases(unittest.TestCase):
    def setUp(self):
        self.release("tributary", "first", "cluster")

    def tearDown(self):
        for name, namespace in [("tributary", "first"), ("west", "second")]:
            CLUSTER.helm("uninstall", name, "--namespace", namespace, "--ignore-not-found")
        for crd in self.crds():
            CLUSTER.request("DELETE", CLUSTER.path(crd))
            until(f"{identity(crd)} is gone", lambda crd=crd: CLUSTER.get(crd) is None)

    def release(self, name: str, namespace: str, values: str, *more: object) -> str:
        ended = self.install(name, namespace, values, *more)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def install(self, name: str, namespace: str, values: str, *more: object, chart: pathlib.Path = helm.CHART):
        command = ["upgrade", "--install", name, chart, "--namespace", namespace, "--create-namespace", "--values", helm.values(values)]
        return CLUSTER.helm(*command, *more)

    def crds(self) -> list[dict]:
        """Those that are there."""
        files = sorted((helm.ROOT / "deploy/crds").iterdir())
        live = [CLUSTER.get(yaml.safe_load(file.read_text())) for file in files]
        return [it for it in live if it]

    def owners(self) -> set[str]:
        annotations = [it["metadata"].get("annotations", {}) for it in self.crds()]
        return {it.get("meta.helm.sh/release-namespace", "") for it in annotations}

    def test_a_second_installation_leaves_the_firsts_crds_alone(self):
        notes = self.release("west", "second", "west")
        self.assertEqual(self.owners(), {"first"})
        self.assertIn("loadbalancerconfigurations.gateway.k8s.aws (of release first/tributary)", notes)
        self.assertIn("gateway.tributary.dev/west.alb", notes)

    def test_the_same_installation_twice_is_refused(self):
        """The cluster-wide objects of the first would refuse the second, too, where it has some."""
        says = "installation: tributary has a alb-programmer already, Deployment first/tributary-alb-programmer"
        for name, namespace, more in [
            ("other", "second", []),
            ("other", "second", ["--set", "rbac.create=false"]),
            ("other", "second", ["--set", "crds.install=false"]),
            ("other", "first", ["--set", "rbac.create=false"]),
            ("other", "second", ["--set", "rbac.create=false,watcher.enabled=false,merger.enabled=false"]),
        ]:
            with self.subTest(f"{namespace} {more}"):
                ended = self.install(name, namespace, "cluster", *more)
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn(says, ended.stderr)
        # The first itself may go on, and services that run nowhere yet may be another release's.
        self.release("tributary", "first", "cluster", "--set", "nlbProgrammer.enabled=false")
        rest = [f"{it}.enabled=false" for it in ["watcher", "merger", "albProgrammer", "statusWriter"]]
        self.release("west", "second", "cluster", "--set", ",".join(["rbac.create=false", *rest]))

    def test_who_installs_without_cluster_wide_objects_needs_no_right_to_look(self):
        user = "system:serviceaccount:second:installer"
        CLUSTER.namespace("second")
        CLUSTER.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "installer", "namespace": "second"},
                       "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
                       "subjects": [{"kind": "ServiceAccount", "name": "installer", "namespace": "second"}]})
        command = ["install", "west", helm.CHART, "--namespace", "second", "--values", helm.values("west"), "--kube-as-user", user]
        ended = CLUSTER.helm(*command, "--set", "rbac.create=false,crds.install=false,albProgrammer.autoscaling.enabled=true")
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_an_autoscalers_replicas_stay_as_they_are(self):
        programmer = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "tributary-alb-programmer", "namespace": "first"}}

        def replicas(*more: str) -> int:
            self.release("tributary", "first", "cluster", *more)
            return CLUSTER.get(programmer)["spec"]["replicas"]

        def scale(count: int) -> None:
            CLUSTER.request("PATCH", CLUSTER.path(programmer), {"spec": {"replicas": count}}, "application/merge-patch+json")

        scaled = ["--set", "albProgrammer.autoscaling.enabled=true"]
        self.assertEqual(replicas(), 2)
        # Nothing acts on the autoscaler here, so what is there is what Helm makes.
        self.assertEqual(replicas(*scaled), 2)
        scale(5)
        self.assertEqual(replicas(*scaled), 5)
        self.assertEqual(replicas(*scaled, "--set", "image.tag=0.2.0"), 5)
        scale(1)
        self.assertEqual(replicas(*scaled), 2)
        self.assertEqual(replicas(*scaled, "--set", "albProgrammer.autoscaling.minReplicas=3"), 3)
        self.assertEqual(replicas(), 2)

    def test_crds_survive_and_are_had_again(self):
        CLUSTER.helm("uninstall", "tributary", "--namespace", "first")
        self.assertEqual(len(self.crds()), 3)
        notes = self.release("tributary", "first", "cluster")
        self.assertNotIn("are there already", notes)

    def test_crds_are_upgraded(self):
        with tempfile.TemporaryDirectory() as folder:
            chart = pathlib.Path(folder) / "tributary"
            shutil.copytree(helm.CHART, chart)
            file = next((chart / "files/crds").iterdir())
            crd = yaml.safe_load(file.read_text())
            crd["spec"]["names"]["shortNames"] = ["upgraded"]
            file.write_text(yaml.safe_dump(crd))
            ended = self.install("tributary", "first", "cluster", chart=chart)
            self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(CLUSTER.get(crd)["spec"]["names"]["shortNames"], ["upgraded"])

    def test_somebody_elses_crds_can_be_taken_over_as_the_notes_say(self):
        CLUSTER.helm("uninstall", "tributary", "--namespace", "first")
        for crd in self.crds():
            CLUSTER.request("DELETE", CLUSTER.path(crd))
            until(f"{identity(crd)} is gone", lambda crd=crd: CLUSTER.get(crd) is None)
        for file in (helm.ROOT / "deploy/crds").iterdir():
            CLUSTER.apply(yaml.safe_load(file.read_text()))
        notes = self.release("tributary", "first", "cluster")
        self.assertEqual(self.owners(), {""})
        self.assertIn("loadbalancerconfigurations.gateway.k8s.aws (of somebody else)", notes)
        for crd in self.crds():
            annotations = {"meta.helm.sh/release-name": "tributary", "meta.helm.sh/release-namespace": "first"}
            metadata = {"annotations": annotations, "labels": {"app.kubernetes.io/managed-by": "Helm"}}
            CLUSTER.request("PATCH", CLUSTER.path(crd), {"metadata": metadata}, "application/merge-patch+json")
        self.assertNotIn("are there already", self.release("tributary", "first", "cluster"))
        self.assertTrue(all("helm.sh/chart" in it["metadata"]["labels"] for it in self.crds()))

    def test_notes_say_what_is_missing(self):
        notes = self.release("tributary", "first", "cluster")
        self.assertIn("The alb-programmer needs an IAM role", notes)
        self.assertIn("--cluster-name prod --namespace first", notes)
        self.assertIn("--service-account tributary-nlb-programmer", notes)
        # They are there.
        self.assertNotIn("Gateway API's CRDs", notes)
        role = "albProgrammer.serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::123456789012:role/alb"
        self.assertNotIn("The alb-programmer needs an IAM role", self.release("tributary", "first", "cluster", "--set", role))
        sandbox = self.release("tributary", "first", "sandbox")
        self.assertNotIn("IAM role", sandbox)
        self.assertIn("AWS is the sandbox here", sandbox)

    def test_notes_let_people_ask_as_themselves(self):
        """The certificate that sees all is the last resort, and not in a command that is copied."""
        notes = self.release("tributary", "first", "cluster")
        for command in [
            "tributary status --merger-namespace first",
            "kubectl tributary get listeners -A --merger-namespace first",
            "kubectl create rolebinding listeners --namespace TEAM --clusterrole tributary-listeners-view --group TEAM",
            "kubectl create rolebinding TEAM-reach --namespace first --role tributary-listeners-reach --group TEAM",
            "kubectl create clusterrolebinding listeners-of-all --clusterrole tributary-listeners-view --group PLATFORM",
        ]:
            self.assertIn(f"\n     {command}\n", notes)
        roles = [it for it in rendered("cluster", "tributary", "first") if it["metadata"]["name"].startswith("tributary-listeners-")]
        self.assertEqual(sorted((it["kind"], it["metadata"]["name"]) for it in roles),
                         [("ClusterRole", "tributary-listeners-view"), ("Role", "tributary-listeners-reach")])
        self.assertLess(notes.index("tributary get"), notes.index("Secret tributary-client-tls"))
        self.assertNotIn("get secret", notes)
        self.assertIn("     tributary status --installation west --merger-namespace second\n", self.release("west", "second", "west"))
        # Nobody is asked who they are.
        plain = self.release("tributary", "first", "plain")
        self.assertIn("     kubectl tributary get listeners -A --merger-namespace first\n", plain)
        self.assertNotIn("rolebinding", plain)
        self.assertNotIn("tributary get", self.release("tributary", "first", "cluster", "--set", "merger.enabled=false"))

    def test_an_installations_programmer_changes_its_finalizers_and_nothing_else(self):
        self.release("west", "second", "west")
        CLUSTER.apply(gateway("default", "web", listener(), finalizers=["example.com/others"]))
        web = CLUSTER.path(gateway("default", "web"))
        own = "gateway.tributary.dev/west.load-balancer-alb"

        def patch(**body: object) -> str:
            user = "system:serviceaccount:second:west-tributary-alb-programmer"
            try:
                # Nothing is kept: before the policy holds it would be.
                CLUSTER.request("PATCH", f"{web}?dryRun=All", body, "application/merge-patch+json", user)
            except Refused as refused:
                return str(refused)
            return ""

        wrong = {"finalizers": ["example.com/others", "gateway.tributary.dev/load-balancer-alb"]}
        until("the policy holds", lambda: "no finalizer that is not its own" in patch(metadata=wrong))
        self.assertIn("nothing of a Gateway but its finalizers", patch(spec={"gatewayClassName": "other"}))
        self.assertIn("no finalizer that is not its own", patch(metadata={"finalizers": [own]}))
        self.assertEqual(patch(metadata={"finalizers": ["example.com/others", own]}), "")
        CLUSTER.apply(gateway("default", "web", listener(), finalizers=["example.com/others", own]))
        self.assertEqual(patch(metadata={"finalizers": ["example.com/others"]}), "")
        self.assertIn("no finalizer that is not its own", patch(metadata={"finalizers": [own]}))
        CLUSTER.request("PATCH", web, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        CLUSTER.request("DELETE", web)


class Hostnames(unittest.TestCase):
    """deploy/policies/hostnames.yaml, case by case."""

    @classmethod
    def setUpClass(cls):
        key = "gateway.tributary.dev/hostnames"
        CLUSTER.namespace("blue", annotations={key: "blue.example.com, *.blue.example.com"})
        CLUSTER.namespace("free", annotations={key: "*"})
        CLUSTER.namespace("none")
        CLUSTER.namespace("infra", labels={key: "any"})
        for it in documents("deploy/policies/hostnames.yaml"):
            CLUSTER.apply(it)
        for it in [gateway("none", "probe", listener("a.example.com")), cls.route("HTTPRoute", "none", ["a.example.com"])]:
            until("the policy holds", lambda it=it: cls.answer(it) != "")

    @classmethod
    def tearDownClass(cls):
        for it in documents("deploy/policies/hostnames.yaml"):
            CLUSTER.request("DELETE", CLUSTER.path(it))

    @staticmethod
    def answer(it: dict) -> str:
        try:
            CLUSTER.apply(it, "&dryRun=All")
        except Refused as refused:
            return str(refused)
        return ""

    @staticmethod
    def route(kind: str, namespace: str, hostnames: list[str], parent: dict | None = None) -> dict:
        spec = {"parentRefs": [parent or {"name": "web"}]} | ({"hostnames": hostnames} if hostnames else {})
        if kind == "TLSRoute":
            spec["rules"] = [{"backendRefs": [{"name": "app", "port": 443}]}]
        return {"apiVersion": GATEWAY_API, "kind": kind, "metadata": {"name": "app", "namespace": namespace}, "spec": spec}

    @staticmethod
    def set(namespace: str, it: dict) -> dict:
        spec = {"parentRef": {"name": "web"}, "listeners": [it]}
        return {"apiVersion": GATEWAY_API, "kind": "ListenerSet", "metadata": {"name": "app", "namespace": namespace}, "spec": spec}

    def test_listeners(self):
        for namespace, it, is_taken in [
            ("blue", listener("blue.example.com"), True),
            ("blue", listener("shop.blue.example.com"), True),
            ("blue", listener("a.shop.blue.example.com"), True),
            ("blue", listener("*.blue.example.com"), True),
            ("blue", listener("*.shop.blue.example.com"), True),
            ("blue", listener("green.example.com"), False),
            ("blue", listener("notblue.example.com"), False),
            ("blue", listener("*.example.com"), False),
            ("blue", listener("example.com"), False),
            # All hostnames.
            ("blue", listener(), False),
            # Protocols without hostnames.
            ("blue", listener(protocol="TCP"), True),
            ("none", listener(protocol="UDP"), True),
            ("none", listener("blue.example.com"), False),
            ("none", listener(), False),
            ("free", listener("anything.example.org"), True),
            ("free", listener(), True),
            ("infra", listener(), True),
        ]:
            for owner in [gateway(namespace, "web", it), self.set(namespace, it)]:
                with self.subTest(f"{owner['kind']} {namespace} {it}"):
                    self.assertEqual(self.answer(owner) == "", is_taken, self.answer(owner))

    def test_routes(self):
        own = {"kind": "ListenerSet", "group": "gateway.networking.k8s.io", "name": "app"}
        for kind, namespace, hostnames, parent, is_taken in [
            ("HTTPRoute", "blue", ["shop.blue.example.com"], None, True),
            ("HTTPRoute", "blue", ["shop.blue.example.com", "green.example.com"], None, False),
            ("GRPCRoute", "blue", ["green.example.com"], None, False),
            ("TLSRoute", "blue", ["green.example.com"], None, False),
            ("TLSRoute", "blue", ["blue.example.com"], None, True),
            # It has its listeners' names: those of a Gateway may be anybody's.
            ("HTTPRoute", "blue", [], None, False),
            ("HTTPRoute", "blue", [], own, True),
            ("HTTPRoute", "blue", [], own | {"namespace": "blue"}, True),
            ("HTTPRoute", "blue", [], own | {"namespace": "green"}, False),
            ("HTTPRoute", "blue", ["green.example.com"], own, False),
            ("HTTPRoute", "none", [], own, True),
            ("HTTPRoute", "free", [], None, True),
            ("HTTPRoute", "infra", ["green.example.com"], None, True),
        ]:
            with self.subTest(f"{kind} {namespace} {hostnames} {parent}"):
                answer = self.answer(self.route(kind, namespace, hostnames, parent))
                self.assertEqual(answer == "", is_taken, answer)

    def test_a_refusal_says_what_is_allowed(self):
        answer = self.answer(self.set("blue", listener("green.example.com")))
        self.assertIn("this namespace may not have green.example.com", answer)
        self.assertIn("allows blue.example.com, *.blue.example.com", answer)
        self.assertIn("allows nothing", self.answer(self.set("none", listener("green.example.com"))))

    def test_what_is_there_already_may_change_in_all_else(self):
        CLUSTER.namespace("moving", labels={"gateway.tributary.dev/hostnames": "any"})
        old = gateway("moving", "web", listener("old.example.com"))
        # The namespace's label may be news to the policy.
        until("it is taken", lambda: self.answer(old) == "")
        CLUSTER.apply(old)
        CLUSTER.namespace("moving")
        spec = old["spec"] | {"listeners": [listener("new.example.com")]}
        until("the policy holds here, too", lambda: self.answer(old | {"spec": spec}) != "")
        old["metadata"]["labels"] = {"seen": "later"}
        self.assertEqual(self.answer(old), "")
        CLUSTER.request("DELETE", CLUSTER.path(old))


if __name__ == "__main__":
    unittest.main()
