"""Draws the dashboards of deploy/grafana into docs/dashboards, by hand: `just pictures`.

The data is real: a release on an API server, with cert-manager and the sandbox (deploy/tests/pods.py), changes by tenants for some minutes, and a
real Prometheus, asked what each panel asks. The drawing is matplotlib's and no Grafana's: place, kind, unit and legend are the panel's, colours
and lettering are not.
"""

import datetime
import io
import itertools
import json
import math
import pathlib
import re
import sys
import time

import yaml
from matplotlib import dates
from matplotlib import pyplot as plt
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "deploy/tests"))

from neighbours import Prometheus, of_dashboard  # noqa: E402
from pods import SYSTEM, Release  # noqa: E402
from world import MANIFESTS, secret  # noqa: E402

SECONDS = 150
# Of a picture: inches of a column and of a row, and dots of an inch.
COLUMN, ROW, DOTS = 0.62, 0.32, 80
# Points of lettering, and how wide a letter is of its height at most, on average.
TITLE, LEGEND, NUMBER, NAME, LETTER = 8, 6, 13, 6.5, 0.58
COLOURS = ["#3274d9", "#e0752d", "#299c46", "#a352cc", "#c4162a", "#8f8f8f", "#e0b400", "#1f9e9e", "#7a4e2b", "#d05ea8"]
# What fits into a panel.
MOST_LEGENDS, MOST_BARS, MOST_LETTERS = 8, 6, 34


def worked(release: Release, prometheus: Prometheus) -> None:
    """Tenants' changes: a set and a route come, change and go."""
    cluster = release.cluster
    cluster.namespace("infra")
    for it in [*yaml.safe_load_all(MANIFESTS.read_text()), yaml.safe_load(secret())]:
        cluster.apply(it)
    begun, version = time.monotonic(), "gateway.networking.k8s.io/v1"
    for number in itertools.count():
        if time.monotonic() > begun + SECONDS:
            break
        name = f"team-{number % 6}"
        made = [
            {"apiVersion": version, "kind": "ListenerSet", "metadata": {"name": name, "namespace": "infra"}, "spec": {
                "parentRef": {"name": "web"}, "listeners": [{"name": "http", "port": 80, "protocol": "HTTP", "hostname": f"{name}.example.com"}]}},
            {"apiVersion": version, "kind": "HTTPRoute", "metadata": {"name": name, "namespace": "infra"}, "spec": {
                "parentRefs": [{"kind": "ListenerSet", "name": name}],
                "rules": [{"matches": [{"path": {"value": f"/{number}"}}], "backendRefs": [{"name": "app", "port": 80}]}]}},
        ]
        for it in made:
            if number % 4 == 3 and cluster.get(it):
                cluster.request("DELETE", cluster.path(it))
            elif number % 4 != 3:
                cluster.apply(it)
        # The pace of a few busy teams.
        time.sleep(1 + number % 3)
    release.settled()
    release.until("Prometheus has seen the end", lambda: prometheus.asked("tributary_tenant_objects"))


def in_words(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.0f}%"
    if unit == "s":
        for size, name in [(86400, " d"), (3600, " h"), (60, " min"), (1, " s")]:
            if abs(value) >= size:
                return f"{value / size:.1f}".removesuffix(".0") + name
        return f"{value * 1000:.0f} ms"
    return f"{value:.3g}" + ("/s" if unit == "ops" else "")


def legend(template: str, labels: dict[str, str]) -> str:
    text = re.sub(r"{{(\w+)}}", lambda match: labels.get(match[1], ""), template).strip()
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS - 1] + "…"


def width_of(text: str, points: float) -> float:
    """Inches."""
    return len(text) * points * LETTER / 72


def fitted(text: str, inches: float, points: float = NAME) -> str:
    """What of a name there is room for."""
    letters = int(inches / width_of("x", points))
    return text if len(text) <= letters else text[:letters - 1] + "…"


def now(prometheus: Prometheus, panel: dict) -> list[tuple[str, float]]:
    rows = [(legend(target["legendFormat"], it["metric"]), float(it["value"][1])) for target in panel["targets"] for it in prometheus.asked(target["expr"])]
    return [(name, value) for name, value in rows if not math.isnan(value)]


def draw_lines(axes, prometheus: Prometheus, panel: dict, unit: str) -> None:
    end = time.time()
    lines = []
    for target in panel["targets"]:
        query = of_dashboard(target["expr"])
        for it in prometheus.get("query_range", query=query, start=end - SECONDS, end=end, step=2)["result"]:
            lines.append((legend(target["legendFormat"], it["metric"]), [(float(at), float(value)) for at, value in it["values"]]))
    # The highest first: of many these are named.
    lines.sort(key=lambda line: -max((value for _, value in line[1] if not math.isnan(value)), default=0))
    for number, (name, values) in enumerate(lines):
        times = [datetime.datetime.fromtimestamp(at) for at, _ in values]
        axes.plot(times, [value for _, value in values], color=COLOURS[number % len(COLOURS)], linewidth=1,
                  label=name if number < MOST_LEGENDS else None)
    if not lines:
        nothing(axes)
        return
    highest = max((value for _, values in lines for _, value in values if not math.isnan(value)), default=0)
    width, height = (it / DOTS for it in axes.get_window_extent().size)
    names = [name for name, _ in lines[:MOST_LEGENDS]]
    # The names stand above the lines, in as many columns as there is room for.
    columns = max(1, min(4, len(names), int(width / (0.35 + max(width_of(name, LEGEND) for name in names)))))
    rows = math.ceil(len(names) / columns)
    axes.set_ylim(0, (highest or 1) * 1.05 / (1 - (rows * 1.35 + 0.4) * LEGEND / 72 / height))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.xaxis.set_major_locator(dates.MinuteLocator())
    axes.yaxis.set_major_formatter(lambda value, _: in_words(value, unit))
    axes.tick_params(labelsize=6, length=2)
    axes.grid(color="#e6e6e6", linewidth=0.5)
    axes.legend(fontsize=LEGEND, loc="upper left", frameon=False, ncols=columns, borderaxespad=0.1, borderpad=0.2, handlelength=1, labelspacing=0.2,
                columnspacing=1)


