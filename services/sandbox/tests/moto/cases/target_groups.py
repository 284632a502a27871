"""Target groups and their targets."""

from .shared import NOWHERE, attributes, tags


def target_groups(both):
    def arguments(s, name, protocol="HTTP", **more):
        return dict(Name=name, Protocol=protocol, Port=80, VpcId=s["vpc"], TargetType="ip", **more)

    def create(name, *protocol, **more):
        def call(s):
            answer = s.elb.create_target_group(**{**arguments(s, name, *protocol), **more})
            s.keep(name, answer["TargetGroups"][0]["TargetGroupArn"])
            return answer
        return call

    def drop(s, answer):
        s.elb.delete_target_group(TargetGroupArn=answer["TargetGroups"][0]["TargetGroupArn"])

    def wrong(name, **more):
        def call(s):
            given = {**arguments(s, "wrong"), **more}
            return s.elb.create_target_group(**{key: value for key, value in given.items() if value is not None})
        both.mistake(f"create a target group {name}", call, drop)

    def changed(name, what, restore, **more):
        both.mistake(f"change a target group's {what}", lambda s: s.elb.modify_target_group(
            TargetGroupArn=s[name], **more),
            lambda s, _: s.elb.modify_target_group(TargetGroupArn=s[name], **restore))

    def attribute(name, **pairs):
        return lambda s: s.elb.modify_target_group_attributes(
            TargetGroupArn=s[name], Attributes=attributes(
                {key.replace("__", "."): value for key, value in pairs.items()}))

    both.do("create a target group", create("pods", Tags=tags(team="a")))
    both.do("create the target group again", lambda s: s.elb.create_target_group(
        **arguments(s, "pods", Tags=tags(team="a"))))
    both.do("create one with everything", create(
        "full", HealthCheckProtocol="HTTPS", HealthCheckPort="8443", HealthCheckPath="/up",
        HealthCheckIntervalSeconds=20, HealthCheckTimeoutSeconds=7, HealthyThresholdCount=3,
        UnhealthyThresholdCount=4, Matcher={"HttpCode": "200-299,301"}, Port=8443, Protocol="HTTPS"))
    both.do("create one for http2", create("http2", ProtocolVersion="HTTP2"))
    both.do("create one for grpc", create("grpc", ProtocolVersion="GRPC"))
    both.do("create one for instances", create("machines", TargetType="instance"))
    for protocol in ["TCP", "UDP", "TLS", "TCP_UDP"]:
        both.do(f"create one for {protocol}", create(protocol.replace("_", ""), protocol))
    both.do("target groups", lambda s: s.elb.describe_target_groups(Names=["pods", "full", "grpc", "TCP"]))
    both.do("target groups in pages", lambda s: [len(page["TargetGroups"]) for page in s.elb.get_paginator(
        "describe_target_groups").paginate(PaginationConfig={"PageSize": 5})])
    both.mistake("no target group of this name", lambda s: s.elb.describe_target_groups(Names=["nobody"]))
    both.mistake("no target group of this arn", lambda s: s.elb.describe_target_groups(
        TargetGroupArns=[s["pods"][:-16] + NOWHERE]))
    both.mistake("a target group's name with other settings", lambda s: s.elb.create_target_group(
        **{**arguments(s, "pods"), "Port": 81}))
    wrong("with a long name", Name="x" * 33)
    wrong("with a hyphen at the start", Name="-x")
    wrong("with an underscore", Name="x_y")
    wrong("without a protocol", Protocol=None)
    wrong("without a port", Port=None)
    wrong("without a vpc", VpcId=None)
    wrong("in a vpc that is not there", VpcId="vpc-01234567890abcdef")
    wrong("of an unknown protocol", Protocol="FTP")
    wrong("of an unknown type", TargetType="pod")
    wrong("with a port that is none", Port=70000)
    wrong("with a short interval", HealthCheckIntervalSeconds=2)
    wrong("with a long timeout", HealthCheckTimeoutSeconds=130)
    wrong("with a timeout as long as the interval", HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=10)
    wrong("with a threshold of 1", HealthyThresholdCount=1)
    wrong("with a path without a slash", HealthCheckPath="up")
    wrong("with a matcher of 600", Matcher={"HttpCode": "600"})
    wrong("with a check by tcp for http", HealthCheckProtocol="TCP")
    wrong("with a path for tcp", Protocol="TCP", HealthCheckPath="/")
    wrong("with a version for tcp", Protocol="TCP", ProtocolVersion="HTTP2")
    wrong("with a tag twice", Tags=tags(a="1") + tags(a="2"))
    both.do("change a health check", lambda s: s.elb.modify_target_group(
        TargetGroupArn=s["pods"], HealthCheckPath="/healthz", HealthCheckIntervalSeconds=15,
        Matcher={"HttpCode": "204"}))
    changed("pods", "interval to 2", {"HealthCheckIntervalSeconds": 15}, HealthCheckIntervalSeconds=2)
    changed("pods", "path to one without a slash", {"HealthCheckPath": "/healthz"}, HealthCheckPath="up")
    both.do("the changed health check", lambda s: s.elb.describe_target_groups(TargetGroupArns=[s["pods"]]))
    for name in ["pods", "TCP", "UDP", "TLS", "TCPUDP"]:
        both.do(f"attributes of {name}", lambda s: s.elb.describe_target_group_attributes(TargetGroupArn=s[name]))
    both.do("change a target group's attributes", attribute(
        "pods", deregistration_delay__timeout_seconds="0", stickiness__enabled="true", stickiness__type="lb_cookie"))
    restore = attribute("pods", deregistration_delay__timeout_seconds="0")
    both.mistake("a target group's unknown attribute", attribute("pods", colour="red"))
    both.mistake("a delay that is too long", attribute(
        "pods", deregistration_delay__timeout_seconds="3601"), lambda s, _: restore(s))
    both.mistake("an attribute of another protocol", attribute("pods", proxy_protocol_v2__enabled="true"))
    both.mistake("stickiness of another protocol", attribute("TCP", stickiness__type="lb_cookie"),
                 lambda s, _: attribute("TCP", stickiness__type="source_ip")(s))


