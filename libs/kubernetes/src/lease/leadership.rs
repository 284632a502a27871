//! Whether we lead, at this moment.

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::candidate::Term;

/// What an election has come to. Clones follow the same election.
///
/// Each question is answered by the clock: a process that was stopped for a while knows at once that its term is over,
/// before any task of it has run.
#[derive(Clone, Debug)]
pub struct Leadership {
    terms: watch::Receiver<Option<Term>>,
    /// What [`Leadership::changed`] told last.
    told: Option<u64>,
}

/// The other end: what an election tells.
#[derive(Debug)]
pub(super) struct Terms(watch::Sender<Option<Term>>);

impl Leadership {
    /// Without an election: leads for ever, as the epoch says.
    pub fn always(epoch: u64) -> Self {
        let term = Term { epoch, until: None };
        Self {
            terms: watch::channel(Some(term)).1,
            told: None,
        }
    }

    /// The epoch by which we lead.
    pub fn leading(&self) -> Option<u64> {
        let term = *self.terms.borrow();
        term.filter(|term| term.holds(Instant::now()))
            .map(|term| term.epoch)
    }

    /// Whether we lead: to be asked right before each write.
    pub fn may_write(&self) -> bool {
        self.leading().is_some()
    }

    /// Waits until [`Leadership::leading`] says something else than this told last, at first than that we do not
    /// lead; returns that.
    pub async fn changed(&mut self) -> Option<u64> {
        loop {
            let term = *self.terms.borrow_and_update();
            let leading = self.leading();
            if leading != self.told {
                self.told = leading;
                return leading;
            }
            tokio::select! {
                () = over(term) => {}
                changed = self.terms.changed() => if changed.is_err() {
                    // Nobody renews it any more.
                    over(term).await;
                    if self.leading() == self.told {
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    /// Waits until we do not lead by this epoch.
    pub async fn lost(&self, epoch: u64) {
        let mut following = Self {
            terms: self.terms.clone(),
            told: Some(epoch),
        };
        if self.leading() == Some(epoch) {
            following.changed().await;
        }
    }
}

impl Terms {
    pub(super) fn new() -> (Self, Leadership) {
        let (sender, terms) = watch::channel(None);
        (Self(sender), Leadership { terms, told: None })
    }

    /// Returns whether another term, or none, begins.
    pub(super) fn tell(&self, term: Option<Term>) -> bool {
        let mut changed = false;
        self.0.send_if_modified(|told| {
            changed = told.map(|it| it.epoch) != term.map(|it| it.epoch);
            std::mem::replace(told, term) != term
        });
        changed
    }
}

impl Drop for Terms {
    /// An election that is dropped where it stands has no leader here.
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

async fn over(term: Option<Term>) {
    match term.map(|term| term.until) {
        Some(Some(until)) if until > Instant::now() => sleep_until(until).await,
        // It is over already, has no end, or is none.
        Some(Some(_) | None) | None => std::future::pending().await,
    }
}
