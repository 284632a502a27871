#!/usr/bin/env python3
"""Drives a running sandbox through boto3, which knows nothing of us.

usage: boto3_smoke.py --endpoint http://127.0.0.1:4566

The sandbox must be freshly started with a provisioning time of 0 and without faults.
Prints "N passed, M failed" and every check that failed; exit code 1 if any did.
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import pathlib
import traceback
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PASSED = 0
FAILED = []


def check(name, condition, detail=""):
    global PASSED
    if condition:
        PASSED += 1
    else:
        FAILED.append(f"{name} {detail}".rstrip())


def equal(name, found, wanted):
    check(name, found == wanted, f"found {found!r}, wanted {wanted!r}")


def refused(name, code, call, **arguments):
    """The call must be refused with this error code."""
    try:
        call(**arguments)
    except ClientError as error:
        equal(name, error.response["Error"]["Code"], code)
        check(f"{name}: request id", error.response["ResponseMetadata"].get("RequestId"))
        return
    check(name, False, f"succeeded, wanted {code}")


class World:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service, region="us-west-2"):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(parameter_validation=False, retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20),
        )

    def admin(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.endpoint}/_sandbox{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            text = response.read()
            return json.loads(text) if text else None


def certificate(common_name, key="rsa:2048", days=30):
    """A self-signed certificate and its key, PEM."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        command = ["openssl", "req", "-x509", "-nodes", "-newkey"]
        command += ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if key == "ec" else [key]
        command += ["-keyout", str(folder / "key"), "-out", str(folder / "crt")]
        command += ["-days", str(days), "-subj", f"/CN={common_name}"]
        command += ["-addext", f"subjectAltName=DNS:{common_name},DNS:www.{common_name}"]
        subprocess.run(command, check=True, capture_output=True)
        return (folder / "crt").read_bytes(), (folder / "key").read_bytes()


def identity(world):
    answer = world.client("sts").get_caller_identity()
    equal("account", answer["Account"], "123456789012")
    check("caller's arn", answer["Arn"].startswith("arn:aws:iam::123456789012:"))


def network(world):
    ec2 = world.client("ec2")
    vpcs = ec2.describe_vpcs()["Vpcs"]
    equal("one vpc", len(vpcs), 1)
    equal("its range", vpcs[0]["CidrBlock"], "172.31.0.0/16")
    check("it is the default", vpcs[0]["IsDefault"])
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    equal("zones", zones, ["us-west-2a", "us-west-2b", "us-west-2c"])
    everything = ec2.describe_subnets()["Subnets"]
    equal("six subnets", len(everything), 6)
    by = lambda *filters: ec2.describe_subnets(
        Filters=[{"Name": name, "Values": values} for name, values in filters]
    )["Subnets"]
    public = by(("tag:kubernetes.io/role/elb", ["1"]), ("vpc-id", [vpcs[0]["VpcId"]]))
    equal("three public", len(public), 3)
    equal("three private", len(by(("tag-key", ["kubernetes.io/role/internal-elb"]))), 3)
    equal("one zone", len(by(("availability-zone", ["us-west-2a"]))), 2)
    equal("by state", len(by(("state", ["available"]))), 6)
    equal("wildcards", len(by(("tag:Name", ["default-public-*"]))), 3)
    equal("no such vpc", by(("vpc-id", ["vpc-1"])), [])
    one = ec2.describe_subnets(SubnetIds=[public[0]["SubnetId"]])["Subnets"]
    equal("by id", [subnet["SubnetId"] for subnet in one], [public[0]["SubnetId"]])
    check("free addresses", one[0]["AvailableIpAddressCount"] > 8)
    refused("missing subnet", "InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=["subnet-1"])
    refused(
        "unknown filter",
        "InvalidParameterValue",
        ec2.describe_subnets,
        Filters=[{"Name": "colour", "Values": ["red"]}],
    )
    equal("gateways", len(ec2.describe_internet_gateways()["InternetGateways"]), 1)
    tables = ec2.describe_route_tables()["RouteTables"]
    equal("route tables", len(tables), 2)
    equal("one main", sum(a["Main"] for t in tables for a in t["Associations"]), 1)
    equal("addresses", len(ec2.describe_addresses()["Addresses"]), 6)
    equal("instances", ec2.describe_instances()["Reservations"], [])
    equal("interfaces", ec2.describe_network_interfaces()["NetworkInterfaces"], [])
    equal("other region", len(world.client("ec2", "eu-west-1").describe_subnets()["Subnets"]), 6)
    check(
        "regions are apart",
        world.client("ec2", "eu-west-1").describe_vpcs()["Vpcs"][0]["VpcId"] != vpcs[0]["VpcId"],
    )
    pages = list(ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))
    equal("pages of subnets", [len(page["Subnets"]) for page in pages], [5, 1])
    refused("outside the scope", "InvalidAction", ec2.describe_volumes)
    refused("dry run", "DryRunOperation", ec2.create_security_group,
            GroupName="dry", Description="dry", DryRun=True)
    world.vpc = vpcs[0]["VpcId"]
    world.public = [subnet["SubnetId"] for subnet in public]
    world.private = [
        subnet["SubnetId"] for subnet in by(("tag-key", ["kubernetes.io/role/internal-elb"]))
    ]