def targets(both):
    def register(name, *found):
        return lambda s: s.elb.register_targets(TargetGroupArn=s[name], Targets=list(found))

    def deregister(name, *found):
        return lambda s: s.elb.deregister_targets(TargetGroupArn=s[name], Targets=list(found))

    def wrong(name, group, *found):
        both.mistake(f"register {name}", register(group, *found), lambda s, _: deregister(group, *found)(s))

    def health(name, **more):
        return lambda s: s.elb.describe_target_health(TargetGroupArn=s[name], **more)

    one, two = {"Id": "172.31.0.10"}, {"Id": "172.31.0.11", "Port": 8080}
    both.do("register targets", register("pods", one, two))
    both.do("register them again", register("pods", one))
    both.do("targets of a group that is not in use", health("pods"))
    both.do("a target that is not registered", health("pods", Targets=[{"Id": "172.31.0.99", "Port": 80}]))
    wrong("an address outside without a zone", "pods", {"Id": "10.9.8.7"})
    both.do("register an address outside", register("pods", {"Id": "10.9.8.7", "AvailabilityZone": "all"}))
    wrong("a public address", "pods", {"Id": "8.8.8.8", "AvailabilityZone": "all"})
    wrong("what is no address", "pods", {"Id": "i-01234567890abcdef"})
    wrong("an instance that is not there", "machines", {"Id": "i-01234567890abcdef"})
    both.do("a new group is not sticky", lambda s: {
        item["Key"]: item["Value"] for item in s.elb.describe_target_group_attributes(
            TargetGroupArn=s["full"])["Attributes"]}["stickiness.enabled"])
    wrong("a port that is none", "pods", {"Id": "172.31.0.12", "Port": 70000})
    both.mistake("register into nothing", lambda s: s.elb.register_targets(
        TargetGroupArn=s["pods"][:-16] + NOWHERE, Targets=[one]))
    both.do("deregister a target", deregister("pods", two))
    both.do("deregister what is not there", deregister("pods", {"Id": "172.31.0.98"}))
    both.do("targets that are left", health("pods"))
