"""Where moto and AWS's documentation disagree, by the page of AWS's API reference that says so.

A row names one case, or several by wildcards, a path in the answer ("outcome" is the error code, or "ok"), what moto
has there and what AWS documents, which is what the sandbox has. A row that nothing differs by any more is an error, so
that the table shrinks as moto grows. Nothing is here because the sandbox lacks it.
"""

from dataclasses import dataclass

ABSENT = "absent"
# Something, whatever it is.
ANY = "any"


def holds(wanted, found):
    return found == wanted or (wanted == ANY and found != ABSENT)


@dataclass(frozen=True)
class Row:
    case: str
    path: str
    moto: object
    aws: object
    page: str
    why: str


def outcome(page, moto, aws, why, *cases):
    return [Row(case, "outcome", moto, aws, page, why) for case in cases]


def accepted(page, aws, why, *cases):
    """moto lets pass what AWS refuses with this code."""
    return outcome(page, "ok", aws, why, *cases)


def missing(page, why, *paths, case="*"):
    """moto does not show what AWS documents."""
    return [Row(case, path, ABSENT, ANY, page, why) for path in paths]


def extra(page, why, *paths, case="*"):
    """moto shows what AWS does not document for this resource."""
    return [Row(case, path, ANY, ABSENT, page, why) for path in paths]


def value(page, why, case, path, moto, aws=ANY):
    return [Row(case, path, moto, aws, page, why)]


STS = [
    *value("GetCallerIdentity", "a user's ARN is IAM's", "who am I", "Arn", "arn:aws:sts::123456789012:user/moto"),
    *value("GetCallerIdentity", "a user's id begins with AIDA; AKIA is an access key's", "who am I", "UserId",
           "AKIAIOSFODNN7EXAMPLE"),
]

EC2 = [
    *missing("Subnet", "a member of every subnet", "EnableDns64", case="the members of a subnet"),
    *missing("AvailabilityZone", "members of every zone", "*.GroupName", "*.NetworkBorderGroup", "*.OptInStatus"),
    *missing("InternetGateway", "a default VPC has one", "InternetGateways.*", case="internet gateways"),
    *accepted("DescribeAvailabilityZones", "InvalidParameterValue", "a zone by name must be there",
              "there is no such zone", "there is no such zone of this id"),
    *accepted("DescribeManagedPrefixLists", "InvalidPrefixListID.NotFound", "a list by its id must be there",
              "there is no such prefix list"),
    *accepted("AuthorizeSecurityGroupIngress", "InvalidPrefixListID.NotFound", "the list must be there",
              "allow a prefix list that is not there"),
    *missing("CreateNetworkInterface", "without groups, the VPC's default one", "Groups.0.GroupId",
             case="a new interface"),
    *accepted("CreateNetworkInterface", "InvalidParameterValue", "an address of the subnet's IPv4 range",
              "create an interface with an address of another subnet"),
    *accepted("CreateNetworkInterface", "InvalidIPAddress.InUse", "an address is one interface's (error codes)",
              "create an interface with an address in use"),
    *accepted("CreateNetworkInterface", "SecurityGroupsPerInterfaceLimitExceeded",
              "five groups on an interface (error codes; Amazon VPC quotas)", "create an interface with six groups"),
    *accepted("DeleteNetworkInterface", "InvalidParameterValue", "you must detach it before you can delete it",
              "delete the interface of an instance"),
    *outcome("DescribeInstances", "ResponseParserError", "ok", "network-interface.group-id is a filter",
             "instances by network-interface.group-id"),
    *accepted("RunInstances", "InvalidParameterValue", "between 1 and the quota", "run no instance"),
    *value("DescribeAccountAttributes", "the default VPC's id", "account attributes", "default-vpc.0.AttributeValue",
           "none", "<vpc>"),
    *value("DescribeAccountAttributes", "VPC alone, since EC2-Classic is gone", "account attributes",
           "supported-platforms.0.AttributeValue", "EC2", "VPC"),
    *extra("DescribeAccountAttributes", "VPC alone, since EC2-Classic is gone", "supported-platforms.1.AttributeValue"),
    *extra("DescribeAccountAttributes", "no longer supported", "max-instances.*"),
    *missing("SecurityGroup", "the default group lets in its own members",
             "SecurityGroups.0.IpPermissions.0.*", case="the default security group"),
    *missing("CreateSecurityGroup", "the answer has the tags", "Tags.team", case="create a security group"),
    *accepted("CreateSecurityGroup", "InvalidVpcID.NotFound", "the VPC must be there", "a security group in no vpc"),
    *accepted("CreateSecurityGroup", "InvalidParameterValue", "a name cannot start with sg-",
              "a security group's name begins with sg-"),
    *missing("SecurityGroupRule", "members of every rule", "SecurityGroupRules.*.GroupOwnerId",
             "SecurityGroupRules.*.SecurityGroupRuleArn"),
    *missing("AuthorizeSecurityGroupIngress", "all rules that were made are in the answer, -1 for all ports",
             "SecurityGroupRules.*", case="allow more"),
    *missing("RevokeSecurityGroupIngress", "the answer has the rules that went", "RevokedSecurityGroupRules.*",
             case="forbid *"),
    *accepted("DeleteSecurityGroup", "DependencyViolation", "a group that is used or named by a rule stays",
              "delete a group that another's rule names", "delete a security group in use",
              "delete a security group on an interface"),
    *accepted("DeleteSecurityGroup", "CannotDelete", "the default group cannot be deleted",
              "delete the default group"),
    *missing("DeleteSecurityGroup", "the answer has return and groupId", "Return", "GroupId", case="delete a *group*"),
    *accepted("CreateTags", "InvalidParameterValue", "keys that begin with aws: are reserved", "a tag of aws's own"),
]

