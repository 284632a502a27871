//! What else a person looks at in a network: mostly that there is none of it, and what every
//! default VPC has.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::state::State;
use crate::tags::Tags;

use super::arguments::not_dry;
use super::describe::{Item, describe};
use super::filters::{Filter, paged, pass};
use super::security_groups::no_vpc;
use super::tagging::tagged;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeTags {
    #[serde(default, rename = "Filter")]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeVpcAttribute {
    vpc_id: String,
    attribute: String,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeAccountAttributes {
    #[serde(default, rename = "AttributeName")]
    names: Vec<String>,
    dry_run: Option<bool>,
}

pub(crate) fn nat_gateways(_state: &State, request: &Request) -> Answer {
    none(request, "natGatewaySet", "NatGatewayNotFound")
}

pub(crate) fn vpc_endpoints(_state: &State, request: &Request) -> Answer {
    none(request, "vpcEndpointSet", "InvalidVpcEndpointId.NotFound")
}

pub(crate) fn vpc_peering_connections(_state: &State, request: &Request) -> Answer {
    none(
        request,
        "vpcPeeringConnectionSet",
        "InvalidVpcPeeringConnectionID.NotFound",
    )
}

pub(crate) fn egress_only_internet_gateways(_state: &State, request: &Request) -> Answer {
    none(
        request,
        "egressOnlyInternetGatewaySet",
        "InvalidEgressOnlyInternetGatewayId.NotFound",
    )
}

/// Every VPC's default one, which lets everything through.
pub(crate) fn network_acls(state: &State, request: &Request) -> Answer {
    let none = Tags::new();
    let network = &state.network;
    let acls: Vec<(String, &String)> = network
        .vpcs
        .keys()
        .map(|vpc| (vpc.replacen("vpc-", "acl-", 1), vpc))
        .collect();
    let acls = acls.iter().map(|(id, vpc_id)| {
        let subnets: Vec<&String> = network
            .subnets
            .values()
            .filter(|subnet| subnet.vpc_id == **vpc_id)
            .map(|subnet| &subnet.id)
            .collect();
        let associations: Vec<Value> = subnets
            .iter()
            .map(|subnet| {
                json!({
                    "networkAclAssociationId": subnet.replacen("subnet-", "aclassoc-", 1),
                    "networkAclId": id,
                    "subnetId": subnet,
                })
            })
            .collect();
        Item {
            id,
            tags: &none,
            fields: vec![
                ("network-acl-id", vec![id.clone()]),
                ("vpc-id", vec![(*vpc_id).clone()]),
                ("owner-id", vec![state.account.clone()]),
                ("default", vec!["true".to_owned()]),
                (
                    "association.subnet-id",
                    subnets.into_iter().cloned().collect(),
                ),
            ],
            shown: json!({
                "networkAclId": id,
                "vpcId": vpc_id,
                "ownerId": state.account,
                "default": true,
                "associationSet": associations,
                "entrySet": entries(),
                "tagSet": [],
            }),
        }
    });
    describe(
        request,
        "networkAclSet",
        "InvalidNetworkAclID.NotFound",
        acls,
    )
}

pub(crate) fn tags(state: &State, request: &Request) -> Answer {
    let asked: DescribeTags = request.read()?;
    let mut wanted = Vec::new();
    for (kind, id, tags) in tagged(state) {
        for (key, value) in tags {
            let own = Tags::from([(key.clone(), value.clone())]);
            let field = |name: &str| {
                let text = match name {
                    "resource-id" => id,
                    "resource-type" => kind,
                    "key" => key,
                    "value" => value,
                    _ => return None,
                };
                Some(vec![text.to_owned()])
            };
            if pass(&asked.filters, &own, field)? {
                let shown =
                    json!({"resourceId": id, "resourceType": kind, "key": key, "value": value});
                wanted.push((format!("{kind}/{id}/{key}"), shown));
            }
        }
    }
    not_dry(asked.dry_run)?;
    let next = asked.next_token.as_deref();
    paged("tagSet", wanted, asked.max_results, next)
}

/// A default VPC has names by DNS, and no metrics.
pub(crate) fn vpc_attribute(state: &State, request: &Request) -> Answer {
    let DescribeVpcAttribute {
        vpc_id,
        attribute,
        dry_run,
    } = request.read()?;
    if !state.network.vpcs.contains_key(&vpc_id) {
        return Err(no_vpc(&vpc_id));
    }
    let value = match attribute.as_str() {
        "enableDnsSupport" | "enableDnsHostnames" => true,
        "enableNetworkAddressUsageMetrics" => false,
        _ => {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!("Value ({attribute}) for parameter attribute is invalid."),
            ));
        }
    };
    not_dry(dry_run)?;
    Ok(json!({"vpcId": vpc_id, attribute: {"value": value}}))
}

pub(crate) fn account_attributes(state: &State, request: &Request) -> Answer {
    let DescribeAccountAttributes { names, dry_run } = request.read()?;
    let default_vpc = state.network.vpcs.keys().next().map_or("none", |id| id);
    let per_interface = state.quotas.security_groups_per_interface.to_string();
    let known = [
        ("default-vpc", default_vpc),
        ("max-elastic-ips", "5"),
        ("supported-platforms", "VPC"),
        ("vpc-max-elastic-ips", "5"),
        (
            "vpc-max-security-groups-per-interface",
            per_interface.as_str(),
        ),
    ];
    if let Some(unknown) = names
        .iter()
        .find(|name| !known.iter().any(|(known, _)| known == name))
    {
        return Err(ApiError::new(
            "InvalidParameterValue",
            format!("The account attribute '{unknown}' is not known"),
        ));
    }
    not_dry(dry_run)?;
    let attributes: Vec<Value> = known
        .into_iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|asked| asked == name))
        .map(|(name, value)| {
            json!({"attributeName": name, "attributeValueSet": [{"attributeValue": value}]})
        })
        .collect();
    Ok(json!({"accountAttributeSet": attributes}))
}

/// The network has none of these.
fn none(request: &Request, set: &str, not_found: &'static str) -> Answer {
    describe(request, set, not_found, std::iter::empty())
}

/// Everything in and out, for both families, and the rule that would refuse the rest.
fn entries() -> Vec<Value> {
    let mut entries = Vec::new();
    for egress in [false, true] {
        for (number, action) in [(100, "allow"), (32_767, "deny")] {
            entries.push(json!({
                "ruleNumber": number, "ruleAction": action, "egress": egress, "protocol": "-1",
                "cidrBlock": "0.0.0.0/0",
            }));
            entries.push(json!({
                "ruleNumber": number + 1, "ruleAction": action, "egress": egress,
                "protocol": "-1", "ipv6CidrBlock": "::/0",
            }));
        }
    }
    entries
}
