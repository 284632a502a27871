//! Rules of ALB listeners.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::actions::Action;
use crate::resources::load_balancers::Kind;
use crate::resources::rules::{Condition, Priority, Rule, Transform};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag};

use super::action_checks::{self, Entrance};
use super::authentication::Secret;
use super::{conditions, references, transforms};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    listener_arn: String,
    conditions: Vec<Condition>,
    priority: i64,
    actions: Vec<Action>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    transforms: Vec<Transform>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    rule_arn: String,
    conditions: Option<Vec<Condition>>,
    actions: Option<Vec<Action>>,
    transforms: Option<Vec<Transform>>,
    reset_transforms: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ByArn {
    rule_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    listener_arn: Option<String>,
    #[serde(default)]
    rule_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetPriorities {
    rule_priorities: Vec<RulePriority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RulePriority {
    rule_arn: String,
    priority: i64,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    let load_balancer = state.load_balancer(&listener.load_balancer_arn)?;
    if load_balancer.kind == Kind::Network {
        return Err(ApiError::new(
            "OperationNotPermitted",
            "Rules are for listeners of application load balancers only",
        ));
    }
    let priority = check_priority(asked.priority)?;
    let tags = tags::of_new(Service::Elbv2, &asked.tags, state.quotas.tags_per_resource)?;
    let conditions = conditions::checked(&state.quotas, asked.conditions)?;
    let transforms = transforms::checked(asked.transforms)?;
    let actions = action_checks::checked(
        state,
        Entrance {
            load_balancer,
            protocol: listener.protocol,
            port: listener.port,
        },
        Secret::Needed,
        asked.actions,
    )?;
    if listener.rules.contains_key(&priority) {
        return Err(priority_in_use(priority));
    }
    let limit = state.quotas.rules_per_application_load_balancer;
    if load_balancer.rule_count >= limit as usize {
        return Err(ApiError::new(
            "TooManyRules",
            format!(
                "The maximum number of rules has been reached on load balancer '{}': '{limit}'",
                load_balancer.arn
            ),
        ));
    }
    let groups = action_checks::target_groups(&actions);
    references::check(state, load_balancer, &[], &groups)?;
    let load_balancer_arn = load_balancer.arn.clone();
    let prefix = asked
        .listener_arn
        .replacen(":listener/", ":listener-rule/", 1);
    let arn = format!("{prefix}/{}", state.ids.hex16());
    let rule = Rule {
        arn: arn.clone(),
        listener_arn: asked.listener_arn.clone(),
        load_balancer_arn: load_balancer_arn.clone(),
        priority: Priority::At(priority),
        conditions,
        actions,
        transforms,
        tags,
    };
    let answer = json!({"Rules": [shown(&rule)]});
    references::attach(state, &load_balancer_arn, &groups, request.now);
    state.load_balancer_mut(&load_balancer_arn)?.rule_count += 1;
    let listener = state.listener_mut(&asked.listener_arn)?;
    listener.rules.insert(priority, arn.clone());
    state.rules.insert(arn, rule);
    Ok(answer)
}

pub(crate) fn modify(state: &mut State, request: &Request) -> Answer {
    let asked: Modify = request.read()?;
    let transforms = asked.transforms.filter(|asked| !asked.is_empty());
    let resets = asked.reset_transforms == Some(true);
    if asked.conditions.is_none() && asked.actions.is_none() && transforms.is_none() && !resets {
        return Err(ApiError::validation(
            "Either conditions, actions or transforms must be specified",
        ));
    }
    let rule = state.rule(&asked.rule_arn)?;
    not_default(rule, "modified")?;
    let listener = state.listener(&rule.listener_arn)?;
    let load_balancer = state.load_balancer(&rule.load_balancer_arn)?;
    let conditions = match asked.conditions {
        None => rule.conditions.clone(),
        Some(conditions) => conditions::checked(&state.quotas, conditions)?,
    };
    let transforms = match (transforms, resets) {
        (Some(_), true) => {
            return Err(ApiError::validation(
                "You cannot specify both transforms and ResetTransforms",
            ));
        }
        (None, true) => Vec::new(),
        (Some(transforms), false) => transforms::checked(transforms)?,
        (None, false) => rule.transforms.clone(),
    };
    let before = action_checks::target_groups(&rule.actions);
    let actions = match asked.actions {
        None => rule.actions.clone(),
        Some(actions) => action_checks::checked(
            state,
            Entrance {
                load_balancer,
                protocol: listener.protocol,
                port: listener.port,
            },
            Secret::MayExist,
            actions,
        )?,
    };
    let after = action_checks::target_groups(&actions);
    references::check(state, load_balancer, &before, &after)?;
    let load_balancer_arn = load_balancer.arn.clone();
    references::attach(state, &load_balancer_arn, &after, request.now);
    references::detach(state, &load_balancer_arn, &before);
    let rule = state.rule_mut(&asked.rule_arn)?;
    rule.conditions = conditions;
    rule.actions = actions;
    rule.transforms = transforms;
    Ok(json!({"Rules": [shown(rule)]}))
}

pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let ByArn { rule_arn } = request.read()?;
    let rule = state.rule(&rule_arn)?;
    not_default(rule, "deleted")?;
    let groups = action_checks::target_groups(&rule.actions);
    let load_balancer_arn = rule.load_balancer_arn.clone();
    let listener_arn = rule.listener_arn.clone();
    let priority = rule.priority;
    references::detach(state, &load_balancer_arn, &groups);
    state.rules.remove(&rule_arn);
    state.load_balancer_mut(&load_balancer_arn)?.rule_count -= 1;
    let listener = state.listener_mut(&listener_arn)?;
    if let Priority::At(priority) = priority {
        listener.rules.remove(&priority);
    }
    Ok(json!({}))
}

/// In the order of priority, the default rule last.
pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    if asked.rule_arns.is_empty() == asked.listener_arn.is_none() {
        return Err(ApiError::validation(
            "You must specify either listener rule ARNs or a listener ARN",
        ));
    }
    let size = page_size(asked.page_size)?;
    let mut wanted: Vec<(String, &Rule)> = Vec::new();
    if let Some(arn) = &asked.listener_arn {
        let listener = state.listener(arn)?;
        for arn in listener.rules.values().chain([&listener.default_rule]) {
            let rule = state.rule(arn)?;
            wanted.push((page_key(rule), rule));
        }
    } else {
        for arn in &asked.rule_arns {
            let rule = state.rule(arn)?;
            wanted.push((rule.arn.clone(), rule));
        }
        wanted.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    let page = page(wanted, asked.marker.as_deref(), size);
    let rules: Vec<Value> = page.items.into_iter().map(shown).collect();
    Ok(json!({"Rules": rules, "NextMarker": page.next}))
}

/// All moves happen at once: two rules may swap places.
pub(crate) fn set_priorities(state: &mut State, request: &Request) -> Answer {
    let SetPriorities { rule_priorities } = request.read()?;
    let mut listener_arn: Option<String> = None;
    let mut moved: BTreeMap<u32, String> = BTreeMap::new();
    for RulePriority { rule_arn, priority } in rule_priorities {
        let rule = state.rule(&rule_arn)?;
        not_default(rule, "moved")?;
        let priority = check_priority(priority)?;
        if listener_arn.get_or_insert_with(|| rule.listener_arn.clone()) != &rule.listener_arn {
            return Err(ApiError::new(
                "OperationNotPermitted",
                "The rules must belong to the same listener",
            ));
        }
        if moved.values().any(|arn| arn == &rule_arn) {
            return Err(ApiError::validation(format!(
                "Rule '{rule_arn}' is specified more than once"
            )));
        }
        if moved.insert(priority, rule_arn).is_some() {
            return Err(priority_in_use(priority));
        }
    }
    let Some(listener_arn) = listener_arn else {
        return Err(ApiError::validation("A rule priority must be specified"));
    };
    let mut rules = state.listener(&listener_arn)?.rules.clone();
    let moving: std::collections::BTreeSet<&String> = moved.values().collect();
    rules.retain(|_, arn| !moving.contains(arn));
    for (priority, arn) in &moved {
        if rules.insert(*priority, arn.clone()).is_some() {
            return Err(priority_in_use(*priority));
        }
    }
    let mut answer = Vec::new();
    for (priority, arn) in &moved {
        let rule = state.rule_mut(arn)?;
        rule.priority = Priority::At(*priority);
        answer.push(shown(rule));
    }
    state.listener_mut(&listener_arn)?.rules = rules;
    Ok(json!({"Rules": answer}))
}

/// A rule as `DescribeRules` shows it.
fn shown(rule: &Rule) -> Value {
    json!({
        "RuleArn": rule.arn,
        "Priority": rule.priority,
        "Conditions": rule.conditions,
        "Actions": rule.actions,
        "IsDefault": rule.priority == Priority::Default,
        "Transforms": rule.transforms,
    })
}

/// Sorts as the priorities do: five digits, and the default rule after all of them.
fn page_key(rule: &Rule) -> String {
    match rule.priority {
        Priority::At(priority) => format!("{priority:05}"),
        Priority::Default => "default".to_owned(),
    }
}

fn check_priority(priority: i64) -> Result<u32, ApiError> {
    match u32::try_from(priority) {
        Ok(priority @ 1..=50_000) => Ok(priority),
        Ok(_) | Err(_) => Err(ApiError::validation(format!(
            "Rule priorities must be between 1 and 50000, not {priority}"
        ))),
    }
}

fn priority_in_use(priority: u32) -> ApiError {
    ApiError::new(
        "PriorityInUse",
        format!("Priority '{priority}' is currently in use"),
    )
}

fn not_default(rule: &Rule, what: &str) -> Result<(), ApiError> {
    match rule.priority {
        Priority::At(_) => Ok(()),
        Priority::Default => Err(ApiError::new(
            "OperationNotPermitted",
            format!("Default rule '{}' cannot be {what}", rule.arn),
        )),
    }
}
