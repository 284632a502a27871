"""Tags, what is not there, and what is deleted in the end."""

from .shared import NOT_FOUND, NOWHERE, attributes, tags


def tagging(both):
    def described(*labels):
        return lambda s: s.elb.describe_tags(ResourceArns=[s[label] for label in labels])

    def found(**arguments):
        return lambda s: {s.anonymous(item["ResourceARN"]): item["Tags"]
                          for item in s.tagging.get_resources(**arguments)["ResourceTagMappingList"]}

    both.do("tags from the start", described("web", "http", "r10", "pods", "net"))
    both.do("add tags", lambda s: s.elb.add_tags(
        ResourceArns=[s["web"], s["http"]], Tags=tags(owner="us", stack="ns/other")))
    both.do("remove tags", lambda s: s.elb.remove_tags(ResourceArns=[s["http"]], TagKeys=["owner", "nobody"]))
    both.do("tags after that", described("web", "http"))
    both.mistake("describe tags of nothing", lambda s: s.elb.describe_tags(ResourceArns=[]))
    both.mistake("describe tags of 21 resources", lambda s: s.elb.describe_tags(ResourceArns=[s["web"]] * 21))
    both.mistake("describe tags of what is not there", lambda s: s.elb.describe_tags(
        ResourceArns=[s["web"][:-16] + NOWHERE]))
    both.mistake("describe tags of what is no arn", lambda s: s.elb.describe_tags(ResourceArns=["arn:aws:x"]))
    both.mistake("add a tag to what is not there", lambda s: s.elb.add_tags(
        ResourceArns=[s["pods"][:-16] + NOWHERE], Tags=tags(a="b")))
    both.mistake("add 50 more tags", lambda s: s.elb.add_tags(
        ResourceArns=[s["pods"]], Tags=tags(**{f"k{n}": "v" for n in range(50)})),
        lambda s, _: s.elb.remove_tags(ResourceArns=[s["pods"]], TagKeys=[f"k{n}" for n in range(50)]))
    both.mistake("add a tag twice", lambda s: s.elb.add_tags(
        ResourceArns=[s["pods"]], Tags=tags(a="1") + tags(a="2")),
        lambda s, _: s.elb.remove_tags(ResourceArns=[s["pods"]], TagKeys=["a"]))
    both.mistake("add a tag of aws's own", lambda s: s.elb.add_tags(
        ResourceArns=[s["pods"]], Tags=[{"Key": "aws:x", "Value": "1"}]),
        lambda s, _: s.elb.remove_tags(ResourceArns=[s["pods"]], TagKeys=["aws:x"]))
    both.do("resources by tag", found(TagFilters=[{"Key": "stack", "Values": ["ns/other"]}]))
    both.do("resources by key", found(TagFilters=[{"Key": "team"}]))
    both.do("resources by two tags", found(TagFilters=[{"Key": "team", "Values": ["a", "b"]}, {"Key": "stack"}]))
    both.do("resources that nobody has", found(TagFilters=[{"Key": "nobody"}]))
    for kind in ["elasticloadbalancing:loadbalancer", "elasticloadbalancing:targetgroup",
                 "elasticloadbalancing:listener", "elasticloadbalancing:listener-rule", "acm:certificate", "acm",
                 "ec2:security-group", "elasticloadbalancing"]:
        both.do(f"resources of type {kind}", found(ResourceTypeFilters=[kind]))
    both.do("resources in pages", lambda s: [len(page["ResourceTagMappingList"]) for page in s.tagging.get_paginator(
        "get_resources").paginate(TagFilters=[{"Key": "team", "Values": ["a", "b"]}],
                                  ResourceTypeFilters=["elasticloadbalancing:loadbalancer",
                                                       "elasticloadbalancing:targetgroup"],
                                  PaginationConfig={"PageSize": 1})])
    both.do("resources by arn", lambda s: s.tagging.get_resources(ResourceARNList=[s["web"]]))
    both.do("tag keys", lambda s: sorted({"stack", "team", "nobody"} & set(s.tagging.get_tag_keys()["TagKeys"])))
    both.do("tag values", lambda s: s.tagging.get_tag_values(Key="stack")["TagValues"])


