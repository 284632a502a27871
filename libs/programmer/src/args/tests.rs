use super::*;

fn args() -> SiteArgs {
    SiteArgs {
        cluster: None,
        installation: InstallationArgs {
            installation: "here".parse().unwrap(),
        },
        vpc: None,
        manage_backend_security_groups: None,
        backend_security_group: None,
        allow_removing_all: false,
    }
}

fn real() -> Endpoint {
    Endpoint::Real { region: None }
}

fn sandbox() -> Endpoint {
    Endpoint::Url("http://127.0.0.1:4566".to_owned())
}

fn site(cluster: Option<&str>, aws: &Endpoint) -> Result<String, NoCluster> {
    let args = SiteArgs {
        cluster: cluster.map(str::to_owned),
        ..args()
    };
    args.site(aws).map(|site| site.cluster)
}

fn backend(manage: Option<bool>, group: Option<&str>, aws: &Endpoint) -> BackendGroups {
    let args = SiteArgs {
        cluster: Some("prod".to_owned()),
        manage_backend_security_groups: manage,
        backend_security_group: group.map(str::to_owned),
        ..args()
    };
    args.site(aws).unwrap().backend
}

#[test]
fn the_real_aws_wants_a_cluster_by_name() {
    assert_eq!(site(None, &real()), Err(NoCluster));
    assert_eq!(site(Some("prod"), &real()), Ok("prod".to_owned()));
    assert_eq!(site(None, &sandbox()), Ok("tributary".to_owned()));
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
