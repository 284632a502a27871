"""Network interfaces, instances and prefix lists."""

from .shared import pick, tags

MEMBERS = ["Description", "InterfaceType", "PrivateIpAddress", "RequesterManaged", "SourceDestCheck", "Status",
           "SubnetId", "VpcId", "AvailabilityZone", "OwnerId"]


def interfaces(both):
    def create(label, **more):
        def call(s):
            found = s.ec2.create_network_interface(SubnetId=s["subnet-a"], **more)["NetworkInterface"]
            s.keep(label, found["NetworkInterfaceId"])
            return pick([found], *MEMBERS)
        return call

    def wrong(name, **more):
        both.mistake(f"create an interface {name}", lambda s: s.ec2.create_network_interface(
            **{"SubnetId": s["subnet-a"], **{key: value(s) if callable(value) else value
                                             for key, value in more.items()}}),
                     lambda s, answer: s.ec2.delete_network_interface(
                         NetworkInterfaceId=answer["NetworkInterface"]["NetworkInterfaceId"]))

    def shown(s):
        [found] = s.ec2.describe_network_interfaces(NetworkInterfaceIds=[s["eni"]])["NetworkInterfaces"]
        return {**pick([found], *MEMBERS)[0], "Groups": found["Groups"], "Tags": found["TagSet"],
                "Addresses": pick(found["PrivateIpAddresses"], "PrivateIpAddress", "Primary")}

    def by(name, value):
        both.do(f"interfaces by {name}", lambda s: [found["Description"] for found in s.ec2.describe_network_interfaces(
            Filters=[{"Name": name, "Values": [value(s) if callable(value) else value]},
                     {"Name": "description", "Values": ["for *"]}])["NetworkInterfaces"]])

    both.do("create an interface", create(
        "eni", Description="for pods", PrivateIpAddress="172.31.0.20",
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags(team="a")}]))
    both.do("a new interface", shown)
    both.do("an interface's groups", lambda s: s.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=s["eni"], Groups=[s["sg-front"]]))
    both.do("the changed interface", shown)
    for name, value in [
        ("private-ip-address", "172.31.0.20"), ("addresses.private-ip-address", "172.31.0.20"),
        ("network-interface-id", lambda s: s["eni"]), ("subnet-id", lambda s: s["subnet-a"]),
        ("vpc-id", lambda s: s["vpc"]), ("group-id", lambda s: s["sg-front"]), ("tag:team", "a"),
        ("availability-zone", "us-west-2a"),
    ]:
        by(name, value)
    wrong("in a subnet that is not there", SubnetId="subnet-01234567890abcdef")
    wrong("with an address of another subnet", PrivateIpAddress="10.0.0.1")
    wrong("with an address in use", PrivateIpAddress="172.31.0.20")
    wrong("with six groups", Groups=lambda s: [s.ec2.create_security_group(
        GroupName=f"six{n}", Description="six", VpcId=s["vpc"])["GroupId"] for n in range(6)])
    for n in range(6):
        both.do(f"delete group six{n}", lambda s: [s.ec2.delete_security_group(GroupName=f"six{n}"), None][1])
    both.mistake("delete a security group on an interface", lambda s: s.ec2.delete_security_group(
        GroupId=s["sg-front"]), lambda s, _: s.keep("sg-front", s.ec2.create_security_group(
            GroupName="front", Description="for front", VpcId=s["vpc"], TagSpecifications=[
                {"ResourceType": "security-group", "Tags": tags(team="b")}])["GroupId"]))
    both.mistake("change an interface that is not there", lambda s: s.ec2.modify_network_interface_attribute(
        NetworkInterfaceId="eni-01234567890abcdef", Groups=[s["sg-front"]]))
    both.do("delete an interface", lambda s: s.ec2.delete_network_interface(NetworkInterfaceId=s["eni"]))
    both.mistake("delete an interface that is gone", lambda s: s.ec2.delete_network_interface(
        NetworkInterfaceId=s["eni"]))


