//! The least IAM policy of a programmer, made from the operations that the code can call.
//!
//! What carries the cluster's tag may be changed; what is made gets that tag in the request that makes it. So a programmer
//! can neither touch another cluster's things nor put its tag on what is not its own, but for what `Statement` says.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tributary_model::elb::LoadBalancerKind;
use tributary_plan::tags::{CLUSTER, tag_value};

use crate::operation::Operation;
use crate::statement::Statement;

#[cfg(test)]
mod tests;

/// Whose policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyScope<'a> {
    /// What it programs.
    pub kind: LoadBalancerKind,
    /// The cluster, as the programmer's `--cluster-name` has it.
    pub cluster: &'a str,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
}

/// A policy document: its JSON is what IAM takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Document>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    sid: String,
    effect: &'static str,
    action: BTreeSet<String>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'static str, Keys>,
}

/// Condition key to the values that it may have.
type Keys = BTreeMap<String, Vec<String>>;

/// The least policy for everything that a programmer can call.
pub fn policy(scope: PolicyScope<'_>) -> Policy {
    let mut statements: BTreeMap<Statement, BTreeSet<String>> = BTreeMap::new();
    let operations = Operation::ALL.iter().filter(|it| it.serves(scope.kind));
    for (statement, action) in operations.flat_map(|it| it.granted()) {
        statements.entry(statement).or_default().insert(action);
    }
    let documents = statements
        .into_iter()
        .map(|(statement, actions)| document(scope, statement, actions));
    Policy {
        version: "2012-10-17",
        statement: documents.collect(),
    }
}

impl Policy {
    /// Every action that is granted.
    pub fn actions(&self) -> BTreeSet<&str> {
        let statements = self.statement.iter();
        statements
            .flat_map(|it| it.action.iter().map(String::as_str))
            .collect()
    }
}

fn document(scope: PolicyScope<'_>, statement: Statement, action: BTreeSet<String>) -> Document {
    Document {
        sid: format!("{statement:?}"),
        effect: "Allow",
        action,
        resource: resources(scope, statement),
        condition: conditions(scope, statement),
    }
}

fn resources(scope: PolicyScope<'_>, statement: Statement) -> Vec<String> {
    let PolicyScope {
        kind, partition, ..
    } = scope;
    let in_arns = match kind {
        LoadBalancerKind::Alb => "app",
        LoadBalancerKind::Nlb => "net",
    };
    let arn = |service: &str, rest: &str| format!("arn:{partition}:{service}:*:*:{rest}");
    let elb = |rest: &str| arn("elasticloadbalancing", rest);
    let of_kind = |what: &str| elb(&format!("{what}/{in_arns}/*"));
    let target_groups = elb("targetgroup/*");
    let groups = arn("ec2", "security-group/*");
    let group_rules = arn("ec2", "security-group-rule/*");
    match statement {
        Statement::Look => vec!["*".to_owned()],
        Statement::CreateLinkedRole => vec![format!(
            "arn:{partition}:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/\
             AWSServiceRoleForElasticLoadBalancing"
        )],
        Statement::CreateLoadBalancers => vec![of_kind("loadbalancer"), target_groups],
        // A listener is made in a load balancer, a rule in a listener.
        Statement::CreateParts => match kind {
            LoadBalancerKind::Alb => vec![of_kind("loadbalancer"), of_kind("listener")],
            LoadBalancerKind::Nlb => vec![of_kind("loadbalancer")],
        },
        // loadbalancer/app/NAME/ID, listener/app/NAME/ID/ID, listener-rule/app/NAME/ID/ID/ID.
        Statement::TagNewParts | Statement::ChangeLoadBalancers => {
            vec![of_kind("*"), target_groups]
        }
        Statement::OrderRules => vec![of_kind("listener-rule")],
        Statement::CreateGroups | Statement::OpenTargets => vec![groups],
        Statement::CreateGroupsInVpcs => vec![arn("ec2", "vpc/*")],
        Statement::TagNewGroups | Statement::ChangeGroups => vec![groups, group_rules],
        Statement::ChangeRules => vec![group_rules],
        Statement::ImportCertificates | Statement::ChangeCertificates => {
            vec![arn("acm", "certificate/*")]
        }
    }
}

fn conditions(scope: PolicyScope<'_>, statement: Statement) -> BTreeMap<&'static str, Keys> {
    let cluster = tag_value(scope.cluster);
    let is = |key: String, values: &[&str]| {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        (key, values)
    };
    let with_our_tag = || is(format!("aws:RequestTag/{CLUSTER}"), &[&cluster]);
    let ours = || is(format!("aws:ResourceTag/{CLUSTER}"), &[&cluster]);
    let equal = |keys: Vec<(String, Vec<String>)>| {
        BTreeMap::from([("StringEquals", keys.into_iter().collect())])
    };
    match statement {
        Statement::Look
        | Statement::OrderRules
        | Statement::CreateGroupsInVpcs
        | Statement::ChangeRules => BTreeMap::new(),
        Statement::CreateLinkedRole => equal(vec![is(
            "iam:AWSServiceName".to_owned(),
            &["elasticloadbalancing.amazonaws.com"],
        )]),
        Statement::CreateLoadBalancers
        | Statement::CreateGroups
        | Statement::ImportCertificates => equal(vec![with_our_tag()]),
        Statement::CreateParts => equal(vec![with_our_tag(), ours()]),
        Statement::TagNewParts => {
            let key = "elasticloadbalancing:CreateAction".to_owned();
            equal(vec![with_our_tag(), is(key, &creating(scope, statement))])
        }
        Statement::TagNewGroups => {
            let key = "ec2:CreateAction".to_owned();
            equal(vec![with_our_tag(), is(key, &creating(scope, statement))])
        }
        Statement::ChangeLoadBalancers
        | Statement::ChangeGroups
        | Statement::ChangeCertificates => equal(vec![ours()]),
        Statement::OpenTargets => {
            let key = format!("aws:ResourceTag/kubernetes.io/cluster/{}", scope.cluster);
            BTreeMap::from([("Null", Keys::from([is(key, &["false"])]))])
        }
    }
}

/// The operations that make something and tag it in one.
fn creating(scope: PolicyScope<'_>, tagging: Statement) -> Vec<&'static str> {
    let operations = Operation::ALL.iter().filter(|it| it.serves(scope.kind));
    operations
        .filter(|it| it.granted().any(|(statement, _)| statement == tagging))
        .map(|it| it.name())
        .collect()
}