def security_groups(world):
    ec2 = world.client("ec2")
    group = ec2.create_security_group(
        GroupName="web",
        Description="web traffic",
        VpcId=world.vpc,
        TagSpecifications=[
            {"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "a"}]}
        ],
    )["GroupId"]
    refused("same name", "InvalidGroup.Duplicate", ec2.create_security_group,
            GroupName="web", Description="again", VpcId=world.vpc)
    other = ec2.create_security_group(GroupName="back", Description="back", VpcId=world.vpc)["GroupId"]
    prefixes = ec2.create_managed_prefix_list(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2, Entries=[
        {"Cidr": "192.0.2.0/24"}])["PrefixList"]["PrefixListId"]
    equal("entries", [e["Cidr"] for e in ec2.get_managed_prefix_list_entries(PrefixListId=prefixes)["Entries"]],
          ["192.0.2.0/24"])
    check("lists", prefixes in [p["PrefixListId"] for p in ec2.describe_managed_prefix_lists()["PrefixLists"]])
    permissions = [
        {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "IpRanges": [{"CidrIp": "10.1.2.3/8", "Description": "inside"}, {"CidrIp": "0.0.0.0/0"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            "PrefixListIds": [{"PrefixListId": prefixes}],
        },
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]},
    ]
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    equal("five rules", len(rules["SecurityGroupRules"]), 5)
    refused("same rule", "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress,
            GroupId=group, IpPermissions=permissions[:1])
    refused("missing peer", "InvalidGroup.NotFound", ec2.authorize_security_group_ingress,
            GroupId=group,
            IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}])
    refused("bad range", "InvalidParameterValue", ec2.authorize_security_group_ingress,
            GroupId=group,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1,
                            "IpRanges": [{"CidrIp": "10.0.0.0/33"}]}])
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    equal("tags", shown["Tags"], [{"Key": "team", "Value": "a"}])
    tcp = next(p for p in shown["IpPermissions"] if p["IpProtocol"] == "tcp")
    equal("range cut to the network", [r["CidrIp"] for r in tcp["IpRanges"]], ["10.0.0.0/8", "0.0.0.0/0"])
    equal("description", tcp["IpRanges"][0]["Description"], "inside")
    equal("v6", [r["CidrIpv6"] for r in tcp["Ipv6Ranges"]], ["::/0"])
    every = next(p for p in shown["IpPermissions"] if p["IpProtocol"] == "-1")
    equal("pair", [p["GroupId"] for p in every["UserIdGroupPairs"]], [other])
    check("no ports for all", "FromPort" not in every)
    equal("egress", shown["IpPermissionsEgress"][0]["IpRanges"][0]["CidrIp"], "0.0.0.0/0")
    filtered = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [world.vpc]}, {"Name": "tag:team", "Values": ["a"]}]
    )["SecurityGroups"]
    equal("by tag", [g["GroupId"] for g in filtered], [group])
    all_rules = ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]
    equal("rules with egress", len(all_rules), 6)
    ec2.revoke_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                        "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )
    refused("not there", "InvalidPermission.NotFound", ec2.revoke_security_group_ingress,
            GroupId=group,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                            "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    refused("named by a rule", "DependencyViolation", ec2.delete_security_group, GroupId=other)
    pair = next(r for r in all_rules if r.get("ReferencedGroupInfo"))
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[pair["SecurityGroupRuleId"]])
    ec2.delete_security_group(GroupId=other)
    refused("gone", "InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[other])
    ec2.create_tags(Resources=[group, world.public[0]], Tags=[{"Key": "more", "Value": "1"}])
    ec2.delete_tags(Resources=[group], Tags=[{"Key": "team"}])
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    equal("tags changed", shown["Tags"], [{"Key": "more", "Value": "1"}])
    refused("reserved tag", "InvalidParameterValue", ec2.create_tags,
            Resources=[group], Tags=[{"Key": "aws:x", "Value": "1"}])
    refused("no such thing", "InvalidID", ec2.create_tags,
            Resources=["vol-1"], Tags=[{"Key": "x", "Value": "1"}])
    world.group = group


def certificates(world):
    acm = world.client("acm")
    issued = acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    equal("issued at the start", [c["DomainName"] for c in issued], ["app.example.com"])
    equal("its type", issued[0]["Type"], "AMAZON_ISSUED")
    pem, key = certificate("team.example.com")
    arn = acm.import_certificate(
        Certificate=pem, PrivateKey=key, Tags=[{"Key": "team", "Value": "a"}]
    )["CertificateArn"]
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    equal("domain", shown["DomainName"], "team.example.com")
    equal("names", shown["SubjectAlternativeNames"], ["team.example.com", "www.team.example.com"])
    equal("type", shown["Type"], "IMPORTED")
    equal("status", shown["Status"], "ISSUED")
    check("dates", isinstance(shown["NotAfter"], datetime.datetime) and shown["ImportedAt"])
    serial = shown["Serial"]
    pem2, key2 = certificate("team.example.com")
    again = acm.import_certificate(CertificateArn=arn, Certificate=pem2, PrivateKey=key2)
    equal("arn stays", again["CertificateArn"], arn)
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    check("replaced in place", shown["Serial"] != serial)
    equal("tags stay", acm.list_tags_for_certificate(CertificateArn=arn)["Tags"],
          [{"Key": "team", "Value": "a"}])
    equal("text", acm.get_certificate(CertificateArn=arn)["Certificate"].encode(), pem2)
    refused("tags on re-import", "ValidationException", acm.import_certificate,
            CertificateArn=arn, Certificate=pem2, PrivateKey=key2, Tags=[{"Key": "a", "Value": "b"}])
    refused("key of another", "ValidationException", acm.import_certificate,
            Certificate=pem, PrivateKey=key2)
    refused("not pem", "ValidationException", acm.import_certificate,
            Certificate=b"hello", PrivateKey=key)
    refused("unknown arn", "ResourceNotFoundException", acm.describe_certificate,
            CertificateArn=arn[:-4] + "0000")
    ec_pem, ec_key = certificate("ec.example.com", key="ec")
    ec_arn = acm.import_certificate(Certificate=ec_pem, PrivateKey=ec_key)["CertificateArn"]
    plain = [c["CertificateArn"] for c in acm.list_certificates()["CertificateSummaryList"]]
    check("ec is hidden by default", ec_arn not in plain and arn in plain)
    with_ec = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    equal("ec when asked", [c["CertificateArn"] for c in with_ec], [ec_arn])
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "more", "Value": "1"}])
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "more"}])
    equal("tags", acm.list_tags_for_certificate(CertificateArn=arn)["Tags"],
          [{"Key": "team", "Value": "a"}])
    wild = acm.request_certificate(
        DomainName="*.wild.example.com", SubjectAlternativeNames=["wild.example.com"],
        ValidationMethod="DNS", IdempotencyToken="once",
    )["CertificateArn"]
    equal("once", acm.request_certificate(
        DomainName="*.wild.example.com", SubjectAlternativeNames=["wild.example.com"],
        IdempotencyToken="once")["CertificateArn"], wild)
    equal("issued at once", acm.describe_certificate(CertificateArn=wild)["Certificate"]["Status"], "ISSUED")
    pages = list(acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1}))
    equal("pages", [len(p["CertificateSummaryList"]) for p in pages], [1, 1, 1])
    acm.delete_certificate(CertificateArn=ec_arn)
    refused("gone", "ResourceNotFoundException", acm.delete_certificate, CertificateArn=ec_arn)
    refused("outside the scope", "UnknownOperationException", acm.export_certificate,
            CertificateArn=arn, Passphrase=b"1234")
    world.issued, world.imported, world.wild = issued[0]["CertificateArn"], arn, wild


