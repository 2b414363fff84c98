//! The authority in force and, while one is replaced, the one that follows: a live view of their
//! folder.

use crate::authority::{Authority, AuthorityError, Generations, Layout, Successor};
use jiff::Timestamp;
use latarnik_protocol::Fingerprint;
use rustls_pki_types::CertificateDer;
use std::{
    fmt,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

/// The authorities of one server. Administration commands change their folder, and a running server
/// takes the change up with [`Authorities::refresh`].
///
/// A replacement has two steps. [`rotate`](Authorities::rotate) puts a next authority beside the
/// present one: from then on both are trusted, agents get certificates of the next one, and the
/// gateway still shows one of the present. [`finish`](Authorities::finish) puts the next one in its
/// place: only that counts from then on.
pub struct Authorities {
    generations: Generations,
    standing: RwLock<Arc<Standing>>,
}

/// What counts at one moment.
pub(crate) struct Standing {
    generation: u32,
    /// Signs the gateway's own certificates.
    pub(crate) present: Arc<Authority>,
    /// Signs agents' certificates while there is one.
    pub(crate) next: Option<Arc<Authority>>,
    /// Whose certificates count no longer.
    pub(crate) retired: Vec<CertificateDer<'static>>,
    /// Since when this counts.
    pub(crate) since: Timestamp,
}

/// Whether a look at the folder found something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// All is as before.
    Unchanged,
    /// Another authority is in force or waits.
    Changed,
}

impl Authorities {
    /// Loads the authorities from their folder, or makes the first one there if the folder does not
    /// exist. Of several processes that start at once, one makes it and the others load it.
    ///
    /// # Errors
    /// [`AuthorityError`], whose text says what to do.
    pub fn open_or_create(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let generations = Generations::new(folder);
        generations.ensure(now)?;
        let standing = Standing::read(&generations, now)?;
        Ok(Self {
            generations,
            standing: RwLock::new(Arc::new(standing)),
        })
    }

    /// The authority in force.
    #[must_use]
    pub fn present(&self) -> Arc<Authority> {
        self.standing().present.clone()
    }

    /// The one that waits to take over, while a rotation is under way.
    #[must_use]
    pub fn next(&self) -> Option<Arc<Authority>> {
        self.standing().next.clone()
    }

    /// Since when the present state of affairs counts.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.standing().since
    }

    /// Looks at the folder again: an administration command may have changed it. Without a change
    /// this lists one folder and reads no file.
    ///
    /// # Errors
    /// [`AuthorityError`]; then everything counts as before.
    pub fn refresh(&self, now: Timestamp) -> Result<Refresh, AuthorityError> {
        let known = self.standing();
        let layout = self.generations.layout()?;
        if layout.generation == known.generation
            && (layout.successor == Successor::Waits) == known.next.is_some()
        {
            return Ok(Refresh::Unchanged);
        }
        self.reload(now)?;
        Ok(Refresh::Changed)
    }

    /// Begins a rotation: makes the next authority.
    ///
    /// # Errors
    /// [`AuthorityError::UnderWay`] if there is one already.
    pub fn rotate(&self, now: Timestamp) -> Result<Arc<Authority>, AuthorityError> {
        self.refresh(now)?;
        let standing = self.standing();
        if let Some(next) = &standing.next {
            return Err(AuthorityError::UnderWay {
                next: next.fingerprint(),
                since: next.made_at(),
            });
        }
        let next = self
            .generations
            .add_next(standing.generation, &standing.present, now)?;
        self.reload(now)?;
        Ok(Arc::new(next))
    }

    /// Ends a rotation: the next authority is in force, the one before counts no longer. Whether
    /// every device is ready for that is for the caller to find out.
    ///
    /// # Errors
    /// [`AuthorityError::NotUnderWay`] if there is no next authority.
    pub fn finish(&self, now: Timestamp) -> Result<Arc<Authority>, AuthorityError> {
        self.refresh(now)?;
        let standing = self.standing();
        if standing.next.is_none() {
            return Err(AuthorityError::NotUnderWay);
        }
        self.generations.take_over(standing.generation, now)?;
        self.reload(now)?;
        Ok(self.present())
    }

    pub(crate) fn standing(&self) -> Arc<Standing> {
        self.standing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn reload(&self, now: Timestamp) -> Result<(), AuthorityError> {
        let standing = Arc::new(Standing::read(&self.generations, now)?);
        *self
            .standing
            .write()
            .unwrap_or_else(PoisonError::into_inner) = standing;
        Ok(())
    }
}

impl Standing {
    fn read(generations: &Generations, now: Timestamp) -> Result<Self, AuthorityError> {
        let mut layout = generations.layout()?;
        loop {
            let read = Self::of(generations, layout, now);
            let after = generations.layout()?;
            if read.is_ok() || after == layout {
                return read;
            }
            // Another process took a step in between.
            layout = after;
        }
    }

    fn of(
        generations: &Generations,
        layout: Layout,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let present = generations.present(layout.generation, now)?;
        let next = match layout.successor {
            Successor::None => None,
            Successor::Waits => Some(generations.next(now)?),
        };
        let since = next.as_ref().map_or_else(
            || generations.since(layout.generation, &present),
            Authority::made_at,
        );
        Ok(Self {
            generation: layout.generation,
            present: Arc::new(present),
            next: next.map(Arc::new),
            retired: generations.retired(layout.generation),
            since,
        })
    }

    /// Who signs certificates of agents.
    pub(crate) fn signer(&self) -> &Authority {
        self.next.as_deref().unwrap_or(&self.present)
    }

    /// Those that count: the present one, then the next.
    pub(crate) fn trusted(&self) -> impl Iterator<Item = &Authority> {
        [Some(&*self.present), self.next.as_deref()]
            .into_iter()
            .flatten()
    }

    /// Whether certificates of this authority count.
    pub(crate) fn trusts(&self, authority: Fingerprint) -> bool {
        self.trusted()
            .any(|trusted| trusted.fingerprint() == authority)
    }

    /// Their fingerprints.
    pub(crate) fn fingerprints(&self) -> Vec<Fingerprint> {
        self.trusted().map(Authority::fingerprint).collect()
    }

    /// Their certificates in PEM, one after the other: what agents are told to trust.
    pub(crate) fn certificates_pem(&self) -> String {
        self.trusted().map(Authority::certificate_pem).collect()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = self.standing();
        f.debug_struct("Authorities")
            .field("generation", &standing.generation)
            .field("present", &standing.present)
            .field("next", &standing.next)
            .finish_non_exhaustive()
    }
}
