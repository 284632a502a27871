//! Whether AWS answers: known from the calls that are made anyway, asked where none was made for a while.
//!
//! AWS out of reach is a concern and not a reason to be unready. Nobody calls a programmer, so that nothing is gained by
//! leaving it out; and a rollout that waits for AWS would keep back the very Pod with the credentials that were missing.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tributary_aws::Aws;
use tributary_runtime::{Backoff, Context};

use crate::complaint::Complaint;
use crate::metrics::{WORKER_WAIT_SECONDS, WaitLabels};
use crate::reached::Reached;

/// After the start: a programmer that has work has called AWS by then.
const FIRST: Duration = Duration::from_secs(3);
/// While AWS answers. The searches call it as often, so that a question of its own is rarely asked.
const REGULAR: Backoff = Backoff {
    first: Duration::from_mins(10),
    most: Duration::from_mins(20),
};
/// While it does not.
const AGAIN: Backoff = Backoff {
    first: Duration::from_secs(5),
    most: Duration::from_mins(1),
};
/// Tries and turns take less.
const DEADLINE: Duration = Duration::from_mins(1);
/// A concern is a line.
const LONGEST: usize = 240;

/// Says whether AWS answers, `PROGRAMMER/aws`, as long as this is polled.
pub(crate) async fn tell(context: &Context, aws: &Aws, reached: &Reached) {
    let concern = context.concern("aws");
    let mut complaint = Complaint::new("AWS is out of reach");
    let waits = context.metrics.get(&WORKER_WAIT_SECONDS);
    let delays =
        |policy: Backoff, reason| policy.delays(waits.get_or_create_owned(&WaitLabels { reason }));
    let mut regular = delays(REGULAR, "aws");
    let mut again = delays(AGAIN, "aws_again");
    let mut delay = FIRST;
    let mut is_reached = true;
    loop {
        let begun = Instant::now();
        if is_reached {
            sleep(delay).await;
        } else {
            // Elapsed or not: what is known is looked at next.
            let _elapsed = timeout(delay, reached.again()).await;
        }
        let answer = if reached.since(begun) {
            Ok(())
        } else {
            ask(aws).await
        };
        match &answer {
            Ok(()) => concern.clear(),
            Err(why) => concern.raise_because(why),
        }
        is_reached = complaint.heard(answer).is_some();
        delay = if is_reached {
            again.reset();
            regular.next_delay()
        } else {
            regular.reset();
            again.next_delay()
        };
    }
}

/// The cheapest question that both programmers' policies allow.
async fn ask(aws: &Aws) -> Result<(), String> {
    match timeout(DEADLINE, aws.elbv2.account_limits()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string().chars().take(LONGEST).collect()),
        Err(_elapsed) => Err("no answer in time".to_owned()),
    }
}

#[cfg(test)]
mod tests;