ACM = [
    *value("DescribeCertificate", "its example writes key algorithms of RSA with a hyphen", "*certificate*",
           "*KeyAlgorithm", "RSA_2048", "RSA-2048"),
    *missing("CertificateDetail", "when it was created and what it is for", "CreatedAt", "KeyUsages.*",
             "ExtendedKeyUsages.*"),
    *missing("CertificateSummary", "a summary has names, dates and usages", "*.com.CreatedAt", "*.com.KeyUsages.*",
             "*.com.ExtendedKeyUsages.*", "*.com.SubjectAlternativeNameSummaries.*",
             "*.com.HasAdditionalSubjectAlternativeNames"),
    *extra("CertificateOptions", "options are of requested certificates", "Options.*"),
    *value("CertificateDetail", "the serial number of the certificate; moto's is made of its digits' codes", "*",
           "Serial", ANY),
    *extra("GetCertificate", "a certificate imported without a chain has none", "CertificateChain", case="its text"),
    *extra("ListCertificates", "by default RSA_1024 and RSA_2048 only", "curve.example.com.*", case="certificates"),
    *value("ListCertificates", "MaxItems is the size of a page", "certificates in pages", "", 3, 1),
    *accepted("ImportCertificate", "ValidationException", "tags cannot be given when importing in place",
              "tags when importing in place"),
    *missing("ImportCertificate", "tags are kept when importing in place", "Tags.team", case="its tags are kept"),
    *accepted("ImportCertificate", "ValidationException", "the key must be the certificate's",
              "a key of another certificate"),
    *outcome("DescribeCertificate", "ResourceNotFoundException", "InvalidArnException", "it is no ARN of a certificate",
             "describe what is no certificate"),
    *accepted("DeleteCertificate", "ResourceInUseException", "a certificate in use stays",
              "delete a certificate in use"),
    *missing("CertificateDetail", "InUseBy has the load balancers", "0", case="who uses a certificate"),
]