def draw_numbers(axes, rows: list[tuple[str, float]], unit: str) -> None:
    axes.axis("off")
    rows = rows[:MOST_LEGENDS]
    width, height = (it / DOTS for it in axes.get_window_extent().size)
    across = min(2, len(rows))
    down = math.ceil(len(rows) / across)
    # Together a number and its name take less than half an inch.
    step = min(1 / down, 0.5 / height)
    top = (1 + down * step) / 2
    # Long names are a little smaller before they are cut.
    small = max(5.2, min(NAME, NAME * width / across * 0.95 / max(width_of(name, NAME) for name, _ in rows)))
    for number, (name, value) in enumerate(rows):
        left, above = (number % across + 0.5) / across, top - number // across * step
        axes.text(left, above - step * 0.38, in_words(value, unit), ha="center", va="center", fontsize=min(NUMBER, step * height * 72 * 0.5), color=COLOURS[2])
        axes.text(left, above - step * 0.82, fitted(name, width / across, small), ha="center", va="center", fontsize=small, color="#555555")


def draw_bars(axes, rows: list[tuple[str, float]], unit: str) -> None:
    rows = rows[:MOST_BARS][::-1]
    axes.barh(range(len(rows)), [value for _, value in rows], color=COLOURS[0], height=0.5)
    # A few do not fill the panel.
    room = max(len(rows), 4)
    axes.set_ylim(len(rows) - room - 0.5, len(rows) - 0.5)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=NAME)
    axes.tick_params(length=0)
    axes.set_xlim(0, 1 if unit == "percentunit" else max(value for _, value in rows) * 1.2 or 1)
    axes.set_xticks([])
    for number, (_, value) in enumerate(rows):
        axes.text(max(value, 0), number, f" {in_words(value, unit)}", va="center", fontsize=NAME)
    for side in axes.spines.values():
        side.set_visible(False)


def nothing(axes) -> None:
    axes.axis("off")
    axes.text(0.5, 0.5, "No data", ha="center", va="center", fontsize=9, color="#999999")


def draw(prometheus: Prometheus, dashboard: dict) -> Image.Image:
    panels = dashboard["panels"]
    # A row below the title.
    rows = max(it["gridPos"]["y"] + it["gridPos"]["h"] for it in panels) + 1.5
    figure = plt.figure(figsize=(24 * COLUMN, rows * ROW), dpi=DOTS, facecolor="white")
    figure.text(0.008, 1 - 1 / rows, dashboard["title"], fontsize=14, va="center", weight="bold")
    for panel in panels:
        place = panel["gridPos"]
        left, top, width, height = place["x"] / 24, (place["y"] + 1.5) / rows, place["w"] / 24, place["h"] / rows
        inches = place["w"] * COLUMN
        if panel["type"] == "row":
            figure.text(left + 0.008, 1 - top - height / 2, panel["title"], fontsize=10, va="center", color="#333333")
            continue
        # A title stays in its panel.
        size = min(TITLE, TITLE * (inches - 0.25) / width_of(panel["title"], TITLE))
        figure.text(left + 0.008, 1 - top - 0.5 / rows, panel["title"], fontsize=size, va="center")
        unit = panel["fieldConfig"]["defaults"]["unit"]
        found = [] if panel["type"] == "timeseries" else now(prometheus, panel)
        edge, below, above = 0.035, 1.2, 1.1
        if panel["type"] == "stat":
            edge, below, above = 0.008, 0.3, 1.3
        elif panel["type"] == "bargauge":
            # Names take their room, and leave some for the bars.
            found = [(fitted(name, inches * 0.6), value) for name, value in found]
            edge = 0.012 + max((width_of(name, NAME) for name, _ in found), default=0) / (24 * COLUMN)
        axes = figure.add_axes((left + edge, 1 - top - height + below / rows, width - edge - 0.012, height - (below + above) / rows))
        if panel["type"] == "timeseries":
            draw_lines(axes, prometheus, panel, unit)
        elif not found:
            nothing(axes)
        elif panel["type"] == "stat":
            draw_numbers(axes, found, unit)
        else:
            draw_bars(axes, found, unit)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    plt.close(figure)
    return Image.open(drawn).convert("RGB").quantize(48, dither=Image.Dither.NONE)


def main() -> None:
    folder = ROOT / "docs/dashboards"
    folder.mkdir(exist_ok=True)
    with Release("metrics.tenants=true") as release:
        targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": SYSTEM, "pod": f"tributary-{service}-0"}}
                   for service, port in release.admins.items()]
        prometheus = Prometheus(release, {"job_name": "tributary", "static_configs": targets})
        worked(release, prometheus)
        for file in sorted((ROOT / "deploy/grafana").glob("*.json")):
            picture = folder / f"{file.stem}.png"
            draw(prometheus, json.loads(file.read_text())).save(picture, optimize=True)
            print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
