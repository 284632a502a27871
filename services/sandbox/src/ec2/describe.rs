//! Describe calls over the network, which nothing changes but for its tags.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::network::{Address, InternetGateway, RouteTable, Subnet, Vpc};
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{not_dry, tag_set};
use super::filters::{Filter, paged, pass};

/// What describe calls ask. The alias lets one type read every call's own list of identifiers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default, rename = "Filter")]
    filters: Vec<Filter>,
    #[serde(
        default,
        alias = "VpcId",
        alias = "SubnetId",
        alias = "RouteTableId",
        alias = "InternetGatewayId",
        alias = "InstanceId",
        alias = "NetworkInterfaceId",
        alias = "AllocationId",
        alias = "ZoneName",
        alias = "PrefixListId",
        alias = "RegionName",
        alias = "NetworkAclId",
        alias = "NatGatewayId",
        alias = "VpcEndpointId",
        alias = "VpcPeeringConnectionId",
        alias = "EgressOnlyInternetGatewayId"
    )]
    ids: Vec<String>,
    /// The other way to name what has two: zones and addresses.
    #[serde(default, alias = "ZoneId", alias = "PublicIp")]
    second_ids: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
    /// Zones and regions that need opting in: there are none.
    #[serde(rename = "AllAvailabilityZones", alias = "AllRegions")]
    _all: Option<bool>,
    /// Instances that AWS services manage: there are none.
    #[serde(rename = "IncludeManagedResources")]
    _include_managed_resources: Option<bool>,
}

/// A resource that can be described.
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    pub(super) tags: &'a Tags,
    /// Values by filter name, in the words of the filters.
    pub(super) fields: Vec<(&'static str, Vec<String>)>,
    pub(super) shown: Value,
}

/// Another identifier than the first: the filter that it is the value of.
#[derive(Clone, Copy)]
pub(super) struct SecondId {
    pub(super) field: &'static str,
    pub(super) not_found: &'static str,
}

pub(crate) fn vpcs(state: &State, request: &Request) -> Answer {
    let vpcs = state.network.vpcs.values().map(|vpc| vpc_item(state, vpc));
    describe(request, "vpcSet", "InvalidVpcID.NotFound", vpcs)
}

pub(crate) fn subnets(state: &State, request: &Request) -> Answer {
    let subnets = state.network.subnets.values();
    let subnets = subnets.map(|subnet| subnet_item(state, subnet));
    describe(request, "subnetSet", "InvalidSubnetID.NotFound", subnets)
}

pub(crate) fn route_tables(state: &State, request: &Request) -> Answer {
    let tables = state.network.route_tables.values();
    let tables = tables.map(|table| route_table_item(state, table));
    describe(
        request,
        "routeTableSet",
        "InvalidRouteTableID.NotFound",
        tables,
    )
}

pub(crate) fn internet_gateways(state: &State, request: &Request) -> Answer {
    let gateways = state.network.internet_gateways.values();
    let gateways = gateways.map(|gateway| gateway_item(state, gateway));
    describe(
        request,
        "internetGatewaySet",
        "InvalidInternetGatewayID.NotFound",
        gateways,
    )
}

pub(crate) fn addresses(state: &State, request: &Request) -> Answer {
    let addresses = state.network.addresses.values();
    let addresses = addresses.map(|address| address_item(state, address));
    let by_address = SecondId {
        field: "public-ip",
        not_found: "InvalidAddress.NotFound",
    };
    describe_by(
        request,
        "addressesSet",
        "InvalidAllocationID.NotFound",
        Some(by_address),
        addresses,
    )
}

pub(super) fn describe<'a>(
    request: &Request,
    set: &str,
    not_found: &'static str,
    items: impl Iterator<Item = Item<'a>>,
) -> Answer {
    describe_by(request, set, not_found, None, items)
}

