"""The dashboards, as data: `just render` writes deploy/grafana and the chart's copies from here."""

import json
import re

# Of a query: metrics get the selector of the dashboard's variables.
METRIC = re.compile(r"\b(tributary_[a-z_]+)(\{[^}]*\})?")


def of_namespace(expression: str) -> str:
    def selected(match: re.Match) -> str:
        inner = (match[2] or "{}")[1:-1]
        return f'{match[1]}{{namespace=~"$namespace"{", " if inner else ""}{inner}}}'

    return METRIC.sub(selected, expression)


def panel(title: str, unit: str, *queries: tuple[str, str], kind: str = "timeseries", width: int = 8, height: int = 7, note: str = "") -> dict:
    """Each query with its legend."""
    targets = [{"refId": chr(65 + index), "expr": of_namespace(expression), "legendFormat": legend, "datasource": DATASOURCE}
               for index, (expression, legend) in enumerate(queries)]
    if kind != "timeseries":
        targets = [{**target, "instant": True} for target in targets]
    if kind == "table":
        targets = [{**target, "format": "table"} for target in targets]
    defaults: dict = {"unit": unit}
    if kind == "timeseries":
        defaults |= {"min": 0, "custom": {"showPoints": "never", "fillOpacity": 5}}
    return {
        "title": title, "type": kind, "description": note, "datasource": DATASOURCE, "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []}, "options": {}, "gridPos": {"w": width, "h": height},
    }


DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
BY_STAGE = 'histogram_quantile({q}, sum by (stage, le) (rate(tributary_change_seconds_bucket[$__rate_interval])))'

PLATFORM = [
    ("Health", [
        panel("Versions", "none", ("count by (service, version) (tributary_build_info)", "{{service}} {{version}}"), kind="stat", width=6, height=5),
        panel("Leases held", "none", ("sum by (lease) (tributary_leases_held)", "{{lease}}"), kind="stat", width=6, height=5,
              note="1 for a leader; for programmers, the shares that they hold."),
        panel("Load balancers of which nobody is heard", "none", ("sum by (kind) (tributary_unheard_load_balancers)", "{{kind}}"), kind="stat", width=4, height=5),
        panel("Shares by pod", "none", ("sum by (pod, lease) (tributary_shard_held)", "{{pod}}"), kind="bargauge", width=4, height=5),
        panel("Restarts in an hour", "none", ("sum by (pod) (changes(tributary_start_time_seconds[1h]))", "{{pod}}"), kind="stat", width=4, height=5),
    ]),
    ("What users ask for", [
        panel("Gateways", "none", ("sum by (state, reason) (tributary_gateways)", "{{state}} {{reason}}"), width=6),
        panel("ListenerSets", "none", ("sum by (state, reason) (tributary_listener_sets)", "{{state}} {{reason}}"), width=6),
        panel("Listeners", "none", ("sum by (state, reason) (tributary_listeners)", "{{state}} {{reason}}"), width=6),
        panel("Routes", "none", ("sum by (kind, state, reason) (tributary_routes)", "{{kind}} {{state}} {{reason}}"), width=6),
    ]),
    ("From a change to its effect", [
        panel("Half of the changes", "s", (BY_STAGE.format(q="0.5"), "{{stage}}"), note="From the arrival at the merger."),
        panel("All but one in twenty", "s", (BY_STAGE.format(q="0.95"), "{{stage}}")),
        panel("Changes a second", "ops", ("sum by (stage) (rate(tributary_change_seconds_count[$__rate_interval]))", "{{stage}}")),
    ]),
    ("AWS", [
        panel("Calls a second", "ops", ("sum by (operation) (rate(tributary_aws_calls_total[$__rate_interval]))", "{{operation}}")),
        panel("Calls that failed", "ops", ('sum by (operation, outcome) (rate(tributary_aws_calls_total{outcome!="ok"}[$__rate_interval]))', "{{operation}} {{outcome}}")),
        panel("Seconds of a call", "s", ("sum by (operation) (rate(tributary_aws_call_seconds_total[$__rate_interval]))"
              " / sum by (operation) (rate(tributary_aws_calls_total[$__rate_interval]))", "{{operation}}")),
        panel("Calls under way", "none", ("sum(rate(tributary_aws_call_seconds_total[$__rate_interval]))", "calls")),
        panel("Calls that wait", "none", ("sum by (reason) (rate(tributary_aws_wait_seconds_total[$__rate_interval]))", "{{reason}}"),
              note="For their turn, or to be made again."),
        panel("Own pace", "ops", ("min by (group) (tributary_aws_pace_calls_per_second)", "{{group}}"), note="Halved when AWS throttles."),
        panel("Load balancers by pod", "none", ("sum by (pod) (tributary_programmer_load_balancers)", "{{pod}}")),
        panel("Whole looks at a load balancer", "ops", ("sum(rate(tributary_programmer_observations_total[$__rate_interval]))", "looks")),
        panel("Workers that wait", "none", ("sum by (reason) (rate(tributary_programmer_wait_seconds_total[$__rate_interval]))", "{{reason}}")),
    ]),
    ("What comes to an end", [
        panel("Fullest quotas", "percentunit", ("topk(10, tributary_load_balancer_quota_used / (tributary_load_balancer_quota_limit > 0))",
              "{{gateway_namespace}}/{{gateway_name}} {{quota}}"), kind="bargauge", width=12),
        panel("Certificates in Secrets", "s", ("bottomk(10, tributary_certificate_not_after_seconds - time())", "{{gateway_namespace}}/{{gateway_name}}"),
              kind="bargauge", width=8),
        panel("Certificates between the services", "s", ("min(tributary_tls_certificate_not_after_seconds) - time()", "the first"), kind="stat", width=4),
    ]),
    ("Kubernetes", [
        panel("Objects", "none", ("max by (kind) (tributary_watch_objects)", "{{kind}}")),
        panel("Objects that cannot be read", "none", ("max by (kind) (tributary_watch_refused_objects)", "{{kind}}")),
        panel("Requests that failed", "ops", ("sum by (kind, class) (rate(tributary_watch_failures_total[$__rate_interval]))", "{{kind}} {{class}}")),
        panel("Statuses written", "ops", ("sum(rate(tributary_status_writes_total[$__rate_interval]))", "written"),
              ("sum(rate(tributary_status_conflicts_total[$__rate_interval]))", "computed again"),
              ("sum(rate(tributary_status_write_failures_total[$__rate_interval]))", "failed")),
        panel("Statuses that wait", "none", ("sum(tributary_status_pending)", "waiting"), ("sum(tributary_status_in_flight)", "being written"),
              ("sum(tributary_status_set_aside)", "set aside")),
        panel("Events", "ops", ("sum(rate(tributary_status_events_total[$__rate_interval]))", "written"),
              ("sum(rate(tributary_status_event_failures_total[$__rate_interval]))", "failed")),
    ]),
    ("Between the services", [
        panel("Readers", "none", ("sum by (stream) (tributary_stream_subscribers)", "{{stream}}"), width=6),
        panel("Changes that a reader is behind", "none", ("max by (stream) (tributary_stream_lag_generations)", "{{stream}}"), width=6),
        panel("Reconnects", "ops", ("sum by (stream) (rate(tributary_stream_reconnects_total[$__rate_interval]))", "{{stream}}"), width=6),
        panel("Refused handshakes and items", "ops", ("sum(rate(tributary_tls_handshake_failures_total[$__rate_interval]))", "handshakes"),
              ("sum by (stream) (rate(tributary_stream_refused_items_total[$__rate_interval]))", "{{stream}}"), width=6),
    ]),
]

