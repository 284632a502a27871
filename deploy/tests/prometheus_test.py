"""Alerts, dashboards and runbooks: right by promtool, tried with data, and about metrics that there are."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

import helm
from helm import of_kind, rendered

DEPLOY = helm.ROOT / "deploy"
RULES = DEPLOY / "prometheus/rules.yaml"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RUNBOOKS = helm.ROOT / "docs/runbooks"
CASES = DEPLOY / "tests/prometheus/alerts.yaml"
# What Prometheus Operator gives a target of a ServiceMonitor.
BY_OPERATOR = {"namespace", "pod", "service", "container", "endpoint", "job", "instance"}
# What a scrape adds, and what aggregations of ours make of it.
OF_TARGETS = {"namespace", "pod"}


def promtool(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def alerts() -> dict[str, dict]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def metrics() -> dict[str, tuple[str, set[str]]]:
    """Kind and labels of each, from the reference, which is made of the code."""
    found = {}
    for line in (helm.ROOT / "docs/reference/metrics.md").read_text().splitlines():
        if line.startswith("| `tributary_"):
            name, kind, labels = (cell.strip() for cell in line.split("|")[1:4])
            found[name.strip("`")] = (kind, set(re.findall(r"`([a-z_]+)`", labels)))
    return found


KNOWN = metrics()


def of_series(name: str) -> tuple[str, set[str]] | None:
    """Of a metric by the name that PromQL has; a histogram is three, and its buckets have one label more."""
    if name in KNOWN:
        return KNOWN[name]
    base, _, suffix = name.rpartition("_")
    if suffix in ("bucket", "sum", "count") and KNOWN.get(base, ("",))[0] == "histogram":
        return KNOWN[base][0], KNOWN[base][1] | ({"le"} if suffix == "bucket" else set())
    return None


def is_born_with_its_first_event(series: str) -> bool:
    """Whether there is no such series before what it counts has happened: `increase` does not see that from nothing to 1. Of the labelled
    counters those of a stream are there from the beginning."""
    name = re.match("[a-z_]+", series).group()
    kind, labels = of_series(name)
    return kind == "counter" and bool(labels - {"stream"})


def faults(expression: str) -> list[str]:
    """What an expression has of metrics and labels that no service gives."""
    wrong, labels = [], set()
    for name, selector in re.findall(r"\b(tributary_[a-z_]+)\b(?:\{([^}]*)\})?", expression):
        metric = of_series(name)
        if metric is None:
            wrong.append(f"{name} is no metric")
            continue
        labels |= metric[1]
        asked = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", selector))
        wrong += [f"{name} has no label {label}" for label in asked - metric[1] - OF_TARGETS]
    for listed in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", expression):
        named = {label.strip() for label in listed.split(",")}
        wrong += [f"no metric here has the label {label}" for label in named - labels - OF_TARGETS]
    return wrong


def panels(dashboard: dict) -> list[dict]:
    rows = dashboard["panels"]
    return [it for row in rows for it in (row, *row.get("panels", [])) if it["type"] != "row"]


class Alerts(unittest.TestCase):
    def test_promtool_has_nothing_to_say(self):
        ended = promtool("check", "rules", RULES)
        self.assertEqual(ended.returncode, 0, ended.stdout)

    def test_each_fires_on_its_data_and_not_on_the_other(self):
        cases = yaml.safe_load(CASES.read_text())
        self.assertEqual(sorted(cases), sorted(alerts()))
        # YAML has 0x60 for a number.
        self.assertEqual({type(it) for case in cases.values() for name in ("fires", "quiet") for it in case[name].values()}, {str})
        tests = []
        for name, case in cases.items():
            rule = alerts()[name]
            said = {**rule["annotations"], "summary": case["summary"]}
            firing = {"exp_labels": {**case["labels"], **rule["labels"]}, "exp_annotations": said}
            for series, expected in [(case["fires"], [firing]), (case["quiet"], [])]:
                tests.append({
                    "name": name, "interval": "1m",
                    "input_series": [{"series": it, "values": values} for it, values in series.items()],
                    "alert_rule_test": [{"eval_time": case.get("at", "30m"), "alertname": name, "exp_alerts": expected}],
                })
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "test.yaml"
            file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
            ended = promtool("test", "rules", file)
        self.assertEqual(ended.returncode, 0, ended.stdout)

    def test_no_case_has_data_that_no_service_gives(self):
        for name, case in yaml.safe_load(CASES.read_text()).items():
            for series, values in (case["fires"] | case["quiet"]).items():
                with self.subTest(f"{name}: {series}"):
                    self.assertEqual(faults(series), [])
                    if is_born_with_its_first_event(series):
                        first = next(it for it in values.split() if not it.startswith("_"))
                        self.assertFalse(first.startswith("0"), f"{values}: it is there from its first event on")
        self.assertTrue(is_born_with_its_first_event('tributary_task_failures_total{task="merger"}'))
        self.assertFalse(is_born_with_its_first_event('tributary_stream_reconnects_total{stream="desired"}'))

    def test_each_has_a_runbook_and_each_runbook_an_alert(self):
        pages = {file.stem for file in RUNBOOKS.glob("Tributary*.md")}
        self.assertEqual(pages, set(alerts()))
        for name, rule in alerts().items():
            self.assertEqual(rule["annotations"]["runbook"], f"docs/runbooks/{name}.md")
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
            self.assertTrue((RUNBOOKS / f"{name}.md").read_text().startswith(f"# {name}\n"))
            self.assertIn(f"({name}.md)", (RUNBOOKS / "README.md").read_text())

    def test_they_ask_for_metrics_and_labels_that_there_are(self):
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertEqual(faults(rule["expr"]), [])

    def test_runbooks_name_metrics_that_there_are(self):
        for file in RUNBOOKS.glob("*.md"):
            for quoted in re.findall(r"`([^`]*tributary_[^`]*)`", file.read_text()):
                with self.subTest(f"{file.name}: {quoted}"):
                    self.assertEqual(faults(quoted), [])

    def test_a_fault_is_seen(self):
        self.assertEqual(faults("sum(tributary_nothing)"), ["tributary_nothing is no metric"])
        self.assertEqual(faults('tributary_gateways{color="red"}'), ["tributary_gateways has no label color"])
        self.assertEqual(faults("sum by (color) (tributary_gateways)"), ["no metric here has the label color"])
        self.assertEqual(faults('sum by (le, stage) (rate(tributary_change_seconds_bucket{namespace="a"}[5m]))'), [])
        self.assertNotEqual(faults("sum by (le) (tributary_change_seconds_count)"), [])


class Dashboards(unittest.TestCase):
    def test_there_is_one_of_the_platform_and_one_of_a_tenant(self):
        self.assertEqual([it.stem for it in DASHBOARDS], ["platform", "tenant"])

    def test_they_ask_for_metrics_and_labels_that_there_are(self):
        for file in DASHBOARDS:
            dashboard = json.loads(file.read_text())
            queries = [(panel["title"], target["expr"]) for panel in panels(dashboard) for target in panel["targets"]]
            variables = [it for it in dashboard["templating"]["list"] if it["type"] == "query"]
            queries += [(it["name"], it["query"]["query"]) for it in variables]
            self.assertGreater(len(queries), 5)
            for title, query in queries:
                with self.subTest(f"{file.stem}: {title}"):
                    self.assertEqual(faults(query), [])

    def test_promtool_can_read_their_queries(self):
        rules = []
        for file in DASHBOARDS:
            for panel in panels(json.loads(file.read_text())):
                for index, target in enumerate(panel["targets"]):
                    record = re.sub("[^a-z]", "_", f"{file.stem}_{panel['title']}_{index}".lower())
                    rules.append({"record": record, "expr": target["expr"].replace("$__rate_interval", "5m")})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rules.yaml"
            path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            ended = promtool("check", "rules", path)
        self.assertEqual(ended.returncode, 0, ended.stdout)

    def test_no_panel_covers_another(self):
        for file in DASHBOARDS:
            taken = set()
            for panel in json.loads(file.read_text())["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
                self.assertFalse(taken & cells, f"{file.stem}: {panel['title']}")
                self.assertLessEqual(place["x"] + place["w"], 24)
                taken |= cells


class Chart(unittest.TestCase):
    def test_by_default_there_is_none(self):
        objects = rendered("cluster")
        self.assertEqual(of_kind(objects, "PrometheusRule"), {})
        self.assertEqual(of_kind(objects, "ConfigMap"), {})

    def test_asked_for_they_are_those_of_deploy(self):
        objects = rendered("everything")
        [rules] = of_kind(objects, "PrometheusRule").values()
        self.assertEqual(rules["spec"]["groups"], yaml.safe_load(RULES.read_text())["groups"])
        self.assertEqual(rules["metadata"]["labels"]["release"], "prometheus")
        maps = of_kind(objects, "ConfigMap")
        self.assertEqual(sorted(maps), ["everything-dashboard-platform", "everything-dashboard-tenant"])
        for file in DASHBOARDS:
            shown = maps[f"everything-dashboard-{file.stem}"]
            self.assertEqual(shown["metadata"]["labels"]["grafana_dashboard"], "1")
            self.assertEqual(json.loads(shown["data"][f"tributary-{file.stem}.json"]), json.loads(file.read_text()))

    def test_no_metric_has_a_label_that_its_target_has(self):
        """Prometheus would rename it, and whoever asks for it would find nothing."""
        [monitor] = of_kind(rendered("everything"), "ServiceMonitor").values()
        [endpoint] = monitor["spec"]["endpoints"]
        dropped = {it["regex"] for it in endpoint.get("relabelings", []) if it["action"] == "labeldrop"}
        of_pods = {re.sub("[^a-z]", "_", it) for it in monitor["spec"]["podTargetLabels"]}
        for name, (_, labels) in KNOWN.items():
            with self.subTest(name):
                self.assertEqual(labels & ((BY_OPERATOR | of_pods) - dropped), set())


if __name__ == "__main__":
    unittest.main()