/// What has a second identifier is described by either, and by both where both are given.
pub(super) fn describe_by<'a>(
    request: &Request,
    set: &str,
    not_found: &'static str,
    second: Option<SecondId>,
    items: impl Iterator<Item = Item<'a>>,
) -> Answer {
    let asked: Describe = request.read()?;
    let items: Vec<Item<'a>> = items.collect();
    let known: BTreeSet<&str> = items.iter().map(|item| item.id).collect();
    if let Some(missing) = asked.ids.iter().find(|id| !known.contains(id.as_str())) {
        return Err(no_such(not_found, missing));
    }
    for id in &asked.second_ids {
        let Some(SecondId { field, not_found }) = second else {
            return Err(request.service.invalid("unknown parameter"));
        };
        if !items.iter().any(|item| item.has(field, id)) {
            return Err(no_such(not_found, id));
        }
    }
    not_dry(asked.dry_run)?;
    let ids: BTreeSet<&str> = asked.ids.iter().map(String::as_str).collect();
    let mut wanted = Vec::new();
    for item in &items {
        let field = |name: &str| {
            item.fields
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, values)| values.clone())
        };
        let by_second = asked.second_ids.is_empty()
            || second.is_some_and(|second| {
                let mut ids = asked.second_ids.iter();
                ids.any(|id| item.has(second.field, id))
            });
        if (ids.is_empty() || ids.contains(item.id))
            && by_second
            && pass(&asked.filters, item.tags, field)?
        {
            wanted.push((item.id.to_owned(), item.shown.clone()));
        }
    }
    let next = asked.next_token.as_deref();
    paged(set, wanted, asked.max_results, next)
}

impl Item<'_> {
    fn has(&self, field: &str, value: &str) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|(name, values)| *name == field && values.iter().any(|found| found == value))
    }
}

fn no_such(code: &'static str, id: &str) -> ApiError {
    ApiError::new(code, format!("The ID '{id}' does not exist"))
}

fn vpc_item<'a>(state: &State, vpc: &'a Vpc) -> Item<'a> {
    let cidr = vpc.cidr.to_string();
    Item {
        id: &vpc.id,
        tags: &vpc.tags,
        fields: vec![
            ("vpc-id", vec![vpc.id.clone()]),
            ("cidr", vec![cidr.clone()]),
            ("cidr-block-association.cidr-block", vec![cidr.clone()]),
            ("state", vec!["available".to_owned()]),
            ("is-default", vec!["true".to_owned()]),
            ("isDefault", vec!["true".to_owned()]),
            ("owner-id", vec![state.account.clone()]),
        ],
        shown: json!({
            "vpcId": vpc.id,
            "ownerId": state.account,
            "state": "available",
            "cidrBlock": cidr,
            "cidrBlockAssociationSet": [{
                "associationId": vpc.id.replacen("vpc-", "vpc-cidr-assoc-", 1),
                "cidrBlock": cidr,
                "cidrBlockState": {"state": "associated"},
            }],
            "ipv6CidrBlockAssociationSet": [{
                "associationId": vpc.id.replacen("vpc-", "vpc-cidr-assoc6-", 1),
                "ipv6CidrBlock": vpc.ipv6_cidr.to_string(),
                "ipv6CidrBlockState": {"state": "associated"},
            }],
            "instanceTenancy": "default",
            "isDefault": true,
            "dhcpOptionsId": "default",
            "tagSet": tag_set(&vpc.tags),
        }),
    }
}

fn subnet_item<'a>(state: &State, subnet: &'a Subnet) -> Item<'a> {
    let cidr = subnet.cidr.to_string();
    let State {
        region, account, ..
    } = state;
    let arn = format!("arn:aws:ec2:{region}:{account}:subnet/{}", subnet.id);
    let ipv6: Vec<Value> = subnet
        .ipv6_cidr
        .iter()
        .map(|cidr| {
            json!({
                "associationId": subnet.id.replacen("subnet-", "subnet-cidr-assoc-", 1),
                "ipv6CidrBlock": cidr.to_string(),
                "ipv6CidrBlockState": {"state": "associated"},
            })
        })
        .collect();
    Item {
        id: &subnet.id,
        tags: &subnet.tags,
        fields: vec![
            ("vpc-id", vec![subnet.vpc_id.clone()]),
            ("subnet-id", vec![subnet.id.clone()]),
            ("subnet-arn", vec![arn.clone()]),
            ("availability-zone", vec![subnet.zone.clone()]),
            ("availabilityZone", vec![subnet.zone.clone()]),
            ("availability-zone-id", vec![subnet.zone_id.clone()]),
            ("cidr-block", vec![cidr.clone()]),
            ("state", vec!["available".to_owned()]),
            ("default-for-az", vec![subnet.public.to_string()]),
            ("map-public-ip-on-launch", vec![subnet.public.to_string()]),
            ("owner-id", vec![account.clone()]),
        ],
        shown: json!({
            "subnetId": subnet.id,
            "subnetArn": arn,
            "vpcId": subnet.vpc_id,
            "ownerId": account,
            "state": "available",
            "availabilityZone": subnet.zone,
            "availabilityZoneId": subnet.zone_id,
            "cidrBlock": cidr,
            "ipv6CidrBlockAssociationSet": ipv6,
            "availableIpAddressCount": state.network.count_free(subnet),
            "defaultForAz": subnet.public,
            "mapPublicIpOnLaunch": subnet.public,
            "assignIpv6AddressOnCreation": false,
            "ipv6Native": false,
            "enableDns64": false,
            "privateDnsNameOptionsOnLaunch": {
                "hostnameType": "ip-name",
                "enableResourceNameDnsARecord": false,
                "enableResourceNameDnsAAAARecord": false,
            },
            "tagSet": tag_set(&subnet.tags),
        }),
    }
}

