//! Resource Groups Tagging and STS over the SDK.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter as SdkTagFilter;
use tributary_plan::tags::Tags;

use super::required;
use crate::call::Caller;
use crate::elbv2::{Answer, Found};
use crate::operation::Operation;
use crate::tagging::{Sts, TagFilter, Tagging};

/// Resource Groups Tagging.
#[derive(Clone, Debug)]
pub(crate) struct SdkTagging {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
}

/// STS.
#[derive(Clone, Debug)]
pub(crate) struct SdkSts {
    pub(crate) client: aws_sdk_sts::Client,
    pub(crate) caller: Caller,
}

#[async_trait]
impl Tagging for SdkTagging {
    async fn resources(&self, filter: &TagFilter) -> Answer<Found<Tags>> {
        let TagFilter { tags, keys, types } = filter;
        let exact = tags
            .iter()
            .map(|(key, value)| SdkTagFilter::builder().key(key).values(value).build());
        let any = keys
            .iter()
            .map(|key| SdkTagFilter::builder().key(*key).build());
        let filters: Vec<SdkTagFilter> = exact.chain(any).collect();
        let types: Vec<String> = types.iter().map(|it| it.as_str().to_owned()).collect();
        let mut found = BTreeMap::new();
        let mut token = None;
        loop {
            let request = self
                .client
                .get_resources()
                .set_tag_filters(Some(filters.clone()))
                .set_resource_type_filters(Some(types.clone()))
                .set_pagination_token(token);
            let answer = self
                .caller
                .call(Operation::GetResources, || request.clone().send())
                .await?;
            for mapping in answer.resource_tag_mapping_list.into_iter().flatten() {
                let arn = required(Operation::GetResources, "ResourceARN", mapping.resource_arn)?;
                let tags = mapping.tags.into_iter().flatten();
                found.insert(arn, tags.map(|tag| (tag.key, tag.value)).collect());
            }
            // The last page has an empty token, not none.
            token = answer.pagination_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

#[async_trait]
impl Sts for SdkSts {
    async fn account(&self) -> Answer<String> {
        let request = self.client.get_caller_identity();
        let answer = self
            .caller
            .call(Operation::GetCallerIdentity, || request.clone().send())
            .await?;
        required(Operation::GetCallerIdentity, "Account", answer.account)
    }
}
