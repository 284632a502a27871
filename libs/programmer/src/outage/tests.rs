use std::sync::Arc;

use tributary_aws::{Endpoint, Pacing, Unmetered};

use tokio::time::advance;

use super::*;

async fn nobody() -> Aws {
    let nobody = Endpoint::url("http://127.0.0.1:1".to_owned());
    Aws::connect(&nobody, &Pacing::LOCAL, Arc::new(Unmetered)).await
}

#[tokio::test(start_paused = true)]
async fn aws_out_of_reach_is_a_concern_until_a_call_gets_through() {
    let (context, aws, reached) = (
        Context::new("alb-programmer"),
        nobody().await,
        Reached::default(),
    );
    let mut concerns = context.concerns();
    let heard = async {
        concerns.changed().await;
        let raised = concerns.now();
        assert!(
            raised.concat().starts_with("aws: DescribeAccountLimits: "),
            "{raised:?}"
        );
        assert!(context.readiness.unmet().is_empty());
        reached.note();
        concerns.changed().await;
        assert!(concerns.now().is_empty());
    };
    tokio::select! {
        () = tell(&context, &aws, &reached) => {}
        () = heard => {}
    }
}

#[tokio::test(start_paused = true)]
async fn aws_is_not_asked_while_other_calls_get_through() {
    let (context, aws, reached) = (
        Context::new("alb-programmer"),
        nobody().await,
        Reached::default(),
    );
    let calling = async {
        for _ in 0..120 {
            reached.note();
            advance(FIRST / 2).await;
        }
    };
    tokio::select! {
        () = tell(&context, &aws, &reached) => {}
        () = calling => {}
    }
    // Nobody is there: a question would have shown it.
    assert!(context.concerns().now().is_empty());
}
