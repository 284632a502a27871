//! Steps on security groups, certificates and tags.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use tributary_model::{ObjectKey, Timestamp};
use tributary_plan::effect::Effect;
use tributary_plan::observed::{CertificateStatus, ObservedCertificate, ObservedSecurityGroup};
use tributary_plan::op::{IngressRule, SecurityGroupSpec, Taggable};
use tributary_plan::tags::Tags;

use crate::Aws;
use crate::acm::{Acm, Import};
use crate::ec2::Ec2;
use crate::elbv2::Answer;
use crate::error::{AwsError, Class};
use crate::secrets::{KeyMaterial, SecretSource};

/// A deletion of what is not there has done its work.
pub(super) fn gone(answer: Answer<()>) -> Answer<()> {
    match answer {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer,
    }
}

/// The Secret with the content that the plan speaks of. Another content is no mistake of anybody's: the desired state
/// that names it is on its way.
pub(super) async fn material(
    secrets: &dyn SecretSource,
    secret: &ObjectKey,
    fingerprint: &str,
) -> Answer<KeyMaterial> {
    let failed =
        |message: String| AwsError::new(Class::Retryable, format!("read Secret {secret}"), message);
    let material = secrets
        .tls_material(secret)
        .await
        .map_err(|error| failed(error.to_string()))?
        .ok_or_else(|| failed("there is no such Secret".to_owned()))?;
    if material.fingerprint != fingerprint {
        return Err(failed("its content has changed meanwhile".to_owned()));
    }
    Ok(material)
}

pub(super) async fn import_new(
    acm: &dyn Acm,
    material: &KeyMaterial,
    tags: &Tags,
) -> Answer<Effect> {
    let arn = acm.import(material, Import::New(tags)).await?;
    let certificate = ObservedCertificate {
        // Only discovery asks for names, and it leaves imports alone.
        names: BTreeSet::new(),
        status: CertificateStatus::Issued,
        issued: now(),
        tags: tags.clone(),
        in_use_by: BTreeSet::new(),
    };
    Ok(Effect::CreatedCertificate(arn, certificate))
}

pub(super) async fn import_over(
    acm: &dyn Acm,
    material: &KeyMaterial,
    arn: &str,
) -> Answer<Effect> {
    acm.import(material, Import::Over(arn)).await?;
    Ok(Effect::Reimported(arn.to_owned(), now()))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
}

pub(super) async fn create_security_group(
    ec2: &dyn Ec2,
    spec: &SecurityGroupSpec,
) -> Answer<Effect> {
    let id = ec2.create_security_group(spec).await?;
    let SecurityGroupSpec {
        name,
        description: _,
        vpc,
        tags,
    } = spec;
    let group = ObservedSecurityGroup {
        name: name.clone(),
        vpc: vpc.clone(),
        tags: tags.clone(),
        ingress: BTreeSet::new(),
    };
    Ok(Effect::CreatedSecurityGroup(id, group))
}

pub(super) async fn authorize(
    ec2: &dyn Ec2,
    group: String,
    rules: &BTreeSet<IngressRule>,
) -> Answer<Effect> {
    ec2.authorize_ingress(&group, rules).await?;
    Ok(Effect::AuthorizedIngress(group, rules.clone()))
}

pub(super) async fn revoke(
    ec2: &dyn Ec2,
    group: &str,
    rules: &BTreeSet<IngressRule>,
) -> Answer<Effect> {
    ec2.revoke_ingress(group, rules).await?;
    Ok(Effect::RevokedIngress(group.to_owned(), rules.clone()))
}

pub(super) async fn add_tags(aws: &Aws, resource: &Taggable, tags: &Tags) -> Answer<Effect> {
    match resource {
        Taggable::Elb(arn) => aws.elbv2.add_tags(arn, tags).await?,
        Taggable::Certificate(arn) => aws.acm.add_tags(arn, tags).await?,
        Taggable::SecurityGroup(id) => aws.ec2.add_tags(id, tags).await?,
    }
    Ok(Effect::Tagged(resource.clone(), tags.clone()))
}

pub(super) async fn remove_tags(aws: &Aws, resource: &Taggable, tags: &Tags) -> Answer<Effect> {
    match resource {
        Taggable::Elb(arn) => {
            let keys = tags.keys().cloned().collect();
            aws.elbv2.remove_tags(arn, &keys).await?;
        }
        Taggable::Certificate(arn) => aws.acm.remove_tags(arn, tags).await?,
        Taggable::SecurityGroup(id) => aws.ec2.remove_tags(id, tags).await?,
    }
    Ok(Effect::Untagged(resource.clone(), tags.clone()))
}
