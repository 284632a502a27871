use super::*;

fn site(cluster: Option<&str>, aws: &Endpoint) -> Result<String, NoCluster> {
    let args = SiteArgs {
        cluster: cluster.map(str::to_owned),
        installation: InstallationArgs {
            installation: "here".parse().unwrap(),
        },
        vpc: None,
        allow_removing_all: false,
    };
    args.site(aws).map(|site| site.cluster)
}

#[test]
fn the_real_aws_wants_a_cluster_by_name() {
    let real = Endpoint::Real { region: None };
    let sandbox = Endpoint::Url("http://127.0.0.1:4566".to_owned());
    assert_eq!(site(None, &real), Err(NoCluster));
    assert_eq!(site(Some("prod"), &real), Ok("prod".to_owned()));
    assert_eq!(site(None, &sandbox), Ok("tributary".to_owned()));
}
