//! Calls of AWS as lines of text. `@listener/` stands for the latest text of an answer that has `listener/` in it, so that
//! a few mutations reach what needs a load balancer, a listener and a rule.
//!
//! ```text
//!  e CreateLoadBalancer Name=a&Subnets.member.1=@subnet-    ELBv2; `2` is EC2, `s` STS
//!  a ListTagsForCertificate CertificateArn=@certificate/    ACM, the same as JSON; `g` is the tagging API
//!  a! ListCertificates {"MaxItems": 1}                      JSON as it is
//!  t 60                                                     a minute passes
//! ```

use serde_json::{Map, Value};

/// One line.
#[derive(Debug)]
pub enum Step {
    /// A request.
    Call {
        /// `X-Amz-Target`, where the protocol is JSON.
        target: Option<String>,
        /// Its body.
        body: Vec<u8>,
    },
    /// So many seconds.
    Wait(u16),
}

/// Texts of answers, latest last.
#[derive(Clone, Default)]
pub struct Pool(Vec<String>);

/// Texts that are kept.
const MOST: usize = 512;

impl Pool {
    /// Takes up what an answer names.
    pub fn learn(&mut self, answer: &str) {
        let words = answer.split(['<', '>', '"']);
        let names = words.filter(|word| {
            (5..300).contains(&word.len()) && word.contains('-') && !word.contains(' ')
        });
        self.0.extend(names.map(str::to_owned));
        let before = self.0.len().saturating_sub(MOST);
        self.0.drain(..before);
    }

    /// With every `@word` replaced, where something is known.
    fn fill(&self, text: &str) -> String {
        let mut parts = text.split('@');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(['&', '"', '@', '|']).unwrap_or(part.len());
            let (word, rest) = part.split_at(end);
            let known = self.0.iter().rev().find(|known| known.contains(word));
            filled.push_str(known.map_or(word, String::as_str));
            filled.push_str(rest);
        }
        filled
    }
}

/// Reads a line; nothing where it is none of the above.
pub fn step(line: &str, pool: &Pool) -> Option<Step> {
    let mut words = line.splitn(3, ' ');
    let (service, operation) = (words.next()?, words.next()?);
    let parameters = pool.fill(words.next().unwrap_or_default());
    let query = |version: &str| Step::Call {
        target: None,
        body: format!("Action={operation}&Version={version}&{parameters}").into_bytes(),
    };
    let json = |service: &str, body: String| Step::Call {
        target: Some(format!("{service}.{operation}")),
        body: body.into_bytes(),
    };
    // A key of RSA takes as long as ten thousand other inputs.
    if operation == "RequestCertificate" && !parameters.contains("KeyAlgorithm=EC_prime256v1") {
        return None;
    }
    Some(match service {
        "e" => query("2015-12-01"),
        "2" => query("2016-11-15"),
        "s" => query("2011-06-15"),
        "a" => json(ACM, object(&parameters).to_string()),
        "a!" => json(ACM, parameters),
        "g" => json(TAGGING, object(&parameters).to_string()),
        "g!" => json(TAGGING, parameters),
        "t" => Step::Wait(operation.parse().ok()?),
        _ => return None,
    })
}

const ACM: &str = "CertificateManager";
const TAGGING: &str = "ResourceGroupsTaggingAPI_20170126";

/// `A.B.1=x&A.B.2=3` as JSON: numbered keys are lists.
fn object(parameters: &str) -> Value {
    let mut root = Value::Object(Map::new());
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        let (path, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut at = &mut root;
        for step in path.split('.').take(16) {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            at = &mut at[step];
        }
        *at = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    }
    listed(root)
}

fn listed(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let numbered = |key: &String| key.parse::<u16>().is_ok();
    if !fields.is_empty() && fields.keys().all(numbered) {
        return fields.into_iter().map(|(_, value)| listed(value)).collect();
    }
    let fields = fields.into_iter().map(|(key, value)| (key, listed(value)));
    Value::Object(fields.collect())
}
