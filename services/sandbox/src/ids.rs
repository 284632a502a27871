//! Identifiers as AWS shapes them, the same in every run for the same sequence of calls.

use sha2::{Digest, Sha256};

/// Makes identifiers out of a counter: unique within a region, and different between regions.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Ids {
    region: String,
    next: u64,
}

impl Ids {
    pub(crate) fn new(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            next: 0,
        }
    }

    /// Sixteen hexadecimal digits, as in a load balancer's ARN.
    pub(crate) fn hex16(&mut self) -> String {
        self.hex()[..16].to_owned()
    }

    /// `prefix-` and seventeen hexadecimal digits, as EC2's identifiers are.
    pub(crate) fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", &self.hex()[..16])
    }

    /// Ten digits, as in an ALB's DNS name.
    pub(crate) fn digits(&mut self) -> String {
        let hex = self.hex();
        let number = u64::from_str_radix(&hex[..12], 16).unwrap_or_default();
        format!("{:010}", number % 10_000_000_000)
    }

    /// Five groups of hexadecimal digits, as in a certificate's ARN.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..32]
        )
    }

    fn hex(&mut self) -> String {
        self.next += 1;
        hex(&format!("{}/{}", self.region, self.next))
    }
}

/// The SHA-256 of a text as 64 hexadecimal digits.
pub(crate) fn hex(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    Sha256::digest(text.as_bytes())
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
