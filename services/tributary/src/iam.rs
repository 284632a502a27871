//! The policy that AWS needs for a programmer, for whoever sets up its role.

use std::io::Write;

use anyhow::Context as _;
use tributary_aws::{PolicyScope, policy};
use tributary_model::elb::LoadBalancerKind;

use crate::args::{IamArgs, Programmed};

/// Prints what IAM takes as a policy document.
pub(crate) fn iam(args: &IamArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let IamArgs {
        kind,
        cluster,
        partition,
    } = args;
    let scope = PolicyScope {
        kind: match kind {
            Programmed::Alb => LoadBalancerKind::Alb,
            Programmed::Nlb => LoadBalancerKind::Nlb,
        },
        cluster,
        partition,
    };
    let text = serde_json::to_string_pretty(&policy(scope)).context("cannot write the policy")?;
    writeln!(out, "{text}").context("cannot print the policy")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[track_caller]
    fn check(kind: Programmed, file: &str) {
        let args = IamArgs {
            kind,
            cluster: "CLUSTER_NAME".to_owned(),
            partition: "aws".to_owned(),
        };
        let mut printed = Vec::new();
        iam(&args, &mut printed).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/iam");
        let file = fs::read_to_string(path.join(file)).unwrap();
        assert_eq!(String::from_utf8(printed).unwrap(), file);
    }

    #[test]
    fn what_is_printed_is_what_deploy_iam_has() {
        check(Programmed::Alb, "alb-programmer.json");
        check(Programmed::Nlb, "nlb-programmer.json");
    }
}