def load_balancer(world):
    elb = world.client("elbv2")
    arguments = dict(Name="web", Subnets=world.public, SecurityGroups=[world.group],
                     Scheme="internet-facing", Tags=[{"Key": "stack", "Value": "ns/gw"}])
    lb = elb.create_load_balancer(**arguments)["LoadBalancers"][0]
    check("arn", ":loadbalancer/app/web/" in lb["LoadBalancerArn"])
    check("dns name", lb["DNSName"].startswith("web-")
          and lb["DNSName"].endswith(".us-west-2.elb.amazonaws.com"), lb["DNSName"])
    equal("type", lb["Type"], "application")
    equal("zones", len(lb["AvailabilityZones"]), 3)
    check("time", isinstance(lb["CreatedTime"], datetime.datetime))
    arn = lb["LoadBalancerArn"]
    equal("idempotent", elb.create_load_balancer(**arguments)["LoadBalancers"][0]["LoadBalancerArn"], arn)
    refused("same name", "DuplicateLoadBalancerName", elb.create_load_balancer,
            **{**arguments, "Scheme": "internal"})
    equal("active", elb.describe_load_balancers(Names=["web"])["LoadBalancers"][0]["State"]["Code"], "active")
    refused("not found", "LoadBalancerNotFound", elb.describe_load_balancers, Names=["nope"])
    refused("one subnet", "ValidationError", elb.create_load_balancer, Name="one", Subnets=world.public[:1])
    refused("same zone", "InvalidConfigurationRequest", elb.create_load_balancer,
            Name="twice", Subnets=[world.public[0], world.private[0]])
    refused("no subnet", "SubnetNotFound", elb.create_load_balancer, Name="x", Subnets=["subnet-1", "subnet-2"])
    refused("no group", "InvalidSecurityGroup", elb.create_load_balancer,
            Name="x", Subnets=world.public, SecurityGroups=["sg-1"])
    for name in ["-a", "a-", "a_b", "internal-a", "a" * 33]:
        refused(f"name {name}", "ValidationError", elb.create_load_balancer, Name=name, Subnets=world.public)
    refused("tag twice", "DuplicateTagKeys", elb.create_load_balancer, Name="x", Subnets=world.public,
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    internal = elb.create_load_balancer(Name="inside", Subnets=world.private, Scheme="internal",
                                        IpAddressType="dualstack")["LoadBalancers"][0]
    check("internal name", internal["DNSName"].startswith("internal-inside-"))
    equal("default group", len(internal["SecurityGroups"]), 1)
    equal("all", len(elb.describe_load_balancers()["LoadBalancers"]), 2)
    pages = list(elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 1}))
    equal("pages", [len(p["LoadBalancers"]) for p in pages], [1, 1])
    attributes = {a["Key"]: a["Value"]
                  for a in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]}
    equal("idle timeout", attributes["idle_timeout.timeout_seconds"], "60")
    equal("http2", attributes["routing.http2.enabled"], "true")
    set_attribute = lambda key, value: elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])
    set_attribute("idle_timeout.timeout_seconds", "120")
    refused("out of range", "InvalidConfigurationRequest", set_attribute,
            key="idle_timeout.timeout_seconds", value="5000")
    refused("unknown attribute", "ValidationError", set_attribute, key="colour", value="red")
    equal("groups", elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[world.group])
          ["SecurityGroupIds"], [world.group])
    equal("subnets", len(elb.set_subnets(LoadBalancerArn=arn, Subnets=world.public[:2])["AvailabilityZones"]), 2)
    equal("address type", elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack")
          ["IpAddressType"], "dualstack")
    refused("group in use", "DependencyViolation", world.client("ec2").delete_security_group,
            GroupId=world.group)
    elb.modify_capacity_reservation(LoadBalancerArn=arn, MinimumLoadBalancerCapacity={"CapacityUnits": 100})
    equal("capacity", elb.describe_capacity_reservation(LoadBalancerArn=arn)
          ["MinimumLoadBalancerCapacity"]["CapacityUnits"], 100)
    limits = {l["Name"]: l["Max"] for l in elb.describe_account_limits()["Limits"]}
    equal("limit", limits["rules-per-application-load-balancer"], "100")
    check("policies", any(p["Name"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
                          for p in elb.describe_ssl_policies()["SslPolicies"]))
    equal("trust stores", elb.describe_trust_stores()["TrustStores"], [])
    world.lb, world.internal = arn, internal["LoadBalancerArn"]


def target_groups(world):
    elb = world.client("elbv2")
    arguments = dict(Name="pods", Protocol="HTTP", Port=8080, VpcId=world.vpc, TargetType="ip",
                     Tags=[{"Key": "team", "Value": "a"}])
    group = elb.create_target_group(**arguments)["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    equal("version", group["ProtocolVersion"], "HTTP1")
    equal("matcher", group["Matcher"], {"HttpCode": "200"})
    equal("path", group["HealthCheckPath"], "/")
    equal("not attached", group["LoadBalancerArns"], [])
    equal("idempotent", elb.create_target_group(**arguments)["TargetGroups"][0]["TargetGroupArn"], arn)
    refused("same name", "DuplicateTargetGroupName", elb.create_target_group, **{**arguments, "Port": 81})
    refused("bad vpc", "ValidationError", elb.create_target_group, **{**arguments, "Name": "x", "VpcId": "vpc-1"})
    changed = elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/up", HealthCheckIntervalSeconds=10,
                                      Matcher={"HttpCode": "200-299"})["TargetGroups"][0]
    equal("changed", (changed["HealthCheckPath"], changed["Matcher"]), ("/up", {"HttpCode": "200-299"}))
    refused("interval", "ValidationError", elb.modify_target_group, TargetGroupArn=arn, HealthCheckIntervalSeconds=2)
    grpc = elb.create_target_group(Name="grpc", Protocol="HTTP", Port=1, VpcId=world.vpc, TargetType="ip",
                                   ProtocolVersion="GRPC")["TargetGroups"][0]
    equal("grpc matcher", grpc["Matcher"], {"GrpcCode": "12"})
    attributes = {a["Key"]: a["Value"]
                  for a in elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]}
    equal("delay", attributes["deregistration_delay.timeout_seconds"], "300")
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": "0"},
        {"Key": "stickiness.enabled", "Value": "true"}])
    refused("attribute of an nlb", "ValidationError", elb.modify_target_group_attributes,
            TargetGroupArn=arn, Attributes=[{"Key": "proxy_protocol_v2.enabled", "Value": "true"}])
    elb.register_targets(TargetGroupArn=arn, Targets=[
        {"Id": "172.31.0.10"}, {"Id": "172.31.0.11", "Port": 9090},
        {"Id": "10.1.2.3", "AvailabilityZone": "all"}])
    refused("outside without zone", "ValidationError", elb.register_targets,
            TargetGroupArn=arn, Targets=[{"Id": "10.1.2.4"}])
    refused("public address", "InvalidTarget", elb.register_targets,
            TargetGroupArn=arn, Targets=[{"Id": "8.8.8.8", "AvailabilityZone": "all"}])
    refused("not an address", "ValidationError", elb.register_targets,
            TargetGroupArn=arn, Targets=[{"Id": "i-123"}])
    health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    equal("targets", len(health), 3)
    equal("unused", {h["TargetHealth"]["Reason"] for h in health}, {"Target.NotInUse"})
    equal("its port", {h["Target"]["Port"] for h in health}, {8080, 9090})
    missing = elb.describe_target_health(TargetGroupArn=arn, Targets=[{"Id": "172.31.0.99"}])
    equal("not registered", missing["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"],
          "Target.NotRegistered")
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "172.31.0.11", "Port": 9090}])
    equal("two left", len(elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]), 2)
    world.pods, world.grpc = arn, grpc["TargetGroupArn"]


