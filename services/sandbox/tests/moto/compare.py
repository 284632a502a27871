#!/usr/bin/env python3
"""Does the same to a running sandbox and to moto, and compares what they answer.

usage: compare.py --endpoint http://127.0.0.1:4566

The sandbox must be freshly started, without faults and with a provisioning time above 0: AWS's create answers say
`provisioning`. moto runs in this process, behind HTTP on a free loopback port.
What is done is in cases/. Where the two may differ, and who is right by AWS's documentation, is in exceptions.py:
a difference that is not there fails, and so does one that is there and is not found any more.
Exit code 1 and a line for each of those; "N cases, ..." otherwise.
"""

import argparse
import datetime
import fnmatch
import logging
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, PaginationError
from botocore.parsers import ResponseParserError
from moto.server import ThreadedMotoServer

import cases
import exceptions

ABSENT = exceptions.ABSENT

# What tells the members of a list apart, the most telling first: the two sides list in different orders.
IDENTITY = [
    "LoadBalancerName", "TargetGroupName", "ZoneName", "Port", "Id", "Priority", "ResourceArn", "GroupName",
    "CertificateArn", "IpProtocol", "CidrIp", "CidrIpv6", "CidrIpv4", "IsEgress", "Egress", "RuleNumber", "Name",
    "Field", "Type", "TargetGroupArn", "Target",
]


class Side:
    """One of the two: its clients, and the names of what was made there."""

    def __init__(self, name, endpoint):
        self.name = name
        self.known = {}
        self.elb, self.ec2, self.acm, self.sts, self.tagging = (
            self.client(endpoint, service) for service in ("elbv2", "ec2", "acm", "sts", "resourcegroupstaggingapi")
        )

    def client(self, endpoint, service):
        return boto3.client(
            service,
            region_name="us-west-2",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(parameter_validation=False, retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20),
        )

    def __getitem__(self, label):
        return self.known[label]

    def keep(self, label, actual):
        """Calls an ARN or identifier by the same name on both sides."""
        self.known[label] = actual
        return actual

    def plain(self, value):
        """The answer without what cannot be the same on both sides."""
        match value:
            case dict():
                return {key: self.plain(item) for key, item in value.items()
                        if key not in ("ResponseMetadata", "NextToken", "NextMarker")}
            case list() if value and all(isinstance(item, dict) and item.keys() == {"Key", "Value"} for item in value):
                return {item["Key"]: self.plain(item["Value"]) for item in value}
            case list():
                return sorted((self.plain(item) for item in value), key=identity)
            case str():
                return self.anonymous(value)
            case datetime.datetime():
                return "<time>"
        return value

    def anonymous(self, text):
        for label, actual in sorted(self.known.items(), key=lambda item: -len(item[1])):
            text = text.replace(actual, f"<{label}>")
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>", text)
        text = re.sub(r"\b(vpc|subnet|sgr?|eni|pl|igw|rtb|rtbassoc|eipalloc|eipassoc|r|i)-[0-9a-f]{8,17}\b", r"<\1>", text)
        text = re.sub(r"/[0-9a-f]{16}\b", "/<id>", text)
        # Which zone an account's `a` is, is its own affair.
        text = re.sub(r"\busw2-az\d\b", "<zone>", text)
        # DNS names of ALBs have a number of their own, those of NLBs their identifier.
        text = re.sub(r"-[0-9a-f]{16}\.elb\.", "-<id>.elb.", text)
        return re.sub(r"-\d+\.us-west-2\.elb\.", "-<number>.us-west-2.elb.", text)


def identity(item):
    if not isinstance(item, dict):
        return str(item)
    return str([str(item.get(key, "")) for key in IDENTITY])


def flat(value, path=""):
    """The leaves of an answer by their paths; what is empty is not there, since XML cannot tell the two apart."""
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return {path: value}
    leaves = {}
    for key, item in pairs:
        leaves.update(flat(item, f"{path}.{key}" if path else str(key)))
    return leaves


class Both:
    """Runs cases on both sides and keeps what differs."""

    def __init__(self, sandbox, moto):
        self.sides = (sandbox, moto)
        self.cases = []
        self.differences = []

    def do(self, name, call, repair=None):
        """`call` should succeed; what it returns is compared. A side that cannot do it goes another way by `repair`."""
        found = []
        for side in self.sides:
            found.append(self.answer(side, call))
            if found[-1][0] != "ok" and repair is not None:
                repair(side)
        self.compare(name, found, right=found[0][0] == "ok")

    def mistake(self, name, call, undo=None):
        """`call` should be refused. A side that accepts it takes it back by `undo`, given the answer."""
        found = []
        for side in self.sides:
            code, answer = self.answer(side, call, keep=True)
            if code == "ok" and undo is not None:
                undo(side, answer)
            found.append((code, None))
        self.compare(name, found, right=found[0][0] != "ok")

    def answer(self, side, call, keep=False):
        try:
            answer = call(side)
        except ClientError as error:
            return error.response["Error"]["Code"], None
        except PaginationError:
            # A paginator that gets the same token twice stops instead of asking for ever.
            return "PaginationError", None
        except ResponseParserError:
            # moto fell over, and answers with a page for people.
            return "ResponseParserError", None
        return "ok", answer if keep else flat(side.plain(answer))

    def compare(self, name, found, right):
        """What both do alike is wrong all the same where a case that should succeed fails, or the other way round."""
        assert name not in self.cases, f"two cases are called {name}"
        self.cases.append(name)
        (ours, our_leaves), (theirs, their_leaves) = found
        if ours != theirs or not right:
            self.differences.append((name, "outcome", ours, theirs))
        elif our_leaves is not None and their_leaves is not None:
            for path in sorted(our_leaves.keys() | their_leaves.keys()):
                our, their = our_leaves.get(path, ABSENT), their_leaves.get(path, ABSENT)
                if our != their:
                    self.differences.append((name, path, our, their))


def judge(differences):
    """Lines for differences that the table does not have, and for rows of the table that nothing differs by."""
    used = set()
    wrong = []
    for name, path, ours, theirs in differences:
        rows = [
            index for index, row in enumerate(exceptions.TABLE)
            if fnmatch.fnmatchcase(name, row.case) and fnmatch.fnmatchcase(path, row.path)
            and exceptions.holds(row.moto, theirs) and exceptions.holds(row.aws, ours)
        ]
        used.update(rows)
        if not rows:
            wrong.append(f"differs: {name!r} at {path!r}: the sandbox has {ours!r}, moto has {theirs!r}")
    for index, row in enumerate(exceptions.TABLE):
        if index not in used:
            wrong.append(f"no longer differs, take it out of exceptions.py: {row}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    endpoint = parser.parse_args().endpoint
    # It logs every request, and a traceback wherever it falls over; both are expected here.
    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    both = Both(Side("sandbox", endpoint), Side("moto", f"http://{host}:{port}"))
    try:
        for part in cases.PARTS:
            part(both)
    finally:
        server.stop()
    wrong = judge(both.differences)
    for line in wrong:
        print(line)
    print(f"{len(both.cases)} cases, {len(both.differences)} differences, {len(wrong)} of them wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
