"""The chart, rendered and installed by the pinned helm."""

import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/chart"
VALUES = pathlib.Path(__file__).resolve().parent / "values"
# As deploy/render.py has it.
KUBERNETES = "1.37.2"


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """What helm says, whether it fails or not."""
    command = ["helm", *map(str, arguments)]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def values(name: str) -> pathlib.Path:
    return VALUES / f"{name}.yaml"


def template(name: str, release: str = "tributary", namespace: str = "tributary-system", *more: str):
    command = ["template", release, CHART, "--namespace", namespace, "--kube-version", KUBERNETES, "--values", values(name)]
    return run(*command, *more)


def rendered(name: str, release: str = "tributary", namespace: str = "tributary-system", *more: str) -> list[dict]:
    """The objects that these values make."""
    ended = template(name, release, namespace, *more)
    assert ended.returncode == 0, ended.stderr
    return [it for it in yaml.safe_load_all(ended.stdout) if it]


def identity(thing: dict) -> tuple[str, str, str]:
    metadata = thing["metadata"]
    return thing["kind"], metadata.get("namespace", ""), metadata["name"]


def of_kind(objects: list[dict], kind: str) -> dict[str, dict]:
    return {it["metadata"]["name"]: it for it in objects if it["kind"] == kind}
