use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Status};
use tributary_proto::call::WaitOutcome;
use tributary_stream::Transport;

use super::{BACKOFF, GRACE, until_settled, waited_for};
use crate::query::Client;

const PATIENCE: Duration = Duration::from_mins(1);

/// What a server says to one question.
enum Says {
    Settled,
    Pending(&'static str),
    Fails(Code),
    /// Nothing, ever.
    Silence,
}

/// Asks a server that says these things in turn, the last one again and again.
async fn check(patience: Duration, script: &[Says], expected: &str) {
    let client = Client::over(Transport::local(tonic::service::Routes::default()));
    let begun = Instant::now();
    let mut turn = 0;
    let ask = async |left: Duration| {
        assert!(left <= patience);
        let says = &script[turn.min(script.len() - 1)];
        turn += 1;
        match says {
            Says::Settled => Ok(WaitOutcome::Settled),
            Says::Pending(line) => Ok(WaitOutcome::Pending(vec![(*line).to_owned()])),
            Says::Fails(code) => Err(Status::new(*code, "down")),
            Says::Silence => std::future::pending().await,
        }
    };
    let ended = match until_settled(&client, patience, ask).await {
        Ok(ended) => format!("{ended:?}"),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(ended, expected);
    assert!(begun.elapsed() <= patience.saturating_add(GRACE).saturating_add(BACKOFF.most));
}

#[tokio::test(start_paused = true)]
async fn settled_is_settled() {
    check(PATIENCE, &[Says::Settled], "Settled").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let script = [
        Says::Fails(Code::Unavailable),
        Says::Fails(Code::Unavailable),
        Says::Settled,
    ];
    check(PATIENCE, &script, "Settled").await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_server_cuts_short_goes_on() {
    check(PATIENCE, &[Says::Pending("a"), Says::Settled], "Settled").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_last_awaited_is_told_when_the_time_is_up() {
    let script = [Says::Pending("a"), Says::Pending("b")];
    check(PATIENCE, &script, r#"TimedOut(["b"])"#).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_comes_is_told() {
    let script = [Says::Fails(Code::Unavailable)];
    check(
        PATIENCE,
        &script,
        r#"TimedOut(["this process answered Unavailable: down"])"#,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_does_not_hang_us() {
    check(PATIENCE, &[Says::Silence], "TimedOut([])").await;
}

#[tokio::test(start_paused = true)]
async fn no_patience_asks_once() {
    check(Duration::ZERO, &[Says::Settled], "Settled").await;
    check(Duration::ZERO, &[Says::Pending("a")], r#"TimedOut(["a"])"#).await;
}

#[tokio::test(start_paused = true)]
async fn endless_patience_has_an_answer_too() {
    check(Duration::MAX, &[Says::Settled], "Settled").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_of_another_kind_is_an_error_at_once() {
    let script = [Says::Fails(Code::Unimplemented), Says::Settled];
    check(
        PATIENCE,
        &script,
        "error: this process answered Unimplemented: down",
    )
    .await;
}

#[test]
fn what_is_waited_for_is_one_line() {
    let pending = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        waited_for(&lines)
    };
    assert_eq!(pending(&["a"]), "waiting for a");
    assert_eq!(pending(&["a", "b", "c"]), "waiting for a and 2 more");
}
