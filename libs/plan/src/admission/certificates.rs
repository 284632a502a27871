//! Which certificates are served, and so which listeners that terminate TLS can be.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::desired::{CertificateSource, DesiredListener, MemberListener};
use tributary_model::report::ProgrammedState;

use super::incumbents::Incumbents;
use super::{Admission, AdmittedPort, has_room, quota};
use crate::input::PlanInput;
use crate::input::certificates::{self, CertificateId, Unusable, Wanted};
use crate::values::observed::Completeness;
use crate::values::ports::terminates_tls;

/// A certificate that can be had, for one listener.
pub(super) struct Usable<'a> {
    pub(super) member: &'a MemberListener,
    id: CertificateId,
    fingerprint: Option<&'a str>,
}

impl<'a> Admission<'a> {
    /// The certificates of all ports.
    pub(crate) fn wanted_certificates(&self) -> BTreeMap<CertificateId, Wanted<'a>> {
        let mut wanted: BTreeMap<CertificateId, Wanted> = BTreeMap::new();
        for (id, of_port) in self.ports.values().flat_map(|port| &port.wanted) {
            match wanted.get_mut(id) {
                Some(known) => known.join(of_port),
                None => {
                    wanted.insert(id.clone(), of_port.clone());
                }
            }
        }
        wanted
    }
}

/// Takes the members off whose certificates cannot be had or do not fit, and gives each port its certificates.
pub(super) fn admit<'a>(
    input: &PlanInput<'a>,
    incumbents: &Incumbents<'a>,
    mut usable: BTreeMap<u16, Vec<Usable<'a>>>,
    admission: &mut Admission<'a>,
) {
    usable.retain(|port, _| admission.ports.contains_key(port));
    let (admitted, used) = choose(input, incumbents, &usable);
    let changes_fit = has_room_for_changes(input, &admitted, used);
    for (number, usable) in usable {
        let Some(port) = admission.ports.get_mut(&number) else {
            continue;
        };
        let mut over: BTreeSet<&ListenerRef> = BTreeSet::new();
        for it in usable {
            if !admitted.contains(&(number, it.id.clone())) {
                over.insert(&it.member.listener);
                let limit = input.limits().certificates;
                let why = quota(limit, "certificates besides the default ones");
                let note = format!("certificate {}: {why}", name(&it.id));
                admission
                    .notes
                    .entry(&it.member.listener)
                    .or_default()
                    .push(note);
                continue;
            }
            if !port.certificates.contains(&it.id) {
                port.certificates.push(it.id.clone());
            }
            let wanted = Wanted {
                fingerprint: it.fingerprint,
                wanted_by: BTreeSet::from([it.member.listener.clone()]),
            };
            match port.wanted.entry(it.id) {
                Entry::Vacant(entry) => {
                    entry.insert(wanted);
                }
                Entry::Occupied(mut entry) => entry.get_mut().join(&wanted),
            }
        }
        if !changes_fit || is_blind(input) {
            keep_default(input, incumbents, port);
        }
        let served: BTreeSet<_> = port
            .wanted
            .values()
            .flat_map(|wanted| wanted.wanted_by.iter().cloned())
            .collect();
        port.members.retain(|member| {
            if served.contains(&member.listener) {
                return true;
            }
            let notes = admission.notes.remove(&member.listener).unwrap_or_default();
            let state = if over.contains(&member.listener) {
                ProgrammedState::TooManyListeners(notes.join("; "))
            } else {
                none_usable(input, &notes, admission.unread.contains(&member.listener))
            };
            admission.refused.insert(&member.listener, state);
            false
        });
    }
}

/// By port that terminates TLS: what can be had for its members, highest precedence first; what cannot is noted.
pub(super) fn look_up<'a>(
    input: &PlanInput<'a>,
    admission: &mut Admission<'a>,
) -> BTreeMap<u16, Vec<Usable<'a>>> {
    let ports = input.desired.listeners.values();
    ports
        .filter(|listener| terminates_tls(listener.protocol))
        .map(|listener| (listener.port, of_port(input, listener, admission)))
        .collect()
}

fn of_port<'a>(
    input: &PlanInput<'a>,
    listener: &'a DesiredListener,
    admission: &mut Admission<'a>,
) -> Vec<Usable<'a>> {
    let mut found = Vec::new();
    for member in listener.members.values() {
        for source in &member.certificates {
            let usable = match certificates::usable(input, source) {
                Ok(usable) => usable,
                Err(Unusable { why, is_unread }) => {
                    admission
                        .notes
                        .entry(&member.listener)
                        .or_default()
                        .push(why);
                    if is_unread {
                        admission.unread.insert(&member.listener);
                    }
                    continue;
                }
            };
            if let Some(note) = usable.note {
                admission
                    .notes
                    .entry(&member.listener)
                    .or_default()
                    .push(note);
            }
            found.push(Usable {
                member,
                id: usable.id,
                fingerprint: match source {
                    CertificateSource::Secret { fingerprint, .. } => Some(fingerprint),
                    CertificateSource::Retained { .. }
                    | CertificateSource::Arn(_)
                    | CertificateSource::Discovered { .. } => None,
                },
            });
        }
    }
    found
}

