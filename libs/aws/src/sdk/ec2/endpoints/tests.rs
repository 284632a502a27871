//! The answers of EC2's own rules, taken from `aws-sdk-ec2` 1.274.0.

use aws_config::{Region, SdkConfig};

use super::Endpoints;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Fips,
    DualStack,
    FipsDualStack,
}
use Kind::{DualStack, Fips, FipsDualStack, Plain};

async fn resolved(region: Option<&str>, kind: Kind, url: Option<&str>) -> Result<String, String> {
    let mut config = SdkConfig::builder();
    config.set_region(region.map(|region| Region::new(region.to_owned())));
    config.set_use_fips(Some(matches!(kind, Fips | FipsDualStack)));
    config.set_use_dual_stack(Some(matches!(kind, DualStack | FipsDualStack)));
    let endpoints = Endpoints::new(&config.build(), url.map(str::to_owned));
    match endpoints.resolve().await {
        Ok(endpoint) => Ok(endpoint.url().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

async fn check(region: &str, kind: Kind, expected: &str) {
    let expected = Ok(expected.to_owned());
    assert_eq!(
        resolved(Some(region), kind, None).await,
        expected,
        "{region} {kind:?}"
    );
}

#[tokio::test]
async fn each_partition_has_its_domain() {
    for (region, domain) in [
        ("us-east-1", "amazonaws.com"),
        ("eu-central-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
        ("us-gov-west-1", "amazonaws.com"),
    ] {
        check(region, Plain, &format!("https://ec2.{region}.{domain}")).await;
        // Those of the government need no other host: theirs are FIPS all along.
        let service = if region.starts_with("us-gov") {
            "ec2"
        } else {
            "ec2-fips"
        };
        check(
            region,
            Fips,
            &format!("https://{service}.{region}.{domain}"),
        )
        .await;
    }
}

#[tokio::test]
async fn each_partition_has_its_domain_for_dual_stack() {
    for (region, domain) in [
        ("us-east-1", "api.aws"),
        ("cn-north-1", "api.amazonwebservices.com.cn"),
        ("eusc-de-east-1", "api.amazonwebservices.eu"),
        ("us-iso-east-1", "api.aws.ic.gov"),
        ("us-isob-east-1", "api.aws.scloud"),
        ("eu-isoe-west-1", "api.cloud-aws.adc-e.uk"),
        ("us-isof-south-1", "api.aws.hci.ic.gov"),
        ("us-gov-west-1", "api.aws"),
    ] {
        check(region, DualStack, &format!("https://ec2.{region}.{domain}")).await;
        check(
            region,
            FipsDualStack,
            &format!("https://ec2-fips.{region}.{domain}"),
        )
        .await;
    }
}

#[tokio::test]
async fn a_region_that_nobody_knows_is_in_the_first_partition() {
    for region in ["eu-new-9", "elsewhere"] {
        check(
            region,
            Plain,
            &format!("https://ec2.{region}.amazonaws.com"),
        )
        .await;
    }
    check("cn-new-9", Plain, "https://ec2.cn-new-9.amazonaws.com.cn").await;
}

#[tokio::test]
async fn a_url_is_taken_as_it_is() {
    // Also one that looks like ELB's.
    for url in [
        "http://127.0.0.1:4566",
        "https://elasticloadbalancing.example.com/aws",
    ] {
        let expected = Ok(url.to_owned());
        assert_eq!(
            resolved(Some("us-east-1"), Plain, Some(url)).await,
            expected
        );
        assert_eq!(resolved(None, Plain, Some(url)).await, expected);
    }
}

#[tokio::test]
async fn what_has_no_endpoint_is_said() {
    for (region, kind, url, expected) in [
        (None, Plain, None, "Invalid Configuration: Missing Region"),
        (
            Some("a b"),
            Plain,
            None,
            "invalid value for field: `region` - must be a valid host label",
        ),
        (
            Some("us-east-1"),
            Fips,
            Some("http://127.0.0.1"),
            "Invalid Configuration: FIPS and custom endpoint are not supported",
        ),
        (
            Some("us-east-1"),
            DualStack,
            Some("http://127.0.0.1"),
            "Invalid Configuration: Dualstack and custom endpoint are not supported",
        ),
    ] {
        let error = resolved(region, kind, url).await.unwrap_err();
        assert_eq!(error, expected);
    }
}
