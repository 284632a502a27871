//! People with tokens ask the merger: the API server says who they are and which namespaces they see.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use tonic::{Code, Status};
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, NAMESPACE, Part};
use tributary_tests_e2e::kubernetes::objects::{apply, delete, named};
use tributary_tests_e2e::process::run;
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::trust::{Authority, Begin, Ends, Identity, Shown, ask, begin, name};
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::forwarding::Forwarding;

const LISTENERS: &str = "tributary.listeners.v1.ListenersService";
/// Of the whole installation, so for who sees all of it.
const GET_HEALTH: &str = "tributary.installation.v1.InstallationService/GetHealth";

/// What a token may be for besides the API server.
const AUDIENCE: &str = "merger.tributary.services.tributary.dev";

/// Looked at again so often.
const SECOND: [&str; 2] = ["--token-review-seconds", "1"];

struct People {
    installation: Installation,
    authority: Authority,
}

/// Two teams on one Gateway, of which the second lost its port to the first; accounts of people; and the five.
async fn two_teams() -> People {
    let mut installation = Installation::new(Vec::new()).await;
    let authority = Authority::new();
    installation.certify(&authority);
    let cluster = installation.cluster();
    let mut objects = vec![json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": { "name": "alb" },
        "spec": { "controllerName": "gateway.k8s.aws/alb" },
    })];
    for namespace in ["infra", "rival", "team-a", "team-b"] {
        objects.push(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace },
        }));
    }
    let mut gateway = named("Gateway", "infra", "shared");
    gateway["spec"] = json!({
        "gatewayClassName": "alb",
        "listeners": [{ "name": "web", "port": 80, "protocol": "HTTP" }],
        "allowedListeners": { "namespaces": { "from": "All" } },
    });
    objects.push(gateway);
    for (namespace, account) in [
        ("team-a", "tenant"),
        ("team-a", "nobody"),
        ("infra", "platform"),
    ] {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": account, "namespace": namespace },
        }));
    }
    objects.push(binding("RoleBinding", "team-a", "tenant"));
    objects.push(binding("ClusterRoleBinding", "infra", "platform"));
    apply(cluster, &objects).await;
    // The rival is older: by its name, should both be of one second.
    for namespace in ["rival", "team-a"] {
        let mut set = named("ListenerSet", namespace, &format!("set-of-{namespace}"));
        set["metadata"]["labels"] =
            json!({ "team": namespace, format!("{namespace}.example.com/is"): "set" });
        set["spec"] = json!({
            "parentRef": { "name": "shared", "namespace": "infra" },
            "listeners": [{ "name": "taken", "port": 81, "protocol": "HTTP" }],
        });
        apply(cluster, &[set]).await;
    }
    for part in FIVE {
        let more: &[&str] = if part == Part::Merger { &SECOND } else { &[] };
        installation.start_with(part, 0, more);
    }
    installation.settled().await;
    People {
        installation,
        authority,
    }
}

fn binding(kind: &str, namespace: &str, account: &str) -> Value {
    let mut metadata = json!({ "name": account });
    if kind == "RoleBinding" {
        metadata["namespace"] = json!(namespace);
    }
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "tributary-listeners-view",
        },
        "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": namespace }],
    })
}

impl People {
    async fn token(&self, namespace: &str, account: &str) -> String {
        self.installation.cluster().token(namespace, account).await
    }

    async fn begin(&self, shown: Shown<'_>, method: &str, question: &[u8]) -> Begin {
        let (server, question) = (
            self.installation.merger(0),
            Bytes::copy_from_slice(question),
        );
        begin(server, "merger", &self.authority, shown, method, question).await
    }

    /// All that is answered, as far as it is text.
    async fn read(
        &self,
        shown: Shown<'_>,
        method: &str,
        question: &[u8],
    ) -> Result<String, Status> {
        let (server, question) = (
            self.installation.merger(0),
            Bytes::copy_from_slice(question),
        );
        let method = format!("{LISTENERS}/{method}");
        let mut answers = ask(server, "merger", &self.authority, shown, &method, question).await?;
        let mut text = String::new();
        while let Some(message) = answers.message().await? {
            text.push_str(&String::from_utf8_lossy(&message));
        }
        Ok(text)
    }

