use super::*;

fn args() -> EnvironmentArgs {
    EnvironmentArgs {
        replaced_load_balancer_stay: None,
        cluster: None,
        installation: InstallationArgs {
            installation: "here".parse().unwrap(),
        },
        vpc: None,
        region: None,
        manage_backend_security_groups: None,
        backend_security_group: None,
        allow_removing_all: false,
    }
}

fn real() -> Endpoint {
    Endpoint::Real { region: None }
}

fn sandbox() -> Endpoint {
    Endpoint::url("http://127.0.0.1:4566".to_owned())
}

fn environment(cluster: Option<&str>, aws: &Endpoint) -> Result<String, NoCluster> {
    let args = EnvironmentArgs {
        cluster: cluster.map(str::to_owned),
        ..args()
    };
    args.environment(aws).map(|environment| environment.cluster)
}

fn backend(manage: Option<bool>, group: Option<&str>, aws: &Endpoint) -> BackendGroups {
    let args = EnvironmentArgs {
        cluster: Some("prod".to_owned()),
        manage_backend_security_groups: manage,
        backend_security_group: group.map(str::to_owned),
        ..args()
    };
    args.environment(aws).unwrap().backend
}

#[test]
fn the_real_aws_wants_a_cluster_by_name() {
    assert_eq!(environment(None, &real()), Err(NoCluster));
    assert_eq!(environment(Some("prod"), &real()), Ok("prod".to_owned()));
    assert_eq!(environment(None, &sandbox()), Ok("tributary".to_owned()));
}

#[test]
fn targets_are_opened_on_the_real_aws_and_in_a_sandbox_when_asked() {
    let named = || BackendGroups::Named("sg-1".to_owned());
    assert_eq!(backend(None, None, &real()), BackendGroups::Shared);
    assert_eq!(backend(None, None, &sandbox()), BackendGroups::Off);
    assert_eq!(backend(Some(true), None, &sandbox()), BackendGroups::Shared);
    assert_eq!(backend(Some(false), None, &real()), BackendGroups::Off);
    assert_eq!(backend(None, Some("sg-1"), &real()), named());
    assert_eq!(backend(None, Some("sg-1"), &sandbox()), named());
    assert_eq!(
        backend(Some(false), Some("sg-1"), &real()),
        BackendGroups::Off
    );
}

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    defaults: DefaultsArgs,
}

fn defaults(args: &[&str]) -> Result<Defaults, String> {
    let args = std::iter::once("programmer").chain(args.iter().copied());
    match <Flags as clap::Parser>::try_parse_from(args) {
        Ok(flags) => Ok(flags.defaults.defaults()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn without_flags_the_defaults_are_the_plans() {
    assert_eq!(defaults(&[]), Ok(Defaults::default()));
}

#[test]
fn the_platforms_defaults_are_flags() {
    let given = defaults(&[
        "--default-load-balancer-scheme=internet-facing",
        "--default-ssl-policy=ELBSecurityPolicy-TLS13-1-2-2021-06",
        "--default-tags=team=a,cost=1=2",
        "--external-managed-tags=owner,stage",
    ]);
    let pairs = [("team", "a"), ("cost", "1=2")];
    let expected = Defaults {
        scheme: Scheme::InternetFacing,
        ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
        tags: pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        external_tags: ["owner", "stage"].map(str::to_owned).into(),
    };
    assert_eq!(given, Ok(expected));
}

#[test]
fn a_flag_that_makes_no_sense_is_named() {
    for (flag, said) in [
        (
            "--default-load-balancer-scheme=public",
            "expected internal or internet-facing",
        ),
        ("--default-tags=team", "expected KEY=VALUE"),
        ("--default-tags==a", "cannot be the key of a tag"),
        ("--default-tags=aws:x=a", "cannot be the key of a tag"),
    ] {
        let error = defaults(&[flag]).expect_err(flag);
        assert!(error.contains(said), "{error}");
    }
}