LOAD_BALANCERS = [
    *value("LoadBalancer", "the region's own zones, one for ALBs and one for NLBs (general reference, ELB endpoints)",
           "*", "LoadBalancers.*.CanonicalHostedZoneId", "Z2P70J7EXAMPLE"),
    *value("LoadBalancer", "an NLB's name is name-id.elb.region", "*", "LoadBalancers.*.DNSName",
           "net-<number>.us-west-2.elb.amazonaws.com", "net-<id>.elb.us-west-2.amazonaws.com"),
    *missing("LoadBalancer", "off by default, for NLBs", "LoadBalancers.*.EnablePrefixForIpv6SourceNat"),
    *missing("CreateLoadBalancer", "internet-facing by default", "LoadBalancers.*.Scheme"),
    *value("CreateLoadBalancer", "idempotent", "create it again", "", "another", "the same"),
    *accepted("CreateLoadBalancer", "DuplicateLoadBalancerName", "a name once for a region",
              "its name with other settings"),
    *accepted("CreateLoadBalancer", "ValidationError",
              "1 to 32 letters, digits and hyphens, no hyphen at the ends, not internal-",
              "create a load balancer with a long name", "create a load balancer with a hyphen at the start",
              "create a load balancer with a hyphen at the end", "create a load balancer with an underscore",
              "create a load balancer with internal- in front", "create a load balancer without a name"),
    *accepted("CreateLoadBalancer", "DuplicateTagKeys", "a key once", "create a load balancer with a tag twice"),
    *accepted("Tag", "ValidationError", "keys that begin with aws: are reserved",
              "create a load balancer with a tag of aws's own", "add a tag of aws's own"),
    *accepted("CreateLoadBalancer", "TooManyTags", "50 tags", "create a load balancer with 51 tags"),
    *outcome("CreateLoadBalancer", "SubnetNotFound", "ValidationError", "subnets or mappings must be given",
             "create a load balancer without subnets"),
    *outcome("CreateLoadBalancer", "InvalidSubnetID.NotFound", "SubnetNotFound", "ELB's own code, not EC2's",
             "create a load balancer in a subnet that is not there"),
    *accepted("CreateLoadBalancer", "InvalidSecurityGroup", "the group must be there",
              "create a load balancer with a group that is not there"),
    *accepted("CreateLoadBalancer", "InvalidConfigurationRequest",
              "five groups on an interface (Amazon VPC quotas); the page's code for what cannot be configured",
              "create a load balancer with six groups"),
    *accepted("SubnetMapping", "InvalidConfigurationRequest",
              "prefixes for source NAT need dualstack, and to be enabled (EnablePrefixForIpv6SourceNat)",
              "create a load balancer with *prefix* for source nat *"),
    *accepted("CreateLoadBalancer", "ValidationError", "types and schemes are enumerations",
              "create a load balancer of an unknown *"),
    *accepted("CreateLoadBalancer", "ValidationError", "an ALB stands in two zones at least",
              "create a load balancer in one subnet"),
    *accepted("CreateLoadBalancer", "ValidationError", "subnets or mappings, not both",
              "create a load balancer with subnets in both ways"),
    *outcome("SetSubnets", "InvalidConfigurationRequest", "ValidationError",
             "two zones at least, said as CreateLoadBalancer says it", "set one subnet"),
    *missing("SetSubnets", "the answer has the address type", "IpAddressType", case="set subnets*"),
    *missing("LoadBalancerAttribute", "attributes of every load balancer, ALB or NLB", case="an ?lb's attributes",
             *(f"Attributes.{key}" for key in [
                 "access_logs.s3.enabled", "client_keep_alive.seconds", "connection_logs.s3.*",
                 "health_check_logs.s3.*", "idle_timeout.timeout_seconds", "ipv6.deny_all_igw_traffic", "routing.*",
                 "waf.fail_open.enabled", "zonal_shift.config.enabled", "dns_record.client_routing_policy",
                 "secondary_ips.auto_assigned.per_subnet"])),
    *value("LoadBalancerAttribute", "always true for ALBs", "an alb's attributes",
           "Attributes.load_balancing.cross_zone.enabled", "false", "true"),
    *outcome("LoadBalancerAttribute", "InvalidConfigurationRequest", "ValidationError",
             "what is no attribute is not recognized, before any configuration is looked at", "an unknown attribute"),
    *accepted("LoadBalancerAttribute", "InvalidConfigurationRequest", "1 to 4000 seconds",
              "an attribute out of range"),
    *extra("DescribeCapacityReservation", "nothing is reserved", "CapacityReservationState.*"),
    *value("DescribeAccountLimits", "50 ALBs and 50 NLBs (guides, quotas)", "account limits",
           "*-load-balancers", "20", "50"),
    *value("DescribeAccountLimits", "1,000 targets (ALB guide, quotas)", "account limits",
           "targets-per-application-load-balancer", "30", "1000"),
    *value("DescribeAccountLimits", "3,000 targets (NLB guide, quotas)", "account limits",
           "targets-per-network-load-balancer", "200", "3000"),
    *missing("DescribeAccountLimits", "limits that moto does not know", "condition-*", "target-groups-per-*",
             "targets-per-target-group", "certificates-per-network-load-balancer", case="account limits"),
    *missing("DescribeSSLPolicies", "policies that moto does not know", "ELBSecurityPolicy-*", case="ssl policies"),
    *value("SslPolicy", "Ext1 has no SHA-1, with and without PQ (ALB guide, security policies)", "ssl policies",
           "ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09.ciphers", ANY),
    *missing("SslPolicy", "the kinds of load balancers", "SslPolicies.*.SupportedLoadBalancerTypes.*"),
    *accepted("DescribeSSLPolicies", "SSLPolicyNotFound", "a policy by name must be there", "an unknown ssl policy"),
    *outcome("DescribeTrustStores", "ResponseParserError", "ok", "moto has no trust stores", "trust stores"),
    *accepted("DeleteLoadBalancer", "OperationNotPermitted", "deletion protection protects",
              "delete a protected load balancer"),
]