    /// The API server learns of bindings a moment after it has stored them.
    async fn until_granted(&self, tokens: &[(&str, &str)]) {
        for (token, namespace) in tokens {
            until("the right is there", async || {
                let question = of_namespace(namespace);
                let listed = self.read(Shown::Token(token), "ListListeners", &question);
                listed.await.is_ok()
            })
            .await;
        }
    }
}

/// A field that holds text or a message.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[number << 3 | 2, length], content].concat()
}

/// `ListListenersRequest` and `WatchListenersRequest` with a filter by namespace.
fn of_namespace(namespace: &str) -> Vec<u8> {
    field(1, &field(2, namespace.as_bytes()))
}

/// An `ObjectRef` to the ListenerSet of a team.
fn set_of(namespace: &str) -> Vec<u8> {
    let set = format!("set-of-{namespace}");
    let key = [field(1, namespace.as_bytes()), field(2, set.as_bytes())].concat();
    [vec![1 << 3, 3], field(2, &key)].concat()
}

/// Questions about a namespace.
fn questions(namespace: &str) -> Vec<(&'static str, Vec<u8>)> {
    let listener = [field(1, &set_of(namespace)), field(2, b"taken")].concat();
    vec![
        ("ListListeners", of_namespace(namespace)),
        ("WatchListeners", of_namespace(namespace)),
        ("ListObjects", field(2, namespace.as_bytes())),
        ("GetListener", field(1, &listener)),
        ("Explain", field(1, &set_of(namespace))),
    ]
}

/// Questions about all of them.
fn questions_of_all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("ListListeners", Vec::new()),
        ("WatchListeners", Vec::new()),
        ("ListObjects", Vec::new()),
        ("ListLoadBalancers", Vec::new()),
        // One second.
        ("WaitSettled", field(1, &[1 << 3, 1])),
    ]
}

/// What is not for people.
const OTHERS: [&str; 5] = [
    "tributary.desired.v1.DesiredService/WatchLoadBalancers",
    "tributary.desired.v1.DesiredService/GetLoadBalancer",
    "tributary.report.v1.ReportService/PublishReports",
    "tributary.judgement.v1.JudgementService/WatchJudgements",
    "tributary.judgement.v1.JudgementService/AcknowledgeJudgements",
];

fn in_an_hour() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from((now + Duration::from_hours(1)).as_secs()).unwrap()
}