def listeners(world):
    elb = world.client("elbv2")
    four_o_four = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    http = elb.create_listener(LoadBalancerArn=world.lb, Protocol="HTTP", Port=80, DefaultActions=four_o_four,
                               Tags=[{"Key": "team", "Value": "platform"}])["Listeners"][0]
    check("arn", ":listener/app/web/" in http["ListenerArn"])
    check("no certificate", "Certificates" not in http or http["Certificates"] == [])
    refused("port taken", "DuplicateListener", elb.create_listener,
            LoadBalancerArn=world.lb, Protocol="HTTP", Port=80, DefaultActions=four_o_four)
    refused("tcp on an alb", "ValidationError", elb.create_listener,
            LoadBalancerArn=world.lb, Protocol="TCP", Port=81, DefaultActions=four_o_four)
    refused("no certificate", "ValidationError", elb.create_listener,
            LoadBalancerArn=world.lb, Protocol="HTTPS", Port=443, DefaultActions=four_o_four)
    https = dict(LoadBalancerArn=world.lb, Protocol="HTTPS", Port=443, DefaultActions=four_o_four,
                 Certificates=[{"CertificateArn": world.issued}])
    refused("missing certificate", "CertificateNotFound", elb.create_listener,
            **{**https, "Certificates": [{"CertificateArn": world.issued[:-3] + "000"}]})
    refused("missing policy", "SSLPolicyNotFound", elb.create_listener, **https, SslPolicy="nope")
    secure = elb.create_listener(**https, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")["Listeners"][0]
    equal("mutual authentication", secure["MutualAuthentication"]["Mode"], "off")
    refused("no trust store", "TrustStoreNotFound", elb.modify_listener, ListenerArn=secure["ListenerArn"],
            MutualAuthentication={"Mode": "verify", "TrustStoreArn": "arn:aws:elasticloadbalancing:us-west-2:123456789012:truststore/x/1"})
    elb.add_listener_certificates(ListenerArn=secure["ListenerArn"],
                                  Certificates=[{"CertificateArn": world.imported}])
    elb.add_listener_certificates(ListenerArn=secure["ListenerArn"],
                                  Certificates=[{"CertificateArn": world.wild}])
    shown = elb.describe_listeners(ListenerArns=[secure["ListenerArn"]])["Listeners"][0]
    equal("default only", [c["CertificateArn"] for c in shown["Certificates"]], [world.issued])
    every = elb.describe_listener_certificates(ListenerArn=secure["ListenerArn"])["Certificates"]
    equal("all of them", {(c["CertificateArn"], c["IsDefault"]) for c in every},
          {(world.issued, True), (world.imported, False), (world.wild, False)})
    refused("default stays", "OperationNotPermitted", elb.remove_listener_certificates,
            ListenerArn=secure["ListenerArn"], Certificates=[{"CertificateArn": world.issued}])
    elb.remove_listener_certificates(ListenerArn=secure["ListenerArn"],
                                     Certificates=[{"CertificateArn": world.wild}])
    refused("certificate in use", "ResourceInUseException", world.client("acm").delete_certificate,
            CertificateArn=world.imported)
    equal("in use by", world.client("acm").describe_certificate(CertificateArn=world.imported)
          ["Certificate"]["InUseBy"], [world.lb])
    attributes = {a["Key"]: a["Value"] for a in elb.describe_listener_attributes(
        ListenerArn=http["ListenerArn"])["Attributes"]}
    equal("server header", attributes["routing.http.response.server.enabled"], "true")
    elb.modify_listener_attributes(ListenerArn=http["ListenerArn"], Attributes=[
        {"Key": "routing.http.response.server.enabled", "Value": "false"}])
    moved = elb.modify_listener(ListenerArn=http["ListenerArn"], Port=8080)["Listeners"][0]
    equal("moved", moved["Port"], 8080)
    refused("moved onto another", "DuplicateListener", elb.modify_listener,
            ListenerArn=http["ListenerArn"], Port=443)
    elb.modify_listener(ListenerArn=http["ListenerArn"], Port=80)
    refused("describe nothing", "ValidationError", elb.describe_listeners)
    refused("grpc needs https", "UnsupportedProtocol", elb.modify_listener, ListenerArn=http["ListenerArn"],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": world.grpc}])
    equal("two listeners", len(elb.describe_listeners(LoadBalancerArn=world.lb)["Listeners"]), 2)
    world.http, world.https = http["ListenerArn"], secure["ListenerArn"]


def rules(world):
    elb = world.client("elbv2")
    forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": world.pods, "Weight": 1}]}}]
    host = lambda *names: {"Field": "host-header", "HostHeaderConfig": {"Values": list(names)}}
    path = lambda *values: {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}
    make = lambda priority, *conditions, actions=forward, **more: elb.create_rule(
        ListenerArn=world.http, Priority=priority, Conditions=list(conditions), Actions=actions,
        **more)["Rules"][0]
    first = make(10, host("a.example.com"), path("/x", "/x/*"), Tags=[{"Key": "route", "Value": "r1"}])
    equal("priority is text", first["Priority"], "10")
    equal("old values", [c for c in first["Conditions"] if c["Field"] == "host-header"][0]["Values"],
          ["a.example.com"])
    equal("target group arn", first["Actions"][0]["TargetGroupArn"], world.pods)
    equal("stickiness", first["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"]["Enabled"], False)
    try:
        make(10, host("b.example.com"))
        check("priority in use", False)
    except ClientError as error:
        equal("priority in use", error.response["Error"]["Code"], "PriorityInUse")

    def bad(name, code, *conditions, priority=900, actions=forward, **more):
        refused(name, code, elb.create_rule, ListenerArn=world.http, Priority=priority,
                Conditions=list(conditions), Actions=actions, **more)

    bad("no condition", "ValidationError")
    bad("priority 0", "ValidationError", host("a.b"), priority=0)
    bad("priority 50001", "ValidationError", host("a.b"), priority=50001)
    bad("six values", "ValidationError", host("a.b", "b.b", "c.b"), path("/1", "/2", "/3"))
    bad("wildcards", "ValidationError", path("/*/*/*/*/*/*"))
    bad("host without dot", "ValidationError", host("localhost"))
    bad("empty path", "ValidationError", path(""))
    bad("long path", "ValidationError", path("/" + "a" * 128))
    bad("two host conditions", "ValidationError", host("a.b"), host("c.d"))
    bad("unknown field", "ValidationError", {"Field": "cookie", "Values": ["x"]})
    bad("bad regex", "ValidationError", {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["("]}})
    bad("bad method", "ValidationError", {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get*"]}})
    bad("bad source", "ValidationError", {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.1"]}})
    bad("host by header", "ValidationError", {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "Host", "Values": ["x"]}})
    bad("weight", "ValidationError", host("a.b"), actions=[{"Type": "forward", "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": world.pods, "Weight": 1000}]}}])
    bad("no group", "TargetGroupNotFound", host("a.b"), actions=[{"Type": "forward", "TargetGroupArn":
        world.pods[:-3] + "000"}])
    bad("redirect loop", "InvalidLoadBalancerAction", host("a.b"), actions=[{"Type": "redirect",
        "RedirectConfig": {"StatusCode": "HTTP_301"}}])
    bad("sign in over http", "InvalidLoadBalancerAction", host("a.b"), actions=[
        {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {
            "UserPoolArn": "arn:x", "UserPoolClientId": "c", "UserPoolDomain": "d"}},
        {**forward[0], "Order": 2}])
    bad("two terminals", "InvalidLoadBalancerAction", host("a.b"), actions=[
        {**forward[0], "Order": 1}, {"Type": "fixed-response", "Order": 2,
                                     "FixedResponseConfig": {"StatusCode": "200"}}])
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/x(.*)$", "Replace": "$1"}]}}
    bad("two rewrites", "ValidationError", host("a.b"), Transforms=[rewrite, rewrite])
    regex = make(20, {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+/.*$"]}},
                 {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Env", "RegexValues": ["^prod"]}},
                 {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}, {"Value": "c"}]}},
                 Transforms=[rewrite, {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {
                     "Rewrites": [{"Regex": "^(.*)$", "Replace": "in.example.com"}]}}])
    equal("regexes", regex["Conditions"][0]["PathPatternConfig"]["RegexValues"], ["^/v[0-9]+/.*$"])
    equal("queries", regex["Conditions"][2]["QueryStringConfig"]["Values"],
          [{"Key": "a", "Value": "b"}, {"Value": "c"}])
    equal("transforms", len(regex["Transforms"]), 2)
    kept = elb.modify_rule(RuleArn=regex["RuleArn"], Conditions=[path("/y")])["Rules"][0]
    equal("transforms stay", len(kept["Transforms"]), 2)
    reset = elb.modify_rule(RuleArn=regex["RuleArn"], ResetTransforms=True)["Rules"][0]
    equal("transforms reset", reset.get("Transforms", []), [])
    redirect = make(30, {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "::1/128"]}},
                    {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
                    actions=[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    equal("redirect's defaults", redirect["Actions"][0]["RedirectConfig"]["Path"], "/#{path}")
    swapped = elb.set_rule_priorities(RulePriorities=[
        {"RuleArn": first["RuleArn"], "Priority": 20}, {"RuleArn": regex["RuleArn"], "Priority": 10}])["Rules"]
    equal("swap", {r["RuleArn"]: r["Priority"] for r in swapped},
          {first["RuleArn"]: "20", regex["RuleArn"]: "10"})
    refused("onto a third", "PriorityInUse", elb.set_rule_priorities, RulePriorities=[
        {"RuleArn": first["RuleArn"], "Priority": 30}])
    shown = elb.describe_rules(ListenerArn=world.http)["Rules"]
    equal("in order", [r["Priority"] for r in shown], ["10", "20", "30", "default"])
    equal("default rule", [r["IsDefault"] for r in shown], [False, False, False, True])
    refused("default rule stays", "OperationNotPermitted", elb.delete_rule, RuleArn=shown[3]["RuleArn"])
    pages = list(elb.get_paginator("describe_rules").paginate(
        ListenerArn=world.http, PaginationConfig={"PageSize": 3}))
    equal("pages", [len(p["Rules"]) for p in pages], [3, 1])
    health = elb.describe_target_health(TargetGroupArn=world.pods)["TargetHealthDescriptions"]
    equal("healthy", {h["TargetHealth"]["State"] for h in health}, {"healthy"})
    equal("attached", elb.describe_target_groups(TargetGroupArns=[world.pods])["TargetGroups"][0]
          ["LoadBalancerArns"], [world.lb])
    equal("by load balancer", [g["TargetGroupArn"] for g in elb.describe_target_groups(
        LoadBalancerArn=world.lb)["TargetGroups"]], [world.pods])
    refused("group in use", "ResourceInUse", elb.delete_target_group, TargetGroupArn=world.pods)
    refused("one load balancer only", "TargetGroupAssociationLimit", elb.create_listener,
            LoadBalancerArn=world.internal, Protocol="HTTP", Port=80, DefaultActions=forward)
    oidc = dict(Issuer="https://i", AuthorizationEndpoint="https://a", TokenEndpoint="https://t",
                UserInfoEndpoint="https://u", ClientId="c", ClientSecret="s",
                AuthenticationRequestExtraParams={"prompt": "login"})
    signed = elb.create_rule(ListenerArn=world.https, Priority=1, Conditions=[host("s.example.com")], Actions=[
        {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": oidc},
        {"Type": "forward", "Order": 2, "TargetGroupArn": world.grpc}])["Rules"][0]
    config = signed["Actions"][0]["AuthenticateOidcConfig"]
    check("secret is not shown", "ClientSecret" not in config)
    equal("extra parameters", config["AuthenticationRequestExtraParams"], {"prompt": "login"})
    equal("session timeout", config["SessionTimeout"], 604800)
    elb.modify_rule(RuleArn=signed["RuleArn"], Actions=[
        {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {
            **{k: v for k, v in oidc.items() if k != "ClientSecret"}, "UseExistingClientSecret": True}},
        {"Type": "forward", "Order": 2, "TargetGroupArn": world.grpc}])
    world.rules = [first["RuleArn"], regex["RuleArn"], redirect["RuleArn"], signed["RuleArn"]]


def tags(world):
    elb = world.client("elbv2")
    tagging = world.client("resourcegroupstaggingapi")
    described = elb.describe_tags(ResourceArns=[world.lb, world.http, world.rules[0], world.pods])
    equal("tags from the start", [d["Tags"][0]["Value"] for d in described["TagDescriptions"]],
          ["ns/gw", "platform", "r1", "a"])
    refused("twenty at most", "ValidationError", elb.describe_tags, ResourceArns=[world.lb] * 21)
    elb.add_tags(ResourceArns=[world.lb, world.https], Tags=[{"Key": "owner", "Value": "us"}])
    elb.remove_tags(ResourceArns=[world.https], TagKeys=["owner"])
    refused("too many", "TooManyTags", elb.add_tags, ResourceArns=[world.lb],
            Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])
    refused("not found", "RuleNotFound", elb.describe_tags, ResourceArns=[world.rules[0][:-3] + "000"])
    found = lambda **filters: [r["ResourceARN"] for r in
                               tagging.get_resources(**filters)["ResourceTagMappingList"]]
    equal("by tag", found(TagFilters=[{"Key": "stack", "Values": ["ns/gw"]}]), [world.lb])
    equal("all with a key", sorted(found(TagFilters=[{"Key": "team"}])),
          sorted([world.imported, world.http, world.pods]))
    equal("by type", found(ResourceTypeFilters=["elasticloadbalancing:loadbalancer"]), [world.lb])
    equal("rules", found(ResourceTypeFilters=["elasticloadbalancing:listener-rule"]), [world.rules[0]])
    equal("certificates", found(ResourceTypeFilters=["acm:certificate"]), [world.imported])
    equal("groups", [arn.split("/")[-1] for arn in found(ResourceTypeFilters=["ec2:security-group"])], [world.group])
    pages = list(tagging.get_paginator("get_resources").paginate(PaginationConfig={"PageSize": 2}))
    equal("pages", sum(len(p["ResourceTagMappingList"]) for p in pages), 13)


def looking(world):
    """Every call by which a person would look at load balancers, certificates and their network answers."""
    elb, ec2, acm = world.client("elbv2"), world.client("ec2"), world.client("acm")
    tagging = world.client("resourcegroupstaggingapi")
    lb, listener, group = {"LoadBalancerArn": world.lb}, {"ListenerArn": world.http}, {"TargetGroupArn": world.pods}
    certificate = {"CertificateArn": world.imported}
    shown = {}
    for client, operation, arguments in [
        (elb, "describe_account_limits", {}),
        (elb, "describe_capacity_reservation", lb),
        (elb, "describe_listener_attributes", listener),
        (elb, "describe_listener_certificates", listener),
        (elb, "describe_listeners", lb),
        (elb, "describe_load_balancer_attributes", lb),
        (elb, "describe_load_balancers", {}),
        (elb, "describe_rules", listener),
        (elb, "describe_ssl_policies", {"LoadBalancerType": "application"}),
        (elb, "describe_tags", {"ResourceArns": [world.lb]}),
        (elb, "describe_target_group_attributes", group),
        (elb, "describe_target_groups", {}),
        (elb, "describe_target_health", {**group, "Include": ["All"]}),
        (elb, "describe_trust_stores", {}),
        (acm, "describe_certificate", certificate),
        (acm, "get_certificate", certificate),
        (acm, "list_certificates", {}),
        (acm, "list_tags_for_certificate", certificate),
        (tagging, "get_resources", {}),
        (tagging, "get_tag_keys", {}),
        (tagging, "get_tag_values", {"Key": "team"}),
        (ec2, "describe_account_attributes", {}),
        (ec2, "describe_addresses", {}),
        (ec2, "describe_availability_zones", {"AllAvailabilityZones": True}),
        (ec2, "describe_egress_only_internet_gateways", {}),
        (ec2, "describe_instances", {}),
        (ec2, "describe_internet_gateways", {}),
        (ec2, "describe_nat_gateways", {}),
        (ec2, "describe_network_acls", {}),
        (ec2, "describe_network_interfaces", {}),
        (ec2, "describe_regions", {"AllRegions": True}),
        (ec2, "describe_route_tables", {}),
        (ec2, "describe_security_group_rules", {}),
        (ec2, "describe_security_groups", {}),
        (ec2, "describe_subnets", {}),
        (ec2, "describe_tags", {}),
        (ec2, "describe_vpc_attribute", {"VpcId": world.vpc, "Attribute": "enableDnsSupport"}),
        (ec2, "describe_vpc_endpoints", {}),
        (ec2, "describe_vpc_peering_connections", {}),
        (ec2, "describe_vpcs", {}),
        (ec2, "get_security_groups_for_vpc", {"VpcId": world.vpc}),
        (world.client("sts"), "get_caller_identity", {}),
    ]:
        try:
            shown[operation] = getattr(client, operation)(**arguments)
            check(operation, True)
        except ClientError as error:
            check(operation, False, repr(error))
    for operation in ["describe_trust_store_associations", "describe_trust_store_revocations"]:
        refused(operation, "TrustStoreNotFound", getattr(elb, operation), TrustStoreArn="x")
    equal("dns", shown["describe_vpc_attribute"]["EnableDnsSupport"], {"Value": True})
    [acl] = shown["describe_network_acls"]["NetworkAcls"]
    equal("acl", (acl["IsDefault"], len(acl["Associations"]), len(acl["Entries"])), (True, 6, 8))
    check("regions", "us-west-2" in [region["RegionName"] for region in shown["describe_regions"]["Regions"]])
    check("tags", {"ResourceId": world.vpc, "ResourceType": "vpc", "Key": "Name", "Value": "default"}
          in shown["describe_tags"]["Tags"])
    check("groups of the vpc", world.group in
          [found["GroupId"] for found in shown["get_security_groups_for_vpc"]["SecurityGroupForVpcs"]])
    default = next(found for found in shown["describe_account_attributes"]["AccountAttributes"]
                   if found["AttributeName"] == "default-vpc")
    equal("default vpc", default["AttributeValues"], [{"AttributeValue": world.vpc}])


def network_load_balancer(world):
    elb = world.client("elbv2")
    addresses = world.client("ec2").describe_addresses()["Addresses"]
    mappings = [{"SubnetId": s, "AllocationId": a["AllocationId"]} for s, a in zip(world.public, addresses)]
    nlb = elb.create_load_balancer(Name="net", Type="network", SubnetMappings=mappings)["LoadBalancers"][0]
    check("arn", ":loadbalancer/net/net/" in nlb["LoadBalancerArn"])
    equal("addresses", {z["LoadBalancerAddresses"][0]["AllocationId"] for z in nlb["AvailabilityZones"]},
          {m["AllocationId"] for m in mappings})
    refused("address in use", "ResourceInUse", elb.create_load_balancer, Name="net2", Type="network",
            SubnetMappings=mappings[:1])
    refused("unknown address", "AllocationIdNotFound", elb.create_load_balancer, Name="net2", Type="network",
            SubnetMappings=[{"SubnetId": world.public[0], "AllocationId": "eipalloc-1"}])
    arn = nlb["LoadBalancerArn"]
    make = lambda name, protocol, **more: elb.create_target_group(
        Name=name, Protocol=protocol, Port=53, VpcId=world.vpc, TargetType="ip", **more
    )["TargetGroups"][0]["TargetGroupArn"]
    tcp, udp, both = make("tcp", "TCP"), make("udp", "UDP"), make("both", "TCP_UDP")
    listen = lambda protocol, port, group, **more: elb.create_listener(
        LoadBalancerArn=arn, Protocol=protocol, Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}], **more)["Listeners"][0]
    listen("TCP", 1, tcp)
    listen("UDP", 2, udp)
    listen("TCP_UDP", 3, both)
    tls = listen("TLS", 4, tcp, Certificates=[{"CertificateArn": world.issued}], AlpnPolicy=["HTTP2Preferred"])
    equal("alpn", tls["AlpnPolicy"], ["HTTP2Preferred"])
    refused("http", "ValidationError", elb.create_listener, LoadBalancerArn=arn, Protocol="HTTP", Port=5,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": tcp}])
    refused("does not fit", "IncompatibleProtocols", elb.create_listener, LoadBalancerArn=arn, Protocol="UDP",
            Port=5, DefaultActions=[{"Type": "forward", "TargetGroupArn": tcp}])
    refused("no rules", "OperationNotPermitted", elb.create_rule, ListenerArn=tls["ListenerArn"], Priority=1,
            Conditions=[{"Field": "host-header", "Values": ["a.example.com"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": tcp}])
    refused("tcp and udp on a port", "DuplicateListener", elb.create_listener, LoadBalancerArn=arn,
            Protocol="UDP", Port=1, DefaultActions=[{"Type": "forward", "TargetGroupArn": udp}])
    weighted = elb.modify_listener(ListenerArn=tls["ListenerArn"], DefaultActions=[{"Type": "forward", "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": tcp, "Weight": 0}, {"TargetGroupArn": make("tcp2", "TCP"), "Weight": 7}]}}])
    check("weights", "TargetGroupArn" not in weighted["Listeners"][0]["DefaultActions"][0])
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "dns_record.client_routing_policy", "Value": "availability_zone_affinity"}])
    elb.delete_load_balancer(LoadBalancerArn=arn)
    for group in [tcp, udp, both]:
        elb.delete_target_group(TargetGroupArn=group)


