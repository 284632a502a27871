use std::sync::Arc;

use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::health::{LoadBalancerHealth, SeenShard, ServiceSeen, StandingCount};
use tributary_model::report::{LoadBalancerPhase, QuotaUse, Quotas};
use tributary_model::resolved::SecretCertificate;
use tributary_model::{ObjectKey, Timestamp};
use tributary_proto::installation::GetHealthResponse;
use tributary_proto::installation::installation_service_server::{
    InstallationService, InstallationServiceServer,
};
use tributary_stream::Transport;

use super::*;
use crate::args::{Cli, Command};
use crate::query::fixtures::plain;
use clap::Parser;

fn seen(service: &str, version: &str, shards: &[u32]) -> ServiceSeen {
    let shard = |index: &u32| SeenShard {
        index: *index,
        count: 8,
    };
    ServiceSeen {
        service: service.to_owned(),
        address: String::new(),
        version: version.to_owned(),
        shards: shards.iter().map(shard).collect(),
        concerns: Vec::new(),
        leads: matches!(service, "merger" | "status-writer").then_some(true),
    }
}

fn well() -> Health {
    let rules = QuotaUse {
        used: 60,
        limit: 100,
    };
    Health {
        complete: true,
        services: vec![
            seen("merger", "0.1.0", &[]),
            seen("watcher", "0.1.0", &[]),
            seen("alb-programmer", "0.1.0", &[0, 1, 2, 5]),
            seen("status-writer", "0.1.0", &[]),
        ],
        standings: vec![StandingCount {
            what: "Gateway".to_owned(),
            state: "served".to_owned(),
            reason: "Programmed".to_owned(),
            count: 2,
        }],
        load_balancers: vec![LoadBalancerHealth {
            key: LoadBalancerKey {
                kind: LoadBalancerKind::Alb,
                gateway: ObjectKey::new("infra", "web"),
            },
            phase: LoadBalancerPhase::Active,
            unheard: false,
            pending: String::new(),
            problems: Vec::new(),
            quotas: Some(Quotas {
                rules,
                ..Quotas::default()
            }),
            first_certificate: None,
        }],
        unwritten_judgements: Some(0),
        failed_statuses: 0,
    }
}

const NOW: Timestamp = Timestamp(1_000_000);

#[track_caller]
fn check(change: impl FnOnce(&mut Health), expected: &[&str]) {
    let mut health = well();
    change(&mut health);
    assert_eq!(faults(&health, NOW), expected);
}

fn ending_in(health: &mut Health, seconds: i64) {
    health.load_balancers[0].first_certificate = Some(SecretCertificate {
        secret: ObjectKey::new("team-a", "tls"),
        not_after: Timestamp(NOW.0 + seconds),
    });
}

#[test]
fn an_installation_of_which_nothing_is_wrong_is_well() {
    check(|_| {}, &[]);
}

#[test]
fn a_service_that_is_not_there_degrades_it() {
    check(
        |health| health.services.retain(|it| it.service != "status-writer"),
        &[
            "no status-writer is connected: statuses are not written; see docs/runbooks/TributaryServiceMissing.md",
        ],
    );
    check(
        |health| health.services.retain(|it| it.service != "watcher"),
        &[
            "no watcher is connected: changes are not seen; see docs/runbooks/TributaryServiceMissing.md",
        ],
    );
    check(
        |health| health.load_balancers[0].unheard = true,
        &[
            "no alb-programmer speaks for 1 load balancers: their changes are not programmed; see docs/runbooks/TributaryLoadBalancersUnheard.md",
        ],
    );
    check(
        |health| health.complete = false,
        &["the merger has not read everything yet; /readyz of the watcher says why"],
    );
}

#[test]
fn services_of_two_releases_degrade_it() {
    check(
        |health| health.services[1].version = "0.2.0".to_owned(),
        &[
            "services of unlike versions: 0.1.0, 0.2.0; see docs/runbooks/TributaryVersionsDiffer.md",
        ],
    );
}

#[test]
fn more_than_nine_tenths_of_a_quota_degrade_it() {
    let rules = |used| {
        move |health: &mut Health| {
            let limit = 100;
            health.load_balancers[0].quotas.as_mut().unwrap().rules = QuotaUse { used, limit };
        }
    };
    check(rules(90), &[]);
    check(
        rules(91),
        &[
            "load balancer alb infra/web takes 91 of 100 rules; see docs/runbooks/TributaryQuotaNearlyFull.md",
        ],
    );
}