def instances(both):
    def run(s):
        [found] = s.ec2.run_instances(
            ImageId="ami-12c6146b", InstanceType="m5.large", MinCount=1, MaxCount=1, SubnetId=s["subnet-a"],
            SecurityGroupIds=[s["sg-front"]], TagSpecifications=[
                {"ResourceType": "instance", "Tags": tags(team="a")}])["Instances"]
        s.keep("node", found["InstanceId"])
        return {**pick([found], "InstanceType", "SubnetId", "VpcId", "State")[0], "Groups": found["SecurityGroups"]}

    def shown(s):
        [found] = s.ec2.describe_instances(InstanceIds=[s["node"]])["Reservations"][0]["Instances"]
        [interface] = found.get("NetworkInterfaces") or [{"Attachment": {}, "Groups": []}]
        return {"State": found["State"]["Name"], "Groups": found.get("SecurityGroups"),
                "Zone": found["Placement"]["AvailabilityZone"], "Index": interface["Attachment"].get("DeviceIndex"),
                "Interface groups": interface["Groups"], "Status": interface.get("Status")}

    both.do("run an instance", run)
    both.do("wait for the instance", lambda s: s.ec2.get_waiter("instance_running").wait(
        InstanceIds=[s["node"]], WaiterConfig={"Delay": 1}))
    both.do("a new instance", shown)
    for name, value in [("instance-state-name", "running"), ("tag:team", "a"), ("vpc-id", "vpc"),
                        ("instance.group-id", "sg-front"), ("network-interface.group-id", "sg-front")]:
        both.do(f"instances by {name}", lambda s: [
            found["Instances"][0]["InstanceId"] for found in s.ec2.describe_instances(
                Filters=[{"Name": name, "Values": [s.known.get(value, value)]}])["Reservations"]])
    both.do("interfaces of an instance", lambda s: len(s.ec2.describe_network_interfaces(
        Filters=[{"Name": "attachment.instance-id", "Values": [s["node"]]}])["NetworkInterfaces"]))
    both.mistake("delete the interface of an instance", lambda s: s.ec2.delete_network_interface(
        NetworkInterfaceId=s.ec2.describe_network_interfaces(Filters=[
            {"Name": "attachment.instance-id", "Values": [s["node"]]}])["NetworkInterfaces"][0]["NetworkInterfaceId"]))
    both.mistake("run an instance in a subnet that is not there", lambda s: s.ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId="subnet-01234567890abcdef"))
    both.mistake("run no instance", lambda s: s.ec2.run_instances(ImageId="ami-12c6146b", MinCount=0, MaxCount=0))
    both.do("terminate an instance", lambda s: s.ec2.terminate_instances(InstanceIds=[s["node"]]))
    both.do("a terminated instance", lambda s: s.ec2.describe_instances(
        InstanceIds=[s["node"]])["Reservations"][0]["Instances"][0]["State"]["Name"])
    both.mistake("terminate what is not there", lambda s: s.ec2.terminate_instances(
        InstanceIds=["i-01234567890abcdef"]))


def prefix_lists(both):
    def create(s):
        found = s.ec2.create_managed_prefix_list(
            PrefixListName="offices", AddressFamily="IPv4", MaxEntries=3,
            Entries=[{"Cidr": "192.0.2.0/24", "Description": "here"}])["PrefixList"]
        s.keep("offices", found["PrefixListId"])
        return pick([found], "PrefixListName", "AddressFamily", "MaxEntries", "Version", "OwnerId")

    def allow(name, value):
        return lambda s: s.ec2.authorize_security_group_ingress(GroupId=s["sg-front"], IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "PrefixListIds": [{"PrefixListId": value(s)}]}])["Return"]

    both.do("create a prefix list", create)
    both.do("a prefix list", lambda s: pick(s.ec2.describe_managed_prefix_lists(PrefixListIds=[s["offices"]])[
        "PrefixLists"], "PrefixListName", "AddressFamily", "MaxEntries", "Version", "OwnerId"))
    both.do("its entries", lambda s: s.ec2.get_managed_prefix_list_entries(PrefixListId=s["offices"])["Entries"])
    both.do("allow a prefix list", allow("it", lambda s: s["offices"]))
    both.mistake("allow a prefix list that is not there", allow("another", lambda s: "pl-01234567890abcdef"),
                 lambda s, _: s.ec2.revoke_security_group_ingress(GroupId=s["sg-front"], IpPermissions=[
                     {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9,
                      "PrefixListIds": [{"PrefixListId": "pl-01234567890abcdef"}]}]))
    both.do("forbid it again", lambda s: s.ec2.revoke_security_group_ingress(
        GroupId=s["sg-front"], IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "PrefixListIds": [{"PrefixListId": s["offices"]}]}])[
                "Return"])
    both.do("delete a prefix list", lambda s: s.ec2.delete_managed_prefix_list(PrefixListId=s["offices"])[
        "PrefixList"]["PrefixListId"])
