//! What anybody sends is bounded.

use tonic::Code;
use tributary_proto::judgement::{AcknowledgeJudgementsRequest, SetAside};
use tributary_proto::listeners::{ExplainRequest, ListListenersRequest, ListenerFilter};
use tributary_proto::{MAX_QUESTION_BYTES, MAX_REPORT_BYTES};

use super::*;

async fn check_publisher(instance: String, code: Code, said: &str) {
    let world = World::new(Holders::Latest).await;
    let mut programmer = world.programmer(&instance, Shard::WHOLE, 0);
    programmer.say(Event::Init).await;
    let status = programmer.is_ended().await;
    assert_eq!(status.code(), code);
    assert!(status.message().starts_with(said), "{}", status.message());
    assert!(status.message().len() < 1_000, "it is not sent back");
}

#[tokio::test]
async fn a_message_of_60_megabytes_is_not_taken() {
    let instance = "x".repeat(60_000_000);
    check_publisher(instance, Code::OutOfRange, "").await;
}

#[tokio::test]
async fn a_long_instance_is_named_and_not_repeated() {
    let instance = "x".repeat(1_000_000);
    let said = "publisher.instance: has 1000000 bytes";
    check_publisher(instance, Code::InvalidArgument, said).await;
}

#[tokio::test]
async fn an_instance_of_many_lines_is_refused() {
    let instance = "pod\ninfo: all is well".to_owned();
    let said = "publisher.instance: has other characters";
    check_publisher(instance, Code::InvalidArgument, said).await;
}

/// 40,000 listeners, each with a word on why it is not served.
#[tokio::test]
async fn the_largest_report_is_taken() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    let mut said = active("infra/web", "x");
    said.listeners = (0..40_000)
        .map(|number| {
            let set = key(&format!("a-team-with-a-long-name/listener-set-{number:05}"));
            let owner = tributary_model::ListenerOwner::listener_set(set);
            let mut listener = listener(&owner, "a-listener-with-a-name");
            listener.state = tributary_model::report::ProgrammedState::Refused("why ".repeat(50));
            let arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/";
            listener.elb_listener = Some(format!("{arn}{}", "x".repeat(70)));
            listener
        })
        .collect();
    let bytes = prost_size(&said);
    assert!(
        (MAX_REPORT_BYTES / 4..MAX_REPORT_BYTES).contains(&bytes),
        "{bytes}"
    );
    programmer.list([said]).await;
    let taken = programmer.ends().await.unwrap();
    // Nobody knows these; of all that is refused a hundred are named.
    assert_eq!(taken.refused.len(), 100);
    let last = taken.refused.last().unwrap();
    assert_eq!(last.error.path, "init_apply.listeners[39999].listener");
    assert_eq!(
        dns_name(world.reported(&alb("infra/web"))).as_deref(),
        Some("x")
    );
}

fn prost_size(report: &LoadBalancerReport) -> usize {
    use prost::Message;
    tributary_proto::types::LoadBalancerReport::from(report).encoded_len()
}

#[tokio::test]
async fn a_question_is_short() {
    let world = World::new(Holders::Latest).await;
    let mut client = clients::listeners(world.merger.clone());
    let long = "x".repeat(MAX_QUESTION_BYTES);
    let filter = ListenerFilter {
        namespace: Some(long.clone()),
        ..ListenerFilter::default()
    };
    let request = ListListenersRequest {
        filter: Some(filter),
        ..ListListenersRequest::default()
    };
    let status = client.list_listeners(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    let request = ExplainRequest {
        listener: Some(long),
        ..ExplainRequest::default()
    };
    let status = client.explain(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
}

#[tokio::test]
async fn an_acknowledgement_is_bounded() {
    let world = World::new(Holders::Latest).await;
    let mut client = clients::judgement(world.merger.clone());
    let failed = SetAside {
        reason: "x".repeat(40_000_000),
        ..SetAside::default()
    };
    let request = AcknowledgeJudgementsRequest {
        failed: vec![failed],
        ..AcknowledgeJudgementsRequest::default()
    };
    let status = client.acknowledge_judgements(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
}
