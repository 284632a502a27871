//! W3C trace context to and from the text that our messages and headers carry.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::names::HEADER_TRACEPARENT;

#[cfg(test)]
mod tests;

/// The current span as a `traceparent`; empty when there is none.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub fn traceparent() -> String {
    let context = Span::current().context();
    let span = context.span();
    let span_context = span.span_context();
    if !span_context.is_valid() {
        return String::new();
    }
    format!(
        "00-{}-{}-{:02x}",
        span_context.trace_id(),
        span_context.span_id(),
        span_context.trace_flags()
    )
}

/// Makes the span a child of the sender's. Call it before the span is entered; an empty or malformed `traceparent`
/// changes nothing, since a trace is no reason to lose a message.
pub fn join(span: &Span, traceparent: &str) {
    let Some(context) = remote(traceparent) else {
        return;
    };
    if let Err(error) = span.set_parent(context) {
        tracing::trace!(%error, "span not joined");
    }
}

/// Links the span to the sender's without becoming its child: for work that has many causes.
pub fn link(span: &Span, traceparent: &str) {
    if let Some(context) = remote(traceparent) {
        span.add_link(context.span().span_context().clone());
    }
}

fn remote(traceparent: &str) -> Option<Context> {
    if traceparent.is_empty() {
        return None;
    }
    let carrier = HashMap::from([(HEADER_TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    context.span().span_context().is_valid().then_some(context)
}
