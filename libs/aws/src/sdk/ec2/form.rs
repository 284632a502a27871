//! What EC2 is asked: a form whose names are paths, members of lists by number (`Filter.2.Value.1`).

use tributary_plan::tags::Tags;

use super::answer::IpPermission;

/// Parameters of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

/// One filter of a describe: a name, and values of which one is enough.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    name: String,
    values: Vec<String>,
}

pub(super) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter {
        name: name.to_owned(),
        values: values.into_iter().collect(),
    }
}

impl Form {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    fn maybe(&mut self, name: String, value: Option<&String>) {
        self.0.extend(value.map(|value| (name, value.clone())));
    }

    /// Every one of which has to hold.
    pub(super) fn filters(mut self, filters: &[Filter]) -> Self {
        for (place, Filter { name, values }) in numbered(filters) {
            self = self.with(&format!("Filter.{place}.Name"), name);
            for (value, text) in numbered(values) {
                self = self.with(&format!("Filter.{place}.Value.{value}"), text);
            }
        }
        self
    }

    /// Tags that something gets or loses.
    pub(super) fn tags(self, tags: &Tags) -> Self {
        self.tags_at("Tag", tags)
    }

    /// Tags for what the call makes.
    pub(super) fn tagged(self, resource_type: &str, tags: &Tags) -> Self {
        self.with("TagSpecification.1.ResourceType", resource_type)
            .tags_at("TagSpecification.1.Tag", tags)
    }

    fn tags_at(mut self, list: &str, tags: &Tags) -> Self {
        for (place, (key, value)) in numbered(tags) {
            self = self
                .with(&format!("{list}.{place}.Key"), key)
                .with(&format!("{list}.{place}.Value"), value);
        }
        self
    }

    pub(super) fn permissions<'a>(
        mut self,
        permissions: impl IntoIterator<Item = &'a IpPermission>,
    ) -> Self {
        for (place, permission) in numbered(permissions) {
            self.permission(&format!("IpPermissions.{place}"), permission);
        }
        self
    }

    fn permission(&mut self, path: &str, permission: &IpPermission) {
        let IpPermission {
            ip_protocol,
            from_port,
            to_port,
            groups,
            ip_ranges,
            ipv6_ranges,
            prefix_list_ids,
        } = permission;
        let (from, to) = (from_port.map(text), to_port.map(text));
        self.maybe(format!("{path}.IpProtocol"), ip_protocol.as_ref());
        self.maybe(format!("{path}.FromPort"), from.as_ref());
        self.maybe(format!("{path}.ToPort"), to.as_ref());
        for (place, pair) in numbered(groups.iter()) {
            let path = format!("{path}.Groups.{place}");
            for (name, value) in [
                ("Description", &pair.description),
                ("UserId", &pair.user_id),
                ("GroupName", &pair.group_name),
                ("GroupId", &pair.group_id),
                ("VpcId", &pair.vpc_id),
                ("VpcPeeringConnectionId", &pair.vpc_peering_connection_id),
                ("PeeringStatus", &pair.peering_status),
            ] {
                self.maybe(format!("{path}.{name}"), value.as_ref());
            }
        }
        for (place, range) in numbered(ip_ranges.iter()) {
            let path = format!("{path}.IpRanges.{place}");
            self.maybe(format!("{path}.Description"), range.description.as_ref());
            self.maybe(format!("{path}.CidrIp"), range.cidr_ip.as_ref());
        }
        for (place, range) in numbered(ipv6_ranges.iter()) {
            let path = format!("{path}.Ipv6Ranges.{place}");
            self.maybe(format!("{path}.Description"), range.description.as_ref());
            self.maybe(format!("{path}.CidrIpv6"), range.cidr_ipv6.as_ref());
        }
        for (place, list) in numbered(prefix_list_ids.iter()) {
            let path = format!("{path}.PrefixListIds.{place}");
            self.maybe(format!("{path}.Description"), list.description.as_ref());
            self.maybe(format!("{path}.PrefixListId"), list.prefix_list_id.as_ref());
        }
    }

    /// The request's body.
    pub(super) fn encoded(&self, action: &str, version: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(&self.0)
            .finish()
    }
}

fn text(port: i32) -> String {
    port.to_string()
}

/// The protocol counts from 1.
fn numbered<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = (usize, T)> {
    (1..).zip(items)
}
