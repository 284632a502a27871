//! Against an AWS that is played: what is asked, byte by byte, and how what comes back is understood.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use tributary_plan::observed::{ObservedInterface, ObservedSubnet, Opening};
use tributary_plan::op::{IngressRule, IngressSource, IngressTraffic, SecurityGroupSpec};
use tributary_plan::tags::Tags;

use super::SdkEc2;
use super::client::Client;
use crate::call::Caller;
use crate::ec2::{Ec2, Interface, InterfaceFilter, RuleFilter, SecurityGroupFilter, SharedRule};
use crate::error::{AwsError, Class};
use crate::meter::Unmetered;
use crate::pace::{Pace, Pacing};

/// Gives its answers in turn, and keeps what it was asked.
#[derive(Clone, Debug, Default)]
struct Played {
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    asked: Arc<Mutex<Vec<HttpRequest>>>,
}

impl HttpConnector for Played {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.asked.lock().unwrap().push(request);
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap();
        let mut response =
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.as_str()));
        response.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl Played {
    fn answering(answers: &[(u16, &str)]) -> (Self, SdkEc2) {
        let (played, config) = Self::configured(answers);
        let ec2 = SdkEc2 {
            client: Client::new(&config),
            caller: Caller {
                pace: Arc::new(Pace::new(&Pacing::LOCAL)),
                meter: Arc::new(Unmetered),
                permit: None,
            },
        };
        (played, ec2)
    }

    fn configured(answers: &[(u16, &str)]) -> (Self, SdkConfig) {
        let played = Self::default();
        let all = answers
            .iter()
            .map(|(status, body)| (*status, (*body).to_owned()));
        played.answers.lock().unwrap().extend(all);
        let connector = SharedHttpConnector::new(played.clone());
        let keys = Credentials::from_keys("AKIDEXAMPLE", "secret", Some("session".to_owned()));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        (played, config)
    }

    /// Forms that were sent, without what is the same in all.
    fn forms(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let form = |request: &HttpRequest| {
            let body = request.body().bytes().unwrap_or_default();
            let pairs = form_urlencoded::parse(body).filter(|(name, _)| name != "Version");
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join("&")
        };
        asked.iter().map(form).collect()
    }
}

fn answer(operation: &str, inner: &str) -> String {
    let namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{operation}Response xmlns=\"{namespace}\">\n  <requestId>r</requestId>\n  {inner}\n</{operation}Response>"
    )
}