#[tokio::test]
async fn who_may_ask_is_what_the_api_server_says() {
    let people = two_teams().await;
    let cluster = people.installation.cluster();
    let denied = || Begin::Refused(Code::PermissionDenied);
    let unknown = || Begin::Refused(Code::Unauthenticated);
    let tenant = people.token("team-a", "tenant").await;
    let for_us = cluster.token_for("team-a", "tenant", &[AUDIENCE]).await;
    let signed = cluster.token_until("team-a", "tenant", in_an_hour()).await;
    let platform = people.token("infra", "platform").await;
    let nobody = people.token("team-a", "nobody").await;
    let expired = cluster.token_until("team-a", "tenant", 1_700_000_000).await;
    let for_others = cluster.token_for("team-a", "tenant", &["vault"]).await;
    people
        .until_granted(&[(&tenant, "team-a"), (&platform, "team-b")])
        .await;
    let client: Identity = people.authority.identity(&name("client"), Ends::LATER);
    // By what, and what becomes of questions about team-a, about team-b, about all, and of what is not for people.
    let table = [
        (
            "tenant",
            Shown::Token(&tenant),
            [Begin::LetIn, denied(), denied(), denied()],
        ),
        (
            "a token for us alone",
            Shown::Token(&for_us),
            [Begin::LetIn, denied(), denied(), denied()],
        ),
        (
            "a signed one",
            Shown::Token(&signed),
            [Begin::LetIn, denied(), denied(), denied()],
        ),
        (
            "platform",
            Shown::Token(&platform),
            [Begin::LetIn, Begin::LetIn, Begin::LetIn, denied()],
        ),
        (
            "a client's certificate",
            Shown::Certificate(&client),
            [Begin::LetIn, Begin::LetIn, Begin::LetIn, denied()],
        ),
        (
            "nobody",
            Shown::Token(&nobody),
            [denied(), denied(), denied(), denied()],
        ),
        (
            "expired",
            Shown::Token(&expired),
            [unknown(), unknown(), unknown(), denied()],
        ),
        (
            "for others",
            Shown::Token(&for_others),
            [unknown(), unknown(), unknown(), denied()],
        ),
        (
            "nonsense",
            Shown::Token("a.b.c"),
            [unknown(), unknown(), unknown(), denied()],
        ),
        (
            "nothing",
            Shown::Nothing,
            [unknown(), unknown(), unknown(), unknown()],
        ),
    ];
    for (who, shown, [own, other, all, not_for_people]) in &table {
        for (expected, questions) in [
            (own, questions("team-a")),
            (other, questions("team-b")),
            (all, questions_of_all()),
        ] {
            for (method, question) in questions {
                let method = format!("{LISTENERS}/{method}");
                let begun = people.begin(*shown, &method, &question).await;
                assert_eq!(begun, *expected, "{method} by {who}: {question:?}");
            }
        }
        let begun = people.begin(*shown, GET_HEALTH, &[]).await;
        assert_eq!(begun, *all, "{GET_HEALTH} by {who}");
        for method in OTHERS {
            let begun = people.begin(*shown, method, &[]).await;
            assert_eq!(begun, *not_for_people, "{method} by {who}");
        }
        let health = "grpc.health.v1.Health/Check";
        let begun = people.begin(*shown, health, &[]).await;
        let is_known = *own != unknown();
        assert_eq!(begun == Begin::LetIn, is_known, "health by {who}");
    }
}

#[tokio::test]
async fn a_tenant_reads_of_its_rival_only_the_class() {
    let people = two_teams().await;
    let tenant = people.token("team-a", "tenant").await;
    let platform = people.token("infra", "platform").await;
    people
        .until_granted(&[(&tenant, "team-a"), (&platform, "rival")])
        .await;
    for (method, question) in questions("team-a") {
        if method == "WatchListeners" {
            continue;
        }
        let own = people.read(Shown::Token(&tenant), method, &question).await;
        let own = own.unwrap();
        assert!(own.contains("set-of-team-a"), "{method}: {own}");
        assert!(!own.contains("rival"), "{method}: {own}");
        let all = people
            .read(Shown::Token(&platform), method, &question)
            .await;
        let names_it = method != "ListObjects";
        assert_eq!(all.unwrap().contains("set-of-rival"), names_it, "{method}");
    }
}