TARGET_GROUPS = [
    *outcome("CreateTargetGroup", "DuplicateTargetGroupName", "ok", "idempotent", "create the target group again"),
    *value("CreateTargetGroup", "the health check of GRPC", "*", "TargetGroups.*.HealthCheckPath", "/",
           "/AWS.ALB/healthcheck"),
    *missing("Matcher", "GRPC has a gRPC code, 12 by default", "TargetGroups.*.Matcher.GrpcCode"),
    *extra("Matcher", "GRPC has no HTTP code", "TargetGroups.*.Matcher.HttpCode"),
    *value("DescribeTargetGroups", "PageSize is the size of a page", "target groups in pages", "0", 9, 4),
    *missing("DescribeTargetGroups", "PageSize is the size of a page", "1", case="target groups in pages"),
    *accepted("CreateTargetGroup", "ValidationError", "types are an enumeration",
              "create a target group of an unknown type"),
    *accepted("CreateTargetGroup", "ValidationError", "1 to 65535", "create a target group with a port that is none"),
    *accepted("CreateTargetGroup", "ValidationError", "2 to 10", "create a target group with a threshold of 1"),
    *accepted("CreateTargetGroup", "ValidationError", "a path begins with a slash",
              "create a target group with a path without a slash",
              "change a target group's path to one without a slash"),
    *accepted("Matcher", "ValidationError", "200 to 499", "create a target group with a matcher of 600"),
    *accepted("CreateTargetGroup", "InvalidConfigurationRequest", "checks by TCP are not for HTTP and have no path",
              "create a target group with a check by tcp for http", "create a target group with a path for tcp"),
    *accepted("CreateTargetGroup", "InvalidConfigurationRequest", "versions are for HTTP and HTTPS",
              "create a target group with a version for tcp"),
    *accepted("CreateTargetGroup", "DuplicateTagKeys", "a key once", "create a target group with a tag twice"),
    *accepted("ModifyTargetGroup", "ValidationError", "5 to 300", "change a target group's interval to 2"),
    *missing("TargetGroupAttribute", "attributes of every target group, by protocol", case="attributes of ?*",
             *(f"Attributes.{key}" for key in [
                 "deregistration_delay.connection_termination.enabled", "preserve_client_ip.enabled",
                 "proxy_protocol_v2.enabled", "stickiness.*", "target_group_health.*", "target_health_state.*",
                 "load_balancing.algorithm.anomaly_mitigation"])),
    *missing("ModifyTargetGroupAttributes", "all attributes are in the answer", "Attributes.*",
             case="change a target group's attributes"),
    *extra("TargetGroupAttribute", "an attribute of load balancers", "Attributes.waf.fail_open.enabled"),
    *extra("TargetGroupAttribute", "attributes of target groups for ALBs", "Attributes.load_balancing.algorithm.type",
           "Attributes.slow_start.duration_seconds", case="attributes of *"),
    *accepted("TargetGroupAttribute", "ValidationError", "what is no attribute of the protocol is not recognized",
              "a target group's unknown attribute", "an attribute of another protocol"),
    *outcome("ModifyTargetGroupAttributes", "ValidationError", "InvalidConfigurationRequest",
             "the code that the page has for what cannot be configured", "a delay that is too long"),
    *value("TargetHealthDescription", "the port itself", "*target*", "TargetHealthDescriptions.*.HealthCheckPort",
           "traffic-port"),
    *value("TargetHealth", "unused, Target.NotInUse, while no load balancer uses the group", "targets *",
           "TargetHealthDescriptions.*.TargetHealth.State", "healthy", "unused"),
    *missing("TargetHealth", "a reason and its description", "TargetHealthDescriptions.*.TargetHealth.Reason",
             "TargetHealthDescriptions.*.TargetHealth.Description", case="targets *"),
    *missing("TargetDescription", "the zone of the target", "TargetHealthDescriptions.*.Target.AvailabilityZone"),
    *value("TargetHealth", "unused, Target.NotRegistered", "*", "TargetHealthDescriptions.0.TargetHealth.State",
           "unavailable", "unused"),
    *value("TargetHealth", "the description of Target.NotRegistered", "*",
           "TargetHealthDescriptions.0.TargetHealth.Description", "Target is not registered"),
    *accepted("TargetDescription", "ValidationError", "an address outside of the VPC needs a zone",
              "register an address outside without a zone"),
    *accepted("TargetDescription", "InvalidTarget", "private addresses only", "register a public address"),
    *accepted("TargetDescription", "ValidationError", "a target of type ip is one", "register what is no address"),
    *accepted("RegisterTargets", "InvalidTarget", "an instance must run", "register an instance that is not there"),
    *accepted("TargetDescription", "ValidationError", "1 to 65535", "register a port that is none"),
    *outcome("DeregisterTargets", "InvalidTarget", "ok", "a target that does not exist is no error",
             "deregister what is not there"),
    *outcome("DeleteTargetGroup", "TargetGroupNotFound", "ok", "the page has no such error",
             "delete a target group that is gone"),
    *extra("TargetGroup", "no load balancer uses it any more", "*", case="its target group is free"),
]

