"""What both sides are asked, in this order. A case is a name, a call and, for a mistake, what takes it back where it
was no mistake. Calls are written against compare.Side: `s.elb` and so on are clients, `s["web"]` is an ARN or
identifier that was kept under that name."""

import datetime
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOT_FOUND = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
NOWHERE = "0123456789abcdef"


def certificate_for(*hosts, key=None):
    """A self-signed certificate and its key, PEM."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return {
        "Certificate": built.public_bytes(pem),
        "PrivateKey": key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain),
    }


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def attributes(pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def identity(both):
    both.do("who am I", lambda s: s.sts.get_caller_identity())


def pick(items, *keys):
    return [{key: item.get(key) for key in keys} for item in items]


def network(both):
    def vpcs(s):
        found = s.ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
        s.keep("vpc", found[0]["VpcId"])
        return pick(found, "VpcId", "CidrBlock", "State", "IsDefault", "InstanceTenancy", "OwnerId")

    def subnets(s):
        found = s.ec2.describe_subnets(Filters=[
            {"Name": "vpc-id", "Values": [s["vpc"]]},
            {"Name": "availability-zone", "Values": ["us-west-2a", "us-west-2b", "us-west-2c"]},
            {"Name": "default-for-az", "Values": ["true"]},
        ])["Subnets"]
        for subnet in found:
            s.keep(f"subnet-{subnet['AvailabilityZone'][-1]}", subnet["SubnetId"])
        found.sort(key=lambda subnet: subnet["AvailabilityZone"])
        s.subnets = [subnet["SubnetId"] for subnet in found]
        return pick(found, "SubnetId", "SubnetArn", "VpcId", "State", "AvailabilityZone", "AvailabilityZoneId",
                    "MapPublicIpOnLaunch", "DefaultForAz", "OwnerId", "AvailableIpAddressCount",
                    "AssignIpv6AddressOnCreation")

    both.do("the default vpc", vpcs)
    both.do("the members of a vpc", lambda s: dict.fromkeys(s.ec2.describe_vpcs()["Vpcs"][0], "shown"))
    both.do("a default subnet for each zone", subnets)
    both.do("the members of a subnet", lambda s: dict.fromkeys(s.ec2.describe_subnets()["Subnets"][0], "shown"))
    both.do("zones", lambda s: [
        zone for zone in s.ec2.describe_availability_zones()["AvailabilityZones"] if zone["ZoneName"][-1] in "abc"])
    both.do("one zone by name", lambda s: s.ec2.describe_availability_zones(ZoneNames=["us-west-2b"]))
    def main_table(s):
        [table] = s.ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"]
        table["Associations"] = [association for association in table["Associations"] if association["Main"]]
        return table

    both.do("the main route table", main_table)
    both.do("internet gateways", lambda s: s.ec2.describe_internet_gateways())
    both.do("instances", lambda s: s.ec2.describe_instances())
    both.do("network interfaces", lambda s: s.ec2.describe_network_interfaces())
    # moto's VPC has no addresses of IPv6.
    both.do("network acls", lambda s: [entry for entry in s.ec2.describe_network_acls()["NetworkAcls"][0]["Entries"]
                                       if "CidrBlock" in entry])
    both.do("nat gateways", lambda s: s.ec2.describe_nat_gateways()["NatGateways"])
    both.do("vpc endpoints", lambda s: s.ec2.describe_vpc_endpoints()["VpcEndpoints"])
    both.do("peerings", lambda s: s.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"])
    both.do("gateways for ipv6", lambda s: s.ec2.describe_egress_only_internet_gateways()[
        "EgressOnlyInternetGateways"])
    both.do("a region", lambda s: s.ec2.describe_regions(RegionNames=["eu-west-1"])["Regions"])
    for attribute in ["enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"]:
        both.do(f"{attribute} of the vpc", lambda s: s.ec2.describe_vpc_attribute(
            VpcId=s["vpc"], Attribute=attribute))
    both.do("account attributes", lambda s: {
        attribute["AttributeName"]: attribute["AttributeValues"]
        for attribute in s.ec2.describe_account_attributes()["AccountAttributes"]})
    both.mistake("an attribute of a vpc that is not there", lambda s: s.ec2.describe_vpc_attribute(
        VpcId="vpc-01234567890abcdef", Attribute="enableDnsSupport"))
    both.do("no vpc passes the filter", lambda s: s.ec2.describe_vpcs(
        Filters=[{"Name": "tag:nobody", "Values": ["has this"]}]))
    for what, call, argument, value in [
        ("vpc", "describe_vpcs", "VpcIds", "vpc-01234567890abcdef"),
        ("subnet", "describe_subnets", "SubnetIds", "subnet-01234567890abcdef"),
        ("route table", "describe_route_tables", "RouteTableIds", "rtb-01234567890abcdef"),
        ("internet gateway", "describe_internet_gateways", "InternetGatewayIds", "igw-01234567890abcdef"),
        ("address", "describe_addresses", "AllocationIds", "eipalloc-01234567890abcdef"),
        ("instance", "describe_instances", "InstanceIds", "i-01234567890abcdef"),
        ("interface", "describe_network_interfaces", "NetworkInterfaceIds", "eni-01234567890abcdef"),
        ("security group", "describe_security_groups", "GroupIds", "sg-01234567890abcdef"),
        ("zone", "describe_availability_zones", "ZoneNames", "us-west-2z"),
    ]:
        both.mistake(f"there is no such {what}", lambda s: getattr(s.ec2, call)(**{argument: [value]}))


def security_groups(both):
    def create(name, **more):
        def call(s):
            answer = s.ec2.create_security_group(GroupName=name, Description=f"for {name}", VpcId=s["vpc"], **more)
            s.keep(f"sg-{name}", answer["GroupId"])
            return answer
        return call

    def drop(s, answer):
        s.ec2.delete_security_group(GroupId=answer["GroupId"])

    def shown(name):
        return lambda s: s.ec2.describe_security_groups(GroupIds=[s[f"sg-{name}"]])

    def authorize(*permissions):
        return lambda s: s.ec2.authorize_security_group_ingress(
            GroupId=s["sg-front"], IpPermissions=[permission(s) for permission in permissions])

    def revoke(*permissions):
        return lambda s: s.ec2.revoke_security_group_ingress(
            GroupId=s["sg-front"], IpPermissions=[permission(s) for permission in permissions])

    def cidr(port, block, **more):
        return lambda s: {"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                          "IpRanges": [{"CidrIp": block, **more}]}

    def from_back(s):
        return {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": s["sg-back"]}]}

    both.do("the default security group", lambda s: s.ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}, {"Name": "vpc-id", "Values": [s["vpc"]]}]))
    both.do("create a security group", create("front", TagSpecifications=[
        {"ResourceType": "security-group", "Tags": tags(team="a")}]))
    both.do("create another security group", create("back"))
    both.do("a new security group", shown("front"))
    both.mistake("a security group's name twice", lambda s: s.ec2.create_security_group(
        GroupName="front", Description="again", VpcId=s["vpc"]), drop)
    both.mistake("a security group in no vpc", lambda s: s.ec2.create_security_group(
        GroupName="lost", Description="lost", VpcId="vpc-01234567890abcdef"), drop)
    both.mistake("a security group's name begins with sg-", lambda s: s.ec2.create_security_group(
        GroupName="sg-x", Description="x", VpcId=s["vpc"]), drop)
    both.mistake("a security group without a description", lambda s: s.ec2.create_security_group(
        GroupName="mute", Description="", VpcId=s["vpc"]), drop)
    both.mistake("a dry run", lambda s: s.ec2.create_security_group(
        GroupName="dry", Description="dry", VpcId=s["vpc"], DryRun=True), drop)
    both.do("allow an address range", authorize(cidr(80, "10.0.0.0/8", Description="inside")))
    both.do("allow more", authorize(
        lambda s: {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 444,
                   "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        from_back))
    both.do("what is allowed", shown("front"))
    both.do("what is allowed, rule by rule", lambda s: s.ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [s["sg-front"]]}]))
    both.do("by an allowed range", lambda s: [group["GroupName"] for group in s.ec2.describe_security_groups(
        Filters=[{"Name": "ip-permission.cidr", "Values": ["10.0.0.0/8"]}])["SecurityGroups"]])
    both.mistake("allow it twice", authorize(cidr(80, "10.0.0.0/8")))
    both.mistake("allow a broken range", authorize(cidr(80, "10.0.0.0/40")))
    both.mistake("allow a group that is not there", authorize(
        lambda s: {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-01234567890abcdef"}]}))
    both.mistake("allow into a group that is not there", lambda s: s.ec2.authorize_security_group_ingress(
        GroupId="sg-01234567890abcdef", IpPermissions=[cidr(1, "10.0.0.0/8")(s)]))
    both.do("forbid a range", revoke(cidr(80, "10.0.0.0/8")))
    both.mistake("forbid what is not allowed", revoke(cidr(80, "10.0.0.0/8")))
    both.do("what is still allowed", shown("front"))
    both.mistake("delete a group that another's rule names", lambda s: s.ec2.delete_security_group(
        GroupId=s["sg-back"]), lambda s, _: [create("back")(s), authorize(from_back)(s)])
    both.do("forbid the group", revoke(from_back))
    both.do("tag a group", lambda s: s.ec2.create_tags(Resources=[s["sg-front"]], Tags=tags(team="b", more="1")))
    both.do("untag a group", lambda s: s.ec2.delete_tags(Resources=[s["sg-front"]], Tags=[{"Key": "more"}]))
    both.do("a group's tags", lambda s: s.ec2.describe_security_groups(
        Filters=[{"Name": "tag:team", "Values": ["b"]}])["SecurityGroups"][0]["Tags"])
    both.do("tags one by one", lambda s: s.ec2.describe_tags(
        Filters=[{"Name": "resource-id", "Values": [s["sg-front"]]}]))
    both.mistake("tag what is not there", lambda s: s.ec2.create_tags(
        Resources=["sg-01234567890abcdef"], Tags=tags(a="b")))
    both.mistake("a tag of aws's own", lambda s: s.ec2.create_tags(
        Resources=[s["sg-front"]], Tags=[{"Key": "aws:x", "Value": "1"}]))
    both.mistake("delete the default group", lambda s: s.ec2.delete_security_group(
        GroupId=s.ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]))
    both.do("delete a group", lambda s: s.ec2.delete_security_group(GroupId=s["sg-back"]))
    both.mistake("delete a group that is gone", lambda s: s.ec2.delete_security_group(GroupId=s["sg-back"]))


def certificates(both):
    first, renewed = certificate_for("team.example.com", "www.example.com"), certificate_for("team.example.com")
    other = certificate_for("other.example.com")
    curve = certificate_for("curve.example.com", key=ec.generate_private_key(ec.SECP256R1()))

    def bring(label, material, **more):
        def call(s):
            arn = s.acm.import_certificate(**material, **more)["CertificateArn"]
            return s.keep(label, arn)
        return call

    def listed(**arguments):
        # The sandbox begins with a certificate for app.example.com.
        return lambda s: {item["DomainName"]: item
                          for item in s.acm.list_certificates(**arguments)["CertificateSummaryList"]
                          if item["DomainName"] != "app.example.com"}

    def drop(s, answer):
        s.acm.delete_certificate(CertificateArn=answer["CertificateArn"])

    def detail(s):
        found = s.acm.describe_certificate(CertificateArn=s["team"])["Certificate"]
        found["Serial"] = int(found["Serial"].replace(":", ""), 16)
        return found

    both.do("import a certificate", bring("team", first, Tags=tags(team="a")))
    both.do("import another", bring("other", other))
    both.do("import one with an elliptic key", bring("curve", curve))
    both.do("a certificate", detail)
    both.do("its text", lambda s: s.acm.get_certificate(CertificateArn=s["team"]))
    both.do("certificates", listed())
    both.do("certificates of every kind of key", listed(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]}))
    both.do("issued certificates", lambda s: sorted(listed(
        CertificateStatuses=["ISSUED"], Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})(s)))
    both.do("pending certificates", listed(CertificateStatuses=["PENDING_VALIDATION"]))
    both.do("certificates in pages", lambda s: max(len(page["CertificateSummaryList"]) for page in
            s.acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1})))
    both.do("import in its place", lambda s: s.acm.import_certificate(CertificateArn=s["team"], **renewed))
    both.do("the certificate in its place", detail)
    both.do("its tags are kept", lambda s: s.acm.list_tags_for_certificate(CertificateArn=s["team"]))
    both.do("tag a certificate", lambda s: s.acm.add_tags_to_certificate(
        CertificateArn=s["team"], Tags=tags(team="b", more="1")))
    both.do("untag a certificate", lambda s: s.acm.remove_tags_from_certificate(
        CertificateArn=s["team"], Tags=[{"Key": "more"}]))
    both.do("a certificate's tags", lambda s: s.acm.list_tags_for_certificate(CertificateArn=s["team"]))
    both.mistake("tags when importing in place", lambda s: s.acm.import_certificate(
        CertificateArn=s["team"], Tags=tags(a="b"), **renewed),
        lambda s, _: s.acm.remove_tags_from_certificate(CertificateArn=s["team"], Tags=[{"Key": "a"}]))
    both.mistake("import into nothing", lambda s: s.acm.import_certificate(
        CertificateArn=s["team"][:-12] + "0123456789ab", **renewed))
    both.mistake("a key of another certificate", lambda s: s.acm.import_certificate(
        Certificate=first["Certificate"], PrivateKey=other["PrivateKey"]), drop)
    both.mistake("a certificate that is none", lambda s: s.acm.import_certificate(
        Certificate=b"hello", PrivateKey=other["PrivateKey"]), drop)
    both.mistake("a key that is none", lambda s: s.acm.import_certificate(
        Certificate=first["Certificate"], PrivateKey=b"hello"), drop)
    both.mistake("too many tags on a certificate", lambda s: s.acm.add_tags_to_certificate(
        CertificateArn=s["team"], Tags=tags(**{f"k{n}": "v" for n in range(60)})))
    nowhere = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    for what in ["describe", "get", "delete"]:
        both.mistake(f"{what} a certificate that is not there",
                     lambda s: getattr(s.acm, f"{what}_certificate")(CertificateArn=nowhere))
    both.mistake("describe what is no certificate", lambda s: s.acm.describe_certificate(CertificateArn="arn:aws:x"))
    both.do("request a certificate", lambda s: s.keep("asked", s.acm.request_certificate(
        DomainName="*.asked.example.com", ValidationMethod="DNS", IdempotencyToken="once")["CertificateArn"]))
    both.do("request it again", lambda s: s.acm.request_certificate(
        DomainName="*.asked.example.com", ValidationMethod="DNS", IdempotencyToken="once"))
    both.do("delete a certificate", lambda s: s.acm.delete_certificate(CertificateArn=s["asked"]))


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
            **{**arguments(s, "wrong"), **more}), drop)

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
    wrong("a port that is none", "pods", {"Id": "172.31.0.12", "Port": 70000})
    both.mistake("register into nothing", lambda s: s.elb.register_targets(
        TargetGroupArn=s["pods"][:-16] + NOWHERE, Targets=[one]))
    both.do("deregister a target", deregister("pods", two))
    both.do("deregister what is not there", deregister("pods", {"Id": "172.31.0.98"}))
    both.do("targets that are left", health("pods"))


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

    def weighted(*groups):
        return lambda s: [{"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": s[name], "Weight": weight} for name, weight in groups]}}]

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
                                                     weighted(("pods", 1), ("full", 999))))
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
    wrong("that redirects to itself", actions=redirect())
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
        TargetGroupArn=s["machines"]))
    both.mistake("delete a target group that is gone", lambda s: s.elb.delete_target_group(
        TargetGroupArn=s["machines"]))
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


PARTS = [identity, network, security_groups, certificates, load_balancers, target_groups, targets, listeners, rules,
         tagging, nowhere, deletes]
