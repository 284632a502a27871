"""Writes what follows from the chart, and what follows from other files below deploy/:

    deploy/chart         ──> deploy/rbac, deploy/rbac/optional, deploy/kustomize/base
    deploy/crds          ──> deploy/chart/files/crds
    chart/values.yaml    ──> the table in chart/README.md
    argocd/health/*.lua  ──> argocd/argocd-cm.yaml
    dashboards.py        ──> deploy/grafana, deploy/chart/files/grafana
    deploy/prometheus    ──> deploy/chart/files/prometheus

    render.py            write
    render.py --check    write nothing, and fail where a file says something else

`just render` starts it with the pinned helm and the tools' Python. Tests and people without helm use what is committed.
"""

import pathlib
import re
import subprocess
import sys

import yaml

from dashboards import dashboards

DEPLOY = pathlib.Path(__file__).resolve().parent
CHART = DEPLOY / "chart"
# Of what is rendered without a cluster: the chart asks for no kind of its server's but in NOTES.txt.
KUBERNETES = "1.37.2"
# What Helm alone can say of objects, since it looks after them.
OF_HELM = re.compile(r" *(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n")
RENDERED = "# Rendered from {}: change it there, then `just render`.\n"


def helm(*arguments: str) -> str:
    command = ["helm", "template", "tributary", CHART, "--namespace", "tributary-system", "--kube-version", KUBERNETES]
    return subprocess.run([*command, *arguments], check=True, text=True, stdout=subprocess.PIPE).stdout


def without_helm(text: str) -> str:
    """As it is for those who apply it by themselves."""
    text = re.sub(r"# Source: .*\n", "", text)
    return OF_HELM.sub("", text).removeprefix("---\n")


# What the roles are without, as the values are, and what each of these adds.
OPTIONAL = {"pod-readiness-gates": "podReadinessGates.enabled=true"}


def rbac() -> dict[pathlib.Path, str]:
    def rendered(template: pathlib.Path, *values: str) -> str:
        settings = [word for value in ["aws.cluster=unused", *values] for word in ["--set", value]]
        return without_helm(helm(*settings, "--show-only", f"templates/rbac/{template.name}"))

    files = {}
    templates = sorted((CHART / "templates/rbac").iterdir())
    for template in templates:
        files[DEPLOY / "rbac" / template.name] = RENDERED.format("deploy/chart") + rendered(template)
    for name, value in OPTIONAL.items():
        more = []
        for template in templates:
            usual = set(documents(rendered(template)))
            more += [document for document in documents(rendered(template, value)) if document not in usual]
        files[DEPLOY / "rbac/optional" / f"{name}.yaml"] = RENDERED.format("deploy/chart") + "---\n".join(more)
    return files


def documents(text: str) -> list[str]:
    return [document.rstrip("\n") + "\n" for document in re.split(r"^---\n", text, flags=re.MULTILINE)]


def base() -> dict[pathlib.Path, str]:
    text = helm("--values", str(DEPLOY / "kustomize/values.yaml"))
    return {DEPLOY / "kustomize/base/tributary.yaml": RENDERED.format("deploy/chart") + without_helm(text)}


def crds() -> dict[pathlib.Path, str]:
    """Copies: Helm packs nothing that lies outside of the chart, and complains about links."""
    return {CHART / "files/crds" / file.name: file.read_text() for file in sorted((DEPLOY / "crds").iterdir())}


def seen() -> dict[pathlib.Path, str]:
    """Dashboards, and the chart's copies of them and of the alerts."""
    files = {}
    for name, text in dashboards().items():
        files[DEPLOY / "grafana" / f"{name}.json"] = files[CHART / "files/grafana" / f"{name}.json"] = text
    files[CHART / "files/prometheus/rules.yaml"] = (DEPLOY / "prometheus/rules.yaml").read_text()
    return files


def argocd() -> dict[pathlib.Path, str]:
    data = {}
    for kind in ["Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"]:
        script = DEPLOY / "argocd/health" / f"{'Route' if kind.endswith('Route') else 'Gateway'}.lua"
        data[f"resource.customizations.health.gateway.networking.k8s.io_{kind}"] = script.read_text()
    lines = [RENDERED.format("deploy/argocd/health"), "# Merge it into Argo CD's own argocd-cm.\n"]
    lines += ["apiVersion: v1\n", "kind: ConfigMap\n", "metadata:\n", "  name: argocd-cm\n", "  namespace: argocd\n"]
    lines += ["  labels:\n", "    app.kubernetes.io/part-of: argocd\n", "data:\n"]
    for key, script in data.items():
        lines.append(f"  {key}: |\n")
        lines += [f"    {line}\n" if line else "\n" for line in script.splitlines()]
    return {DEPLOY / "argocd/argocd-cm.yaml": "".join(lines)}


def values() -> list[tuple[str, str, str]]:
    """Every value: path, default, description (the comment above its key)."""
    text = (CHART / "values.yaml").read_text()
    lines = text.splitlines()

    def comment(line: int) -> str:
        said: list[str] = []
        for above in reversed(lines[:line]):
            if not above.lstrip().startswith("# "):
                break
            said.insert(0, above.lstrip()[2:])
        return " ".join(said)

    rows = []

    def visit(node: yaml.MappingNode, path: str) -> None:
        for key, value in node.value:
            here = f"{path}{key.value}"
            description = comment(key.start_mark.line)
            if isinstance(value, yaml.MappingNode) and not value.flow_style:
                if description:
                    rows.append((here, "", description))
                visit(value, f"{here}.")
                continue
            # The end of a list in lines is the next key, whose comment is before it.
            default = [it.strip() for it in text[value.start_mark.index : value.end_mark.index].splitlines()]
            rows.append((here, " ".join(it for it in default if it and not it.startswith("#")), description))

    visit(yaml.compose(text), "")
    return rows


def readme() -> dict[pathlib.Path, str]:
    file = CHART / "README.md"
    table = ["| value | default | |\n", "|---|---|---|\n"]
    for path, default, description in values():
        shown = f"`{default}`" if default else ""
        table.append(f"| `{path}` | {shown} | {description} |\n")
    before, rest = file.read_text().split("<!-- values -->\n")
    _, after = rest.split("<!-- end of values -->\n")
    return {file: f"{before}<!-- values -->\n{''.join(table)}<!-- end of values -->\n{after}"}


# Folders in which nothing lies but what is written here.
OWNED = [DEPLOY / "rbac", DEPLOY / "rbac/optional", DEPLOY / "kustomize/base", CHART / "files/crds", DEPLOY / "grafana", CHART / "files/grafana", CHART / "files/prometheus"]
BY_HAND = {DEPLOY / "kustomize/base" / name for name in ["kustomization.yaml", "namespace.yaml"]}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    # First what helm reads.
    stale = update(crds() | seen(), arguments)
    files = crds() | seen() | rbac() | base() | argocd() | readme()
    stale += update(files, arguments)
    for folder in OWNED:
        stale += [file for file in folder.iterdir() if file.is_file() and file not in files and file not in BY_HAND]
    for file in sorted(set(stale)):
        print(f"render: {file.relative_to(DEPLOY.parent)} is not what `just render` writes", file=sys.stderr)
    return 1 if stale else 0


def update(files: dict[pathlib.Path, str], arguments: list[str]) -> list[pathlib.Path]:
    """Writes what differs, or names it."""
    differ = [file for file, text in files.items() if not file.exists() or file.read_text() != text]
    if arguments:
        return differ
    for file in differ:
        file.parent.mkdir(exist_ok=True)
        file.write_text(files[file])
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