def quotas(world):
    elb = world.client("elbv2")
    before = world.admin("GET", "/quotas")
    world.admin("PUT", "/quotas", {"listeners-per-application-load-balancer": 2,
                                   "rules-per-application-load-balancer": 4,
                                   "certificates-per-application-load-balancer": 1,
                                   "target-groups": 3, "application-load-balancers": 2,
                                   "target-groups-per-application-load-balancer": 2,
                                   "targets-per-application-load-balancer": 2})
    four_o_four = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    host = [{"Field": "host-header", "Values": ["q.example.com"]}]
    refused("listeners", "TooManyListeners", elb.create_listener, LoadBalancerArn=world.lb, Protocol="HTTP",
            Port=81, DefaultActions=four_o_four)
    refused("rules", "TooManyRules", elb.create_rule, ListenerArn=world.http, Priority=99, Conditions=host,
            Actions=four_o_four)
    refused("certificates", "TooManyCertificates", elb.add_listener_certificates, ListenerArn=world.https,
            Certificates=[{"CertificateArn": world.wild}])
    refused("load balancers", "TooManyLoadBalancers", elb.create_load_balancer, Name="more", Subnets=world.public)
    refused("targets", "TooManyTargets", elb.register_targets, TargetGroupArn=world.pods,
            Targets=[{"Id": "172.31.9.9"}])
    group = lambda name: elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=world.vpc,
                                                 TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
    extra = group("extra") if len(elb.describe_target_groups()["TargetGroups"]) < 3 else None
    refused("target groups", "TooManyTargetGroups", elb.create_target_group, Name="more", Protocol="HTTP",
            Port=80, VpcId=world.vpc, TargetType="ip")
    world.admin("PUT", "/quotas", {**before, "target-groups-per-application-load-balancer": 2,
                                   "target-groups-per-action-on-application-load-balancer": 1})
    extra = extra or group("extra2")
    refused("unique target groups", "TooManyUniqueTargetGroupsPerLoadBalancer", elb.create_rule,
            ListenerArn=world.http, Priority=99, Conditions=host,
            Actions=[{"Type": "forward", "TargetGroupArn": extra}])
    refused("groups in an action", "TooManyTargetGroups", elb.create_rule, ListenerArn=world.http, Priority=99,
            Conditions=host, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [
                {"TargetGroupArn": world.pods}, {"TargetGroupArn": world.grpc}]}}])
    world.admin("PUT", "/quotas", before)
    elb.delete_target_group(TargetGroupArn=extra)


