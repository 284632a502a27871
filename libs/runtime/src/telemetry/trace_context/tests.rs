use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::info_span;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt;

use super::{join, link, traceparent};

const SENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn traced<T>(sampler: Sampler, work: impl FnOnce() -> T) -> T {
    let provider = SdkTracerProvider::builder().with_sampler(sampler).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    with_default(tracing_subscriber::registry().with(layer), work)
}

#[test]
fn no_span_no_traceparent() {
    assert_eq!(traced(Sampler::AlwaysOn, traceparent), "");
    assert_eq!(traceparent(), "");
}

#[test]
fn a_span_has_one_though_nothing_is_exported() {
    let sent = traced(Sampler::AlwaysOff, || info_span!("x").in_scope(traceparent));
    assert_eq!(sent.len(), SENT.len(), "{sent}");
    assert!(sent.starts_with("00-") && sent.ends_with("-00"), "{sent}");
}

#[test]
fn a_joined_span_is_of_the_senders_trace() {
    let sent = traced(Sampler::AlwaysOn, || {
        let span = info_span!("x");
        join(&span, SENT);
        span.in_scope(traceparent)
    });
    assert!(sent.contains(TRACE) && sent != SENT, "{sent}");
}

#[test]
fn a_linked_span_stays_of_its_own_trace() {
    let sent = traced(Sampler::AlwaysOn, || {
        let span = info_span!("x");
        link(&span, SENT);
        span.in_scope(traceparent)
    });
    assert!(!sent.is_empty() && !sent.contains(TRACE), "{sent}");
}

#[test]
fn what_is_malformed_changes_nothing() {
    for malformed in [
        "",
        "nonsense",
        "00-0-0-0",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    ] {
        let sent = traced(Sampler::AlwaysOn, || {
            let span = info_span!("x");
            join(&span, malformed);
            span.in_scope(traceparent)
        });
        assert_eq!(sent.len(), SENT.len(), "{malformed:?} {sent}");
    }
}
