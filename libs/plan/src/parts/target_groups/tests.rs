use super::*;

fn all() -> HealthCheckSettings {
    HealthCheckSettings {
        healthy_threshold: Some(3),
        interval_seconds: Some(15),
        path: Some("/".to_owned()),
        port: Some("traffic-port".to_owned()),
        protocol: Some(TargetProtocol::Http),
        timeout_seconds: Some(5),
        unhealthy_threshold: Some(3),
        http_codes: Some("200".to_owned()),
        grpc_codes: Some("12".to_owned()),
    }
}

#[test]
fn a_health_check_is_as_wanted_if_each_field_that_is_given_is() {
    type Change = fn(&mut HealthCheckSettings);
    let fields: [(Change, Change); 9] = [
        (
            |it| it.healthy_threshold = None,
            |it| it.healthy_threshold = Some(9),
        ),
        (
            |it| it.interval_seconds = None,
            |it| it.interval_seconds = Some(9),
        ),
        (
            |it| it.path = None,
            |it| it.path = Some("/other".to_owned()),
        ),
        (|it| it.port = None, |it| it.port = Some("9".to_owned())),
        (
            |it| it.protocol = None,
            |it| it.protocol = Some(TargetProtocol::Tcp),
        ),
        (
            |it| it.timeout_seconds = None,
            |it| it.timeout_seconds = Some(9),
        ),
        (
            |it| it.unhealthy_threshold = None,
            |it| it.unhealthy_threshold = Some(9),
        ),
        (
            |it| it.http_codes = None,
            |it| it.http_codes = Some("9".to_owned()),
        ),
        (
            |it| it.grpc_codes = None,
            |it| it.grpc_codes = Some("9".to_owned()),
        ),
    ];
    assert!(covers(&all(), &all()));
    assert!(covers(&HealthCheckSettings::default(), &all()));
    for (index, (leave_out, change)) in fields.into_iter().enumerate() {
        let (mut without, mut other) = (all(), all());
        leave_out(&mut without);
        change(&mut other);
        assert!(covers(&without, &all()), "{index}");
        assert!(covers(&without, &other), "{index}");
        assert!(!covers(&all(), &other), "{index}");
        assert!(!covers(&all(), &without), "{index}");
    }
}