LISTENERS = [
    *extra("Listener", "a security policy is for HTTPS and TLS", "Listeners.*.SslPolicy"),
    *missing("Action", "a target group alone is shown as a forward configuration, too",
             *(f"*.{part}" for part in [
                 "ForwardConfig.TargetGroups.0.TargetGroupArn", "ForwardConfig.TargetGroups.0.Weight",
                 "ForwardConfig.TargetGroupStickinessConfig.Enabled"])),
    *missing("MutualAuthenticationAttributes", "off by default", "Listeners.*.MutualAuthentication.Mode"),
    *value("DescribeListeners", "PageSize is the size of a page", "listeners in pages", "0", 4, 1),
    *missing("DescribeListeners", "PageSize is the size of a page", "1", case="listeners in pages"),
    *accepted("CreateListener", "DuplicateListener", "a port once", "create a listener on a port that is taken",
              "change a listener's port to one that is taken"),
    *accepted("CreateListener", "ValidationError", "HTTPS needs exactly one certificate",
              "create a listener for https without a certificate",
              "create a listener for https with two certificates"),
    *accepted("CreateListener", "SSLPolicyNotFound", "the policy must be there",
              "create a listener for https with an unknown policy"),
    *accepted("CreateListener", "InvalidConfigurationRequest", "certificates are for HTTPS and TLS, ALPN for TLS",
              "create a listener for http with a certificate", "create a listener with alpn on an alb"),
    *accepted("CreateListener", "ValidationError", "1 to 65535", "create a listener on port *0"),
    *accepted("CreateListener", "ValidationError", "a default action is required", "create a listener without actions"),
    *accepted("CreateListener", "IncompatibleProtocols", "the target group must speak the listener's protocol",
              "create a listener to a target group of another protocol"),
    *accepted("CreateListener", "TargetGroupAssociationLimit", "a target group serves one load balancer",
              "create a listener to a target group of another load balancer"),
    *accepted("Action", "InvalidLoadBalancerAction", "an NLB forwards", "create a listener that answers on an nlb"),
    *accepted("AddListenerCertificates", "CertificateNotFound", "the certificate must be there",
              "add a certificate that is not there"),
    *accepted("AddListenerCertificates", "OperationNotPermitted", "for HTTPS and TLS listeners",
              "add a certificate to http"),
    *extra("AddListenerCertificates", "the answer has the certificates that were given",
           "Certificates.*.CertificateArn", case="add *"),
    *missing("Certificate", "whether it is the default one", "Certificates.*.IsDefault", case="add *"),
    *extra("AddListenerCertificates", "what is there already is not added again", "by sni.1",
           case="more certificates of a listener"),
    *value("DescribeListeners", "the default certificate only", "describe shows the default certificate only",
           "0.CertificateArn", "<curve>", "<other>"),
    *extra("DescribeListeners", "the default certificate only", "?.CertificateArn",
           case="describe shows the default certificate only"),
    *accepted("RemoveListenerCertificates", "OperationNotPermitted", "the default certificate cannot be removed",
              "remove the default certificate"),
    *missing("ListenerAttribute", "attributes of ALB listeners", "Attributes.routing.http.*"),
    *extra("ListenerAttribute", "TCP's idle timeout is of TCP listeners", "Attributes.tcp.idle_timeout.seconds"),
    *accepted("ListenerAttribute", "ValidationError", "what is no attribute is not recognized",
              "a listener's unknown attribute"),
]

