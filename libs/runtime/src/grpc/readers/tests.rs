use std::convert::Infallible;

use futures::stream;
use futures::{Stream, StreamExt};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

/// A stream that says when it is let go.
fn watched(
    frames: impl Stream<Item = &'static str> + Send + 'static,
) -> (Body, oneshot::Receiver<Infallible>) {
    let (held, gone) = oneshot::channel::<Infallible>();
    let frames = frames.map(move |frame| {
        let _held = &held;
        Ok::<_, Infallible>(frame)
    });
    (Body::from_stream(frames), gone)
}

fn dropped(metrics: &Metrics) -> String {
    let text = metrics.text().unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("tributary_slow_readers_total{"));
    line.unwrap_or_default().to_owned()
}

/// What is still read, and the status at the end.
async fn rest(mut body: Body) -> (Vec<u8>, Option<Status>) {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame.unwrap().into_data() {
            Ok(data) => read.extend(data),
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap();
                return (read, Status::from_header_map(&trailers));
            }
        }
    }
    (read, None)
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_is_let_go_and_says_why() {
    let metrics = Metrics::default();
    let (body, gone) = watched(stream::iter(["one", "two", "three"]).chain(stream::pending()));
    let body = Readers::new(&metrics).hurried("/a.B/Watch", body);
    let begun = Instant::now();
    gone.await.unwrap_err();
    assert_eq!(begun.elapsed(), PATIENCE);
    let (read, status) = rest(body).await;
    // What was under way, and not a word of what was behind it.
    assert_eq!(read, b"one");
    let status = status.unwrap();
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    assert_eq!(
        dropped(&metrics),
        "tributary_slow_readers_total{rpc=\"/a.B/Watch\"} 1"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_nothing_to_say_may_be_silent_for_ever() {
    let metrics = Metrics::default();
    let (say, said) = oneshot::channel();
    let late = stream::once(async move { said.await.unwrap() });
    let (body, _gone) = watched(stream::iter(["soon"]).chain(late));
    let mut reading = JoinSet::new();
    reading.spawn(rest(Readers::new(&metrics).hurried("/a.B/Watch", body)));
    tokio::time::advance(Duration::from_hours(1)).await;
    say.send("late").unwrap();
    let (read, status) = reading.join_next().await.unwrap().unwrap();
    assert_eq!(read, b"soonlate");
    assert!(status.is_none());
    assert_eq!(dropped(&metrics), "");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_slow_but_reads_is_kept() {
    let metrics = Metrics::default();
    let (body, _gone) = watched(stream::iter(["a"; 20]));
    let mut body = Readers::new(&metrics).hurried("/a.B/Watch", body);
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        frame.unwrap();
        read += 1;
        tokio::time::advance(PATIENCE / 2).await;
    }
    assert_eq!(read, 20);
    assert_eq!(dropped(&metrics), "");
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_with_its_reader() {
    let (body, gone) = watched(stream::pending());
    let body = Readers::new(&Metrics::default()).hurried("/a.B/Watch", body);
    drop(body);
    gone.await.unwrap_err();
}
