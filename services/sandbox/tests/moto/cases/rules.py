"""Rules of listeners."""

from .shared import NOT_FOUND, NOWHERE, attributes, tags


def rules(both):
    def create(label, priority, conditions, actions=NOT_FOUND, **more):
        def call(s):
            given = actions(s) if callable(actions) else actions
            answer = s.elb.create_rule(ListenerArn=s["http"], Priority=priority, Conditions=conditions, Actions=given,
                                       **more)
            s.keep(label, answer["Rules"][0]["RuleArn"])
            return answer
        return call

    def drop(s, answer):
        s.elb.delete_rule(RuleArn=answer["Rules"][0]["RuleArn"])

    def wrong(name, *conditions, priority=900, actions=NOT_FOUND, **more):
        conditions = list(conditions) or [host("x.example.com")]
        both.mistake(f"create a rule {name}", create("wrong", priority, conditions, actions, **more), drop)

    def host(*values):
        return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}

    def path(*values):
        return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}

    def config(field, name, **value):
        return {"Field": field, name: value}

    def header(name, *values):
        return config("http-header", "HttpHeaderConfig", HttpHeaderName=name, Values=list(values))

    def method(*values):
        return config("http-request-method", "HttpRequestMethodConfig", Values=list(values))

    def source(*values):
        return config("source-ip", "SourceIpConfig", Values=list(values))

    def query(*values):
        return config("query-string", "QueryStringConfig", Values=list(values))

    def shown(s):
        return {s.anonymous(rule["RuleArn"]): rule for rule in s.elb.describe_rules(ListenerArn=s["http"])["Rules"]}

    def order(s):
        return {name: rule["Priority"] for name, rule in shown(s).items()}

    def moved(*places):
        return lambda s: s.elb.set_rule_priorities(
            RulePriorities=[{"RuleArn": s[label], "Priority": priority} for label, priority in places])

    def redirect(**value):
        return [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **value}}]

    def fixed(**value):
        return [{"Type": "fixed-response", "FixedResponseConfig": value}]

    def weighted(*groups, sticky=None):
        more = {} if sticky is None else {"TargetGroupStickinessConfig": sticky}
        return lambda s: [{"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": s[name], "Weight": weight} for name, weight in groups], **more}}]

    both.do("a rule by host", create("r10", 10, [host("a.example.com")], Tags=tags(team="a")))
    both.do("a rule by host, the old way", create(
        "r11", 11, [{"Field": "host-header", "Values": ["b.example.com"]}]))
    both.do("a rule by path", create("r20", 20, [path("/api/*", "/v?")]))
    both.do("a rule by header", create("r30", 30, [header("X-Team", "a", "b")]))
    both.do("a rule by method", create("r40", 40, [method("GET", "HEAD")]))
    both.do("a rule by source", create("r50", 50, [source("10.0.0.0/8")]))
    both.do("a rule by query", create("r60", 60, [query({"Key": "a", "Value": "b"}, {"Value": "c"})]))
    both.do("a rule by everything", create("r70", 70, [host("c.example.com"), path("/x"), method("POST"),
                                                       header("X-A", "1"), source("192.168.0.0/16")]))
    both.do("a rule that forwards", create("r80", 80, [host("d.example.com")], lambda s: [
        {"Type": "forward", "TargetGroupArn": s["pods"]}]))
    both.do("a rule that forwards by weight", create("r81", 81, [host("e.example.com")],
                                                     weighted(("machines", 1), ("full", 999))))
    both.do("a rule that forwards by weight and keeps clients", create(
        "r85", 85, [host("e2.example.com")], weighted(("pods", 1), ("full", 999), sticky={
            "Enabled": True, "DurationSeconds": 60})))
    both.do("a rule that redirects", create("r82", 82, [host("f.example.com")], redirect(
        Protocol="HTTPS", Port="443", Host="www.example.com", Path="/#{path}", Query="#{query}")))
    both.do("a rule that redirects and keeps the rest", create("r83", 83, [host("g.example.com")],
                                                               redirect(Protocol="HTTPS", Port="443")))
    both.do("a rule that answers", create("r84", 84, [host("h.example.com")], fixed(
        StatusCode="503", ContentType="text/plain", MessageBody="back soon")))
    both.do("a rule by regular expression", create("r90", 90, [
        config("path-pattern", "PathPatternConfig", RegexValues=["^/v[0-9]+/.*$"])]))
    both.do("a rule that rewrites", create("r91", 91, [host("i.example.com")], Transforms=[
        {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a(.*)$", "Replace": "/b$1"}]}},
        {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {
            "Rewrites": [{"Regex": "^.*$", "Replace": "in.example.com"}]}}]))
    both.do("rules", shown)
    both.do("rules by arn", lambda s: s.elb.describe_rules(RuleArns=[s["r10"], s["r20"]]))
    both.do("rules come in the order of priority", lambda s: " ".join(
        rule["Priority"] for rule in s.elb.describe_rules(ListenerArn=s["http"])["Rules"]))
    both.do("rules in pages", lambda s: [len(page["Rules"]) for page in s.elb.get_paginator(
        "describe_rules").paginate(ListenerArn=s["http"], PaginationConfig={"PageSize": 10})])
    both.mistake("no rule of this arn", lambda s: s.elb.describe_rules(RuleArns=[s["r10"][:-16] + NOWHERE]))
    both.mistake("rules of nothing", lambda s: s.elb.describe_rules())
    both.mistake("rules of a listener that is not there", lambda s: s.elb.describe_rules(
        ListenerArn=s["http"][:-16] + NOWHERE))

    wrong("at a priority that is taken", priority=10)
    wrong("at priority 0", priority=0)
    wrong("at priority 50001", priority=50001)
    both.mistake("create a rule without conditions", create("wrong", 900, []), drop)
    wrong("without actions", actions=[])
    wrong("by an unknown field", {"Field": "colour", "Values": ["red"]})
    wrong("by two hosts of one dot", host("a.example.com"), host("b.example.com"))
    wrong("by six values", host(*(f"h{n}.example.com" for n in range(6))))
    wrong("by six wildcards", path("/*/*/*/*/*/*"))
    wrong("by a host without a dot", host("localhost"))
    wrong("by a host with a blank", host("a b.example.com"))
    wrong("by a long host", host("x" * 125 + ".com"))
    wrong("by an empty host", host(""))
    wrong("by a path with a blank", path("/a b"))
    wrong("by the host as a header", header("Host", "a.example.com"))
    wrong("by a header name with a blank", header("X Team", "a"))
    wrong("by a header name of 41 characters", header("x" * 41, "a"))
    wrong("by a method in small letters", method("get"))
    wrong("by an address that is no block", source("10.0.0.1"))
    wrong("by a query without a value", query({"Key": "a"}))
    wrong("by the configuration of another field", {
        "Field": "host-header", "PathPatternConfig": {"Values": ["/"]}})
    wrong("to a target group that is not there", actions=lambda s: [
        {"Type": "forward", "TargetGroupArn": s["pods"][:-16] + NOWHERE}])
    wrong("with a weight of 1000", actions=weighted(("pods", 1000)))
    wrong("with a weight of -1", actions=weighted(("pods", -1)))
    wrong("with a target group twice", actions=weighted(("pods", 1), ("pods", 2)))
    wrong("to six target groups", actions=weighted(*((name, 1) for name in [
        "pods", "full", "machines", "http2", "grpc", "TCP"])))
    wrong("to a target group for tcp", actions=weighted(("TCP", 1)))
    wrong("to a target group for grpc on http", actions=weighted(("grpc", 1)))
    wrong("with a sticky target group among several", actions=weighted(("pods", 1), ("full", 1)))
    wrong("with a sticky target group among several, not sticky itself", actions=weighted(
        ("pods", 1), ("full", 1), sticky={"Enabled": False}))
    both.mistake("make a target group sticky under a rule that is not", lambda s: s.elb.modify_target_group_attributes(
        TargetGroupArn=s["full"], Attributes=attributes({"stickiness.enabled": "true"})),
        lambda s, _: s.elb.modify_target_group_attributes(
            TargetGroupArn=s["full"], Attributes=attributes({"stickiness.enabled": "false"})))
    wrong("that redirects to itself", actions=redirect())
    wrong("that redirects to its own port", actions=redirect(Port="80"))
    wrong("that redirects to its own protocol and port", actions=redirect(Protocol="HTTP", Port="80"))
    wrong("that redirects to another query only", actions=redirect(Query="a=b"))
    for name, listener, to in [
        ("https to itself", "https", {"Protocol": "HTTPS", "Port": "443"}),
        ("https to http", "https", {"Protocol": "HTTP", "Port": "80"}),
    ]:
        both.mistake(f"create a rule that redirects {name}", lambda s: s.elb.create_rule(
            ListenerArn=s[listener], Priority=900, Conditions=[host("x.example.com")], Actions=redirect(**to)), drop)
    for name, expression in [
        ("a lookahead", "^/(?!admin).*"), ("a lookbehind", "(?<=a)b"), ("a backreference", "(a)\\1"),
        ("an atomic group", "(?>a)b"), ("a possessive quantifier", "a++"), ("a recursion", "(?R)"),
        ("a unicode class", "^/\\p{L}+$"),
    ]:
        both.mistake(f"create a rule by an expression with {name}", lambda s: s.elb.create_rule(
            ListenerArn=s["http"], Priority=900, Actions=NOT_FOUND, Conditions=[
                config("path-pattern", "PathPatternConfig", RegexValues=[expression])]), drop)
    wrong("that redirects by 303", actions=redirect(StatusCode="HTTP_303", Port="443"))
    wrong("that redirects to ftp", actions=redirect(Protocol="FTP"))
    wrong("that redirects to port 70000", actions=redirect(Port="70000"))
    wrong("that answers with 600", actions=fixed(StatusCode="600"))
    wrong("that answers with 302", actions=fixed(StatusCode="302"))
    wrong("that answers with a picture", actions=fixed(StatusCode="200", ContentType="image/png"))
    wrong("that answers with 1025 characters", actions=fixed(StatusCode="200", MessageBody="x" * 1025))
    wrong("with an unknown action", actions=[{"Type": "dance"}])
    wrong("with two ends", actions=lambda s: [
        {"Order": 1, **fixed(StatusCode="200")[0]}, {"Order": 2, **fixed(StatusCode="404")[0]}])
    both.mistake("create a rule on an nlb", lambda s: s.elb.create_rule(
        ListenerArn=s["tcp"], Priority=1, Conditions=[host("a.example.com")],
        Actions=[{"Type": "forward", "TargetGroupArn": s["TCP"]}]), drop)

    both.do("change a rule's conditions", lambda s: s.elb.modify_rule(
        RuleArn=s["r10"], Conditions=[host("z.example.com")]))
    both.do("change a rule's actions", lambda s: s.elb.modify_rule(
        RuleArn=s["r10"], Actions=fixed(StatusCode="410")))
    both.do("the changed rule", lambda s: s.elb.describe_rules(RuleArns=[s["r10"]]))
    both.mistake("change a rule that is not there", lambda s: s.elb.modify_rule(
        RuleArn=s["r10"][:-16] + NOWHERE, Conditions=[host("z.example.com")]))
    both.do("drop a rule's rewrites", lambda s: s.elb.modify_rule(RuleArn=s["r91"], ResetTransforms=True))
    both.mistake("change nothing of a rule", lambda s: s.elb.modify_rule(RuleArn=s["r10"]))
    both.do("swap two rules", moved(("r10", 20), ("r20", 10)), lambda s: [
        moved((label, priority))(s) for label, priority in [("r10", 999), ("r20", 10), ("r10", 20)]])
    both.do("the rules after the swap", order)
    both.do("move a rule", moved(("r30", 35)))
    both.mistake("move a rule to a place that is taken", moved(("r30", 40)))
    both.mistake("move two rules to one place", moved(("r30", 500), ("r40", 500)))
    both.mistake("move a rule to 0", moved(("r30", 0)), lambda s, _: moved(("r30", 35))(s))
    both.mistake("move a rule that is not there", lambda s: s.elb.set_rule_priorities(
        RulePriorities=[{"RuleArn": s["r30"][:-16] + NOWHERE, "Priority": 600}]))
    both.do("the rules after the moves", order)
    both.mistake("move the default rule", lambda s: s.elb.set_rule_priorities(RulePriorities=[
        {"RuleArn": s.elb.describe_rules(ListenerArn=s["https"])["Rules"][-1]["RuleArn"], "Priority": 1}]))
    both.mistake("delete the default rule", lambda s: s.elb.delete_rule(
        RuleArn=s.elb.describe_rules(ListenerArn=s["https"])["Rules"][-1]["RuleArn"]))
    both.mistake("change the default rule", lambda s: s.elb.modify_rule(
        RuleArn=s.elb.describe_rules(ListenerArn=s["https"])["Rules"][-1]["RuleArn"],
        Actions=fixed(StatusCode="410")))
    both.do("delete a rule", lambda s: s.elb.delete_rule(RuleArn=s["r84"]))
    both.mistake("delete it again", lambda s: s.elb.delete_rule(RuleArn=s["r84"]))