RULES = [
    *missing("RuleCondition", "host and path are shown in both ways, the old one and the new one", "*.Values.*",
             case="*rule*"),
    *missing("RedirectActionConfig", "what is not given stays as it is: #{host}, /#{path}, #{query}",
             "*.RedirectConfig.Host", "*.RedirectConfig.Path", "*.RedirectConfig.Query"),
    *missing("Rule", "transforms", "*.Transforms.*"),
    *outcome("RuleCondition", "ResponseParserError", "ok", "regular expressions", "a rule by regular expression"),
    *missing("RuleCondition", "regular expressions", "<r90>*"),
    *value("RuleCondition", "regular expressions: moto lacks the rule", "rules come in the order of priority", "", ANY),
    *value("RuleCondition", "regular expressions: moto lacks the rule", "rules in pages", "1", 6, 7),
    *accepted("CreateRule", "ValidationError", "priorities are 1 to 50000", "create a rule at priority *"),
    *accepted("CreateRule", "ValidationError", "conditions and actions are required",
              "create a rule without *"),
    *accepted("CreateRule", "ValidationError", "one host-header condition", "create a rule by two hosts of one dot"),
    *accepted("RuleCondition", "ValidationError", "five values and five wildcards in a rule (ALB guide, quotas)",
              "create a rule by six *"),
    *accepted("HostHeaderConditionConfig", "ValidationError", "1 to 128 of letters, digits, -.*? with a dot",
              "create a rule by a host without a dot", "create a rule by a host with a blank",
              "create a rule by an empty host"),
    *accepted("PathPatternConditionConfig", "ValidationError", "the characters that a path may hold",
              "create a rule by a path with a blank"),
    *accepted("HttpHeaderConditionConfig", "ValidationError", "a token of RFC 7230, not the host header",
              "create a rule by the host as a header", "create a rule by a header name with a blank"),
    *accepted("SourceIpConditionConfig", "ValidationError", "blocks in CIDR notation",
              "create a rule by an address that is no block"),
    *accepted("TargetGroupTuple", "ValidationError", "weights are 0 to 999", "create a rule with a weight of *"),
    *accepted("ForwardActionConfig", "ValidationError", "each once", "create a rule with a target group twice"),
    *accepted("CreateRule", "TooManyTargetGroups", "five target groups in an action (ALB guide, quotas)",
              "create a rule to six target groups"),
    *accepted("CreateRule", "IncompatibleProtocols", "an ALB forwards to HTTP and HTTPS",
              "create a rule to a target group for tcp"),
    *accepted("CreateRule", "UnsupportedProtocol", "GRPC needs HTTPS",
              "create a rule to a target group for grpc on http"),
    *accepted("RedirectActionConfig", "InvalidLoadBalancerAction", "a redirect must change something",
              "create a rule that redirects to itself", "create a rule that redirects to its own *",
              "create a rule that redirects to another query only", "create a rule that redirects https to itself"),
    *accepted("RedirectActionConfig", "InvalidLoadBalancerAction", "HTTPS is not redirected to HTTP",
              "create a rule that redirects https to http"),
    *accepted("TargetGroupStickinessConfig", "InvalidLoadBalancerAction",
              "sticky targets under several groups need group stickiness (ALB guide, sticky sessions)",
              "create a rule with a sticky target group among several*"),
    *accepted("ModifyTargetGroupAttributes", "InvalidConfigurationRequest",
              "sticky targets under several groups need group stickiness (ALB guide, sticky sessions)",
              "make a target group sticky under a rule that is not"),
    *outcome("RuleCondition", "ResponseParserError", "ValidationError",
             "what expressions do not support (ALB guide, listener rules)", "create a rule by an expression with *"),
    *accepted("RedirectActionConfig", "ValidationError", "HTTP_301 or HTTP_302, HTTP or HTTPS, 1 to 65535",
              "create a rule that redirects by 303", "create a rule that redirects to ftp",
              "create a rule that redirects to port 70000"),
    *accepted("FixedResponseActionConfig", "ValidationError", "1024 characters",
              "create a rule that answers with 1025 characters"),
    *accepted("CreateRule", "InvalidLoadBalancerAction", "one action ends the request", "create a rule with two ends"),
    *accepted("CreateRule", "OperationNotPermitted", "rules are of ALB listeners", "create a rule on an nlb"),
    *outcome("ModifyRule", "ValidationError", "ok", "ResetTransforms", "drop a rule's rewrites"),
    *outcome("SetRulePriorities", "PriorityInUse", "ok", "priorities may be exchanged", "swap two rules"),
    *outcome("SetRulePriorities", "ValidationError", "PriorityInUse", "the page's code for a conflict in the new order",
             "move two rules to one place"),
    *accepted("SetRulePriorities", "ValidationError", "priorities are 1 to 50000", "move a rule to 0"),
    *accepted("SetRulePriorities", "OperationNotPermitted", "the default rule stays where it is",
              "move the default rule"),
    *accepted("ModifyRule", "OperationNotPermitted", "the default rule changes with its listener",
              "change the default rule"),
    *outcome("DeleteRule", "ResponseParserError", "OperationNotPermitted", "the default rule stays",
             "delete the default rule"),
    *accepted("DeleteRule", "RuleNotFound", "a rule that is gone is an error", "delete it again"),
]

