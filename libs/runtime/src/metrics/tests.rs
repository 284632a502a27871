use prometheus_client::metrics::counter::Counter;

use super::{MetricName, Metrics};
use crate::names::{STREAM_RECONNECTS, StreamLabels};

const CALLS: MetricName<Counter> = MetricName::new("calls", "Calls made", Counter::default);

#[test]
fn a_name_asked_for_twice_is_one_metric() {
    let metrics = Metrics::default();
    metrics.get(&CALLS).inc();
    metrics.clone().get(&CALLS).inc();
    assert_eq!(metrics.get(&CALLS).get(), 2);
    let text = metrics.text().unwrap();
    assert_eq!(text.matches("# TYPE calls counter").count(), 1, "{text}");
    assert!(text.contains("calls_total 2"), "{text}");
}

#[test]
fn labels_are_part_of_the_text() {
    let metrics = Metrics::default();
    metrics
        .get(&STREAM_RECONNECTS)
        .get_or_create(&StreamLabels { stream: "snapshot" })
        .inc();
    let text = metrics.text().unwrap();
    assert!(
        text.contains("tributary_stream_reconnects_total{stream=\"snapshot\"} 1"),
        "{text}"
    );
}
