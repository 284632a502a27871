//! What a run changes, as data: what is there, the time, and whom certificates are for go in; what there should be comes out.
//!
//! ```text
//!  made ──> trusted by all, `settle` ago ──> signs ──> all have one of it, `settle` ago ──> the former is not trusted
//! ```
//!
//! A kubelet brings a changed Secret to its pods a minute later or more, to each at another moment, and a run may end after any
//! of its writes. So nothing changes at once: an authority signs only after everybody has trusted it for `settle`, and is
//! trusted until nobody has had a certificate of it for as long. Whoever holds what was there within that time believes everybody
//! else who does.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;

#[cfg(test)]
mod tests;

/// From when to when something is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validity {
    /// First second.
    pub from: Timestamp,
    /// Last second.
    pub until: Timestamp,
}

/// A certificate that signs others. The older is the less.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// Of its certificate.
    pub validity: Validity,
    /// Its key's identifier.
    pub id: String,
}

/// Whom somebody trusts, and since when it is these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// All of them.
    pub authorities: BTreeSet<Authority>,
    /// Nothing where nobody said.
    pub since: Option<Timestamp>,
}

/// A certificate that says who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// All names in it.
    pub names: Vec<String>,
    /// The identifier of the key that signed it.
    pub by: String,
    /// Of the certificate.
    pub validity: Validity,
}

/// What is published for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whom it trusts.
    pub trust: Trust,
    /// Nothing where there is none, or none that can be used.
    pub identity: Option<Identity>,
}

/// What is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Whose keys we have.
    pub authorities: BTreeSet<Authority>,
    /// By name, what is there of those who should have something.
    pub holders: BTreeMap<String, Holder>,
}

/// What somebody should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A certificate with these names in this order, and whom to trust.
    Identity(Vec<String>),
    /// Only whom to trust.
    Trust,
}

/// How long things last, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// An authority.
    pub authority: i64,
    /// A certificate of one.
    pub identity: i64,
    /// After this what is written has arrived everywhere.
    pub settle: i64,
}

/// What there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whose keys we keep.
    pub authorities: BTreeSet<Authority>,
    /// Whom everybody trusts.
    pub trusted: BTreeSet<Authority>,
    /// Who gets a new certificate, and the authority that signs it.
    pub sign: BTreeMap<String, Authority>,
}

/// Certificates are good from this much earlier than they were made, for clocks that are behind.
pub const BACKDATE: i64 = 600;

impl Lives {
    /// Long enough that a run may be late by weeks.
    pub const DEFAULT: Self = Self {
        authority: 365 * DAY,
        identity: 90 * DAY,
        settle: 3600,
    };

    /// Of a certificate that is made now.
    pub fn identity(&self, now: Timestamp, by: &Authority) -> Validity {
        Validity {
            from: Timestamp(now.0 - BACKDATE),
            until: Timestamp(now.0 + self.identity).min(by.validity.until),
        }
    }

    /// Of an authority that is made now.
    pub fn authority(&self, now: Timestamp) -> Validity {
        Validity {
            from: Timestamp(now.0 - BACKDATE),
            until: Timestamp(now.0 + self.authority),
        }
    }
}

const DAY: i64 = 86_400;

impl Validity {
    /// Whether it is good at this moment.
    pub fn has(&self, now: Timestamp) -> bool {
        (self.from..=self.until).contains(&now)
    }

    /// Two thirds of its time are over.
    fn is_due(&self, now: Timestamp) -> bool {
        let (over, all) = (now.0 - self.from.0, self.until.0 - self.from.0);
        over.saturating_mul(3) >= all.saturating_mul(2)
    }

    /// When it was made, if by us.
    fn made(&self) -> Timestamp {
        Timestamp(self.from.0 + BACKDATE)
    }
}

/// What a run should leave. `fresh` makes an authority, and is asked at most once.
///
/// # Errors
/// Those of `fresh`.
pub fn decide<Error>(
    held: &Held,
    now: Timestamp,
    wanted: &BTreeMap<String, Wanted>,
    lives: Lives,
    fresh: impl FnOnce() -> Result<Authority, Error>,
) -> Result<Decision, Error> {
    let settled = |since: Timestamp| since.0.saturating_add(lives.settle) <= now.0;
    let holders: BTreeMap<&str, &Holder> = (held.holders.iter())
        .filter(|(name, _)| wanted.contains_key(*name))
        .map(|(name, holder)| (&**name, holder))
        .collect();
    let mut authorities: BTreeSet<Authority> = (held.authorities.iter())
        .filter(|authority| authority.validity.has(now))
        .cloned()
        .collect();
    if (authorities.last()).is_none_or(|newest| newest.validity.is_due(now)) {
        authorities.insert(fresh()?);
    }
    // Whose certificates everybody believes, wherever they come from.
    let believed = |authority: &&Authority| {
        holders.values().all(|holder| {
            let Trust { authorities, since } = &holder.trust;
            authorities.contains(*authority) && since.is_some_and(settled)
        })
    };
    let signer = authorities.iter().rev().find(believed).cloned();
    let good: BTreeMap<&str, &Identity> = (wanted.iter())
        .filter_map(|(who, wanted)| {
            let Wanted::Identity(names) = wanted else {
                return None;
            };
            let identity = holders.get(&**who)?.identity.as_ref()?;
            let is_good = identity.validity.has(now) && identity.names == *names;
            is_good.then_some((&**who, identity))
        })
        .collect();
    let sign = sign(wanted, &good, &authorities, signer.as_ref(), now);

    let has_arrived = |signer: &Authority| {
        let mut all = good.values();
        sign.is_empty() && all.all(|it| it.by == signer.id && settled(it.validity.made()))
    };
    let trusted = if let Some(signer) = signer.filter(has_arrived) {
        authorities = authorities.split_off(&signer);
        authorities.clone()
    } else {
        let published = holders.values().flat_map(|it| &it.trust.authorities);
        let published = published.filter(|authority| authority.validity.until >= now);
        authorities.iter().chain(published).cloned().collect()
    };
    Ok(Decision {
        authorities,
        trusted,
        sign,
    })
}

fn sign(
    wanted: &BTreeMap<String, Wanted>,
    good: &BTreeMap<&str, &Identity>,
    authorities: &BTreeSet<Authority>,
    signer: Option<&Authority>,
    now: Timestamp,
) -> BTreeMap<String, Authority> {
    // For those who have nothing to wait with: of what others have already, or what they will trust first.
    let used = |authority: &&Authority| good.values().any(|it| it.by == authority.id);
    let at_once = signer
        .or_else(|| authorities.iter().rev().find(used))
        .or(authorities.first());
    let mut sign = BTreeMap::new();
    for (who, wanted) in wanted {
        let Wanted::Identity(_) = wanted else {
            continue;
        };
        let by = match good.get(&**who) {
            None => at_once,
            Some(identity) => {
                signer.filter(|signer| identity.by != signer.id || identity.validity.is_due(now))
            }
        };
        if let Some(by) = by {
            sign.insert(who.clone(), by.clone());
        }
    }
    sign
}

impl Decision {
    /// Since when somebody trusts whom it should: what was there goes on, if it is that.
    pub fn since(&self, holder: Option<&Holder>, now: Timestamp) -> Timestamp {
        let same = holder.filter(|holder| holder.trust.authorities == self.trusted);
        let since = same.and_then(|holder| holder.trust.since);
        // From a clock that was ahead: it would take until then.
        since.filter(|since| *since <= now).unwrap_or(now)
    }
}
