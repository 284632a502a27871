"""What the chart renders, without a cluster."""

import os
import unittest

import yaml

import helm
from helm import identity, of_kind, rendered

ALL = ["cluster", "sandbox", "west", "one-kind", "accounts", "everything", "cert-manager", "plain"]
SERVICES = ["alb-programmer", "merger", "nlb-programmer", "status-writer", "watcher"]


def templates(objects: list[dict]) -> list[dict]:
    """Of all pods but those of the Job, which are those of the CronJob."""
    deployments = [it["spec"]["template"] for it in objects if it["kind"] == "Deployment"]
    return deployments + [it["spec"]["jobTemplate"]["spec"]["template"] for it in objects if it["kind"] == "CronJob"]


def containers(objects: list[dict]) -> dict[str, dict]:
    """By the name of the Deployment or CronJob, without the release's."""
    return {it["metadata"]["labels"]["app.kubernetes.io/component"]: it["spec"]["containers"][0] for it in templates(objects)}


def selects(selector: dict, labels: dict) -> bool:
    return selector.items() <= labels.items()


class Values(unittest.TestCase):
    def test_lint_has_nothing_to_say(self):
        for name in ALL:
            with self.subTest(name):
                ended = helm.run("lint", "--strict", "--kube-version", helm.KUBERNETES, "--values", helm.values(name), helm.CHART)
                self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_a_wrong_key_is_refused_with_its_path(self):
        # One in every mapping whose keys are ours: of labels, annotations and what Kubernetes defines anybody's may be.
        theirs = {"commonLabels", "labels", "tags", "annotations", "podLabels", "podAnnotations", "nodeSelector", "affinity", "behavior",
                  "podSecurityContext", "securityContext", "requests", "limits"}
        paths = []

        def spoil(values: dict, path: str) -> dict:
            paths.append(path)
            spoiled = {key: spoil(value, f"{path}/{key}") if isinstance(value, dict) and key not in theirs else value
                       for key, value in values.items()}
            return spoiled | {"bogus": 1}

        spoiled = spoil(yaml.safe_load((helm.CHART / "values.yaml").read_text()), "")
        self.assertGreater(len(paths), 30)
        ended = helm.run("template", "tributary", helm.CHART, "--values", "-", input=yaml.safe_dump(spoiled))
        self.assertNotEqual(ended.returncode, 0)
        for path in paths:
            self.assertIn(f"at '{path}': additional properties 'bogus' not allowed", ended.stderr)

    def test_a_wrong_value_is_refused_with_its_path(self):
        for setting, path in [
            ("installation=West", "/installation"),
            ("installation=a-name-of-more-than-thirty-two-characters", "/installation"),
            ("aws.defaults.loadBalancerScheme=public", "/aws/defaults/loadBalancerScheme"),
            ("aws.defaults.targetType=pod", "/aws/defaults/targetType"),
            ("aws.vpc=prod", "/aws/vpc"),
            ("image.digest=latest", "/image/digest"),
            ("log.format=text", "/log/format"),
            ("leaseSeconds=1", "/leaseSeconds"),
            ("watcher.replicas=two", "/watcher/replicas"),
            ("watcher.lbcLease=kube-system", "/watcher/lbcLease"),
            ("albProgrammer.shards=257", "/albProgrammer/shards"),
            ("albProgrammer.serviceAccount.create=false", "/albProgrammer/serviceAccount/name"),
            ("otlp.endpoint=collector:4317", "/otlp/endpoint"),
            ("tls.mode=mutual", "/tls/mode"),
            ("tls.mode=certManager", "/tls/certManager/issuerRef/name"),
            ("tls.own.schedule=hourly", "/tls/own/schedule"),
            ("tls.own.settleSeconds=1", "/tls/own/settleSeconds"),
            ("tls.certManager.duration=90d", "/tls/certManager/duration"),
            ("otlp.sampler=sometimes", "/otlp/sampler"),
            ("podReadinessGates.enabled=yes", "/podReadinessGates/enabled"),
            ("podReadinessGates.timeoutSeconds=30", "/podReadinessGates/timeoutSeconds"),
            ("aws.defaults.tags.aws:x=y", "/aws/defaults/tags"),
            (f"aws.defaults.tags.{'a' * 129}=y", "/aws/defaults/tags"),
            ("aws.defaults.tags.team=a\\,b", "/aws/defaults/tags/team"),
            ("albProgrammer.resources.requests.cpu=lots", "/albProgrammer/resources/requests/cpu"),
            ("albProgrammer.resources.limits.memory=-1", "/albProgrammer/resources/limits/memory"),
            ("tls.own.resources.limits.memory=1Gb", "/tls/own/resources/limits/memory"),
            ("tls.own.schedule=99 * * * *", "/tls/own/schedule"),
            ("tls.own.schedule=0 0 * * 7", "/tls/own/schedule"),
            ("tls.own.schedule=@yearly", "/tls/own/schedule"),
            ("commonLabels.a=b c", "/commonLabels/a"),
            ("commonLabels.a b=c", "/commonLabels"),
            ("commonLabels.app\\.kubernetes\\.io/name=other", "/commonLabels/app.kubernetes.io~1name"),
            ("merger.podLabels.app\\.kubernetes\\.io/component=watcher", "/merger/podLabels/app.kubernetes.io~1component"),
            ("merger.nodeSelector.a=b c", "/merger/nodeSelector/a"),
            ("merger.podAnnotations.a b=c", "/merger/podAnnotations"),
            ("merger.podDisruptionBudget.maxUnavailable=101%", "/merger/podDisruptionBudget/maxUnavailable"),
            ("merger.extraEnv[0].value=b", "/merger/extraEnv/0"),
            ("log.filter=a=b", "/log/filter"),
            ("log.filter=info\\,tributary_merge=loud", "/log/filter"),
            ("extraCA.key=a/b", "/extraCA/key"),
            ("sandbox.issuedCertificates[0]=a b", "/sandbox/issuedCertificates/0"),
            # What takes two values is the templates' to say.
            ("albProgrammer.autoscaling.minReplicas=5,albProgrammer.autoscaling.maxReplicas=3,albProgrammer.autoscaling.enabled=true",
             "albProgrammer.autoscaling.minReplicas"),
            ("nlbProgrammer.autoscaling.maxReplicas=9,nlbProgrammer.autoscaling.enabled=true", "nlbProgrammer.autoscaling.maxReplicas"),
            ("albProgrammer.replicas=9", "albProgrammer.replicas"),
            ("tls.certManager.renewBefore=9999h,tls.certManager.issuerRef.name=a,tls.mode=certManager", "tls.certManager.renewBefore"),
            ("tls.certManager.renewBefore=2160h0s,tls.certManager.issuerRef.name=a,tls.mode=certManager", "tls.certManager.renewBefore"),
            ("tls.certManager.renewBefore=299s,tls.certManager.issuerRef.name=a,tls.mode=certManager", "tls.certManager.renewBefore"),
            ("tls.certManager.duration=59m59s,tls.certManager.issuerRef.name=a,tls.mode=certManager", "tls.certManager.duration"),
            ("albProgrammer.extraArgs[0]=--shards=4", "albProgrammer.extraArgs[0]"),
            ("watcher.extraArgs[0]=--lbc-lease,watcher.extraArgs[1]=none", "watcher.extraArgs[0]"),
            ("merger.extraArgs[0]=--kubeconfig=a,merger.extraArgs[1]=--kubeconfig=b", "merger.extraArgs[1]"),
            ("sandbox.extraArgs[0]=--listen=[::]:1,sandbox.enabled=true", "sandbox.extraArgs[0]"),
        ]:
            with self.subTest(setting):
                ended = self.with_setting(setting)
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn(f"at '{path}'" if path.startswith("/") else f" {path}: ", ended.stderr)

    def test_the_schema_names_paths_alone_that_helm_has(self):
        """Helm says of `propertyNames` the path of any key, another each time: `patternProperties` and no others say it right."""
        self.assertNotIn('"propertyNames"', (helm.CHART / "values.schema.json").read_text())

    def with_setting(self, setting: str):
        return helm.template("cluster", "tributary", "tributary-system", "--set", setting)

    def test_values_that_are_right_are_taken(self):
        """At the edges of the patterns."""
        for setting in [
            "aws.defaults.tags.aws=y",
            "aws.defaults.tags.awesome:x=y",
            "aws.defaults.tags.a w s:=y",
            f"aws.defaults.tags.{'a' * 128}=y",
            "merger.resources.requests.cpu=0.5",
            "merger.resources.requests.memory=1.5Gi",
            "merger.resources.requests.ephemeral-storage=1e9",
            "merger.resources.requests.cpu=2",
            "tls.own.schedule=0\\,30 0-6/2 ? JAN-Mar MON-FRI",
            "tls.own.schedule=*/20 * * * *",
            "tls.own.schedule=@hourly",
            "commonLabels.example\\.com/team=a.b_c-D",
            "commonLabels.team=",
            "merger.podAnnotations.a=anything: it is",
            "log.filter=",
            "log.filter=warn\\, tributary_merge::output=debug\\,hyper=off\\,[call{rpc=Get}]=trace",
            "albProgrammer.replicas=8",
            "albProgrammer.replicas=9,albProgrammer.autoscaling.enabled=true",
            "albProgrammer.replicas=9,albProgrammer.enabled=false",
            "tls.certManager.renewBefore=2159h59m59s,tls.certManager.issuerRef.name=a,tls.mode=certManager",
            "albProgrammer.extraArgs[0]=--allow-removing-all",
            "sandbox.enabled=true,sandbox.extraArgs[0]=--trust-store=a,sandbox.extraArgs[1]=--trust-store=b",
            "sandbox.enabled=true,sandbox.extraArgs[0]=--issued-certificate=a.example.com",
            "merger.podDisruptionBudget.maxUnavailable=100%",
        ]:
            with self.subTest(setting):
                ended = self.with_setting(setting)
                self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_the_real_aws_needs_the_clusters_name(self):
        ended = helm.run("template", "tributary", helm.CHART, "--kube-version", helm.KUBERNETES)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("aws.cluster: name this cluster", ended.stderr)

    def test_the_sandbox_and_another_endpoint_are_refused(self):
        ended = helm.template("sandbox", "tributary", "tributary-system", "--set", "aws.endpoint=http://sandbox.aws:4566")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("aws.endpoint: AWS is one", ended.stderr)

    def test_gates_that_nobody_would_open_are_refused(self):
        for more, why in [
            ("tls.mode=none", "the API server asks over TLS alone"),
            ("watcher.enabled=false", "nobody would open the gates"),
            ("merger.enabled=false", "nobody would open the gates"),
            ("statusWriter.enabled=false", "nobody would open the gates"),
            ("albProgrammer.enabled=false,nlbProgrammer.enabled=false", "nobody would open the gates"),
        ]:
            with self.subTest(more):
                ended = helm.template("cluster", "tributary", "tributary-system", "--set", f"podReadinessGates.enabled=true,{more}")
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn(why, ended.stderr)

    def test_the_charts_version_of_the_program_is_the_programs(self):
        chart = yaml.safe_load((helm.CHART / "Chart.yaml").read_text())
        workspace = (helm.ROOT / "Cargo.toml").read_text()
        self.assertIn(f'version = "{chart["appVersion"]}"', workspace.split("[workspace.package]")[1].split("\n\n")[0])


