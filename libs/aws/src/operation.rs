//! Every operation of AWS that this program can call, in one table: pacing, refusals and policies speak of nothing else.
//!
//! What a policy must grant for each is AWS's: <https://docs.aws.amazon.com/service-authorization/latest/reference/> for
//! actions, resources and condition keys, and for what ELB asks EC2 in the caller's name
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html>.

use std::fmt;

use tributary_model::elb::LoadBalancerKind;

use crate::pace::{Group, Repeat};
use crate::statement::Statement;

#[cfg(test)]
mod tests;

/// Whose load balancers need an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Both,
    Alb,
}

/// What a policy grants for an operation.
struct Grants {
    /// Statements that have the operation's own action.
    own: &'static [Statement],
    /// Actions that the call needs besides its own, and their statements.
    others: &'static [(Statement, &'static str)],
}

macro_rules! operations {
    ($($name:ident: $group:ident, $of:ident, [$($own:ident),*] $(, $($other:ident $action:literal),+)?;)*) => {
        /// An operation, by AWS's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "AWS's names, which AWS explains")]
        pub enum Operation {
            $($name,)*
        }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub(crate) const fn group(self) -> Group {
                match self {
                    $(Self::$name => Group::$group,)*
                }
            }

            const fn of(self) -> Of {
                match self {
                    $(Self::$name => Of::$of,)*
                }
            }

            const fn grants(self) -> Grants {
                match self {
                    $(Self::$name => Grants {
                        own: &[$(Statement::$own),*],
                        others: &[$($((Statement::$other, $action)),+)?],
                    },)*
                }
            }

            const fn variant(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

operations! {
    DescribeLoadBalancers: ElbRead, Both, [Look];
    DescribeLoadBalancerAttributes: ElbRead, Both, [Look];
    DescribeListeners: ElbRead, Both, [Look];
    DescribeListenerAttributes: ElbRead, Both, [Look];
    DescribeListenerCertificates: ElbRead, Both, [Look];
    DescribeRules: ElbRead, Alb, [Look];
    DescribeTargetGroups: ElbRead, Both, [Look];
    DescribeTargetGroupAttributes: ElbRead, Both, [Look];
    DescribeTargetHealth: ElbRead, Both, [Look];
    DescribeTags: ElbRead, Both, [Look];
    DescribeAccountLimits: ElbRead, Both, [Look];
    DescribeTrustStores: ElbRead, Alb, [Look];

    CreateLoadBalancer: ElbWrite, Both, [CreateLoadBalancers],
        TagNewParts "elasticloadbalancing:AddTags",
        CreateLinkedRole "iam:CreateServiceLinkedRole",
        Look "ec2:DescribeAccountAttributes",
        Look "ec2:DescribeAddresses",
        Look "ec2:DescribeInternetGateways",
        Look "ec2:DescribeSecurityGroups",
        Look "ec2:DescribeSubnets",
        Look "ec2:DescribeVpcs";
    SetSubnets: ElbWrite, Both, [ChangeLoadBalancers], Look "ec2:DescribeSubnets";
    SetSecurityGroups: ElbWrite, Both, [ChangeLoadBalancers];
    SetIpAddressType: ElbWrite, Both, [ChangeLoadBalancers], Look "ec2:DescribeSubnets";
    ModifyLoadBalancerAttributes: ElbWrite, Both, [ChangeLoadBalancers];
    DeleteLoadBalancer: ElbWrite, Both, [ChangeLoadBalancers];
    CreateTargetGroup: ElbWrite, Both, [CreateLoadBalancers],
        TagNewParts "elasticloadbalancing:AddTags",
        Look "ec2:DescribeInternetGateways",
        Look "ec2:DescribeVpcs";
    ModifyTargetGroup: ElbWrite, Both, [ChangeLoadBalancers];
    ModifyTargetGroupAttributes: ElbWrite, Both, [ChangeLoadBalancers];
    RegisterTargets: ElbTargets, Both, [ChangeLoadBalancers],
        Look "ec2:DescribeInstances",
        Look "ec2:DescribeInternetGateways",
        Look "ec2:DescribeSubnets",
        Look "ec2:DescribeVpcs";
    DeregisterTargets: ElbTargets, Both, [ChangeLoadBalancers];
    DeleteTargetGroup: ElbWrite, Both, [ChangeLoadBalancers];
    CreateListener: ElbWrite, Both, [CreateParts], TagNewParts "elasticloadbalancing:AddTags";
    ModifyListener: ElbWrite, Both, [ChangeLoadBalancers];
    ModifyListenerAttributes: ElbWrite, Both, [ChangeLoadBalancers];
    DeleteListener: ElbWrite, Both, [ChangeLoadBalancers];
    AddListenerCertificates: ElbWrite, Both, [ChangeLoadBalancers];
    RemoveListenerCertificates: ElbWrite, Both, [ChangeLoadBalancers];
    CreateRule: ElbWrite, Alb, [CreateParts],
        TagNewParts "elasticloadbalancing:AddTags",
        Look "cognito-idp:DescribeUserPoolClient";
    ModifyRule: ElbWrite, Alb, [ChangeLoadBalancers], Look "cognito-idp:DescribeUserPoolClient";
    SetRulePriorities: ElbWrite, Alb, [OrderRules];
    DeleteRule: ElbWrite, Alb, [ChangeLoadBalancers];
    AddTags: ElbWrite, Both, [ChangeLoadBalancers];
    RemoveTags: ElbWrite, Both, [ChangeLoadBalancers];

    DescribeSubnets: Ec2Read, Both, [Look];
    DescribeVpcs: Ec2Read, Both, [Look];
    DescribeSecurityGroups: Ec2Read, Both, [Look];
    DescribeSecurityGroupRules: Ec2Read, Both, [Look];
    DescribeNetworkInterfaces: Ec2Read, Both, [Look];
    CreateSecurityGroup: Ec2Write, Both, [CreateGroups, CreateGroupsInVpcs], TagNewGroups "ec2:CreateTags";
    AuthorizeSecurityGroupIngress: Ec2Write, Both, [ChangeGroups, OpenTargets, ChangeRules],
        TagNewGroups "ec2:CreateTags";
    RevokeSecurityGroupIngress: Ec2Write, Both, [ChangeGroups, OpenTargets, ChangeRules];
    DeleteSecurityGroup: Ec2Write, Both, [ChangeGroups];
    CreateTags: Ec2Write, Both, [ChangeGroups];
    DeleteTags: Ec2Write, Both, [ChangeGroups];

    ListCertificates: AcmRead, Both, [Look];
    DescribeCertificate: AcmRead, Both, [Look];
    ListTagsForCertificate: AcmRead, Both, [Look];
    ImportCertificate: AcmWrite, Both, [ImportCertificates], ImportCertificates "acm:AddTagsToCertificate";
    ReimportCertificate: AcmWrite, Both, [ChangeCertificates];
    DeleteCertificate: AcmWrite, Both, [ChangeCertificates];
    AddTagsToCertificate: AcmWrite, Both, [ChangeCertificates];
    RemoveTagsFromCertificate: AcmWrite, Both, [ChangeCertificates];

    GetResources: Tagging, Both, [Look];
    // AWS: everybody may ask who they are, and no policy can forbid it.
    GetCallerIdentity: Sts, Both, [];
}

impl Operation {
    /// AWS's name.
    pub const fn name(self) -> &'static str {
        // The same operation, told which one it is to replace: nothing new comes to be.
        if matches!(self, Self::ReimportCertificate) {
            return Self::ImportCertificate.variant();
        }
        self.variant()
    }

    /// Whether a programmer of this kind of load balancers calls it.
    pub const fn serves(self, kind: LoadBalancerKind) -> bool {
        match (self.of(), kind) {
            (Of::Both, _) | (Of::Alb, LoadBalancerKind::Alb) => true,
            (Of::Alb, LoadBalancerKind::Nlb) => false,
        }
    }

    /// What a policy calls it: `ec2:DescribeVpcs`.
    pub fn action(self) -> String {
        format!("{}:{}", prefix(self.group()), self.name())
    }

    /// Every action that AWS asks the caller's policy for, and the statement that grants it.
    pub(crate) fn granted(self) -> impl Iterator<Item = (Statement, String)> {
        let Grants { own, others } = self.grants();
        let own = own.iter().map(move |statement| (*statement, self.action()));
        let others = others.iter();
        own.chain(others.map(|(statement, action)| (*statement, (*action).to_owned())))
    }

    pub(crate) const fn repeat(self) -> Repeat {
        // Every import without an ARN makes a new certificate.
        if matches!(self, Self::ImportCertificate) {
            return Repeat::Unsafe;
        }
        Repeat::Safe
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Service prefixes: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
fn prefix(group: Group) -> &'static str {
    match group {
        Group::ElbRead | Group::ElbWrite | Group::ElbTargets => "elasticloadbalancing",
        Group::Ec2Read | Group::Ec2Write => "ec2",
        Group::AcmRead | Group::AcmWrite => "acm",
        Group::Tagging => "tag",
        Group::Sts => "sts",
    }
}
