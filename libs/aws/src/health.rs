//! The health of targets, asked again while AWS has not found all of them healthy.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream;
use tributary_plan::observed::{Health, Observed, TargetState};

use crate::Aws;
use crate::elbv2::Answer;
use crate::known::Known;

/// Questions in flight at once.
const AT_ONCE: usize = 8;

/// ARNs of target groups in use of which a target is not known to be healthy, in their order.
pub fn unhealthy(observed: &Observed) -> Vec<String> {
    let in_use = observed
        .target_groups
        .iter()
        .filter(|(_, group)| !group.load_balancers.is_empty());
    in_use
        .filter(|(_, group)| {
            let mut health = group.targets.values().filter_map(TargetState::health);
            health.any(|it| *it != Health::Healthy)
        })
        .map(|(arn, _)| arn.clone())
        .collect()
}

/// Asks for the health of the targets of these groups, one call each. Which targets there are is not taken from the answer,
/// since what was just registered may be missing in it.
///
/// # Errors
/// The first, after all have been asked.
pub async fn ask_health(aws: &Aws, known: &mut Known, groups: &[String]) -> Answer<()> {
    let asked = groups.iter().cloned().map(|arn| {
        let elbv2 = Arc::clone(&aws.elbv2);
        async move {
            let targets = elbv2.targets(&arn).await;
            (arn, targets)
        }
    });
    let answers: Vec<_> = stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut result = Ok(());
    for (arn, answer) in answers {
        let targets = match answer {
            Ok(targets) => targets,
            Err(error) => {
                if result.is_ok() {
                    result = Err(error);
                }
                continue;
            }
        };
        let is_new = known.is_new(&arn);
        let Some(group) = known.observed_mut().target_groups.get_mut(&arn) else {
            continue;
        };
        for (target, state) in targets {
            if let Some(known) = group.targets.get_mut(&target)
                && known.is_registered()
                && state.is_registered()
            {
                // AWS learns of the rule that uses a new group a moment after the rule.
                *known = match state {
                    TargetState::Registered(Health::Unused(_)) if is_new => {
                        TargetState::Registered(Health::Initial)
                    }
                    state => state,
                };
            }
        }
    }
    result
}