class Objects(unittest.TestCase):
    def test_flags_are_those_that_were_read_and_accepted(self):
        """The files hold the flags of every service. `services/tributary` parses them with the programs' own parsers."""
        for name in ALL:
            with self.subTest(name):
                file = helm.VALUES.parent / "flags" / f"{name}.yaml"
                flags = yaml.safe_dump({service: it["args"] for service, it in containers(rendered(name)).items()}, width=200)
                if os.environ.get("UPDATE_GOLDEN"):
                    file.write_text(flags)
                self.assertEqual(flags, file.read_text())

    def test_who_is_called_serves_on_until_nodes_have_heard_of_its_end(self):
        """An address that a Service has, and nobody answers at, costs a client the whole of its patience with connections."""
        objects = containers(rendered("cluster"))
        sleeps = {service: it["lifecycle"]["preStop"]["sleep"]["seconds"] for service, it in objects.items() if "lifecycle" in it}
        # kube-proxy writes its rules once a second at most.
        self.assertEqual(sleeps, {"merger": 2, "watcher": 2})

    def test_selectors_select_the_pods_of_one_deployment(self):
        for name in ALL:
            objects = rendered(name)
            labels = [it["metadata"]["labels"] for it in templates(objects)]
            for it in objects:
                selectors = []
                match it["kind"]:
                    case "Deployment" | "PodDisruptionBudget":
                        selectors = [it["spec"]["selector"]["matchLabels"]]
                    case "Service":
                        selectors = [] if it["spec"].get("clusterIP") == "None" else [it["spec"]["selector"]]
                    case "NetworkPolicy":
                        peers = [peer for rule in it["spec"].get("ingress", []) for peer in rule.get("from", [])]
                        peers += [peer for rule in it["spec"].get("egress", []) for peer in rule.get("to", [])]
                        own = [peer["podSelector"] for peer in peers if "podSelector" in peer]
                        # Of a service that is off there is no pod.
                        selectors = [it["spec"]["podSelector"]["matchLabels"]]
                        selectors += [peer["matchLabels"] for peer in own if name != "one-kind"]
                for selector in selectors:
                    with self.subTest(f"{name}: {identity(it)}"):
                        self.assertEqual(sum(selects(selector, those) for those in labels), 1, selector)

    def test_ports_that_are_named_are_there(self):
        for name in ALL:
            objects = rendered(name)
            for service in of_kind(objects, "Service").values():
                pods = [it["spec"]["template"] for it in objects if it["kind"] == "Deployment"]
                pods = [it for it in pods if selects(service["spec"]["selector"], it["metadata"]["labels"])]
                named = {port["name"]: port["containerPort"] for pod in pods for port in pod["spec"]["containers"][0]["ports"]}
                for port in service["spec"]["ports"]:
                    self.assertEqual(named.get(port["targetPort"]), port["port"], identity(service))

    def test_every_service_listens_where_others_call_it(self):
        for name in ALL:
            for service, container in containers(rendered(name)).items():
                ports = {it["containerPort"] for it in container.get("ports", [])}
                listens = [arg.rsplit(":", 1)[1] for arg in container["args"] if "listen=" in arg]
                self.assertEqual(sorted(map(str, ports)), sorted(listens), f"{name}: {service}")

    def test_pods_may_do_as_little_as_can_be(self):
        for name in ALL:
            for template in templates(rendered(name)):
                pod = template["spec"]
                container = pod["containers"][0]
                with self.subTest(f"{name}: {container['name']}"):
                    self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                    self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                    self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"])
                    self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})

    def test_objects_have_the_recommended_labels(self):
        for name in ALL:
            for it in rendered(name):
                with self.subTest(f"{name}: {identity(it)}"):
                    labels = it["metadata"]["labels"]
                    self.assertEqual(labels["app.kubernetes.io/name"], "tributary")
                    self.assertEqual(labels["app.kubernetes.io/instance"], "tributary")
                    self.assertEqual(labels["app.kubernetes.io/part-of"], "tributary")
                    self.assertEqual(labels["app.kubernetes.io/managed-by"], "Helm")
                    self.assertIn("helm.sh/chart", labels)
                    self.assertIn("app.kubernetes.io/version", labels)

    def test_two_releases_share_nothing_but_the_crds(self):
        first = {identity(it) for it in rendered("cluster")}
        second = {identity(it) for it in rendered("west", "west", "west-system")}
        kinds = {kind for kind, _, _ in first & second}
        self.assertEqual(kinds, {"CustomResourceDefinition"})

    def test_one_release_in_each_of_two_namespaces_meets_in_what_is_cluster_wide(self):
        first = {identity(it) for it in rendered("cluster")}
        second = {identity(it) for it in rendered("cluster", "other", "other-system")}
        shared = {(kind, name) for kind, _, name in first & second if kind != "CustomResourceDefinition"}
        guards = [("ValidatingAdmissionPolicy", "tributary-finalizer"), ("ValidatingAdmissionPolicy", "tributary-class-finalizer")]
        guards += [(f"{kind}Binding", name) for kind, name in guards]
        self.assertEqual(shared, set(guards))

    def test_an_installations_names_are_the_programs(self):
        """As libs/model/src/installation.rs has them."""
        policies = of_kind(rendered("west"), "ValidatingAdmissionPolicy")
        ours = policies["tributary-west-finalizer"]["spec"]["variables"][0]["expression"]
        self.assertEqual(ours, "['gateway.tributary.dev/west.load-balancer-alb', 'gateway.tributary.dev/west.load-balancer-nlb']")
        for container in containers(rendered("west")).values():
            self.assertIn("--installation=west", container["args"])

    def test_one_kind_off_leaves_nothing_of_it(self):
        for it in rendered("one-kind"):
            self.assertNotIn("nlb-programmer", identity(it)[2])
        condition = of_kind(rendered("one-kind"), "ValidatingAdmissionPolicy")["tributary-finalizer"]["spec"]["matchConditions"][0]
        self.assertIn("tributary-alb-programmer", condition["expression"])
        self.assertNotIn("tributary-nlb-programmer", condition["expression"])

    def test_any_service_may_be_off(self):
        keys = {"watcher": "watcher", "merger": "merger", "alb-programmer": "albProgrammer", "nlb-programmer": "nlbProgrammer",
                "status-writer": "statusWriter"}
        self.assertEqual(sorted(keys), SERVICES)
        for service, key in keys.items():
            objects = rendered("cluster", "tributary", "tributary-system", "--set", f"{key}.enabled=false")
            self.assertEqual(sorted(containers(objects)), sorted({*SERVICES, "tls"} - {service}))
            self.assertFalse([identity(it) for it in objects if identity(it)[2] == f"tributary-{service}"])

    def test_accounts_of_others_are_used_and_not_made(self):
        objects = rendered("accounts")
        for kind in ["ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ValidatingAdmissionPolicy"]:
            self.assertEqual(of_kind(objects, kind), {})
        names = {it["spec"]["serviceAccountName"] for it in templates(objects)}
        self.assertEqual(names, {"reader", "decider", "alb", "nlb", "writer", "certifier"})

    def test_accounts_that_are_bound_are_those_of_the_pods(self):
        for name in ["cluster", "sandbox", "west", "one-kind", "everything"]:
            objects = rendered(name)
            pods = [it["spec"] for it in templates(objects)]
            used = {it["serviceAccountName"] for it in pods if "serviceAccountName" in it}
            bindings = [it for it in objects if it["kind"] in ("RoleBinding", "ClusterRoleBinding")]
            bound = {subject["name"] for it in bindings for subject in it["subjects"]}
            self.assertEqual(used, bound)
            self.assertEqual(used, set(of_kind(objects, "ServiceAccount")))
            roles = {(it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"]) for it in objects if it["kind"] in ("Role", "ClusterRole")}
            refs = {(it["roleRef"]["kind"], it["metadata"].get("namespace"), it["roleRef"]["name"]) for it in bindings}
            # Whom people's role is given to is not the chart's to say.
            people = {it for it in roles if it[2].endswith(("-listeners-view", "-listeners-reach"))}
            self.assertEqual((roles - people, len(people)), (refs, 2))

    def test_the_sandbox_is_asked_by_programmers_alone(self):
        objects = rendered("sandbox")
        policy = of_kind(objects, "NetworkPolicy")["tributary-sandbox"]["spec"]
        peers = [it["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for it in policy["ingress"][0]["from"]]
        self.assertEqual((peers, policy["egress"]), (["alb-programmer", "nlb-programmer"], []))
        for service in ["alb-programmer", "nlb-programmer"]:
            self.assertIn("--aws=http://tributary-sandbox.tributary-system.svc:4566", containers(objects)[service]["args"])
        self.assertNotIn("serviceAccountName", of_kind(objects, "Deployment")["tributary-sandbox"]["spec"]["template"]["spec"])

    def test_policies_let_out_what_calls_and_in_what_is_called(self):
        """ARCHITECTURE.md's picture: who calls whom."""
        calls = {("merger", "watcher"), ("alb-programmer", "merger"), ("nlb-programmer", "merger"), ("status-writer", "merger")}
        policies = of_kind(rendered("cluster"), "NetworkPolicy")
        component = "app.kubernetes.io/component"

        def peers(rules: list[dict], key: str) -> set[str]:
            return {peer["podSelector"]["matchLabels"][component] for rule in rules for peer in rule.get(key, []) if "podSelector" in peer}

        of = {it["metadata"]["labels"][component]: it["spec"] for it in policies.values()}
        self.assertEqual(sorted(of), sorted([*SERVICES, "tls"]))
        self.assertEqual({(caller, called) for caller, it in of.items() for called in peers(it["egress"], "to")}, calls)
        self.assertEqual({(caller, called) for called, it in of.items() for caller in peers(it["ingress"], "from")}, calls)

    def test_with_everything_set_everything_shows(self):
        objects = rendered("everything", "tributary", "tributary-system")
        alb = containers(objects)["alb-programmer"]
        self.assertEqual(alb["image"], "registry.example.com/platform/tributary@sha256:" + "0123456789abcdef" * 4)
        env = {it["name"]: it.get("value") for it in alb["env"]}
        self.assertEqual(env["HTTPS_PROXY"], "http://proxy.example.com:3128")
        self.assertEqual(env["NO_PROXY"], ".internal.example.com,10.0.0.0/8")
        self.assertEqual(env["SSL_CERT_FILE"], "/etc/tributary/ca/bundle.crt")
        self.assertEqual((env["OTEL_TRACES_SAMPLER"], env["OTEL_TRACES_SAMPLER_ARG"]), ("parentbased_traceidratio", "0.1"))
        scalers = of_kind(objects, "HorizontalPodAutoscaler")
        cpu = scalers["everything-alb-programmer"]["spec"]
        self.assertEqual((cpu["minReplicas"], cpu["maxReplicas"], cpu["metrics"][0]["resource"]["name"]), (2, 16, "cpu"))
        self.assertEqual(scalers["everything-nlb-programmer"]["spec"]["metrics"][0]["type"], "External")
        deployments = of_kind(objects, "Deployment")
        self.assertNotIn("replicas", deployments["everything-alb-programmer"]["spec"])
        pod = deployments["everything-merger"]["spec"]["template"]
        self.assertEqual(pod["spec"]["priorityClassName"], "system-cluster-critical")
        self.assertEqual(pod["spec"]["nodeSelector"], {"pool": "system"})
        self.assertEqual(pod["spec"]["tolerations"], [{"key": "system", "operator": "Exists"}])
        spread = pod["spec"]["topologySpreadConstraints"]
        self.assertEqual([(it["maxSkew"], it["topologyKey"]) for it in spread], [(2, "rack")])
        self.assertEqual(spread[0]["labelSelector"]["matchLabels"], deployments["everything-merger"]["spec"]["selector"]["matchLabels"])
        self.assertEqual(pod["metadata"]["annotations"], {"example.com/note": "hello"})
        self.assertEqual(of_kind(objects, "PodDisruptionBudget")["everything-watcher"]["spec"]["maxUnavailable"], "50%")
        self.assertNotIn("everything-status-writer", of_kind(objects, "PodDisruptionBudget"))
        ports = [port["port"] for rule in of_kind(objects, "NetworkPolicy")["everything-alb-programmer"]["spec"]["egress"] for port in rule["ports"]]
        # Names, the API server, the merger, AWS, Pod Identity, the proxy, the collector, and one's own.
        self.assertEqual(ports, [53, 53, 443, 7070, 443, 80, 3128, 4566, 14317, 1])
        # Without `--lbc-lease` there is no right to read it.
        self.assertFalse([it for it in of_kind(objects, "Role") if it == "everything-watcher"])

    def test_own_certificates_are_made_for_whom_they_are_mounted(self):
        """The names of Secrets are those of services/certificates, which its tests hold."""
        for name in ["cluster", "west", "one-kind", "everything"]:
            objects = rendered(name)
            prefix = "everything" if name == "everything" else "tributary"
            services = sorted(set(containers(objects)) - {"tls"})
            self.check_mounts(objects, prefix)
            job = of_kind(objects, "CronJob")[f"{prefix}-tls"]["spec"]["jobTemplate"]["spec"]
            words = dict(arg.split("=", 1) for arg in job["template"]["spec"]["containers"][0]["args"][1:])
            self.assertEqual(sorted(words["--for"].split(",")), sorted([*services, "client"]))
            self.assertEqual(words["--name"], prefix)
            at_once = of_kind(objects, "Job")
            self.assertEqual([it["spec"] for it in at_once.values()], [job])
            rules = of_kind(objects, "Role")[f"{prefix}-tls"]["rules"]
            webhooks = list(of_kind(objects, "MutatingWebhookConfiguration"))
            self.assertEqual([words[it] for it in ["--webhook"] if it in words], webhooks)
            cluster = of_kind(objects, "ClusterRole").get(f"{prefix}-tls", {"rules": []})["rules"]
            # That one object, and of it nothing can be named.
            self.assertEqual([(rule["resourceNames"], rule["verbs"]) for rule in cluster], [([it], ["get", "patch"]) for it in webhooks])
            named = {resource for rule in rules for resource in rule.get("resourceNames", [])}
            # Those of a service that is off are deleted.
            secrets = {f"{prefix}-{service}-tls" for service in [*SERVICES, "client"]}
            self.assertEqual(named, secrets | {f"{prefix}-authority", f"{prefix}-ca"})
            # What can be made cannot be named, all else is.
            self.assertEqual([rule["verbs"] for rule in rules if "resourceNames" not in rule], [["create"]])

    def check_mounts(self, objects: list[dict], prefix: str) -> None:
        for deployment in of_kind(objects, "Deployment").values():
            service = deployment["metadata"]["labels"]["app.kubernetes.io/component"]
            pod = deployment["spec"]["template"]["spec"]
            container = pod["containers"][0]
            volume = next(it for it in pod["volumes"] if it["name"] == "tls")
            self.assertEqual(volume["secret"], {"secretName": f"{prefix}-{service}-tls"})
            mount = next(it for it in container["volumeMounts"] if it["name"] == "tls")
            self.assertIn(f"--tls-dir={mount['mountPath']}", container["args"])
            self.assertFalse([arg for arg in container["args"] if arg.startswith(("--merger=http:", "--watcher=http:"))])

    def test_the_webhook_asks_the_merger_and_holds_nobody_up(self):
        for name, prefix, kinds in [("everything", "everything", "alb,nlb"), ("one-kind", "tributary", "alb"), ("cert-manager", "tributary", "alb,nlb")]:
            with self.subTest(name):
                objects = rendered(name)
                [configuration] = of_kind(objects, "MutatingWebhookConfiguration").values()
                [webhook] = configuration["webhooks"]
                self.assertEqual((webhook["failurePolicy"], webhook["sideEffects"]), ("Ignore", "None"))
                self.assertLessEqual(webhook["timeoutSeconds"], 5)
                what = "everything.pod-readiness-gate-inject" if name == "everything" else "pod-readiness-gate-inject"
                self.assertEqual(webhook["namespaceSelector"], {"matchLabels": {f"gateway.tributary.dev/{what}": "enabled"}})
                self.assertNotIn("objectSelector", webhook)
                [rule] = webhook["rules"]
                self.assertEqual((rule["resources"], rule["operations"], rule["scope"]), (["pods"], ["CREATE"], "Namespaced"))
                called = webhook["clientConfig"]["service"]
                service = of_kind(objects, "Service")[called["name"]]
                [port] = [it for it in service["spec"]["ports"] if it["port"] == called["port"]]
                merger = containers(objects)["merger"]
                self.assertIn({"name": port["targetPort"], "containerPort": called["port"]}, merger["ports"])
                self.assertIn(f"--gates-for={kinds}", merger["args"])
                self.assertEqual(called["path"], "/pods")
                # Whom it trusts comes from who makes the certificate, which has the name that is called.
                self.assertNotIn("caBundle", webhook["clientConfig"])
                host = f"{called['name']}.{called['namespace']}.svc"
                if name == "cert-manager":
                    secret = f"{called['namespace']}/tributary-merger-tls"
                    self.assertEqual(configuration["metadata"]["annotations"], {"cert-manager.io/inject-ca-from": secret})
                else:
                    self.assertIn(f"--hosts=merger={host}", containers(objects)["tls"]["args"])
                policy = of_kind(objects, "NetworkPolicy")[f"{prefix}-merger"]["spec"]
                ports = [port["port"] for rule in policy["ingress"] for port in rule["ports"]]
                self.assertIn("gates", ports)
        for name in ["cluster", "plain", "sandbox"]:
            self.assertEqual(of_kind(rendered(name), "MutatingWebhookConfiguration"), {})
            self.assertFalse([arg for arg in containers(rendered(name))["merger"]["args"] if "gates" in arg])

    def test_a_job_has_another_name_when_it_is_another(self):
        def names(*more: str) -> set[str]:
            return set(of_kind(rendered("cluster", "tributary", "tributary-system", *more), "Job"))

        self.assertEqual(names(), names())
        for more in ["image.tag=0.2.0", "nlbProgrammer.enabled=false", "tls.own.settleSeconds=600", "podSecurityContext.runAsUser=1000"]:
            self.assertFalse(names() & names("--set", more), more)

    def test_names_of_jobs_are_short_enough(self):
        """A CronJob's has 52 characters, since its Jobs have 11 more, and a Job's 63."""
        objects = rendered("cluster", "tributary", "tributary-system", "--set", f"fullnameOverride={'a' * 60}")
        self.assertLessEqual(max(map(len, of_kind(objects, "CronJob"))), 52)
        self.assertLessEqual(max(map(len, of_kind(objects, "Job"))), 63)

    def test_certificates_of_cert_manager_are_those_that_are_mounted(self):
        objects = rendered("cert-manager")
        self.check_mounts(objects, "tributary")
        certificates = of_kind(objects, "Certificate")
        self.assertEqual(sorted(certificates), sorted(f"tributary-{service}-tls" for service in [*SERVICES, "client"]))
        for name, it in certificates.items():
            self.assertEqual(it["spec"]["secretName"], name)
            service = name.removeprefix("tributary-").removesuffix("-tls")
            called = ["tributary-merger.tributary-system.svc"] if service == "merger" else []
            self.assertEqual(it["spec"]["dnsNames"], [f"{service}.tributary.services.tributary.dev", *called])
            self.assertEqual(it["spec"]["issuerRef"], {"name": "services", "kind": "ClusterIssuer", "group": "cert-manager.io"})
        self.assertFalse([identity(it) for it in objects if it["kind"] in ("Job", "CronJob") or identity(it)[2] == "tributary-tls"])

    def test_without_certificates_everything_is_plain(self):
        objects = rendered("plain")
        self.assertEqual(sorted(containers(objects)), SERVICES)
        for container in containers(objects).values():
            self.assertFalse([arg for arg in container["args"] if arg.startswith("--tls-dir") or "=https:" in arg])
        self.assertFalse([identity(it) for it in objects if it["kind"] in ("Job", "CronJob", "Certificate") or identity(it)[2].endswith("-tls")])
        for template in templates(objects):
            self.assertNotIn("volumes", template["spec"])

    def test_probes_and_metrics_need_no_certificate(self):
        for name in ["cluster", "cert-manager"]:
            for service in SERVICES:
                container = containers(rendered(name))[service]
                for probe in ["livenessProbe", "readinessProbe"]:
                    self.assertEqual(container[probe]["httpGet"].keys(), {"path", "port"})
                    self.assertEqual(container[probe]["httpGet"]["port"], "admin")

    def test_two_releases_in_one_namespace_do_not_meet(self):
        first = {identity(it) for it in rendered("cluster")}
        second = {identity(it) for it in rendered("west", "west")}
        self.assertEqual({kind for kind, _, _ in first & second}, {"CustomResourceDefinition"})
        secrets = [{volume["secret"]["secretName"] for template in templates(objects) for volume in template["spec"].get("volumes", [])}
                   for objects in (rendered("cluster"), rendered("west", "west"))]
        self.assertFalse(secrets[0] & secrets[1])

    def test_crds_are_those_of_deploy_and_stay(self):
        crds = of_kind(rendered("cluster"), "CustomResourceDefinition")
        files = [yaml.safe_load(file.read_text()) for file in (helm.ROOT / "deploy/crds").glob("*.yaml")]
        self.assertEqual({name: it["spec"] for name, it in crds.items()}, {it["metadata"]["name"]: it["spec"] for it in files})
        for it in crds.values():
            self.assertEqual(it["metadata"]["annotations"]["helm.sh/resource-policy"], "keep")


if __name__ == "__main__":
    unittest.main()
