"""The network, its security groups, and who asks."""

from .shared import pick, tags


def identity(both):
    both.do("who am I", lambda s: s.sts.get_caller_identity())


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
    both.do("one zone by id", lambda s: [zone["ZoneName"] for zone in s.ec2.describe_availability_zones(
        ZoneIds=[zone["ZoneId"] for zone in s.ec2.describe_availability_zones(ZoneNames=["us-west-2b"])[
            "AvailabilityZones"]])["AvailabilityZones"]])
    both.mistake("try to describe subnets", lambda s: s.ec2.describe_subnets(DryRun=True))

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
        ("zone of this id", "describe_availability_zones", "ZoneIds", "usw2-az9"),
        ("address of this ip", "describe_addresses", "PublicIps", "203.0.113.250"),
        ("prefix list", "describe_managed_prefix_lists", "PrefixListIds", "pl-01234567890abcdef"),
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