TAGS = [
    *accepted("DescribeTags", "ValidationError", "1 to 20 resources, by their ARNs", "describe tags of nothing",
              "describe tags of 21 resources", "describe tags of what is no arn"),
    *accepted("DescribeTags", "LoadBalancerNotFound", "the resource must be there",
              "describe tags of what is not there", "its tags are gone"),
    *accepted("AddTags", "TooManyTags", "50 tags", "add 50 more tags"),
    *accepted("AddTags", "DuplicateTagKeys", "a key once", "add a tag twice"),
    *missing("GetResources", "listeners, rules and certificates are found, too", "<http>.*", "<r10>.*", "<team>.team"),
    *missing("GetResources", "an empty token ends the pages", "PaginationToken", case="resources by arn"),
]

NOWHERE = [
    *outcome("CommonErrors", "LoadBalancerNotFound", "ValidationError", "what is no ARN cannot be looked for",
             "describe_l* of what is no arn", "describe_target_groups of what is no arn", "set_* of what is no arn",
             "modify_load_balancer_attributes of what is no arn"),
    *outcome("CommonErrors", "ListenerNotFound", "ValidationError", "what is no ARN cannot be looked for",
             "*_listener* of what is no arn"),
    *outcome("CommonErrors", "TargetGroupNotFound", "ValidationError", "what is no ARN cannot be looked for",
             "*_target* of what is no arn"),
    *outcome("CommonErrors", "RuleNotFound", "ValidationError", "what is no ARN cannot be looked for",
             "modify_rule of what is no arn"),
    *accepted("DescribeCapacityReservation", ANY, "the load balancer must be there",
              "describe_capacity_reservation of *"),
    *accepted("DeleteRule", ANY, "the rule must be there", "delete_rule of *"),
]

TABLE = [*STS, *EC2, *ACM, *LOAD_BALANCERS, *TARGET_GROUPS, *LISTENERS, *RULES, *TAGS, *NOWHERE]
