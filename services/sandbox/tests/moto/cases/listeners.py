"""Listeners and their certificates."""

from .shared import NOT_FOUND, NOWHERE, attributes, certificate_for, tags


def listeners(both):
    def create(label, **more):
        def call(s):
            given = {key: value(s) if callable(value) else value for key, value in more.items()}
            answer = s.elb.create_listener(**{"DefaultActions": NOT_FOUND, **given})
            s.keep(label, answer["Listeners"][0]["ListenerArn"])
            return answer
        return call

    def drop(s, answer):
        s.elb.delete_listener(ListenerArn=answer["Listeners"][0]["ListenerArn"])

    def wrong(name, **more):
        more = {"LoadBalancerArn": web, "Protocol": "HTTP", "Port": 999, **more}
        both.mistake(f"create a listener {name}", create("wrong", **more), drop)

    def web(s):
        return s["web"]

    def net(s):
        return s["net"]

    def forward(name):
        return lambda s: [{"Type": "forward", "TargetGroupArn": s[name]}]

    def certificate(name):
        return lambda s: [{"CertificateArn": s[name]}]

    def modify(label, **more):
        def call(s):
            given = {key: value(s) if callable(value) else value for key, value in more.items()}
            return s.elb.modify_listener(ListenerArn=s[label], **given)
        return call

    def certificates(s):
        found = s.elb.describe_listener_certificates(ListenerArn=s["https"])["Certificates"]
        return {kind: [item["CertificateArn"] for item in found if item["IsDefault"] == default]
                for kind, default in [("default", True), ("by sni", False)]}

    def bring_back(s):
        s.keep("other", s.acm.import_certificate(**certificate_for("other.example.com"))["CertificateArn"])

    both.do("create an http listener", create(
        "http", LoadBalancerArn=web, Protocol="HTTP", Port=80, Tags=tags(team="platform")))
    both.do("create an https listener", create(
        "https", LoadBalancerArn=web, Protocol="HTTPS", Port=443, Certificates=certificate("team"),
        DefaultActions=forward("pods")))
    both.do("create a tcp listener", create(
        "tcp", LoadBalancerArn=net, Protocol="TCP", Port=25, DefaultActions=forward("TCP")))
    both.do("create a udp listener", create(
        "udp", LoadBalancerArn=net, Protocol="UDP", Port=53, DefaultActions=forward("UDP")))
    both.do("create a tcp_udp listener", create(
        "tcpudp", LoadBalancerArn=net, Protocol="TCP_UDP", Port=54, DefaultActions=forward("TCPUDP")))
    both.do("create a tls listener", create(
        "tls", LoadBalancerArn=net, Protocol="TLS", Port=853, DefaultActions=forward("TLS"),
        Certificates=certificate("team"), AlpnPolicy=["HTTP2Preferred"]))
    both.do("listeners of the alb", lambda s: s.elb.describe_listeners(LoadBalancerArn=s["web"]))
    both.do("listeners of the nlb", lambda s: s.elb.describe_listeners(LoadBalancerArn=s["net"]))
    both.do("listeners in pages", lambda s: [len(page["Listeners"]) for page in s.elb.get_paginator(
        "describe_listeners").paginate(LoadBalancerArn=s["net"], PaginationConfig={"PageSize": 3})])
    both.do("the target group's load balancer", lambda s: s.elb.describe_target_groups(
        TargetGroupArns=[s["pods"]])["TargetGroups"][0]["LoadBalancerArns"])
    both.do("target groups of the alb", lambda s: [group["TargetGroupName"] for group in
            s.elb.describe_target_groups(LoadBalancerArn=s["web"])["TargetGroups"]])
    both.do("the default rule", lambda s: [
        s.keep("default", s.elb.describe_rules(ListenerArn=s["http"])["Rules"][0]["RuleArn"]),
        s.elb.describe_rules(ListenerArn=s["http"])][1])
    wrong("on a port that is taken", Port=80)
    wrong("for https without a certificate", Protocol="HTTPS")
    wrong("for https with a certificate that is not there", Protocol="HTTPS", Certificates=[{
        "CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"}])
    wrong("for https with two certificates", Protocol="HTTPS", Certificates=lambda s: [
        {"CertificateArn": s["team"]}, {"CertificateArn": s["other"]}])
    wrong("for https with an unknown policy", Protocol="HTTPS", Certificates=certificate("team"), SslPolicy="x")
    wrong("for http with a certificate", Certificates=certificate("team"))
    wrong("for tcp on an alb", Protocol="TCP")
    wrong("for http on an nlb", LoadBalancerArn=net, DefaultActions=forward("TCP"))
    wrong("of an unknown protocol", Protocol="FTP")
    wrong("on port 0", Port=0)
    wrong("on port 70000", Port=70000)
    wrong("without actions", DefaultActions=[])
    wrong("with an unknown action", DefaultActions=[{"Type": "dance"}])
    wrong("to a target group that is not there", DefaultActions=lambda s: [
        {"Type": "forward", "TargetGroupArn": s["pods"][:-16] + NOWHERE}])
    wrong("to a target group of another protocol", DefaultActions=forward("TCP"))
    wrong("to a target group of another load balancer", LoadBalancerArn=lambda s: s["guard"],
          DefaultActions=forward("pods"))
    wrong("on a load balancer that is not there", LoadBalancerArn=lambda s: s["web"][:-16] + NOWHERE)
    wrong("that answers on an nlb", LoadBalancerArn=net, Protocol="TCP")
    wrong("with alpn on an alb", Protocol="HTTPS", Certificates=certificate("team"), AlpnPolicy=["HTTP2Only"])
    both.mistake("no listener of this arn", lambda s: s.elb.describe_listeners(
        ListenerArns=[s["http"][:-16] + NOWHERE]))
    both.mistake("listeners of nothing", lambda s: s.elb.describe_listeners())
    both.do("change a listener's port and action", modify("http", Port=8080, DefaultActions=forward("machines")))
    both.do("change them back", modify("http", Port=80, DefaultActions=NOT_FOUND))
    both.mistake("change a listener's port to one that is taken", modify("http", Port=443),
                 lambda s, _: modify("http", Port=80)(s))
    both.do("change a listener's certificate", modify("https", Certificates=certificate("other")))
    both.do("change a listener's policy", modify("https", SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06"))
    both.do("weighted target groups", modify("https", DefaultActions=lambda s: [{
        "Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": s["pods"], "Weight": 3}, {"TargetGroupArn": s["full"], "Weight": 0}],
            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}}]))
    both.do("certificates of a listener", certificates)
    both.do("add certificates", lambda s: s.elb.add_listener_certificates(
        ListenerArn=s["https"], Certificates=certificate("curve")(s)))
    both.do("add one again", lambda s: s.elb.add_listener_certificates(
        ListenerArn=s["https"], Certificates=certificate("curve")(s)))
    both.do("more certificates of a listener", certificates)
    both.do("describe shows the default certificate only", lambda s: s.elb.describe_listeners(
        ListenerArns=[s["https"]])["Listeners"][0]["Certificates"])
    both.mistake("add a certificate that is not there", lambda s: s.elb.add_listener_certificates(
        ListenerArn=s["https"], Certificates=[{"CertificateArn": s["team"][:-12] + "0123456789ab"}]),
        lambda s, _: s.elb.remove_listener_certificates(
            ListenerArn=s["https"], Certificates=[{"CertificateArn": s["team"][:-12] + "0123456789ab"}]))
    both.mistake("add a certificate to http", lambda s: s.elb.add_listener_certificates(
        ListenerArn=s["http"], Certificates=certificate("curve")(s)),
        lambda s, _: s.elb.remove_listener_certificates(
            ListenerArn=s["http"], Certificates=certificate("curve")(s)))
    both.do("who uses a certificate", lambda s: s.acm.describe_certificate(
        CertificateArn=s["other"])["Certificate"]["InUseBy"])
    both.mistake("delete a certificate in use", lambda s: s.acm.delete_certificate(CertificateArn=s["other"]),
                 lambda s, _: [bring_back(s), modify("https", Certificates=certificate("other"))(s)])
    both.do("remove a certificate", lambda s: s.elb.remove_listener_certificates(
        ListenerArn=s["https"], Certificates=certificate("curve")(s)))
    both.mistake("remove the default certificate", lambda s: s.elb.remove_listener_certificates(
        ListenerArn=s["https"], Certificates=certificate("other")(s)),
        lambda s, _: modify("https", Certificates=certificate("other"))(s))
    both.do("certificates that are left", certificates)
    for label in ["http", "tcp", "udp", "tls"]:
        both.do(f"attributes of the {label} listener", lambda s: s.elb.describe_listener_attributes(
            ListenerArn=s[label]))
    both.do("change a listener's attributes", lambda s: s.elb.modify_listener_attributes(
        ListenerArn=s["tcp"], Attributes=attributes({"tcp.idle_timeout.seconds": "100"})))
    both.mistake("a listener's unknown attribute", lambda s: s.elb.modify_listener_attributes(
        ListenerArn=s["tcp"], Attributes=attributes({"colour": "red"})))
    both.do("health of targets in use", lambda s: s.elb.describe_target_health(
        TargetGroupArn=s["pods"], Targets=[{"Id": "172.31.0.99", "Port": 80}]))
    both.mistake("delete a target group in use", lambda s: s.elb.delete_target_group(TargetGroupArn=s["pods"]))