/// What one call sends, of which EC2 understands nothing but this.
async fn check_form(
    operation: &str,
    call: impl AsyncFnOnce(&SdkEc2) -> Result<(), AwsError>,
    expected: &str,
) {
    let inner = "<groupId>sg-1</groupId><return>true</return>";
    let (played, ec2) = Played::answering(&[(200, &answer(operation, inner))]);
    call(&ec2).await.unwrap();
    assert_eq!(
        played.forms(),
        [format!("Action={operation}&{expected}").trim_end_matches('&')]
    );
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn rule(traffic: IngressTraffic, source: IngressSource) -> IngressRule {
    IngressRule { traffic, source }
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[tokio::test]
async fn describes_are_filtered() {
    check_form(
        "DescribeSubnets",
        async |ec2| ec2.subnets(Some("vpc-1")).await.map(drop),
        "Filter.1.Name=state&Filter.1.Value.1=available&Filter.2.Name=vpc-id&Filter.2.Value.1=vpc-1",
    )
    .await;
    check_form(
        "DescribeVpcs",
        async |ec2| ec2.vpc_blocks().await.map(drop),
        "",
    )
    .await;
    check_form(
        "DescribeSecurityGroups",
        async |ec2| {
            let names = SecurityGroupFilter::Names(set(&["a", "b c&d"]));
            ec2.security_groups(&names).await.map(drop)
        },
        "Filter.1.Name=tag:Name&Filter.1.Value.1=a&Filter.1.Value.2=b c&d",
    )
    .await;
    check_form(
        "DescribeNetworkInterfaces",
        async |ec2| {
            let instances = InterfaceFilter::Instances(set(&["i-1"]));
            ec2.interfaces(&instances, None).await.map(drop)
        },
        "Filter.1.Name=attachment.instance-id&Filter.1.Value.1=i-1\
         &Filter.2.Name=attachment.device-index&Filter.2.Value.1=0",
    )
    .await;
    check_form(
        "DescribeSecurityGroupRules",
        async |ec2| {
            let tags = RuleFilter::Tags(tags(&[("owner", "me")]));
            ec2.shared_rules(&tags).await.map(drop)
        },
        "Filter.1.Name=tag:owner&Filter.1.Value.1=me",
    )
    .await;
}

#[tokio::test]
async fn a_group_is_made_with_its_tags_and_goes_by_its_id() {
    let spec = SecurityGroupSpec {
        name: "shop".to_owned(),
        description: "of a shop".to_owned(),
        vpc: "vpc-1".to_owned(),
        tags: tags(&[("a", "1"), ("b", "")]),
    };
    check_form(
        "CreateSecurityGroup",
        async |ec2| {
            let id = ec2.create_security_group(&spec).await?;
            assert_eq!(id, "sg-1");
            Ok(())
        },
        "GroupName=shop&GroupDescription=of a shop&VpcId=vpc-1&TagSpecification.1.ResourceType=security-group\
         &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=1\
         &TagSpecification.1.Tag.2.Key=b&TagSpecification.1.Tag.2.Value=",
    )
    .await;
    check_form(
        "DeleteSecurityGroup",
        async |ec2| ec2.delete_security_group("sg-1").await,
        "GroupId=sg-1",
    )
    .await;
}

#[tokio::test]
async fn each_source_is_a_permission_of_its_own() {
    let rules = BTreeSet::from([
        rule(
            IngressTraffic::Tcp(80, 443),
            IngressSource::Ipv4("10.0.0.0/8".to_owned()),
        ),
        rule(
            IngressTraffic::Udp(53, 53),
            IngressSource::Ipv6("::/0".to_owned()),
        ),
        rule(
            IngressTraffic::Icmp,
            IngressSource::PrefixList("pl-1".to_owned()),
        ),
        rule(
            IngressTraffic::Icmpv6,
            IngressSource::Group("sg-2".to_owned()),
        ),
    ]);
    let permissions = "GroupId=sg-1\
        &IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80&IpPermissions.1.ToPort=443\
        &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8\
        &IpPermissions.2.IpProtocol=udp&IpPermissions.2.FromPort=53&IpPermissions.2.ToPort=53\
        &IpPermissions.2.Ipv6Ranges.1.CidrIpv6=::/0\
        &IpPermissions.3.IpProtocol=icmp&IpPermissions.3.FromPort=3&IpPermissions.3.ToPort=4\
        &IpPermissions.3.PrefixListIds.1.PrefixListId=pl-1\
        &IpPermissions.4.IpProtocol=icmpv6&IpPermissions.4.FromPort=2&IpPermissions.4.ToPort=0\
        &IpPermissions.4.Groups.1.GroupId=sg-2";
    check_form(
        "AuthorizeSecurityGroupIngress",
        async |ec2| ec2.authorize_ingress("sg-1", &rules).await,
        permissions,
    )
    .await;
    check_form(
        "RevokeSecurityGroupIngress",
        async |ec2| ec2.revoke_ingress("sg-1", &rules).await,
        permissions,
    )
    .await;
}

#[tokio::test]
async fn a_shared_rule_has_our_words_and_tags_and_goes_by_its_id() {
    let opening = Opening {
        source: "sg-2".to_owned(),
        traffic: IngressTraffic::Tcp(1, 2),
    };
    check_form(
        "AuthorizeSecurityGroupIngress",
        async |ec2| ec2.open("sg-1", &opening, &tags(&[("a", "1")])).await,
        "GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2\
         &IpPermissions.1.Groups.1.Description=Load balancers to their targets (Tributary)\
         &IpPermissions.1.Groups.1.GroupId=sg-2&TagSpecification.1.ResourceType=security-group-rule\
         &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=1",
    )
    .await;
    check_form(
        "RevokeSecurityGroupIngress",
        async |ec2| ec2.revoke_rule("sg-1", "sgr-1").await,
        "GroupId=sg-1&SecurityGroupRuleId.1=sgr-1",
    )
    .await;
}

#[tokio::test]
async fn a_tag_goes_with_its_value_or_whatever_that_is() {
    let both = tags(&[("a", "1"), ("b", "2")]);
    let pairs = "ResourceId.1=sg-1&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=2";
    let add = async |ec2: &SdkEc2| ec2.add_tags("sg-1", &both).await;
    check_form("CreateTags", add, pairs).await;
    let remove = async |ec2: &SdkEc2| ec2.remove_tags("sg-1", &both).await;
    check_form("DeleteTags", remove, pairs).await;
    let remove = async |ec2: &SdkEc2| ec2.remove_tag("sg-1", "a").await;
    check_form("DeleteTags", remove, "ResourceId.1=sg-1&Tag.1.Key=a").await;
}

#[tokio::test]
async fn what_nobody_wants_is_revoked_as_it_was_shown() {
    let shown = "<securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions>
        <item><ipProtocol>-1</ipProtocol><groups><item><userId>1</userId><groupId>sg-2</groupId>
          <vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId></item></groups>
          <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp><description>by hand</description></item></ipRanges></item>
        <item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort>
          <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
        </ipPermissions></item></securityGroupInfo>";
    let (played, ec2) = Played::answering(&[
        (200, &answer("DescribeSecurityGroups", shown)),
        (200, &answer("DescribeSecurityGroups", shown)),
        (200, &answer("RevokeSecurityGroupIngress", "")),
    ]);
    let which = SecurityGroupFilter::Ids(set(&["sg-1"]));
    let found = ec2.security_groups(&which).await.unwrap();
    let other = |source| rule(IngressTraffic::Other(1), source);
    let any = || IngressSource::Ipv4("0.0.0.0/0".to_owned());
    let strangers = BTreeSet::from([other(any()), other(IngressSource::Group("sg-2".to_owned()))]);
    let mut expected = strangers.clone();
    expected.insert(rule(IngressTraffic::Tcp(80, 80), any()));
    assert_eq!(found["sg-1"].ingress, expected);
    ec2.revoke_ingress("sg-1", &strangers).await.unwrap();
    assert_eq!(
        played.forms()[2],
        "Action=RevokeSecurityGroupIngress&GroupId=sg-1&IpPermissions.1.IpProtocol=-1\
         &IpPermissions.1.IpRanges.1.Description=by hand&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0\
         &IpPermissions.2.IpProtocol=-1&IpPermissions.2.Groups.1.UserId=1&IpPermissions.2.Groups.1.GroupId=sg-2\
         &IpPermissions.2.Groups.1.VpcPeeringConnectionId=pcx-1"
    );
}

#[tokio::test]
async fn a_listing_is_read_to_its_last_page() {
    let page = |id: &str, token: &str| {
        let subnet = format!(
            "<subnetId>{id}</subnetId><availabilityZone>a</availabilityZone><vpcId>vpc-1</vpcId>\
             <availableIpAddressCount>251</availableIpAddressCount>\
             <tagSet><item><key>Name</key><value> a &amp; b&#39;s </value></item>\
             <item><key>empty</key><value/></item></tagSet><unknown><item>1</item></unknown>"
        );
        let inner = format!("<subnetSet><item>{subnet}</item></subnetSet>{token}");
        answer("DescribeSubnets", &inner)
    };
    let (played, ec2) = Played::answering(&[
        (200, &page("subnet-1", "<nextToken>t 1</nextToken>")),
        (200, &page("subnet-2", "<nextToken/>")),
    ]);
    let found = ec2.subnets(None).await.unwrap();
    let subnet = ObservedSubnet {
        zone: "a".to_owned(),
        vpc: "vpc-1".to_owned(),
        available_addresses: 251,
        tags: tags(&[("Name", " a & b's "), ("empty", "")]),
    };
    let expected = ["subnet-1", "subnet-2"].map(|id| (id.to_owned(), subnet.clone()));
    assert_eq!(found, BTreeMap::from(expected));
    let first = "Action=DescribeSubnets&Filter.1.Name=state&Filter.1.Value.1=available";
    assert_eq!(
        played.forms(),
        [first.to_owned(), format!("{first}&NextToken=t 1")]
    );
}

#[tokio::test]
async fn blocks_of_a_vpc_are_of_both_families() {
    let inner = "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>
        <cidrBlockAssociationSet><item><cidrBlock>10.1.0.0/16</cidrBlock></item></cidrBlockAssociationSet>
        <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock></item>
        </ipv6CidrBlockAssociationSet></item><item><vpcId>vpc-2</vpcId><cidrBlockAssociationSet/></item></vpcSet>";
    let (_, ec2) = Played::answering(&[(200, &answer("DescribeVpcs", inner))]);
    let found = ec2.vpc_blocks().await.unwrap();
    let blocks = ["10.1.0.0/16", "2001:db8::/56", "10.0.0.0/16"].map(|it| it.parse().unwrap());
    let expected = [
        ("vpc-1".to_owned(), blocks.to_vec()),
        ("vpc-2".to_owned(), vec![]),
    ];
    assert_eq!(found, BTreeMap::from(expected));
}

#[tokio::test]
async fn an_interface_has_all_its_addresses_and_prefixes() {
    let inner = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><vpcId>vpc-1</vpcId>
        <privateIpAddress>10.0.0.1</privateIpAddress><attachment><instanceId>i-1</instanceId></attachment>
        <groupSet><item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item></groupSet>
        <privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress></item>
        <item><privateIpAddress>10.0.0.2</privateIpAddress></item></privateIpAddressesSet>
        <ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet>
        <ipv4PrefixSet><item><ipv4Prefix>10.0.1.0/28</ipv4Prefix></item></ipv4PrefixSet>
        <ipv6PrefixSet><item><ipv6Prefix>2001:db8:1::/80</ipv6Prefix></item></ipv6PrefixSet>
        </item></networkInterfaceSet>";
    let (_, ec2) = Played::answering(&[(200, &answer("DescribeNetworkInterfaces", inner))]);
    let which = InterfaceFilter::Attached;
    let found = ec2.interfaces(&which, Some("vpc-1")).await.unwrap();
    let addresses = ["10.0.0.1", "10.0.0.2", "2001:db8::1"].map(|it| it.parse().unwrap());
    let prefixes = ["10.0.1.0/28", "2001:db8:1::/80"].map(|it| it.parse().unwrap());
    let expected = Interface {
        observed: ObservedInterface {
            id: "eni-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            groups: set(&["sg-1", "sg-2"]),
        },
        addresses: addresses.into(),
        prefixes: prefixes.into(),
        instance: Some("i-1".to_owned()),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn only_rules_that_let_a_group_in_are_shared() {
    let item = |id: &str, rest: &str| {
        format!(
            "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
             <ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><toPort>2</toPort>{rest}</item>"
        )
    };
    let group =
        "<referencedGroupInfo><groupId>sg-2</groupId><userId>1</userId></referencedGroupInfo>";
    let items = [
        item("sgr-1", &format!("<isEgress>false</isEgress>{group}")),
        item("sgr-2", &format!("<isEgress>true</isEgress>{group}")),
        item(
            "sgr-3",
            "<isEgress>false</isEgress><cidrIpv4>0.0.0.0/0</cidrIpv4>",
        ),
    ];
    let inner = format!(
        "<securityGroupRuleSet>{}</securityGroupRuleSet>",
        items.concat()
    );
    let (_, ec2) = Played::answering(&[(200, &answer("DescribeSecurityGroupRules", &inner))]);
    let which = RuleFilter::Group("sg-1".to_owned());
    let found = ec2.shared_rules(&which).await.unwrap();
    let shared = SharedRule {
        group: "sg-1".to_owned(),
        opening: Opening {
            source: "sg-2".to_owned(),
            traffic: IngressTraffic::Tcp(1, 2),
        },
        tags: Tags::new(),
    };
    assert_eq!(found, BTreeMap::from([("sgr-1".to_owned(), shared)]));
}

/// How a write fails that is answered so.
async fn failure(status: u16, body: &str) -> AwsError {
    let (_, ec2) = Played::answering(&[(status, body)]);
    ec2.delete_security_group("sg-1").await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_keeps_code_message_and_request_id() {
    let body = "<?xml version=\"1.0\"?><Response><Errors><Error><Code>DependencyViolation</Code>\
        <Message>resource sg-1 has a dependent object</Message></Error></Errors><RequestID>r</RequestID></Response>";
    let expected = AwsError {
        class: Class::NeedsReobserve,
        operation: "DeleteSecurityGroup".into(),
        code: Some("DependencyViolation".to_owned()),
        message: "resource sg-1 has a dependent object".to_owned(),
        request_id: Some("r-1".to_owned()),
    };
    assert_eq!(failure(400, body).await, expected);
}

#[tokio::test]
async fn an_error_page_counts_by_its_status() {
    for page in ["<html><body>Service Unavailable", "no markup", ""] {
        let error = failure(503, page).await;
        assert_eq!(
            (error.class, error.code),
            (Class::Retryable, None),
            "{page}"
        );
        let error = failure(403, page).await;
        assert_eq!(
            (error.class, error.code),
            (Class::Permanent, None),
            "{page}"
        );
    }
}

/// An empty listing would read as "nothing is there".
#[tokio::test]
async fn what_is_no_answer_is_no_empty_listing() {
    let whole = answer(
        "DescribeVpcs",
        "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>",
    );
    let cut = &whole[..whole.len() - 60];
    let other = answer("DescribeSubnets", "<subnetSet/>");
    let odd = answer(
        "DescribeVpcs",
        "<vpcSet><item><vpcId><a/></vpcId></item></vpcSet>",
    );
    for body in ["<html><body/></html>", "{}", "", cut, &other, &odd] {
        let (_, ec2) = Played::answering(&[(200, body)]);
        let error = ec2.vpc_blocks().await.unwrap_err();
        assert_eq!(
            (error.class, error.code),
            (Class::Permanent, None),
            "{body}"
        );
    }
    let (_, ec2) = Played::answering(&[(200, &whole)]);
    assert_eq!(ec2.vpc_blocks().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_is_signed_for_ec2_in_its_region() {
    let (played, ec2) = Played::answering(&[(200, &answer("DescribeVpcs", ""))]);
    ec2.vpc_blocks().await.unwrap();
    let asked = played.asked.lock().unwrap();
    let request = &asked[0];
    let header = |name| request.headers().get(name).unwrap_or_default();
    assert_eq!(request.uri(), "https://ec2.eu-central-1.amazonaws.com/");
    assert_eq!(request.method(), "POST");
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header("x-amz-security-token"), "session");
    let body = request.body().bytes().unwrap_or_default();
    assert_eq!(body, b"Action=DescribeVpcs&Version=2016-11-15");
    assert_eq!(header("content-length"), body.len().to_string());
    let day = &header("x-amz-date")[..8];
    let scope = format!("Credential=AKIDEXAMPLE/{day}/eu-central-1/ec2/aws4_request");
    let authorization = header("authorization");
    assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 {scope}, ")));
    let agent = header("x-amz-user-agent");
    assert!(agent.contains("api/ec2/"), "{agent}");
}