def faults(world):
    elb, ec2, acm = world.client("elbv2"), world.client("ec2"), world.client("acm")
    world.admin("PUT", "/faults", {"rules": [
        {"operation": "DescribeLoadBalancers", "kind": "throttle", "times": 2},
        {"operation": "ec2:DescribeVpcs", "kind": "throttle", "times": 1},
        {"operation": "acm:*", "kind": "throttle", "times": 1},
        {"operation": "CreateTargetGroup", "kind": "lost_answer", "times": 1},
        {"operation": "DescribeAccountLimits", "kind": "error", "code": "AccessDenied", "status": 403},
        {"operation": "DescribeSSLPolicies", "kind": "server_error", "status": 503, "times": 1},
        {"operation": "DescribeTrustStores", "kind": "reset", "times": 1},
        {"operation": "DescribeTargetGroups", "kind": "stale", "writes": 1, "times": 1},
    ]})
    for _ in range(2):
        refused("throttled", "Throttling", elb.describe_load_balancers)
    elb.describe_load_balancers()
    refused("throttled ec2", "RequestLimitExceeded", ec2.describe_vpcs)
    refused("throttled acm", "ThrottlingException", acm.list_certificates)
    refused("denied", "AccessDenied", elb.describe_account_limits)
    refused("broken", "InternalFailure", elb.describe_ssl_policies)

    def dropped(name, call, **arguments):
        try:
            call(**arguments)
            check(name, False, "answered")
        except Exception as error:
            check(name, not isinstance(error, ClientError), repr(error))

    dropped("reset", elb.describe_trust_stores)
    arguments = dict(Name="lost", Protocol="HTTP", Port=80, VpcId=world.vpc, TargetType="ip")
    dropped("lost answer", elb.create_target_group, **arguments)
    names = lambda: [g["TargetGroupName"] for g in elb.describe_target_groups()["TargetGroups"]]
    check("stale", "lost" not in names())
    check("took effect", "lost" in names())
    lost = elb.create_target_group(**arguments)["TargetGroups"][0]["TargetGroupArn"]
    elb.delete_target_group(TargetGroupArn=lost)
    left = {rule["operation"]: rule.get("times") for rule in world.admin("GET", "/faults")["rules"]}
    equal("spent", left["DescribeLoadBalancers"], 0)
    world.admin("DELETE", "/faults")
    elb.describe_account_limits()