TENANT = [
    ("What is in the namespace", [
        panel("Served", "none", ('sum by (kind) (tributary_tenant_objects{tenant="$tenant", state="served"})', "{{kind}}"), kind="stat"),
        panel("On its way", "none", ('sum by (kind) (tributary_tenant_objects{tenant="$tenant", state="pending"})', "{{kind}}"), kind="stat"),
        panel("Not served, or not as it was asked for", "none",
              ('sum by (kind, state) (tributary_tenant_objects{tenant="$tenant", state=~"degraded|refused"})', "{{kind}} {{state}}"), kind="stat",
              note="The conditions of the objects say why; so does `tributary explain`."),
        panel("Over time", "none", ('sum by (kind, state) (tributary_tenant_objects{tenant="$tenant"})', "{{kind}} {{state}}"), width=24),
    ]),
    ("Gateways of the namespace", [
        panel("Quotas", "percentunit", ('tributary_load_balancer_quota_used{gateway_namespace="$tenant"}'
              ' / (tributary_load_balancer_quota_limit{gateway_namespace="$tenant"} > 0)', "{{gateway_name}} {{quota}}"), kind="bargauge", width=12),
        panel("Certificates in Secrets", "s", ('tributary_certificate_not_after_seconds{gateway_namespace="$tenant"} - time()', "{{gateway_name}}"),
              kind="bargauge", width=12),
    ]),
    ("From a change to its effect, of all tenants", [
        panel("Half of the changes", "s", (BY_STAGE.format(q="0.5"), "{{stage}}"), width=12),
        panel("All but one in twenty", "s", (BY_STAGE.format(q="0.95"), "{{stage}}"), width=12),
    ]),
]


def variable(name: str, label: str, query: str, **more: object) -> dict:
    asked = {"query": query, "refId": name}
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE, "query": asked, "refresh": 2, "sort": 1, **more}


def dashboard(name: str, title: str, rows: list, *variables: dict) -> str:
    panels, y = [], 0
    for row, members in rows:
        panels.append({"type": "row", "title": row, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y, height = 0, y + 1, 0
        for member in members:
            place = member["gridPos"]
            if x + place["w"] > 24:
                x, y, height = 0, y + height, 0
            panels.append({**member, "gridPos": {"x": x, "y": y, **place}})
            x, height = x + place["w"], max(height, place["h"])
        y += height
    for number, it in enumerate(panels, 1):
        it["id"] = number
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    everywhere = variable("namespace", "Installation's namespace", "label_values(tributary_build_info, namespace)", includeAll=True, allValue=".*",
                          current={"text": "All", "value": "$__all"})
    whole = {
        "uid": f"tributary-{name}", "title": title, "tags": ["tributary"], "editable": True, "schemaVersion": 39, "version": 1,
        "refresh": "30s", "time": {"from": "now-1h", "to": "now"}, "timezone": "browser",
        "templating": {"list": [source, everywhere, *variables]}, "annotations": {"list": []}, "panels": panels,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def dashboards() -> dict[str, str]:
    """By the name of the file."""
    tenant = variable("tenant", "Namespace", "label_values(tributary_tenant_objects, tenant)")
    return {
        "platform": dashboard("platform", "Tributary: platform", PLATFORM),
        "tenant": dashboard("tenant", "Tributary: a tenant", TENANT, tenant),
    }