#[tokio::test]
async fn a_watch_ends_with_its_right_and_with_its_token() {
    let people = two_teams().await;
    let cluster = people.installation.cluster();
    let mut account = named("ServiceAccount", "team-a", "tenant");
    account["apiVersion"] = json!("v1");
    let right = binding("RoleBinding", "team-a", "tenant");
    for (gone, code) in [
        (right, Code::PermissionDenied),
        (account, Code::Unauthenticated),
    ] {
        apply(cluster, &[binding("RoleBinding", "team-a", "tenant")]).await;
        let token = people.token("team-a", "tenant").await;
        people.until_granted(&[(&token, "team-a")]).await;
        let question = of_namespace("team-a");
        let mut watched = ask(
            people.installation.merger(0),
            "merger",
            &people.authority,
            Shown::Token(&token),
            &format!("{LISTENERS}/WatchListeners"),
            question.into(),
        )
        .await
        .unwrap();
        assert!(watched.message().await.unwrap().is_some(), "it has begun");
        delete(cluster, &[gone]).await;
        let ended = loop {
            match watched.message().await {
                Ok(Some(_)) => {}
                ended => break ended,
            }
        };
        assert_eq!(ended.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn without_an_api_server_nobody_is_let_in_by_token_and_nobody_leads() {
    let mut people = two_teams().await;
    let token = people.token("infra", "platform").await;
    let client = people.authority.identity(&name("client"), Ends::LATER);
    people.installation.stop_api_server().await;
    let refused = people
        .read(Shown::Token(&token), "ListListeners", &[])
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    assert_eq!(
        refused.message(),
        "the API server does not say whose the token is"
    );
    let client = Shown::Certificate(&client);
    until("nobody leads", async || {
        let read = people.read(client, "ListListeners", &[]).await;
        // A certificate lets in: it is not refused for who it is.
        read.is_err_and(|refused| {
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");
            refused.message() == "not the leader"
        })
    })
    .await;
}

/// What the chart and a node would make of the merger that runs, as far as it is looked for.
async fn seen_in_the_cluster(people: &People) {
    let cluster = people.installation.cluster();
    let labels = json!({
        "app.kubernetes.io/part-of": "tributary",
        "app.kubernetes.io/component": "merger",
    });
    let mut pod = named("Pod", NAMESPACE, "tributary-merger-5d4f-abcde");
    pod["apiVersion"] = json!("v1");
    pod["metadata"]["labels"] = labels;
    pod["spec"] = json!({ "containers": [{
        "name": "merger",
        "image": "example.com/none",
        "args": ["merger", "--installation=tributary", "--tls-dir=/etc/tributary/tls"],
        "ports": [{ "name": "grpc", "containerPort": 7070 }],
    }] });
    let authority = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "tributary-ca", "namespace": NAMESPACE },
        "data": { "ca.crt": people.authority.certificate },
    });
    apply(cluster, &[pod, authority]).await;
    let pods: Api<Pod> = Api::namespaced(cluster.client(), NAMESPACE);
    let ready = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }] } });
    let (params, ready) = (PatchParams::default(), Patch::Strategic(ready));
    pods.patch_status("tributary-merger-5d4f-abcde", &params, &ready)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_command_line_finds_the_merger_by_the_kubeconfig_and_shows_the_users_token() {
    let people = two_teams().await;
    let cluster = people.installation.cluster();
    let tenant = people.token("team-a", "tenant").await;
    let platform = people.token("infra", "platform").await;
    people
        .until_granted(&[(&tenant, "team-a"), (&platform, "rival")])
        .await;
    let forwarding = Forwarding::before(cluster, people.installation.merger(0)).await;
    let asked = async |user: &Value, line: &str| {
        let kubeconfig = forwarding.kubeconfig("team-a", user);
        let mut args = words(&line.split(' ').collect::<Vec<_>>());
        args.extend(["--kubeconfig".into(), kubeconfig.into_os_string()]);
        run("tributary", &args).await
    };
    let (tenant, platform) = (json!({ "token": tenant }), json!({ "token": platform }));
    let none = asked(&tenant, "get listeners").await;
    assert!(
        none.stderr.contains("no pod of a merger"),
        "{}",
        none.stderr
    );
    seen_in_the_cluster(&people).await;

    let own = asked(&tenant, "get listeners").await;
    assert_eq!(own.code, Some(0), "{}", own.stderr);
    assert!(own.stdout.contains("set-of-team-a"), "{}", own.stdout);
    assert!(!own.stdout.contains("rival"), "{}", own.stdout);
    assert!(
        own.stderr.contains("namespace team-a alone"),
        "{}",
        own.stderr
    );
    let refused = asked(&tenant, "get listeners -n rival").await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("may not list"),
        "{}",
        refused.stderr
    );
    let why = asked(&tenant, "explain listenerset team-a/set-of-team-a").await;
    let withheld = "with a listener of another namespace";
    assert!(why.stdout.contains(withheld), "{}", why.stdout);

    let all = asked(&platform, "get conflicts").await;
    assert!(all.stdout.contains("set-of-rival"), "{}", all.stderr);
    let settled = asked(&platform, "wait").await;
    assert_eq!(settled.stdout, "settled\n", "{}", settled.stderr);

    let without = asked(&json!({}), "get listeners").await;
    assert!(
        without.stderr.contains("--as-account"),
        "{}",
        without.stderr
    );
    let account = asked(&json!({}), "get listeners --as-account infra/platform").await;
    assert!(
        account.stdout.contains("set-of-rival"),
        "{}",
        account.stderr
    );
}
