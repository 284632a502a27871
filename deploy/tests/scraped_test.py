"""A real Prometheus scrapes the five programs: each panel and each alert is asked, and what has no data here says why."""

import json
import time
import unittest

from neighbours import Prometheus
from prometheus_test import DASHBOARDS, alerts, panels
from world import SERVICES, World

# Of these there is nothing to see in a folder without certificates between the services, where nothing goes wrong.
WITHOUT_DATA = {
    "Leases held": "replicas share by Leases in Kubernetes only",
    "Shares by pod": "replicas share by Leases in Kubernetes only",
    "Calls that failed": "AWS refuses nothing",
    "Own pace": "it is told when AWS throttles, and AWS throttles nothing",
    "Certificates between the services": "the services have none",
    "Objects": "a folder has no watches",
    "Objects that cannot be read": "a folder has no watches",
    "Requests that failed": "there is no API server",
    "Events": "there is no API server",
    "On its way": "everything is settled",
}


class Scraped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.begun = time.time()
        cls.world = cls.enterClassContext(World())
        cls.world.begin()
        targets = [f"127.0.0.1:{port}" for port in cls.world.admins.values()]
        prometheus = Prometheus(cls.world, {"job_name": "tributary", "static_configs": [{"targets": targets}]})
        cls.asked = staticmethod(prometheus.asked)
        # Changes, so that there is something to time.
        cls.world.until("the first scrape of all five", lambda: len(cls.asked("tributary_build_info")) == len(SERVICES))
        for edit in [("/first", "/second"), ("/second", "/third")]:
            cls.world.change(edit)
        cls.world.until("changes that are timed", lambda: cls.asked('rate(tributary_change_seconds_count{stage="programmed"}[1m]) > 0'))
        cls.world.until("objects that are counted", lambda: cls.asked("tributary_tenant_objects"))
        cls.world.until("a rate of all five", lambda: len(cls.asked("count_over_time(tributary_build_info[1m]) >= 3")) == len(SERVICES))

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

    def test_a_service_says_when_its_process_began(self):
        since = self.asked("time() - tributary_start_time_seconds")
        self.assertEqual(len(since), len(SERVICES))
        for it in since:
            # Of the same machine's clock.
            self.assertGreaterEqual(float(it["value"][1]), 0)
        [begun] = self.asked("min(tributary_start_time_seconds)")
        self.assertGreaterEqual(int(begun["value"][1]), int(self.begun))

    def test_status_agrees(self):
        ended = self.world.asked("status", "-o", "json")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        told = json.loads(ended.stdout)
        self.assertEqual(told["status"], "Well")
        services = {it["service"] for it in told["services"]}
        self.assertEqual(services, set(SERVICES))
        for it in told["objects"]:
            name = {"Gateway": "tributary_gateways", "ListenerSet": "tributary_listener_sets", "Listener": "tributary_listeners"}.get(it["what"], "tributary_routes")
            kind = f',kind="{it["what"]}"' if name == "tributary_routes" else ""
            [series] = self.asked(f'{name}{{state="{it["state"]}",reason="{it["reason"]}"{kind}}}')
            self.assertEqual(int(series["value"][1]), it["count"], it)


if __name__ == "__main__":
    unittest.main()
