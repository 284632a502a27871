//! Every kind of thing: what is known after execution is what a new look shows, and neither gives another plan.

use std::sync::Arc;

use tributary_aws::Known;
use tributary_model::config::{
    AuthenticateAction, HealthCheckSettings, JwtClaim, MutualAuthentication,
    MutualAuthenticationMode, SubnetConfiguration,
};
use tributary_model::desired::{
    CertificateSource, DesiredAction, Patterns, RuleCondition, RuleTransform,
};
use tributary_model::elb::{ElbProtocol, IpAddressType, ProtocolVersion, Scheme};
use tributary_plan::observed::{Completeness, Health, Network, Observed, TargetState};
use tributary_plan::tags::SECRET;

use crate::desired::{Desired, alb, discovered, forward, nlb, secret, strings, target, two_teams};
use crate::world::World;

/// Without what a call's answer does not tell (AWS's own attributes, names and time of imports, health), what is others', and what
/// drains.
fn comparable(observed: &Observed) -> Observed {
    let mut observed = observed.clone();
    observed.network = Network::default();
    observed
        .certificates
        .retain(|_, it| it.tags.contains_key(SECRET));
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.attributes.clear();
        for listener in load_balancer.listeners.values_mut() {
            listener.attributes.clear();
        }
    }
    for group in observed.target_groups.values_mut() {
        group.attributes.clear();
        group.targets.retain(|_, state| state.is_registered());
        for state in group.targets.values_mut() {
            *state = TargetState::Registered(Health::Initial);
        }
    }
    for certificate in observed.certificates.values_mut() {
        certificate.names.clear();
        certificate.issued = tributary_model::Timestamp(0);
    }
    observed
}

pub(crate) async fn check_in(world: &World, desired: &Desired, known: &mut Known) {
    world.converge(desired, known).await;
    let look = world.look(desired).await;
    assert_eq!(look.completeness, Completeness::Complete);
    let plan = world.plan(desired, &Known::new(look.clone()));
    assert!(plan.steps.is_empty(), "another look gives\n{plan}");
    // Where a test names one subnet, its targets are in the zones of others: that is told, and true.
    let mut problems = plan.report.problems.iter();
    let unexpected = problems.find(|it| !it.ends_with("is healthy: Target.NotInUse"));
    assert_eq!(unexpected, None);
    assert_eq!(comparable(known.observed()), comparable(&look));
}

async fn check(desired: Desired) {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .secrets
            .put(name, "first", &format!("{name}.example.com"));
    }
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

macro_rules! cases {
    ($($name:ident: $desired:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            check($desired).await;
        })*
    };
}

fn one_rule() -> Desired {
    alb().http(80, "one").rule(80, "one", "/", "one")
}

fn action(action: DesiredAction) -> Desired {
    one_rule()
        .group("two", "one")
        .edit_rule(80, 0, |it| it.action = action)
        .keep_used()
}

fn condition(condition: RuleCondition) -> Desired {
    one_rule().edit_rule(80, 0, |it| it.conditions.push(condition))
}

fn authenticated(authenticate: AuthenticateAction) -> Desired {
    alb()
        .https(443, "one", secret("one", "first"))
        .rule(443, "one", "/", "one")
        .edit_rule(443, 0, |it| it.authenticate = Some(authenticate))
}

fn values(values: &[&str]) -> Vec<String> {
    values.iter().map(|it| (*it).to_owned()).collect()
}