#[test]
fn a_certificate_near_its_end_degrades_it() {
    check(|health| ending_in(health, 15 * 86_400), &[]);
    check(
        |health| ending_in(health, 13 * 86_400 + 1),
        &[
            "the certificate in Secret team-a/tls ends in 13 days; see docs/runbooks/TributaryCertificateEndsSoon.md",
        ],
    );
    check(
        |health| ending_in(health, 0),
        &[
            "the certificate in Secret team-a/tls has ended; see docs/runbooks/TributaryCertificateEnds.md",
        ],
    );
}

#[test]
fn what_aws_or_the_api_server_does_not_grant_degrades_it() {
    check(
        |health| health.load_balancers[0].problems = vec!["no subnets".to_owned()],
        &["load balancer alb infra/web: no subnets; see docs/runbooks/TributaryAwsRefuses.md"],
    );
    check(
        |health| health.load_balancers[0].phase = LoadBalancerPhase::Failed,
        &["load balancer alb infra/web has failed; see docs/runbooks/TributaryAwsRefuses.md"],
    );
    check(
        |health| health.failed_statuses = 3,
        &["3 statuses cannot be written; see docs/runbooks/TributaryStatusNotWritten.md"],
    );
}

fn refused(reason: &str) -> StandingCount {
    StandingCount {
        what: "Listener".to_owned(),
        state: "refused".to_owned(),
        reason: reason.to_owned(),
        count: 2,
    }
}

#[test]
fn listeners_that_aws_refuses_degrade_it() {
    check(
        |health| health.standings.push(refused("RefusedByAws")),
        &["2 listeners are refused: RefusedByAws; see docs/runbooks/TributaryRefusedByAws.md"],
    );
    check(
        |health| health.standings.push(refused("HostnameConflict")),
        &[],
    );
}

fn repository(file: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file)
}

#[test]
fn the_alert_and_the_faults_name_the_same_reasons() {
    let rules = std::fs::read_to_string(repository("deploy/prometheus/rules.yaml")).unwrap();
    let alert = rules
        .split("- alert: TributaryRefusedByAws")
        .nth(1)
        .unwrap();
    let reasons = alert.split("reason=~\"").nth(1).unwrap();
    let reasons: Vec<&str> = reasons.split('"').next().unwrap().split('|').collect();
    assert_eq!(reasons, faults::BY_AWS);
}

#[test]
fn a_page_that_a_fault_names_is_there() {
    let mut health = Health {
        failed_statuses: 1,
        services: vec![
            seen("merger", "0.1.0", &[]),
            seen("alb-programmer", "0.2.0", &[]),
        ],
        standings: faults::BY_AWS.map(refused).to_vec(),
        ..Health::default()
    };
    for (secret, end) in [("a", 0), ("b", 1)] {
        let LoadBalancerHealth { mut key, .. } = well().load_balancers.remove(0);
        key.gateway = ObjectKey::new("infra", secret);
        health.load_balancers.push(LoadBalancerHealth {
            key,
            phase: LoadBalancerPhase::Failed,
            unheard: true,
            pending: String::new(),
            problems: vec!["no subnets".to_owned()],
            quotas: Some(Quotas {
                rules: QuotaUse { used: 1, limit: 1 },
                ..Quotas::default()
            }),
            first_certificate: Some(SecretCertificate {
                secret: ObjectKey::new("team-a", secret),
                not_after: Timestamp(NOW.0 + end),
            }),
        });
    }
    let faults = faults(&health, NOW);
    let pages: Vec<&str> = faults
        .iter()
        .filter_map(|it| it.split("; see ").nth(1))
        .collect();
    // All but the first, which names no page.
    assert_eq!(pages.len() + 1, faults.len(), "{faults:#?}");
    for page in pages {
        assert!(repository(page).is_file(), "{page}");
    }
}

#[test]
fn what_is_of_concern_to_a_service_degrades_it_and_is_said_once() {
    let concern = |health: &mut Health, service: &str, concern: &str, address: &str| {
        health.services.push(ServiceSeen {
            address: address.to_owned(),
            concerns: vec![concern.to_owned()],
            ..seen(service, "0.1.0", &[])
        });
    };
    check(
        |health| {
            let why = "aws: DescribeAccountLimits: no credentials";
            concern(health, "alb-programmer", why, "10.0.0.3:4000");
            concern(health, "alb-programmer", why, "10.0.0.4:4000");
            concern(health, "watcher", "kinds: not served: Gateway", "");
            concern(
                health,
                "status-writer",
                "statuses: 2 cannot be written, Gateway a/b: forbidden",
                "",
            );
            health.failed_statuses = 2;
        },
        &[
            "alb-programmer at 10.0.0.3:4000 and 1 more: aws: DescribeAccountLimits: no credentials; \
             check its credentials, its region and its way to AWS: docs/install.md, section 4",
            "status-writer: statuses: 2 cannot be written, Gateway a/b: forbidden; \
             see docs/runbooks/TributaryStatusNotWritten.md",
            "watcher: kinds: not served: Gateway; install Gateway API's CRDs: docs/install.md, section 4",
        ],
    );
}

