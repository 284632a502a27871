//! Calls about prefix lists, and the lists that AWS has itself.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::prefix_lists::{Entry, Family, Owner, PrefixList};
use crate::resources::security_groups::Peer;
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{TagSpecification, not_dry, specified, tag_set};
use super::describe::{Item, describe};
use super::filters::paged;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    prefix_list_name: String,
    #[serde(default, rename = "Entry")]
    entries: Vec<EntryArg>,
    max_entries: u32,
    address_family: Family,
    #[serde(default, rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
    client_token: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EntryArg {
    cidr: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    prefix_list_id: String,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetEntries {
    prefix_list_id: String,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
}

/// AWS's own lists, with their weights ("AWS-managed prefix lists"). Their entries are ranges for
/// documentation, since no packet goes there.
pub(crate) fn seed(state: &mut State) {
    let region = state.region.clone();
    let v4: IpNet = Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24).into();
    let v6: IpNet = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 48).into();
    let global = "com.amazonaws.global.cloudfront.origin-facing";
    for (name, family, weight, cidr) in [
        (global.to_owned(), Family::Ipv4, 55, v4),
        (
            global.replace("global.", "global.ipv6."),
            Family::Ipv6,
            55,
            v6,
        ),
        (format!("com.amazonaws.{region}.s3"), Family::Ipv4, 1, v4),
        (
            format!("com.amazonaws.{region}.dynamodb"),
            Family::Ipv4,
            1,
            v4,
        ),
    ] {
        let id = state.ids.ec2("pl");
        let list = PrefixList {
            id: id.clone(),
            name,
            family,
            max_entries: weight,
            entries: vec![Entry {
                cidr,
                description: None,
            }],
            owner: Owner::Aws,
            tags: Tags::new(),
        };
        state.network.prefix_lists.insert(id, list);
    }
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    let tags = specified(state, "prefix-list", &asked.tag_specifications)?;
    if asked.prefix_list_name.starts_with("com.amazonaws") || asked.prefix_list_name.is_empty() {
        return Err(ApiError::new(
            "InvalidParameterValue",
            "The prefix list name is not valid",
        ));
    }
    let mut entries = Vec::new();
    for EntryArg { cidr, description } in asked.entries {
        let parsed: Option<IpNet> = cidr.parse().ok();
        let fits = match (parsed, asked.address_family) {
            (Some(IpNet::V4(_)), Family::Ipv4) | (Some(IpNet::V6(_)), Family::Ipv6) => parsed,
            (Some(_) | None, _) => None,
        };
        let Some(cidr) = fits else {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!("The CIDR '{cidr}' is not one of the prefix list's address family"),
            ));
        };
        entries.push(Entry { cidr, description });
    }
    // "Maximum number of entries per prefix list: 1,000" (Amazon VPC quotas).
    if !(1..=1000).contains(&asked.max_entries) || entries.len() > asked.max_entries as usize {
        return Err(ApiError::new(
            "PrefixListMaxEntriesExceeded",
            "The entries of the prefix list exceed its maximum",
        ));
    }
    not_dry(asked.dry_run)?;
    let token = asked.client_token;
    if let Some(id) = state.network.made_by(token.as_deref()).first()
        && let Some(list) = state.network.prefix_lists.get(id)
    {
        return Ok(json!({"prefixList": shown(state, list)}));
    }
    let id = state.ids.ec2("pl");
    let list = PrefixList {
        id: id.clone(),
        name: asked.prefix_list_name,
        family: asked.address_family,
        max_entries: asked.max_entries,
        entries,
        owner: Owner::Account,
        tags,
    };
    let answer = json!({"prefixList": shown(state, &list)});
    state.network.prefix_lists.insert(id.clone(), list);
    state.network.remember(token, vec![id]);
    Ok(answer)
}

/// One that a rule names stays.
pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let Delete {
        prefix_list_id,
        dry_run,
    } = request.read()?;
    let list = find(state, &prefix_list_id)?;
    match list.owner {
        Owner::Account => {}
        Owner::Aws => {
            return Err(ApiError::new(
                "OperationNotPermitted",
                "AWS-managed prefix lists cannot be deleted",
            ));
        }
    }
    let used = state
        .security_groups
        .values()
        .flat_map(|group| group.ingress.iter().chain(&group.egress))
        .any(|rule| rule.permission.peer == Peer::PrefixList(prefix_list_id.clone()));
    if used {
        return Err(ApiError::new(
            "DependencyViolation",
            format!("resource {prefix_list_id} has a dependent object"),
        ));
    }
    not_dry(dry_run)?;
    let answer = json!({"prefixList": shown(state, list)});
    state.network.prefix_lists.remove(&prefix_list_id);
    Ok(answer)
}

pub(crate) fn describe_lists(state: &State, request: &Request) -> Answer {
    let lists = state.network.prefix_lists.values();
    let lists = lists.map(|list| Item {
        id: &list.id,
        tags: &list.tags,
        fields: vec![
            ("owner-id", vec![owner(state, list).to_owned()]),
            ("prefix-list-id", vec![list.id.clone()]),
            ("prefix-list-name", vec![list.name.clone()]),
        ],
        shown: shown(state, list),
    });
    describe(
        request,
        "prefixListSet",
        "InvalidPrefixListID.NotFound",
        lists,
    )
}

pub(crate) fn entries(state: &State, request: &Request) -> Answer {
    let asked: GetEntries = request.read()?;
    let list = find(state, &asked.prefix_list_id)?;
    not_dry(asked.dry_run)?;
    let entries = list.entries.iter().map(|entry| {
        let shown = json!({"cidr": entry.cidr, "description": entry.description});
        (entry.cidr.to_string(), shown)
    });
    let next = asked.next_token.as_deref();
    paged("entrySet", entries.collect(), asked.max_results, next)
}

/// The list of this identifier.
pub(crate) fn find<'a>(state: &'a State, id: &str) -> Result<&'a PrefixList, ApiError> {
    state.network.prefix_lists.get(id).ok_or_else(|| {
        ApiError::new(
            "InvalidPrefixListID.NotFound",
            format!("The prefix list ID '{id}' does not exist"),
        )
    })
}

fn owner<'a>(state: &'a State, list: &PrefixList) -> &'a str {
    match list.owner {
        Owner::Aws => "AWS",
        Owner::Account => &state.account,
    }
}

fn shown(state: &State, list: &PrefixList) -> Value {
    let State {
        region, account, ..
    } = state;
    let (of, own) = match list.owner {
        Owner::Aws => ("aws", None),
        Owner::Account => (account.as_str(), Some(list.max_entries)),
    };
    json!({
        "prefixListId": list.id,
        "prefixListArn": format!("arn:aws:ec2:{region}:{of}:prefix-list/{}", list.id),
        "prefixListName": list.name,
        "addressFamily": list.family,
        "state": "create-complete",
        "maxEntries": own,
        "version": own.map(|_| 1),
        "ownerId": owner(state, list),
        "tagSet": tag_set(&list.tags),
    })
}
