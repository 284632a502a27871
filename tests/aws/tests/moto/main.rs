//! EC2 against a program that is not ours: moto computes every signature anew, and reads and answers the same calls.
#![cfg(test)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tributary_aws::{
    Aws, Class, Endpoint, InterfaceFilter, Pacing, RuleFilter, SecurityGroupFilter, Unmetered,
};
use tributary_plan::observed::Opening;
use tributary_plan::op::{IngressRule, IngressSource, IngressTraffic, SecurityGroupSpec};
use tributary_plan::tags::Tags;

/// A moto of its own for a test.
struct Moto {
    process: Child,
    aws: Aws,
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It ends with its input; and if it does not, the run says so.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Moto {
    /// Where our client's secret is this one. Nothing where Python has no moto, which is no failure of a person's machine,
    /// but one of CI, which installs it.
    async fn with_secret(secret: &str) -> Option<Self> {
        let there = Command::new("python3")
            .args(["-c", "import moto.server"])
            .output();
        if !there.is_ok_and(|output| output.status.success()) {
            let how = "python3 cannot import moto.server: .ci/tools installs it";
            assert!(std::env::var_os("CI").is_none(), "{how}");
            eprintln!("skipped: {how}");
            return None;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/server.py");
        let mut process = Command::new("python3")
            .args(["-B", script, secret])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        output.read_line(&mut url).unwrap();
        let endpoint = Endpoint::url(url.trim().to_owned());
        let aws = Aws::connect(&endpoint, &Pacing::LOCAL, Arc::new(Unmetered)).await;
        Some(Self { process, aws })
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn ids(id: &str) -> SecurityGroupFilter {
    SecurityGroupFilter::Ids(BTreeSet::from([id.to_owned()]))
}

#[tokio::test]
async fn every_call_of_ec2_is_accepted_and_understood() {
    let Some(moto) = Moto::with_secret("sandbox").await else {
        return;
    };
    let ec2 = &moto.aws.ec2;
    let vpcs = ec2.vpc_blocks().await.unwrap();
    let (vpc, blocks) = vpcs.first_key_value().unwrap();
    assert_eq!(
        blocks.first().map(ToString::to_string).as_deref(),
        Some("172.31.0.0/16")
    );
    let subnets = ec2.subnets(Some(vpc)).await.unwrap();
    assert!(subnets.len() > 1 && subnets.values().all(|it| it.vpc == *vpc));
    assert!(ec2.subnets(Some("vpc-none")).await.unwrap().is_empty());

    // What a form has to encode.
    let odd = "a&b=c d+e/é %20";
    let spec = |name: &str, tags: &Tags| SecurityGroupSpec {
        name: name.to_owned(),
        description: "of a shop".to_owned(),
        vpc: vpc.clone(),
        tags: tags.clone(),
    };
    let first = tags(&[("Name", "first"), ("odd", odd)]);
    let one = spec("one", &first);
    let group = ec2.create_security_group(&one).await.unwrap();
    let two = spec("two", &tags(&[("Name", "second")]));
    let other = ec2.create_security_group(&two).await.unwrap();
    let taken = ec2.create_security_group(&one).await.unwrap_err();
    assert_eq!(taken.code.as_deref(), Some("InvalidGroup.Duplicate"));
    assert_eq!(taken.class, Class::NeedsReobserve);

    let found = ec2.security_groups(&ids(&group)).await.unwrap();
    assert_eq!((found.len(), &found[&group].tags), (1, &first));
    let named = SecurityGroupFilter::Names(BTreeSet::from(["second".to_owned()]));
    let found = ec2.security_groups(&named).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&other]);
    let tagged = SecurityGroupFilter::Tags(tags(&[("odd", odd)]));
    let found = ec2.security_groups(&tagged).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&group]);

    let rules = BTreeSet::from([
        IngressRule {
            traffic: IngressTraffic::Tcp(80, 443),
            source: IngressSource::Ipv4("10.0.0.0/8".to_owned()),
        },
        IngressRule {
            traffic: IngressTraffic::Udp(53, 53),
            source: IngressSource::Ipv6("2001:db8::/32".to_owned()),
        },
    ]);
    ec2.authorize_ingress(&group, &rules).await.unwrap();
    let found = ec2.security_groups(&ids(&group)).await.unwrap();
    assert_eq!(found[&group].ingress, rules);
    ec2.revoke_ingress(&group, &rules).await.unwrap();
    let found = ec2.security_groups(&ids(&group)).await.unwrap();
    assert_eq!(found[&group].ingress, BTreeSet::new());

    let opening = Opening {
        source: other.clone(),
        traffic: IngressTraffic::Tcp(8080, 8080),
    };
    let mine = tags(&[("owner", "me")]);
    ec2.open(&group, &opening, &mine).await.unwrap();
    let of_group = RuleFilter::Group(group.clone());
    let shared = ec2.shared_rules(&of_group).await.unwrap();
    let (rule, seen) = shared.first_key_value().unwrap();
    assert_eq!((&seen.opening, &seen.tags), (&opening, &mine));
    let letting_in = SecurityGroupFilter::LettingIn(other.clone());
    let found = ec2.security_groups(&letting_in).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&group]);
    ec2.revoke_rule(&group, rule).await.unwrap();
    assert!(ec2.shared_rules(&of_group).await.unwrap().is_empty());

    ec2.add_tags(&group, &mine).await.unwrap();
    ec2.remove_tags(&group, &tags(&[("Name", "first")]))
        .await
        .unwrap();
    ec2.remove_tag(&group, "odd").await.unwrap();
    let found = ec2.security_groups(&ids(&group)).await.unwrap();
    assert_eq!(found[&group].tags, mine);

    let attached = InterfaceFilter::Attached;
    assert_eq!(ec2.interfaces(&attached, None).await.unwrap(), []);
    ec2.delete_security_group(&group).await.unwrap();
    assert!(ec2.security_groups(&ids(&group)).await.unwrap().is_empty());
    let gone = ec2.delete_security_group(&group).await.unwrap_err();
    assert_eq!(gone.code.as_deref(), Some("InvalidGroup.NotFound"));
    assert!(gone.is_not_found());
}

/// So what is accepted above is accepted for its signature.
#[tokio::test]
async fn who_signs_with_another_secret_is_refused() {
    let Some(moto) = Moto::with_secret("of somebody else").await else {
        return;
    };
    let refused = moto.aws.ec2.vpc_blocks().await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("AuthFailure"));
    assert_eq!(refused.class, Class::Permanent);
}
