"""Argo CD's health checks, run as Argo CD does: Lua 5.1, the object in `obj`, the answer a table."""

import unittest

import lupa.lua51
import yaml

import helm

GENERATION = 2
KINDS = ["Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"]


def conditions(words: list[str], observed: int) -> list[dict]:
    """TYPE=STATUS/REASON each."""
    said = []
    for word in words:
        kind, rest = word.split("=")
        status, reason = rest.split("/")
        said.append({"type": kind, "status": status, "reason": reason, "message": f"about {kind}", "observedGeneration": observed})
    return said


def thing(case: dict) -> dict:
    """The object that a case is about."""
    observed = case.get("observed", GENERATION)
    metadata = {"name": "it", "namespace": "here", "generation": GENERATION}
    it = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": case["kind"], "metadata": metadata, "spec": {}}
    if case["kind"].endswith("Route"):
        refs = [{key: value for key, value in parent.items() if key != "conditions"} for parent in case["parents"]]
        it["spec"]["parentRefs"] = refs
        told = [parent for parent in zip(case["parents"], refs) if "conditions" in parent[0]]
        # As the API server fills them in where somebody writes them.
        full = [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "here"} | ref for _, ref in told]
        it["status"] = {"parents": [{"parentRef": ref, "controllerName": "gateway.k8s.aws/alb", "conditions": conditions(parent["conditions"], observed)}
                                    for (parent, _), ref in zip(told, full)]}
    elif "conditions" in case:
        listeners = [{"name": name, "conditions": conditions(words, observed)} for name, words in case.get("listeners", {}).items()]
        it["status"] = {"conditions": conditions(case["conditions"], observed), "listeners": listeners}
    return it


def health(script: str, it: dict) -> dict:
    lua = lupa.lua51.LuaRuntime(register_eval=False)

    def table(value):
        if isinstance(value, dict):
            return lua.table_from({key: table(each) for key, each in value.items()})
        if isinstance(value, list):
            return lua.table_from([table(each) for each in value])
        return value

    lua.globals().obj = table(it)
    return dict(lua.execute(script))


class Health(unittest.TestCase):
    def test_every_case(self):
        scripts = yaml.safe_load((helm.ROOT / "deploy/argocd/argocd-cm.yaml").read_text())["data"]
        prefix = "resource.customizations.health.gateway.networking.k8s.io_"
        self.assertEqual(sorted(scripts), sorted(prefix + kind for kind in KINDS))
        cases = yaml.safe_load((helm.VALUES.parent / "health.yaml").read_text())
        self.assertEqual({case["kind"] for case in cases}, set(KINDS))
        for case in cases:
            with self.subTest(case["name"]):
                answer = health(scripts[prefix + case["kind"]], thing(case))
                self.assertEqual(answer["status"], case["is"], answer["message"])
                if "says" in case:
                    self.assertEqual(answer["message"], case["says"])


class KubeStateMetrics(unittest.TestCase):
    def test_paths_are_those_of_the_kind(self):
        """A path that the CRD does not have would be a metric that is never there."""
        crd = yaml.safe_load(self.listener_sets().read_text())
        schema = next(it for it in crd["spec"]["versions"] if it["name"] == "v1")["schema"]["openAPIV3Schema"]
        config = yaml.safe_load((helm.ROOT / "deploy/kube-state-metrics/listenersets.yaml").read_text())
        [resource] = config["spec"]["resources"]
        of = resource["groupVersionKind"]
        self.assertEqual((of["group"], of["kind"]), (crd["spec"]["group"], crd["spec"]["names"]["kind"]))
        for path in resource["labelsFromPath"].values():
            self.assertTrue(self.leads(schema, path), path)
        names = set()
        for metric in resource["metrics"]:
            names.add(metric["name"])
            each = metric["each"][metric["each"]["type"].lower()]
            base = each.get("path", [])
            self.assertTrue(self.leads(schema, base), base)
            for path in [*each.get("labelsFromPath", {}).values(), each.get("valueFrom", [])]:
                self.assertTrue(self.leads(schema, base + path), base + path)
        self.assertEqual(len(names), len(resource["metrics"]))
        self.assertFalse(self.leads(schema, ["status", "listeners", "condition"]))

    @staticmethod
    def listener_sets():
        import cluster
        import json
        import pathlib

        said = json.loads(cluster.said("go", "mod", "download", "-json", "sigs.k8s.io/gateway-api", folder="tests/kubernetes/crds"))
        return pathlib.Path(said["Dir"]) / "config/crd/standard/gateway.networking.k8s.io_listenersets.yaml"

    def leads(self, schema: dict, path: list[str]) -> bool:
        for step in path:
            # A list is looked through, or into by [KEY=VALUE].
            if schema.get("type") == "array":
                schema = schema["items"]
                if step.startswith("["):
                    step = step[1:].split("=")[0]
                    if step not in schema["properties"]:
                        return False
                    continue
            if step in ("name", "namespace", "creationTimestamp") and schema == {"type": "object"}:
                # What every object's metadata has.
                return True
            if step not in schema.get("properties", {}):
                return False
            schema = schema["properties"][step]
        return True


if __name__ == "__main__":
    unittest.main()
