#!/usr/bin/env python3
"""Writes docs/reference/api.md from the contracts and their comments.

    python3 proto/reference.py            write
    python3 proto/reference.py --check    fail where it is not current

Reads what `buf build` makes of proto/. No library: the image is read as JSON.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs/reference/api.md"

# Numbers of google.protobuf.FileDescriptorProto and its parts, by which comments name what they stand at.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
ENUM_VALUE, SERVICE_METHOD = 2, 2

# What clients ask comes first; the rest is said between the services.
PUBLIC = ["tributary.listeners.v1"]

HEAD = """# The gRPC contracts

Made from `proto/` by `just reference`. [contracts.md](contracts.md) says what may change, [rpcs.md](rpcs.md) who may call what,
[../clients.md](../clients.md) how to ask.

`tributary.listeners.v1` and `tributary.installation.v1` are for people and their programs, with what they use of `tributary.types.v1`; so are
`SnapshotService.GetSnapshot` and `ListRejections`. The other packages are spoken between the services.
"""


class Contract:
    """One file: what it declares, and what is said about each thing."""

    def __init__(self, file: dict) -> None:
        self.file = file
        self.package = file["package"]
        self.comments = {
            tuple(location.get("path", [])): location.get("leadingComments", "")
            for location in file.get("sourceCodeInfo", {}).get("location", [])
        }

    def said(self, *path: int) -> str:
        """The comment of something, as one paragraph of Markdown for each of its own."""
        lines = [line.strip() for line in self.comments.get(path, "").strip().splitlines()]
        paragraphs = "\n".join(lines).split("\n\n")
        return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)

    def cell(self, *path: int) -> str:
        return self.said(*path).replace("\n\n", " ").replace("|", "\\|")


def reference(image: dict) -> str:
    contracts = [Contract(file) for file in image["file"] if file["package"].startswith("tributary.")]
    contracts.sort(key=lambda it: (it.package not in PUBLIC, it.package == "tributary.types.v1", it.package, it.file["name"]))
    parts = [HEAD]
    package = None
    for contract in contracts:
        if contract.package != package:
            package = contract.package
            parts.append(f"## `{package}`\n")
        file = contract.file
        for index, service in enumerate(file.get("service", [])):
            parts.append(service_text(contract, service, (FILE_SERVICE, index)))
        for index, message in enumerate(file.get("messageType", [])):
            parts.extend(message_texts(contract, message, "", (FILE_MESSAGE, index)))
        for index, enum in enumerate(file.get("enumType", [])):
            parts.append(enum_text(contract, enum, "", (FILE_ENUM, index)))
    return "\n".join(parts)


def service_text(contract: Contract, service: dict, path: tuple) -> str:
    lines = [f"### {service['name']}\n"]
    if said := contract.said(*path):
        lines.append(said + "\n")
    lines += ["| RPC | request | answer | |", "|---|---|---|---|"]
    for index, method in enumerate(service.get("method", [])):
        request = streamed(method["inputType"], method.get("clientStreaming"))
        answer = streamed(method["outputType"], method.get("serverStreaming"))
        lines.append(f"| `{method['name']}` | {request} | {answer} | {contract.cell(*path, SERVICE_METHOD, index)} |")
    return "\n".join(lines) + "\n"


def streamed(name: str, stream: bool | None) -> str:
    return f"stream of {link(name)}" if stream else link(name)


def message_texts(contract: Contract, message: dict, outer: str, path: tuple) -> list[str]:
    if message.get("options", {}).get("mapEntry"):
        return []
    name = outer + message["name"]
    lines = [f"### {name}\n"]
    if said := contract.said(*path):
        lines.append(said + "\n")
    fields = message.get("field", [])
    if fields:
        lines += ["| field | | type | |", "|---|---|---|---|"]
        for index, field in enumerate(fields):
            what = contract.cell(*path, MESSAGE_FIELD, index)
            lines.append(f"| `{field['name']}` | {field['number']} | {kind(message, field)} | {what} |")
        lines.append("")
    else:
        lines.append("No fields.\n")
    if gone := message.get("reservedName"):
        lines.append(f"Gone, and never used again: {', '.join(f'`{name}`' for name in gone)}.\n")
    texts = ["\n".join(lines)]
    for index, nested in enumerate(message.get("nestedType", [])):
        texts += message_texts(contract, nested, f"{name}.", (*path, MESSAGE_NESTED, index))
    for index, enum in enumerate(message.get("enumType", [])):
        texts.append(enum_text(contract, enum, f"{name}.", (*path, MESSAGE_ENUM, index)))
    return texts


def kind(message: dict, field: dict) -> str:
    """`repeated` and the like, and a link to what is declared here."""
    name = field["type"].removeprefix("TYPE_").lower()
    if name in ("message", "enum"):
        entries = {f".{nested['name']}": nested for nested in message.get("nestedType", []) if nested.get("options", {}).get("mapEntry")}
        for suffix, entry in entries.items():
            if field["typeName"].endswith(suffix):
                key, value = (kind(entry, part) for part in entry["field"])
                return f"map of {key} to {value}"
        name = link(field["typeName"])
    else:
        name = f"`{name}`"
    if field["label"] == "LABEL_REPEATED":
        return f"repeated {name}"
    if field.get("proto3Optional"):
        return f"optional {name}"
    if "oneofIndex" in field:
        return f"one of `{message['oneofDecl'][field['oneofIndex']]['name']}`: {name}"
    return name


def link(name: str) -> str:
    name = name.removeprefix(".")
    if not name.startswith("tributary."):
        return f"`{name}`"
    local = name.split(".", 3)[3]
    return f"[{local}](#{local.lower().replace('.', '')})"


def enum_text(contract: Contract, enum: dict, outer: str, path: tuple) -> str:
    lines = [f"### {outer}{enum['name']}\n"]
    if said := contract.said(*path):
        lines.append(said + "\n")
    lines += ["| value | | |", "|---|---|---|"]
    for index, value in enumerate(enum["value"]):
        lines.append(f"| `{value['name']}` | {value.get('number', 0)} | {contract.cell(*path, ENUM_VALUE, index)} |")
    return "\n".join(lines) + "\n"


def built(folder: Path) -> dict:
    image = subprocess.run(
        ["buf", "build", str(folder), "--output", "-#format=json"], check=True, stdout=subprocess.PIPE
    )
    return json.loads(image.stdout)


def main() -> int:
    text = reference(built(ROOT / "proto"))
    if sys.argv[1:] == ["--check"]:
        current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text
        if not current:
            print(f"{TARGET.relative_to(ROOT)} is not what proto/ says: run `just reference`", file=sys.stderr)
        return 0 if current else 1
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
