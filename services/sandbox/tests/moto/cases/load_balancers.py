"""Load balancers, and what an account may have."""

from .shared import NOWHERE, attributes, tags


def load_balancers(both):
    def arguments(s, name, **more):
        return dict(Name=name, Subnets=s.subnets, SecurityGroups=[s["sg-front"]], **more)

    def create(name, **more):
        def call(s):
            answer = s.elb.create_load_balancer(**{**arguments(s, name), **more})
            s.keep(name, answer["LoadBalancers"][0]["LoadBalancerArn"])
            return answer
        return call

    def drop(s, answer):
        s.elb.delete_load_balancer(LoadBalancerArn=answer["LoadBalancers"][0]["LoadBalancerArn"])

    def wrong(name, **more):
        both.mistake(f"create a load balancer {name}", lambda s: s.elb.create_load_balancer(
            **{**arguments(s, "wrong"), **{key: value(s) if callable(value) else value for key, value in more.items()}}),
            drop)

    def once(s, settings):
        answer = s.elb.create_load_balancer(**settings)
        if answer["LoadBalancers"][0]["LoadBalancerArn"] == s["web"]:
            return "the same"
        drop(s, answer)
        return "another"

    def active(s):
        for _ in range(1000):
            found = s.elb.describe_load_balancers(LoadBalancerArns=[s["web"], s["net"], s["guard"]])
            if all(lb["State"]["Code"] == "active" for lb in found["LoadBalancers"]):
                return found
        raise TimeoutError(found)

    both.do("create an alb", create("web", Scheme="internet-facing", Tags=tags(stack="ns/gw", team="a")))
    both.do("create it again", lambda s: once(s, arguments(
        s, "web", Scheme="internet-facing", Tags=tags(stack="ns/gw", team="a"))))
    both.do("create an nlb", create("net", Type="network", Scheme="internal", SecurityGroups=[]))
    both.do("create another alb", create("guard"))
    both.do("load balancers", active)
    both.do("one by name", lambda s: s.elb.describe_load_balancers(Names=["web"]))
    both.mistake("no load balancer of this name", lambda s: s.elb.describe_load_balancers(Names=["nobody"]))
    both.mistake("no load balancer of this arn", lambda s: s.elb.describe_load_balancers(
        LoadBalancerArns=[s["web"][:-16] + NOWHERE]))
    both.do("load balancers in pages", lambda s: [len(page["LoadBalancers"]) for page in s.elb.get_paginator(
        "describe_load_balancers").paginate(PaginationConfig={"PageSize": 1})])
    both.mistake("its name with other settings", lambda s: s.elb.create_load_balancer(
        **arguments(s, "web", Scheme="internal")))
    wrong("with a long name", Name="x" * 33)
    wrong("with a hyphen at the start", Name="-x")
    wrong("with a hyphen at the end", Name="x-")
    wrong("with an underscore", Name="x_y")
    wrong("with internal- in front", Name="internal-x")
    wrong("without a name", Name="")
    wrong("with a tag twice", Tags=tags(a="1") + tags(a="2"))
    wrong("with a tag of aws's own", Tags=[{"Key": "aws:x", "Value": "1"}])
    wrong("with 51 tags", Tags=tags(**{f"k{n}": "v" for n in range(51)}))
    wrong("without subnets", Subnets=[])
    wrong("in a subnet that is not there", Subnets=["subnet-01234567890abcdef", "subnet-11234567890abcdef"])
    wrong("with a group that is not there", SecurityGroups=["sg-01234567890abcdef"])
    wrong("of an unknown type", Type="classic")
    wrong("of an unknown scheme", Scheme="public")
    wrong("with an unknown address type", IpAddressType="ipv5")
    wrong("with six groups", SecurityGroups=lambda s: [s["sg-front"]] + [s.ec2.create_security_group(
        GroupName=f"six{n}", Description="six", VpcId=s["vpc"])["GroupId"] for n in range(5)])
    for n in range(5):
        both.do(f"delete the group six{n}", lambda s: [s.ec2.delete_security_group(GroupName=f"six{n}"), None][1])
    wrong("with prefixes for source nat and ipv4", Type="network", SecurityGroups=[], EnablePrefixForIpv6SourceNat="on")
    both.mistake("create a load balancer with a prefix for source nat that is not enabled", lambda s:
                 s.elb.create_load_balancer(Name="wrong", Type="network", SubnetMappings=[
                     {"SubnetId": s.subnets[0], "SourceNatIpv6Prefix": "auto_assigned"}]), drop)
    both.mistake("create a load balancer in one subnet", lambda s: s.elb.create_load_balancer(
        Name="wrong", Subnets=s.subnets[:1]), drop)
    both.mistake("create a load balancer with subnets in both ways", lambda s: s.elb.create_load_balancer(
        Name="wrong", Subnets=s.subnets, SubnetMappings=[{"SubnetId": subnet} for subnet in s.subnets]), drop)

    both.do("an alb's attributes", lambda s: s.elb.describe_load_balancer_attributes(LoadBalancerArn=s["web"]))
    both.do("an nlb's attributes", lambda s: s.elb.describe_load_balancer_attributes(LoadBalancerArn=s["net"]))
    change = {"idle_timeout.timeout_seconds": "120", "routing.http.drop_invalid_header_fields.enabled": "true"}
    both.do("change attributes", lambda s: [s.elb.modify_load_balancer_attributes(
        LoadBalancerArn=s["web"], Attributes=attributes(change)), None][1])
    both.do("changed attributes", lambda s: {
        attribute["Key"]: attribute["Value"]
        for attribute in s.elb.describe_load_balancer_attributes(LoadBalancerArn=s["web"])["Attributes"]
        if attribute["Key"] in change})
    both.mistake("an unknown attribute", lambda s: s.elb.modify_load_balancer_attributes(
        LoadBalancerArn=s["web"], Attributes=attributes({"colour": "red"})))
    both.mistake("an attribute out of range", lambda s: s.elb.modify_load_balancer_attributes(
        LoadBalancerArn=s["web"], Attributes=attributes({"idle_timeout.timeout_seconds": "5000"})),
        lambda s, _: s.elb.modify_load_balancer_attributes(
            LoadBalancerArn=s["web"], Attributes=attributes({"idle_timeout.timeout_seconds": "120"})))
    both.do("set security groups", lambda s: s.elb.set_security_groups(
        LoadBalancerArn=s["web"], SecurityGroups=[s["sg-front"]]))
    both.mistake("set a security group that is not there", lambda s: s.elb.set_security_groups(
        LoadBalancerArn=s["web"], SecurityGroups=["sg-01234567890abcdef"]))
    both.do("set subnets", lambda s: s.elb.set_subnets(LoadBalancerArn=s["web"], Subnets=s.subnets[:2]))
    both.do("set subnets by mappings", lambda s: s.elb.set_subnets(
        LoadBalancerArn=s["web"], SubnetMappings=[{"SubnetId": subnet} for subnet in s.subnets]))
    both.mistake("set one subnet", lambda s: s.elb.set_subnets(LoadBalancerArn=s["web"], Subnets=s.subnets[:1]),
                 lambda s, _: s.elb.set_subnets(LoadBalancerArn=s["web"], Subnets=s.subnets))
    both.do("set the address type", lambda s: s.elb.set_ip_address_type(
        LoadBalancerArn=s["web"], IpAddressType="ipv4"))
    both.mistake("set an unknown address type", lambda s: s.elb.set_ip_address_type(
        LoadBalancerArn=s["web"], IpAddressType="ipv5"))
    both.do("reserved capacity", lambda s: s.elb.describe_capacity_reservation(LoadBalancerArn=s["web"]))
    both.mistake("delete a security group in use", lambda s: s.ec2.delete_security_group(GroupId=s["sg-front"]),
                 lambda s, _: s.keep("sg-front", s.ec2.create_security_group(
                     GroupName="front", Description="for front", VpcId=s["vpc"], TagSpecifications=[
                         {"ResourceType": "security-group", "Tags": tags(team="b")}])["GroupId"]))
    both.do("account limits", lambda s: {limit["Name"]: limit["Max"]
                                         for limit in s.elb.describe_account_limits()["Limits"]})
    both.do("ssl policies", lambda s: {
        policy["Name"]: {"protocols": " ".join(sorted(policy["SslProtocols"])),
                         "ciphers": " ".join(cipher["Name"] for cipher in policy["Ciphers"])}
        for policy in s.elb.describe_ssl_policies(PageSize=400)["SslPolicies"]})
    both.do("an ssl policy", lambda s: s.elb.describe_ssl_policies(Names=["ELBSecurityPolicy-2016-08"]))
    both.mistake("an unknown ssl policy", lambda s: s.elb.describe_ssl_policies(Names=["x"]))
    both.do("trust stores", lambda s: s.elb.describe_trust_stores())
