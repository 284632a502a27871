//! What is asked once, how long it counts, and what holds where nobody answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{join_all, pending, ready};
use tokio::time::advance;
use tonic::Code;
use tributary_runtime::Context;

use super::*;

fn answers(
    asked: &Arc<AtomicUsize>,
    answer: bool,
) -> impl FnOnce() -> Option<BoxFuture<'static, Result<bool, Failure>>> + use<> {
    let asked = Arc::clone(asked);
    move || {
        asked.fetch_add(1, Ordering::Relaxed);
        Some(
            async move {
                tokio::task::yield_now().await;
                Ok(answer)
            }
            .boxed(),
        )
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "answers of any size are looked at"
)]
fn counts(may: &bool) -> Duration {
    Duration::from_secs(if *may { 30 } else { 5 })
}

#[tokio::test(start_paused = true)]
async fn a_permission_counts_longer_than_a_refusal_and_neither_for_ever() {
    for (answer, seconds) in [(true, 30), (false, 5)] {
        let (rights, asked) = (Asked::new(8), Arc::new(AtomicUsize::new(0)));
        let get = async || {
            let found = rights.get("a", counts, answers(&asked, answer)).await;
            assert_eq!(found.unwrap().answer, answer);
            asked.load(Ordering::Relaxed)
        };
        assert_eq!(get().await, 1);
        advance(Duration::from_secs(seconds - 1)).await;
        assert_eq!(get().await, 1);
        advance(Duration::from_secs(1)).await;
        assert_eq!(get().await, 2, "{answer}");
    }
}

#[tokio::test]
async fn of_many_who_ask_the_same_at_once_one_asks() {
    let (rights, asked) = (Asked::new(8), Arc::new(AtomicUsize::new(0)));
    let all = (0..100).map(|_| rights.get("a", counts, answers(&asked, true)));
    let found = join_all(all).await;
    assert!(found.into_iter().all(|found| found.unwrap().answer));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn no_more_is_remembered_than_said_and_the_oldest_goes() {
    let (rights, asked) = (Asked::new(3), Arc::new(AtomicUsize::new(0)));
    for key in [1, 2, 3, 4] {
        let found = rights.get(key, counts, answers(&asked, true)).await;
        assert!(!found.unwrap().was_known);
    }
    for (key, was_known) in [(4, true), (3, true), (2, true), (1, false)] {
        let found = rights.get(key, counts, answers(&asked, true)).await;
        assert_eq!(found.unwrap().was_known, was_known, "{key}");
    }
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_takes_no_place() {
    let rights: Asked<usize, bool> = Asked::new(3);
    for key in 0..1000 {
        let never = || Some(pending::<Result<bool, Failure>>().boxed());
        let asked = rights.get(key, counts, never).now_or_never();
        assert!(asked.is_none(), "there is no answer");
    }
    let answer = || Some(ready(Ok(true)).boxed());
    assert!(rights.get(0, counts, answer).await.unwrap().answer);
}

#[tokio::test]
async fn so_many_questions_wait_at_once_and_no_more() {
    let rights: Asked<usize, bool> = Asked::new(3);
    let never = || Some(pending::<Result<bool, Failure>>().boxed());
    let mut waiting: Vec<_> = (0..64)
        .map(|key| rights.get(key, counts, never).boxed_local())
        .collect();
    for one in &mut waiting {
        assert!(futures::poll!(one).is_pending());
    }
    let refused = rights.get(64, counts, never).await;
    assert_eq!(refused, Err(Unasked::TooMany));
    // Who asks what is asked already waits along.
    assert!(rights.get(0, counts, never).now_or_never().is_none());
}

#[tokio::test]
async fn a_failure_is_no_answer() {
    let (rights, asked) = (Asked::new(3), Arc::new(AtomicUsize::new(0)));
    let fails = || Some(ready(Err(Failure::timed_out("review"))).boxed());
    let failed = rights.get("a", counts, fails).await;
    assert!(matches!(failed, Err(Unasked::Failed(_))));
    let found = rights.get("a", counts, answers(&asked, true)).await;
    assert!(!found.unwrap().was_known);
}

/// At a port that nobody listens on.
async fn without_an_api_server() -> People {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    std::fs::write(
        &kubeconfig,
        r#"{"clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:1"}}],
        "users":[{"name":"u","user":{}}],
        "contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],"current-context":"x"}"#,
    )
    .unwrap();
    let cluster = Cluster::connect(Some(&kubeconfig)).await.unwrap();
    let metrics = Context::new("merger").metrics;
    People::new(&metrics, cluster, "us".to_owned(), Duration::from_secs(30))
}

#[tokio::test]
async fn where_the_api_server_does_not_answer_nothing_is_open() {
    let people = Arc::new(without_an_api_server().await);
    let token = Bearer::new("token");
    let status = people.person(&token, None).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "the API server does not say whose the token is"
    );
    let mut extensions = Extensions::new();
    extensions.insert(Visitor {
        person: Arc::new(Person::default()),
        token,
        from: [127, 0, 0, 1].into(),
    });
    for people in [Some(&people), None] {
        let sight = sight(people, &extensions, Verb::Get, None).await;
        assert!(sight.is_err(), "{sight:?}");
    }
}

#[tokio::test]
async fn who_brings_too_many_new_tokens_is_told_so_and_others_are_not() {
    let people = without_an_api_server().await;
    let bring = async |number: u32, from: [u8; 4]| {
        let token = Bearer::new(&number.to_string());
        people
            .person(&token, Some(from.into()))
            .await
            .unwrap_err()
            .code()
    };
    let mut codes = Vec::new();
    for number in 0..200 {
        codes.push(bring(number, [10, 0, 0, 1]).await);
    }
    assert_eq!(codes[0], Code::Unavailable);
    assert_eq!(codes[199], Code::ResourceExhausted);
    assert_eq!(bring(1000, [10, 0, 0, 2]).await, Code::Unavailable);
}
