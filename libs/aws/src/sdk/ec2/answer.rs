//! What EC2 answers, as far as we read it: XML, elements by AWS's names.
#![expect(clippy::struct_field_names, reason = "AWS's names")]

use std::fmt;

use quick_xml::de::DeError;
use quick_xml::events::Event;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What an answer can be read as.
pub(super) trait Readable: DeserializeOwned + fmt::Debug + Send + Sync + 'static {}

impl<T: DeserializeOwned + fmt::Debug + Send + Sync + 'static> Readable for T {}

/// An answer that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// A page of a proxy, perhaps: it has none of the elements that we know, and is no empty answer for that.
    #[error("the answer is no {0}Response")]
    Other(&'static str),
    /// Cut off, or an element holds no value of its type.
    #[error("the answer cannot be read")]
    Xml(#[from] DeError),
    /// No UTF-8.
    #[error("the answer cannot be read")]
    Text(#[from] std::str::Utf8Error),
}

/// Reads the answer to an operation.
pub(super) fn read<T: Readable>(operation: &'static str, body: &[u8]) -> Result<T, Unreadable> {
    let body = std::str::from_utf8(body)?;
    if !answers(operation, body) {
        return Err(Unreadable::Other(operation));
    }
    Ok(quick_xml::de::from_str(body)?)
}

/// Whether the outermost element is that of the operation's answer.
fn answers(operation: &str, body: &str) -> bool {
    let mut reader = quick_xml::Reader::from_str(body);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                let name = element.local_name();
                let rest = name.as_ref().strip_prefix(operation);
                return rest == Some("Response");
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Reads the first error of an answer that is one.
pub(super) fn error(body: &[u8]) -> Result<Fault, Unreadable> {
    let refused: Refused = quick_xml::de::from_str(std::str::from_utf8(body)?)?;
    Ok(refused.errors.error.into_iter().next().unwrap_or_default())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    #[serde(default)]
    errors: Faults,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Faults {
    #[serde(default)]
    error: Vec<Fault>,
}

/// `Error`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Fault {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// An answer of which nothing is read: that it came is enough.
#[derive(Debug, Deserialize)]
pub(super) struct Done {}

/// Part of a listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    /// Under a name of its own in the answer to each operation.
    #[serde(
        alias = "networkInterfaceSet",
        alias = "securityGroupInfo",
        alias = "securityGroupRuleSet",
        alias = "subnetSet",
        alias = "vpcSet",
        default = "List::default",
        bound = "T: Deserialize<'de>"
    )]
    pub(super) found: List<T>,
    pub(super) next_token: Option<String>,
}

/// The protocol's lists: each member in an element `item`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new", bound = "T: Deserialize<'de>")]
    item: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { item: Vec::new() }
    }
}

impl<T> From<T> for List<T> {
    fn from(item: T) -> Self {
        Self { item: vec![item] }
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.item.into_iter()
    }
}

impl<T> List<T> {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.item.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.item.iter_mut()
    }
}

/// A security group that was made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedGroup {
    pub(super) group_id: Option<String>,
}

/// `Tag`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Tag {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

/// `Subnet`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subnet {
    pub(super) subnet_id: Option<String>,
    pub(super) availability_zone: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) available_ip_address_count: Option<u32>,
    #[serde(default)]
    pub(super) tag_set: List<Tag>,
}

/// `Vpc`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vpc {
    pub(super) vpc_id: Option<String>,
    pub(super) cidr_block: Option<String>,
    #[serde(default)]
    pub(super) cidr_block_association_set: List<Ipv4Block>,
    #[serde(default)]
    pub(super) ipv6_cidr_block_association_set: List<Ipv6Block>,
}

/// `VpcCidrBlockAssociation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ipv4Block {
    pub(super) cidr_block: Option<String>,
}

/// `VpcIpv6CidrBlockAssociation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ipv6Block {
    pub(super) ipv6_cidr_block: Option<String>,
}

/// `SecurityGroup`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityGroup {
    pub(super) group_id: Option<String>,
    pub(super) group_name: Option<String>,
    pub(super) vpc_id: Option<String>,
    #[serde(default)]
    pub(super) ip_permissions: List<IpPermission>,
    #[serde(default)]
    pub(super) tag_set: List<Tag>,
}

/// `IpPermission`, which is sent, too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IpPermission {
    pub(super) ip_protocol: Option<String>,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) groups: List<UserIdGroupPair>,
    pub(super) ip_ranges: List<IpRange>,
    pub(super) ipv6_ranges: List<Ipv6Range>,
    pub(super) prefix_list_ids: List<PrefixListId>,
}

/// `UserIdGroupPair`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UserIdGroupPair {
    pub(super) description: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) group_name: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) vpc_peering_connection_id: Option<String>,
    pub(super) peering_status: Option<String>,
}

/// `IpRange`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IpRange {
    pub(super) description: Option<String>,
    pub(super) cidr_ip: Option<String>,
}

/// `Ipv6Range`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Ipv6Range {
    pub(super) description: Option<String>,
    pub(super) cidr_ipv6: Option<String>,
}

/// `PrefixListId`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PrefixListId {
    pub(super) description: Option<String>,
    pub(super) prefix_list_id: Option<String>,
}

/// `NetworkInterface`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkInterface {
    pub(super) network_interface_id: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) private_ip_address: Option<String>,
    #[serde(default)]
    pub(super) group_set: List<Group>,
    #[serde(default)]
    pub(super) private_ip_addresses_set: List<Address>,
    #[serde(default)]
    pub(super) ipv6_addresses_set: List<Address>,
    #[serde(default)]
    pub(super) ipv4_prefix_set: List<Prefix>,
    #[serde(default)]
    pub(super) ipv6_prefix_set: List<Prefix>,
    pub(super) attachment: Option<Attachment>,
}

/// `GroupIdentifier` and `ReferencedSecurityGroup`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) group_id: Option<String>,
}

/// `NetworkInterfacePrivateIpAddress` and `NetworkInterfaceIpv6Address`.
#[derive(Debug, Deserialize)]
pub(super) struct Address {
    #[serde(rename = "privateIpAddress", alias = "ipv6Address")]
    pub(super) address: Option<String>,
}

/// `Ipv4PrefixSpecification` and `Ipv6PrefixSpecification`.
#[derive(Debug, Deserialize)]
pub(super) struct Prefix {
    #[serde(rename = "ipv4Prefix", alias = "ipv6Prefix")]
    pub(super) prefix: Option<String>,
}

/// `NetworkInterfaceAttachment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    pub(super) instance_id: Option<String>,
}

/// `SecurityGroupRule`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityGroupRule {
    pub(super) security_group_rule_id: Option<String>,
    pub(super) group_id: Option<String>,
    pub(super) is_egress: Option<bool>,
    pub(super) ip_protocol: Option<String>,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) referenced_group_info: Option<Group>,
    #[serde(default)]
    pub(super) tag_set: List<Tag>,
}