fn route_table_item<'a>(state: &State, table: &'a RouteTable) -> Item<'a> {
    let local = state
        .network
        .vpcs
        .get(&table.vpc_id)
        .map(|vpc| vpc.cidr.to_string());
    let mut routes = vec![json!({
        "destinationCidrBlock": local,
        "gatewayId": "local",
        "origin": "CreateRouteTable",
        "state": "active",
    })];
    if let Some(gateway) = &table.gateway {
        routes.push(json!({
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": gateway,
            "origin": "CreateRoute",
            "state": "active",
        }));
    }
    let association = |subnet: Option<&String>| {
        let of = subnet.unwrap_or(&table.id);
        json!({
            "main": subnet.is_none(),
            "routeTableAssociationId": format!("rtbassoc-{}", of.split_once('-').map_or("", |(_, id)| id)),
            "routeTableId": table.id,
            "subnetId": subnet,
            "associationState": {"state": "associated"},
        })
    };
    let mut associations: Vec<Value> = table
        .subnets
        .iter()
        .map(|id| association(Some(id)))
        .collect();
    if table.main {
        associations.push(association(None));
    }
    Item {
        id: &table.id,
        tags: &table.tags,
        fields: vec![
            ("vpc-id", vec![table.vpc_id.clone()]),
            ("route-table-id", vec![table.id.clone()]),
            ("association.main", vec![table.main.to_string()]),
            ("association.subnet-id", table.subnets.clone()),
            ("route.gateway-id", table.gateway.iter().cloned().collect()),
        ],
        shown: json!({
            "routeTableId": table.id,
            "vpcId": table.vpc_id,
            "ownerId": state.account,
            "routeSet": routes,
            "associationSet": associations,
            "propagatingVgwSet": [],
            "tagSet": tag_set(&table.tags),
        }),
    }
}

fn gateway_item<'a>(state: &State, gateway: &'a InternetGateway) -> Item<'a> {
    Item {
        id: &gateway.id,
        tags: &gateway.tags,
        fields: vec![
            ("internet-gateway-id", vec![gateway.id.clone()]),
            ("attachment.vpc-id", vec![gateway.vpc_id.clone()]),
            ("attachment.state", vec!["available".to_owned()]),
            ("owner-id", vec![state.account.clone()]),
        ],
        shown: json!({
            "internetGatewayId": gateway.id,
            "ownerId": state.account,
            "attachmentSet": [{"state": "available", "vpcId": gateway.vpc_id}],
            "tagSet": tag_set(&gateway.tags),
        }),
    }
}

fn address_item<'a>(state: &State, address: &'a Address) -> Item<'a> {
    let used = state
        .load_balancers
        .values()
        .flat_map(|lb| &lb.zones)
        .find(|zone| zone.mapping.allocation_id.as_ref() == Some(&address.id));
    let association = used.map(|_| address.id.replacen("eipalloc-", "eipassoc-", 1));
    let public_ip = address.public_ip.to_string();
    Item {
        id: &address.id,
        tags: &address.tags,
        fields: vec![
            ("allocation-id", vec![address.id.clone()]),
            ("association-id", association.iter().cloned().collect()),
            ("public-ip", vec![public_ip.clone()]),
            ("domain", vec!["vpc".to_owned()]),
        ],
        shown: json!({
            "allocationId": address.id,
            "associationId": association,
            "publicIp": public_ip,
            "domain": "vpc",
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": state.region,
            "tagSet": tag_set(&address.tags),
        }),
    }
}