def nowhere(both):
    """What is asked of a resource that is not there, or that cannot be one."""
    for argument, label, calls in [
        ("LoadBalancerArn", "web", {
            "describe_load_balancer_attributes": {}, "describe_listeners": {}, "describe_target_groups": {},
            "describe_capacity_reservation": {}, "set_subnets": {"Subnets": ["subnet-a", "subnet-b"]},
            "set_security_groups": {"SecurityGroups": ["sg-front"]}, "set_ip_address_type": {"IpAddressType": "ipv4"},
            "modify_load_balancer_attributes": {"Attributes": attributes({"idle_timeout.timeout_seconds": "9"})}}),
        ("ListenerArn", "http", {
            "describe_listener_attributes": {}, "describe_listener_certificates": {}, "modify_listener": {"Port": 99},
            "modify_listener_attributes": {"Attributes": attributes({"routing.http.response.server.enabled": "true"})},
            "add_listener_certificates": {"Certificates": [{"CertificateArn": "team"}]},
            "remove_listener_certificates": {"Certificates": [{"CertificateArn": "team"}]}}),
        ("TargetGroupArn", "pods", {
            "describe_target_group_attributes": {}, "describe_target_health": {},
            "modify_target_group": {"HealthCheckPath": "/"},
            "modify_target_group_attributes": {"Attributes": attributes({"stickiness.enabled": "true"})},
            "deregister_targets": {"Targets": [{"Id": "172.31.0.10"}]}}),
        ("RuleArn", "r10", {"modify_rule": {"Actions": NOT_FOUND}, "delete_rule": {}}),
    ]:
        for call, arguments in calls.items():
            for what, arn in [("not there", lambda s: s[label][:-16] + NOWHERE), ("no arn", lambda s: "web")]:
                both.mistake(f"{call} of what is {what}", lambda s: getattr(s.elb, call)(
                    **{argument: arn(s), **arguments}))


def deletes(both):
    def protect(value):
        return lambda s: s.elb.modify_load_balancer_attributes(
            LoadBalancerArn=s["guard"], Attributes=attributes({"deletion_protection.enabled": value}))

    both.do("protect a load balancer", lambda s: [protect("true")(s), None][1])
    both.mistake("delete a protected load balancer", lambda s: s.elb.delete_load_balancer(LoadBalancerArn=s["guard"]),
                 lambda s, _: s.keep("guard", s.elb.create_load_balancer(Name="guard", Subnets=s.subnets)[
                     "LoadBalancers"][0]["LoadBalancerArn"]))
    both.do("protect it no longer", lambda s: [protect("false")(s), None][1])
    both.do("delete a load balancer without listeners", lambda s: s.elb.delete_load_balancer(
        LoadBalancerArn=s["guard"]))
    both.do("delete a listener", lambda s: s.elb.delete_listener(ListenerArn=s["https"]))
    both.mistake("delete a listener that is gone", lambda s: s.elb.delete_listener(ListenerArn=s["https"]))
    both.do("delete a target group that is free again", lambda s: s.elb.delete_target_group(
        TargetGroupArn=s["http2"]))
    both.mistake("delete a target group that is gone", lambda s: s.elb.delete_target_group(
        TargetGroupArn=s["http2"]))
    both.do("delete a load balancer with listeners", lambda s: s.elb.delete_load_balancer(LoadBalancerArn=s["web"]))
    both.do("delete a load balancer that is gone", lambda s: s.elb.delete_load_balancer(LoadBalancerArn=s["web"]))
    both.mistake("its listener is gone", lambda s: s.elb.describe_listeners(ListenerArns=[s["http"]]))
    both.mistake("its rule is gone", lambda s: s.elb.describe_rules(RuleArns=[s["r10"]]))
    both.mistake("its tags are gone", lambda s: s.elb.describe_tags(ResourceArns=[s["web"]]))
    both.do("its target group is free", lambda s: s.elb.describe_target_groups(
        TargetGroupArns=[s["pods"]])["TargetGroups"][0]["LoadBalancerArns"])
    both.do("delete its target group", lambda s: s.elb.delete_target_group(TargetGroupArn=s["pods"]))
    both.do("delete a certificate that is free again", lambda s: s.acm.delete_certificate(
        CertificateArn=s["other"]))
    both.do("delete a security group that is free again", lambda s: s.ec2.delete_security_group(
        GroupId=s["sg-front"]))