cases! {
    two_teams_on_one_port: two_teams();
    two_ports: one_rule().http(8080, "two").rule(8080, "two", "/", "two");
    forward_by_weight: action(forward(&[("one", 10), ("two", 90)]));
    forward_with_stickiness: action(DesiredAction::Forward {
        targets: match forward(&[("one", 1), ("two", 1)]) {
            DesiredAction::Forward { targets, .. } => targets,
            DesiredAction::Redirect { .. } | DesiredAction::FixedResponse { .. } => Vec::new(),
        },
        stickiness_seconds: Some(60),
    });
    forward_to_one_with_another_weight: action(forward(&[("one", 7)]));
    redirect_to_https: action(DesiredAction::Redirect {
        protocol: Some("HTTPS".to_owned()),
        host: None,
        path: None,
        port: Some(443),
        query: None,
        status_code: 301,
    });
    redirect_with_placeholders: action(DesiredAction::Redirect {
        protocol: None,
        host: Some("new.example.com".to_owned()),
        path: Some("/new/#{path}".to_owned()),
        port: None,
        query: Some("from=#{host}".to_owned()),
        status_code: 302,
    });
    fixed_response: action(DesiredAction::FixedResponse {
        status_code: 503,
        content_type: Some("text/plain".to_owned()),
        body: Some("back soon".to_owned()),
    });
    fixed_response_without_body: action(DesiredAction::FixedResponse {
        status_code: 404,
        content_type: None,
        body: None,
    });
    header_condition: condition(RuleCondition::HttpHeader {
        name: "X-Team".to_owned(),
        patterns: Patterns::Wildcard(values(&["a*", "b"])),
    });
    header_regex_condition: condition(RuleCondition::HttpHeader {
        name: "X-Team".to_owned(),
        patterns: Patterns::Regex(values(&["^a[0-9]+$"])),
    });
    query_condition: condition(RuleCondition::QueryString(vec![
        (Some("version".to_owned()), "2".to_owned()),
        (None, "beta".to_owned()),
    ]));
    method_condition: condition(RuleCondition::Method(values(&["GET", "HEAD"])));
    source_condition: condition(RuleCondition::SourceIp(values(&["10.0.0.0/8", "2001:db8::/32"])));
    host_and_path_regex: one_rule().edit_rule(80, 0, |it| it.conditions = vec![
        RuleCondition::HostHeader(Patterns::Regex(values(&["^[a-z]+\\.example\\.com$"]))),
        RuleCondition::PathPattern(Patterns::Regex(values(&["^/v[0-9]+(/.*)?$"]))),
    ]);
    transforms: one_rule().edit_rule(80, 0, |it| it.transforms = vec![
        RuleTransform::UrlRewrite { regex: "^/old/(.*)$".to_owned(), replace: "/new/$1".to_owned() },
        RuleTransform::HostHeaderRewrite { regex: ".*".to_owned(), replace: "in.example.com".to_owned() },
    ]);
    rule_tags: one_rule().edit_rule(80, 0, |it| it.tags = strings(&[("team", "a"), ("cost", "")]));
    default_action_forwards: alb().http(80, "one").served(80, "one");
    certificate_from_a_secret: alb().https(443, "one", secret("one", "first"));
    two_certificates: alb()
        .https(443, "one", secret("one", "first"))
        .https(443, "two", secret("two", "first"));
    certificate_on_two_ports: alb()
        .https(443, "one", secret("one", "first"))
        .https(8443, "two", secret("one", "first"));
    certificate_by_discovery: alb().https(443, "app", discovered("app.example.com"));
    tls_settings: alb().https(443, "one", secret("one", "first")).edit(443, |it| {
        it.ssl_policy = Some("ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned());
        it.attributes = strings(&[("routing.http.response.server.enabled", "false")]);
        it.tags = strings(&[("listener", "tls")]);
    });
    mutual_tls: alb().https(443, "one", secret("one", "first")).edit(443, |it| {
        it.mutual_authentication = Some(MutualAuthentication {
            mode: MutualAuthenticationMode::Verify,
            trust_store: Some("partners".to_owned()),
            advertise_ca_names: Some("on".to_owned()),
            ignore_client_certificate_expiry: Some(true),
        });
    });
    mutual_tls_passthrough: alb().https(443, "one", secret("one", "first")).edit(443, |it| {
        it.mutual_authentication = Some(MutualAuthentication {
            mode: MutualAuthenticationMode::Passthrough,
            trust_store: None,
            advertise_ca_names: None,
            ignore_client_certificate_expiry: None,
        });
    });
    oidc: authenticated(AuthenticateAction::Oidc {
        fields: strings(&[
            ("Issuer", "https://id.example.com"),
            ("AuthorizationEndpoint", "https://id.example.com/authorize"),
            ("TokenEndpoint", "https://id.example.com/token"),
            ("UserInfoEndpoint", "https://id.example.com/userinfo"),
            ("SessionTimeout", "3600"),
            ("OnUnauthenticatedRequest", "deny"),
        ]),
        extra_params: strings(&[("prompt", "login")]),
        secret: "client".into(),
    });
    cognito: authenticated(AuthenticateAction::Cognito {
        fields: strings(&[
            ("UserPoolArn", "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_a"),
            ("UserPoolClientId", "client"),
            ("UserPoolDomain", "domain"),
            ("Scope", "openid email"),
        ]),
        extra_params: strings(&[]),
    });
    jwt: authenticated(AuthenticateAction::Jwt {
        jwks_endpoint: "https://id.example.com/keys".to_owned(),
        issuer: "https://id.example.com".to_owned(),
        claims: vec![JwtClaim {
            name: "role".to_owned(),
            format: "string-array".to_owned(),
            values: values(&["admin", "user"]),
        }],
    });
    grpc_target_group: alb()
        .https(443, "one", secret("one", "first"))
        .rule(443, "one", "/", "one")
        .edit_group("one", |it| it.protocol_version = Some(ProtocolVersion::Grpc));
    target_group_settings: one_rule().edit_group("one", |it| {
        it.health_check = HealthCheckSettings {
            healthy_threshold: Some(3),
            interval_seconds: Some(10),
            path: Some("/healthz".to_owned()),
            port: Some("9090".to_owned()),
            timeout_seconds: Some(4),
            unhealthy_threshold: Some(4),
            http_codes: Some("200-299".to_owned()),
            ..HealthCheckSettings::default()
        };
        it.attributes = strings(&[("deregistration_delay.timeout_seconds", "30")]);
        it.tags = strings(&[("team", "a")]);
    });
    more_targets_than_one_call_takes: one_rule().edit_group("one", |it| {
        it.targets = (1..=250).map(target).collect();
    });
    load_balancer_settings: one_rule().settings(|it| {
        it.scheme = Some(Scheme::InternetFacing);
        it.attributes = strings(&[("idle_timeout.timeout_seconds", "120")]);
        it.tags = strings(&[("owner", "platform")]);
        it.source_ranges = values(&["10.0.0.0/8", "192.168.0.0/16"]);
        it.enable_icmp = Some(true);
    });
    more_attributes_than_one_call_takes: one_rule().settings(|it| it.attributes = strings(&[
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", "a"),
        ("client_keep_alive.seconds", "600"),
        ("connection_logs.s3.enabled", "false"),
        ("connection_logs.s3.prefix", "b"),
        ("deletion_protection.enabled", "false"),
        ("health_check_logs.s3.enabled", "false"),
        ("health_check_logs.s3.prefix", "c"),
        ("idle_timeout.timeout_seconds", "120"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "strictest"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http.preserve_host_header.enabled", "true"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "true"),
        ("routing.http.xff_client_port.enabled", "true"),
        ("routing.http.xff_header_processing.mode", "preserve"),
        ("routing.http2.enabled", "false"),
        ("waf.fail_open.enabled", "true"),
        ("zonal_shift.config.enabled", "true"),
        ("access_logs.s3.bucket", "d"),
    ]));
    without_security_group: nlb()
        .l4(5432, ElbProtocol::Tcp, "one")
        .settings(|it| it.disable_security_group = Some(true));
    tcp: nlb().l4(5432, ElbProtocol::Tcp, "one");
    udp: nlb().l4(53, ElbProtocol::Udp, "one");
    tcp_and_udp: nlb().l4(53, ElbProtocol::TcpUdp, "one");
    tls_on_an_nlb: nlb()
        .tls(443, ElbProtocol::Tls, "one", secret("one", "first"))
        .served(443, "one")
        .edit(443, |it| it.alpn_policy = Some("HTTP2Preferred".to_owned()));
    weights_on_an_nlb: nlb()
        .l4(5432, ElbProtocol::Tcp, "one")
        .group("two", "one")
        .edit(5432, |it| it.default_action = forward(&[("one", 90), ("two", 10)]));
    nlb_on_two_ports: nlb().l4(53, ElbProtocol::Udp, "one").l4(54, ElbProtocol::Tcp, "two");
}

impl Desired {
    /// Drops target groups that no action names any more: desired state has none of those.
    fn keep_used(mut self) -> Self {
        let listeners = self.0.listeners.values();
        let actions = listeners.flat_map(|listener| {
            let rules = listener.rules.iter().map(|rule| &rule.action);
            rules.chain([&listener.default_action])
        });
        let used: Vec<_> = actions
            .filter_map(|action| match action {
                DesiredAction::Forward { targets, .. } => Some(targets),
                DesiredAction::Redirect { .. } | DesiredAction::FixedResponse { .. } => None,
            })
            .flatten()
            .map(|target| target.target_group.clone())
            .collect();
        let groups = self.0.target_groups.iter();
        self.0.target_groups = groups
            .filter(|(id, _)| used.contains(id))
            .map(|(id, group)| (id.clone(), Arc::clone(group)))
            .collect();
        self
    }
}

#[tokio::test]
async fn a_certificate_by_arn() {
    let world = World::new().await;
    let issued = world.aws.acm.certificates().await.unwrap();
    let (arn, certificate) = issued.first_key_value().unwrap();
    assert!(certificate.names.contains("app.example.com"));
    let desired = alb().https(443, "one", CertificateSource::Arn(arn.clone()));
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

#[tokio::test]
async fn a_certificate_that_does_not_exist_is_told() {
    let world = World::new().await;
    let arn = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000";
    let desired = alb().https(443, "one", CertificateSource::Arn(arn.to_owned()));
    let look = world.look(&desired).await;
    assert!(look.missing_certificates.contains(arn));
    assert_eq!(look.completeness, Completeness::Complete);
}

#[tokio::test]
async fn subnets_by_id() {
    let world = World::new().await;
    let subnets = world.aws.ec2.subnets(None).await.unwrap();
    let wanted = subnets
        .iter()
        .filter(|(_, it)| it.tags.contains_key("kubernetes.io/role/internal-elb"));
    let wanted: Vec<SubnetConfiguration> = wanted
        .take(2)
        .map(|(id, _)| SubnetConfiguration {
            identifier: id.clone(),
            ..SubnetConfiguration::default()
        })
        .collect();
    let desired = two_teams().settings(|it| it.subnets = wanted);
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

#[tokio::test]
async fn fixed_addresses_of_an_nlb() {
    let world = World::new().await;
    let subnets = world.aws.ec2.subnets(None).await.unwrap();
    let private = subnets
        .iter()
        .filter(|(_, it)| it.tags.contains_key("kubernetes.io/role/internal-elb"));
    let first = private.map(|(id, _)| id.clone()).next().unwrap();
    let state = world.sandbox.state().unwrap();
    let address = free_address(&state, &first);
    let desired = nlb().l4(5432, ElbProtocol::Tcp, "one").settings(|it| {
        it.subnets = vec![SubnetConfiguration {
            identifier: first,
            private_ipv4: Some(address),
            ..SubnetConfiguration::default()
        }];
    });
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

/// AWS refuses UDP on a dualstack NLB without them, and takes them only where they are switched on.
#[tokio::test]
async fn prefixes_for_source_nat_of_a_dualstack_nlb() {
    let world = World::new().await;
    let subnets = world.aws.ec2.subnets(None).await.unwrap();
    let mut public = subnets
        .iter()
        .filter(|(_, it)| it.tags.contains_key("kubernetes.io/role/elb"));
    let (first, _) = public.next().unwrap();
    let subnet = SubnetConfiguration {
        identifier: first.clone(),
        source_nat_ipv6_prefix: Some("auto_assigned".to_owned()),
        ..SubnetConfiguration::default()
    };
    let desired = nlb().l4(53, ElbProtocol::Udp, "one").settings(|it| {
        it.scheme = Some(Scheme::InternetFacing);
        it.ip_address_type = Some(IpAddressType::Dualstack);
        it.subnets = vec![subnet];
    });
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

/// The hundredth address of a subnet, by the text of its CIDR in the sandbox's state.
fn free_address(state: &serde_json::Value, subnet: &str) -> String {
    let regions = state["regions"].as_object().unwrap();
    let mut subnets = regions.values().map(|it| &it["network"]["subnets"][subnet]);
    let subnet = subnets.find(|it| !it.is_null()).unwrap();
    let cidr = subnet["cidr"].as_str().unwrap();
    let (network, _) = cidr.rsplit_once('.').unwrap();
    format!("{network}.100")
}
