//! What a call must be allowed: by operation, what it is done to, and the tags of that and of the request.

use serde::Deserialize;

use crate::error::ApiError;
use crate::operation::Request;
use crate::service::Service;
use crate::state::State;
use crate::tags::{Tag, Tags};
use crate::{ec2, elbv2};

use super::Ask;

/// Where a call says what it is about; each operation has few of these.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    name: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    load_balancer_arn: Option<String>,
    listener_arn: Option<String>,
    rule_arn: Option<String>,
    target_group_arn: Option<String>,
    resource_arns: Vec<String>,
    rule_priorities: Vec<RulePriority>,
    certificate_arn: Option<String>,
    tags: Vec<Tag>,
    group_id: Option<String>,
    vpc_id: Option<String>,
    #[serde(rename = "SecurityGroupRuleId")]
    group_rules: Vec<String>,
    #[serde(rename = "ResourceId")]
    resources: Vec<String>,
    #[serde(rename = "Tag")]
    tag: Vec<Tag>,
    #[serde(rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RulePriority {
    rule_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagSpecification {
    #[serde(rename = "Tag")]
    tags: Vec<Tag>,
}

pub(super) fn of(operation: &str, request: &Request, state: &State) -> Result<Vec<Ask>, ApiError> {
    let named: Named = request.read()?;
    let asking = Asking { operation, state };
    Ok(match request.service {
        Service::Elbv2 => asking.elbv2(&named),
        Service::Ec2 => asking.ec2(&named),
        Service::Acm => asking.acm(&named),
        Service::Tagging => vec![asking.everything("tag")],
        // Everybody may ask who they are.
        Service::Sts => Vec::new(),
    })
}

/// The operation, and the region that it is in.
#[derive(Clone, Copy)]
struct Asking<'a> {
    operation: &'a str,
    state: &'a State,
}