def calls(world):
    elb = world.client("elbv2")
    world.admin("DELETE", "/calls")
    elb.describe_load_balancers()
    elb.describe_load_balancers()
    elb.add_tags(ResourceArns=[world.lb], Tags=[{"Key": "a", "Value": "<b> & \"c\" 'd'"}])
    counts = world.admin("GET", "/calls")
    equal("counts", (counts["total"], counts["reads"], counts["writes"]), (3, 2, 1))
    equal("by operation", counts["operations"]["elbv2:DescribeLoadBalancers"], 2)
    log = world.admin("GET", "/calls/log?limit=1")
    equal("log", [(c["operation"], c["outcome"]) for c in log], [("AddTags", "ok")])
    equal("escaped", [t["Value"] for t in elb.describe_tags(ResourceArns=[world.lb])["TagDescriptions"][0]["Tags"]
                      if t["Key"] == "a"], ["<b> & \"c\" 'd'"])
    equal("health", world.admin("GET", "/health"), {"status": "ok"})
    state = world.admin("GET", "/state")
    check("state", world.lb in state["regions"]["us-west-2"]["load_balancers"])
    check("no keys in it", "PRIVATE KEY" not in json.dumps(state))


def deletes(world):
    elb = world.client("elbv2")
    protect = lambda value: elb.modify_load_balancer_attributes(LoadBalancerArn=world.lb, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": value}])
    protect("true")
    refused("protected", "OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=world.lb)
    protect("false")
    elb.delete_rule(RuleArn=world.rules[0])
    refused("rule is gone", "RuleNotFound", elb.describe_rules, RuleArns=[world.rules[0]])
    elb.delete_listener(ListenerArn=world.https)
    refused("listener is gone", "ListenerNotFound", elb.describe_rules, ListenerArn=world.https)
    elb.delete_target_group(TargetGroupArn=world.grpc)
    elb.delete_load_balancer(LoadBalancerArn=world.lb)
    elb.delete_load_balancer(LoadBalancerArn=world.lb)
    refused("rules went with it", "RuleNotFound", elb.describe_rules, RuleArns=[world.rules[1]])
    elb.delete_target_group(TargetGroupArn=world.pods)
    elb.delete_load_balancer(LoadBalancerArn=world.internal)
    world.client("ec2").delete_security_group(GroupId=world.group)
    world.client("acm").delete_certificate(CertificateArn=world.imported)
    equal("nothing left", elb.describe_load_balancers()["LoadBalancers"], [])
    refused("outside the scope", "InvalidAction", elb.create_trust_store, Name="x",
            CaCertificatesBundleS3Bucket="b", CaCertificatesBundleS3Key="k")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    world = World(parser.parse_args().endpoint)
    parts = [identity, network, security_groups, certificates, load_balancer, target_groups, listeners, rules,
             tags, looking, network_load_balancer, quotas, faults, calls, deletes]
    for part in parts:
        before = len(FAILED)
        try:
            part(world)
        except Exception:
            FAILED.append(f"{part.__name__} broke off:\n{traceback.format_exc()}")
        FAILED[before:] = [f"{part.__name__}: {failure}" for failure in FAILED[before:]]
    for failure in FAILED:
        print(f"FAILED {failure}")
    print(f"{PASSED} passed, {len(FAILED)} failed")
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