#[test]
fn one_status_writer_leads() {
    let writer = |leads| ServiceSeen {
        leads,
        ..seen("status-writer", "0.1.0", &[])
    };
    let with = |leads: [Option<bool>; 2]| {
        move |health: &mut Health| {
            health.services.retain(|it| it.service != "status-writer");
            health.services.extend(leads.map(writer));
        }
    };
    check(with([Some(false), Some(true)]), &[]);
    // Of a merger that does not say.
    check(with([None, None]), &[]);
    check(
        with([Some(false), Some(false)]),
        &[
            "no status-writer leads: statuses are not written; see docs/runbooks/TributaryNobodyLeads.md",
        ],
    );
}

/// A tenant's mistake is the tenant's, and no reason to wake the platform.
#[test]
fn a_refused_object_does_not_degrade_it() {
    let refused = |health: &mut Health| {
        health.standings.push(StandingCount {
            what: "ListenerSet".to_owned(),
            state: "refused".to_owned(),
            reason: "NotAllowed".to_owned(),
            count: 7,
        });
    };
    check(refused, &[]);
}

/// A merger that is so.
struct Merger(Arc<Health>);

#[tonic::async_trait]
impl InstallationService for Merger {
    async fn get_health(
        &self,
        _: Request<GetHealthRequest>,
    ) -> Result<Response<GetHealthResponse>, Status> {
        Ok(Response::new(GetHealthResponse::from(&*self.0)))
    }
}

async fn run(client: &Client, line: &str) -> (ExitCode, String) {
    let words = ["tributary"].into_iter().chain(line.split(' '));
    let Command::Status(args) = Cli::try_parse_from(words).unwrap().command else {
        panic!("{line}");
    };
    let mut out = Vec::new();
    let code = health(Ok(client.clone()), &args, &mut out).await.unwrap();
    (code, plain(&String::from_utf8(out).unwrap()))
}

fn client(health: Health) -> Client {
    let server = InstallationServiceServer::new(Merger(Arc::new(health)));
    Client::over(Transport::local(Routes::new(server)))
}

/// `ExitCode` has no equality.
#[track_caller]
fn check_code(code: ExitCode, expected: u8) {
    assert_eq!(
        format!("{code:?}"),
        format!("{:?}", ExitCode::from(expected))
    );
}

#[tokio::test]
async fn one_screen_shows_all_of_it() {
    let (code, screen) = run(&client(well()), "status").await;
    check_code(code, 0);
    assert_eq!(
        screen,
        "\
SERVICE          VERSION   ADDRESS   LEADS    SHARES
merger           0.1.0     <none>    yes      <none>
watcher          0.1.0     <none>    <none>   <none>
alb-programmer   0.1.0     <none>    <none>   0-2,5 of 8
status-writer    0.1.0     <none>    yes      <none>

OBJECT    SERVED   PENDING   DEGRADED   REFUSED   LEFT-ALONE
Gateway   2        0         0          0         0

LOAD-BALANCER   PHASE    FULLEST-QUOTA   CERTIFICATE-ENDS   STILL-TO-DO
alb infra/web   Active   60/100 rules    <none>             <none>

Well
"
    );
}

#[tokio::test]
async fn a_script_learns_it_by_the_exit_code_and_in_json() {
    let mut degraded = well();
    degraded.failed_statuses = 1;
    let (code, text) = run(&client(degraded), "status -o json").await;
    check_code(code, 1);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["status"], "Degraded");
    assert_eq!(
        json["faults"][0],
        "1 statuses cannot be written; see docs/runbooks/TributaryStatusNotWritten.md"
    );
    assert_eq!(json["loadBalancers"][0]["quotas"]["rules"]["used"], 60);
    let (code, text) = run(&client(well()), "status -o yaml").await;
    check_code(code, 0);
    assert!(text.contains("status: Well\n"), "{text}");
}

#[tokio::test]
async fn who_is_not_reached_is_neither_well_nor_degraded() {
    let nobody = Client::over(Transport::remote("http://127.0.0.1:1").unwrap());
    let (code, screen) = run(&nobody, "status").await;
    check_code(code, 2);
    assert_eq!(screen, "");
}