/// Which certificates are on which port. The first one of a port is its default one, which the quota does not count.
fn choose<'a>(
    input: &PlanInput<'a>,
    incumbents: &Incumbents<'a>,
    usable: &BTreeMap<u16, Vec<Usable<'a>>>,
) -> (BTreeSet<(u16, CertificateId)>, usize) {
    let limit = input.limits().certificates;
    let mut admitted: BTreeSet<(u16, CertificateId)> = BTreeSet::new();
    let mut ports: BTreeSet<u16> = BTreeSet::new();
    let mut used = incumbents.foreign.certificates;
    let mut queue = Vec::new();
    for (number, usable) in usable {
        if let Some(default) = incumbents.defaults.get(number)
            && is_blind(input)
            && !usable.iter().any(|it| arn(input, &it.id) == Some(default))
        {
            // It stays: see `keep_default`.
            ports.insert(*number);
        }
        for it in usable {
            let arn = arn(input, &it.id);
            if arn.is_some_and(|arn| incumbents.certificates.contains(&(*number, arn))) {
                if admitted.insert((*number, it.id.clone())) {
                    used += usize::from(!ports.insert(*number));
                }
            } else {
                queue.push((&it.member.precedence, *number, &it.id));
            }
        }
    }
    // Stable: a listener's own order decides among its own.
    queue.sort_by_key(|(precedence, number, _)| (*precedence, *number));
    for (_, number, id) in queue {
        let place = (number, id.clone());
        let is_default = !ports.contains(&number);
        if admitted.contains(&place) || !is_default && !has_room(limit, used) {
            continue;
        }
        ports.insert(number);
        used += usize::from(!is_default);
        admitted.insert(place);
    }
    (admitted, used)
}

/// The default certificate is the one of highest precedence. It changes only where there is room for one more on each
/// port: the former default one would else be served by nothing until something has gone. And never on a partial look,
/// where the one that serves may belong to a listener whose certificate was not seen.
fn keep_default(input: &PlanInput, incumbents: &Incumbents, port: &mut AdmittedPort) {
    let number = port.listener.port;
    let Some(present) = incumbents.defaults.get(&number).copied() else {
        return;
    };
    let mut certificates = port.certificates.iter();
    if let Some(at) = certificates.position(|id| arn(input, id) == Some(present)) {
        port.certificates[..=at].rotate_right(1);
    } else if is_blind(input) {
        let id = CertificateId::Arn(present.to_owned());
        let unseen = Wanted {
            fingerprint: None,
            wanted_by: BTreeSet::new(),
        };
        port.certificates.insert(0, id.clone());
        port.wanted.insert(id, unseen);
    }
}

/// Whether a certificate may be there that was not seen.
fn is_blind(input: &PlanInput) -> bool {
    let unread = &input.observed.unread;
    input.observed.completeness != Completeness::Complete
        || unread.discovery.is_some()
        || unread.certificates.is_some()
}

/// Whether in the end there is room for every port to change its default certificate.
fn has_room_for_changes(
    input: &PlanInput,
    admitted: &BTreeSet<(u16, CertificateId)>,
    used: usize,
) -> bool {
    let ports: BTreeSet<u16> = admitted.iter().map(|(port, _)| *port).collect();
    let most = u32::try_from(used + ports.len());
    most.is_ok_and(|most| most <= input.limits().certificates)
}

/// What it is called in AWS; an import that is still to come has no name.
fn arn<'i>(input: &PlanInput<'i>, id: &'i CertificateId) -> Option<&'i str> {
    match id {
        CertificateId::Arn(arn) => Some(arn),
        CertificateId::Import(secret) => input.certificates.imported(secret).map(|(arn, _)| arn),
    }
}

/// Why a listener is not served of whose certificates none can be had; `is_unread` where one may be there after all.
pub(super) fn none_usable(input: &PlanInput, notes: &[String], is_unread: bool) -> ProgrammedState {
    if is_unread {
        return ProgrammedState::Pending(format!(
            "AWS could not be looked at: {}",
            notes.join("; ")
        ));
    }
    if let Completeness::Partial(gaps) = &input.observed.completeness {
        // What was not seen may be there: that is no refusal.
        let text = format!("AWS could not be looked at: {}", gaps.join("; "));
        return ProgrammedState::Pending(text);
    }
    if notes.is_empty() {
        let text = "it names no certificate and has no hostname to look one up";
        return ProgrammedState::NoCertificate(text.to_owned());
    }
    ProgrammedState::NoCertificate(notes.join("; "))
}

fn name(id: &CertificateId) -> String {
    match id {
        CertificateId::Import(secret) => format!("of Secret {secret}"),
        CertificateId::Arn(arn) => arn.clone(),
    }
}