impl Asking<'_> {
    /// An action that takes no resource.
    fn everything(self, prefix: &str) -> Ask {
        self.on(prefix, "*")
    }

    fn on(self, prefix: &str, resource: &str) -> Ask {
        Ask {
            action: format!("{prefix}:{}", self.operation),
            resource: resource.to_owned(),
            keys: Vec::new(),
        }
    }

    fn arn(self, service: &str, rest: &str) -> String {
        let State {
            region, account, ..
        } = self.state;
        format!("arn:aws:{service}:{region}:{account}:{rest}")
    }

    /// What puts tags on something in the request that makes it.
    fn tagging(self, action: &str, resource: &str, tags: &[Tag]) -> Option<Ask> {
        let (prefix, _) = action.split_once(':')?;
        let mut ask = Ask {
            action: action.to_owned(),
            resource: resource.to_owned(),
            keys: vec![(format!("{prefix}:CreateAction"), self.operation.to_owned())],
        };
        ask.requests(tags);
        (!tags.is_empty()).then_some(ask)
    }

    fn elbv2(self, named: &Named) -> Vec<Ask> {
        let prefix = "elasticloadbalancing";
        let made = match self.operation {
            "CreateLoadBalancer" => {
                let kind = match named.kind.as_deref() {
                    Some("network") => "net",
                    Some(_) | None => "app",
                };
                let name = named.name.as_deref().unwrap_or_default();
                let new = self.arn(prefix, &format!("loadbalancer/{kind}/{name}/0"));
                Some((new.clone(), new))
            }
            "CreateTargetGroup" => {
                let name = named.name.as_deref().unwrap_or_default();
                let new = self.arn(prefix, &format!("targetgroup/{name}/0"));
                Some((new.clone(), new))
            }
            // These are granted by what they are a part of.
            "CreateListener" => part("loadbalancer", "listener", named.load_balancer_arn.as_ref()),
            "CreateRule" => part("listener", "listener-rule", named.listener_arn.as_ref()),
            _ => None,
        };
        if let Some((granted_by, new)) = made {
            let mut ask = self.on(prefix, &granted_by);
            ask.has(elbv2::tagging::tags(self.state, &granted_by));
            ask.requests(&named.tags);
            let tagging = self.tagging("elasticloadbalancing:AddTags", &new, &named.tags);
            return [Some(ask), tagging].into_iter().flatten().collect();
        }
        if self.operation.starts_with("Describe") {
            return vec![self.everything(prefix)];
        }
        let ordered = named.rule_priorities.iter();
        let ordered = ordered.filter_map(|it| it.rule_arn.as_ref());
        let about = [
            &named.load_balancer_arn,
            &named.listener_arn,
            &named.rule_arn,
            &named.target_group_arn,
        ];
        let about = about.into_iter().flatten();
        let about = about.chain(&named.resource_arns).chain(ordered);
        let asks = about.map(|arn| {
            let mut ask = self.on(prefix, arn);
            // The one action whose resources' tags AWS does not look at.
            if self.operation != "SetRulePriorities" {
                ask.has(elbv2::tagging::tags(self.state, arn));
            }
            if self.operation == "AddTags" {
                ask.requests(&named.tags);
            }
            ask
        });
        asks.collect()
    }

    fn ec2(self, named: &Named) -> Vec<Ask> {
        let tags: Vec<Tag> = named
            .tag_specifications
            .iter()
            .flat_map(|it| it.tags.iter().cloned())
            .collect();
        let of = |id: &str| {
            let mut ask = self.on("ec2", &self.arn("ec2", &format!("{}/{id}", kind(id))));
            ask.has(ec2::tagging::tags(self.state, id));
            ask
        };
        let new = |kind: &str| {
            let new = self.arn("ec2", &format!("{kind}/new"));
            let mut ask = self.on("ec2", &new);
            ask.requests(&tags);
            let tagging = self.tagging("ec2:CreateTags", &new, &tags);
            [Some(ask), tagging].into_iter().flatten()
        };
        match self.operation {
            "CreateSecurityGroup" => {
                let vpc = named.vpc_id.iter().map(|id| of(id));
                vpc.chain(new("security-group")).collect()
            }
            "AuthorizeSecurityGroupIngress" => {
                let group = named.group_id.iter().map(|id| of(id));
                group.chain(new("security-group-rule")).collect()
            }
            "RevokeSecurityGroupIngress" | "DeleteSecurityGroup" => {
                let ids = named.group_id.iter().chain(&named.group_rules);
                ids.map(|id| of(id)).collect()
            }
            "CreateTags" | "DeleteTags" => {
                let asks = named.resources.iter().map(|id| {
                    let mut ask = of(id);
                    ask.requests(&named.tag);
                    ask
                });
                asks.collect()
            }
            _ => vec![self.everything("ec2")],
        }
    }

    fn acm(self, named: &Named) -> Vec<Ask> {
        let Some(arn) = &named.certificate_arn else {
            if self.operation != "ImportCertificate" {
                return vec![self.everything("acm")];
            }
            let new = self.arn("acm", "certificate/new");
            let mut ask = self.on("acm", &new);
            ask.requests(&named.tags);
            let tagging = self.tagging("acm:AddTagsToCertificate", &new, &named.tags);
            return [Some(ask), tagging].into_iter().flatten().collect();
        };
        let mut ask = self.on("acm", arn);
        ask.has(self.state.certificates.get(arn).map(|it| &it.tags));
        ask.requests(&named.tags);
        vec![ask]
    }
}

impl Ask {
    /// The tags of what it is about, where that is there.
    fn has(&mut self, tags: Option<&Tags>) {
        let tags = tags.into_iter().flatten();
        let keys = tags.map(|(key, value)| (format!("aws:ResourceTag/{key}"), value.clone()));
        self.keys.extend(keys);
    }

    /// The tags in the request.
    fn requests(&mut self, tags: &[Tag]) {
        let keys = tags
            .iter()
            .map(|tag| (format!("aws:RequestTag/{}", tag.key), tag.value.clone()));
        self.keys.extend(keys);
    }
}

/// What a part is made in, and an ARN as the part's own will be.
fn part(whole: &str, part: &str, arn: Option<&String>) -> Option<(String, String)> {
    let arn = arn?;
    let new = arn.replacen(&format!(":{whole}/"), &format!(":{part}/"), 1);
    Some((arn.clone(), format!("{new}/0")))
}

/// The resource type in the ARN of something with this identifier.
fn kind(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("sg") => "security-group",
        Some("sgr") => "security-group-rule",
        Some("vpc") => "vpc",
        _ => "other",
    }
}
