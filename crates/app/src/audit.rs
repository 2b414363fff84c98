//! The audit: who did what, in a chain that shows every removed or changed event.
//!
//! Each event carries the hash of the one before, so that none can be changed or taken out in
//! between. Both ends of the chain stand in a row of their own, signed with the tenant's data key,
//! so that none can be taken away at the ends by somebody who has the database and not the keys.

use crate::{
    App, AppError, Context, FieldCode, SecretsError,
    context::{Done, Mutation, Target},
    error::invalid,
    listing::check_page,
    randomness::Ids,
    tenants::narrowed,
    text::check_search,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{AuditEventId, IdSource, Permission, Scope, TenantId};
use latarnik_store::{
    AuditChain, AuditEvent, AuditFilter, Direction, KeyKind, Page, PageRequest, StoreError,
    Transaction,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An event to be.
pub(crate) struct Entry {
    pub(crate) tenant_id: TenantId,
    pub(crate) actor_kind: &'static str,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) actor_name: String,
    pub(crate) address: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) target_kind: &'static str,
    pub(crate) target_id: String,
    pub(crate) target_name: Option<String>,
    pub(crate) result: &'static str,
    pub(crate) request_id: Option<String>,
    pub(crate) details: Vec<(String, String)>,
}

impl Entry {
    /// What somebody did.
    pub(crate) fn of(context: &Context, mutation: &Mutation, target: Target) -> Self {
        let (actor_kind, actor_id, actor_name) = context.actor_columns();
        Self {
            tenant_id: target.tenant_id,
            actor_kind,
            actor_id,
            actor_name: actor_name.to_owned(),
            address: context.origin.address.map(|address| address.to_string()),
            action: mutation.action,
            target_kind: mutation.target_kind,
            target_id: target.id,
            target_name: target.name,
            result: SUCCEEDED,
            request_id: context.origin.request_id.clone(),
            details: target.details,
        }
    }

    /// What the server did by itself.
    pub(crate) fn by_system(mutation: &Mutation, target: Target) -> Self {
        Self {
            actor_kind: "system",
            actor_id: None,
            actor_name: "system".to_owned(),
            ..Self::of(&Context::command_line(), mutation, target)
        }
    }
}

/// The result of what was done.
pub(crate) const SUCCEEDED: &str = "succeeded";

/// What was found when a chain was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerification {
    /// How many events were looked at.
    pub events: u64,
    /// The place of the oldest one that is kept; 0 if there is none.
    pub first_sequence: u64,
    /// The place of the newest one.
    pub last_sequence: u64,
    /// The hash of the newest one: whoever keeps it elsewhere can tell later that nothing was
    /// rolled back.
    pub last_hash: [u8; 32],
    /// The first thing that is wrong; `None` means intact.
    pub broken: Option<AuditBreak>,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditBreak {
    /// The event of that place is missing.
    Missing(u64),
    /// The event of that place is not as it was written.
    Changed(u64),
    /// There is an event beyond the end.
    Surplus(u64),
    /// The ends of the chain were written by somebody without the tenant's key.
    Seal,
}

impl AuditBreak {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "event_missing",
            Self::Changed(_) => "event_changed",
            Self::Surplus(_) => "event_surplus",
            Self::Seal => "seal_broken",
        }
    }

    /// The place, if it is one.
    #[must_use]
    pub const fn sequence(self) -> Option<u64> {
        match self {
            Self::Missing(sequence) | Self::Changed(sequence) | Self::Surplus(sequence) => {
                Some(sequence)
            }
            Self::Seal => None,
        }
    }
}

/// Which events, of which tenant.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Of one tenant only.
    pub tenant_id: Option<TenantId>,
    /// Conditions.
    pub filter: AuditFilter,
}

const EXPORT: Mutation = Mutation {
    permission: Some(Permission::ReadAudit),
    action: "export_audit",
    target_kind: "audit",
};
const PRUNE: Mutation = Mutation {
    permission: None,
    action: "prune_audit",
    target_kind: "audit",
};
/// How many events are verified, or exported, at a time.
const BATCH: u32 = 500;

impl App {
    /// Adds an event at the end of its tenant's chain. The last thing that a transaction does: from
    /// here to its end, others who write in the same tenant wait.
    pub(crate) async fn write_audit(
        &self,
        transaction: &Transaction,
        entry: Entry,
    ) -> Result<(), SecretsError> {
        let tenant = entry.tenant_id;
        let key = self.keyring().data_key(self, transaction, tenant).await?;
        let found = transaction.lock_audit_chain(tenant).await?;
        let sealed = found
            .as_ref()
            .is_none_or(|chain| key.verify(&ends(chain), &chain.seal));
        let mut chain = found.unwrap_or_else(|| beginning(tenant));
        let event = self.event(entry, &chain);
        chain.last_sequence = event.sequence;
        chain.last_hash = event.hash;
        // Somebody tampered with the ends: signing them now would make that look right.
        chain.seal = if sealed {
            key.sign(&ends(&chain))
        } else {
            tracing::error!(%tenant, "the seal of the audit is broken; run `latarnik audit verify`");
            Vec::new()
        };
        transaction.insert_audit_event(&event).await?;
        Ok(transaction.set_audit_chain(&chain).await?)
    }

    fn event(&self, entry: Entry, chain: &AuditChain) -> AuditEvent {
        let now = self.now();
        let sequence = chain.last_sequence + 1;
        let mut event = AuditEvent {
            tenant_id: entry.tenant_id,
            sequence,
            id: AuditEventId::generate(now, &InOrder(self.ids(), sequence)),
            at: to_milliseconds(now),
            actor_kind: entry.actor_kind.to_owned(),
            actor_id: entry.actor_id,
            actor_name: entry.actor_name,
            address: entry.address,
            action: entry.action.to_owned(),
            target_kind: entry.target_kind.to_owned(),
            target_id: entry.target_id,
            target_name: entry.target_name,
            result: entry.result.to_owned(),
            request_id: entry.request_id,
            details: entry.details,
            previous_hash: chain.last_hash,
            hash: [0; 32],
        };
        event.hash = event_hash(&event);
        event
    }

    /// A page of the events that the caller may see, newest first.
    ///
    /// # Errors
    /// [`crate::Problem::Forbidden`].
    pub async fn list_audit_events(
        &self,
        context: &Context,
        query: &AuditQuery,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, AppError> {
        context.authorize(Permission::ReadAudit)?;
        check_page(page, KeyKind::Number)?;
        check_filter(&query.filter)?;
        let scope = narrowed(&context.scope, query.tenant_id);
        let direction = Direction::Descending;
        Ok(self
            .store()
            .audit_events(&scope, &query.filter, direction, page)
            .await?)
    }

    /// All events that match, oldest first, piece by piece.
    ///
    /// # Errors
    /// [`crate::Problem::Forbidden`].
    pub async fn export_audit(
        &self,
        context: &Context,
        query: &AuditQuery,
    ) -> Result<AuditExport, AppError> {
        check_filter(&query.filter)?;
        self.mutate(context, &EXPORT, async |_| {
            let home = context.home();
            Ok(Done {
                targets: home
                    .map(|home| Target::new(home, home, ""))
                    .into_iter()
                    .collect(),
                ..Done::nothing(())
            })
        })
        .await?;
        Ok(AuditExport {
            app: self.clone(),
            scope: narrowed(&context.scope, query.tenant_id),
            filter: query.filter.clone(),
            page: Some(PageRequest {
                limit: BATCH,
                after: None,
            }),
        })
    }

    /// Looks whether a tenant's chain is as it was written.
    ///
    /// # Errors
    /// [`crate::Problem::NotFound`] for a tenant that the caller may not see.
    pub async fn verify_audit(
        &self,
        context: &Context,
        tenant: TenantId,
    ) -> Result<AuditVerification, AppError> {
        context.authorize(Permission::ReadAudit)?;
        self.visible_tenant(context, tenant).await?;
        let chain = self.store().audit_chain(tenant).await?;
        let key = self
            .keyring()
            .existing_data_key(self.store(), tenant)
            .await?;
        let (chain, sealed) = match (chain, key) {
            (Some(chain), Some(key)) => {
                let sealed = key.verify(&ends(&chain), &chain.seal);
                (chain, sealed)
            }
            // A tenant whose first event is still to come has neither.
            (None, None) => (beginning(tenant), true),
            (chain, _) => (chain.unwrap_or_else(|| beginning(tenant)), false),
        };
        let mut found = self.walk_audit(&chain).await?;
        if !sealed && found.broken.is_none() {
            found.broken = Some(AuditBreak::Seal);
        }
        Ok(found)
    }

    async fn walk_audit(&self, chain: &AuditChain) -> Result<AuditVerification, StoreError> {
        let mut found = AuditVerification {
            events: 0,
            first_sequence: 0,
            last_sequence: chain.last_sequence,
            last_hash: chain.last_hash,
            broken: None,
        };
        // Events from before the beginning are looked at too: there must be none.
        let (mut after, mut expected, mut previous) = (0, chain.first_sequence, chain.anchor);
        loop {
            let events = self
                .store()
                .audit_chain_events(chain.tenant_id, after, BATCH)
                .await?;
            for event in &events {
                found.broken = found
                    .broken
                    .or_else(|| check(event, expected, previous, chain));
                if found.events == 0 {
                    found.first_sequence = event.sequence;
                }
                found.events += 1;
                (after, expected, previous) = (event.sequence, event.sequence + 1, event.hash);
            }
            if events.is_empty() {
                break;
            }
        }
        if found.broken.is_none() && expected <= chain.last_sequence {
            found.broken = Some(AuditBreak::Missing(expected));
        } else if found.broken.is_none() && previous != chain.last_hash {
            found.broken = Some(AuditBreak::Changed(chain.last_sequence));
        }
        Ok(found)
    }

    /// Forgets the events of all tenants that keep them for a time only and whose time is over. The
    /// rest stays verifiable: the chain then begins with the hash of the last one forgotten.
    pub(crate) async fn prune_audits(&self) -> Result<(), AppError> {
        for tenant in self.store().tenants(&Scope::Everything).await? {
            if let Some(days) = tenant.audit_retention_days {
                let hours = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24);
                let kept = SignedDuration::from_hours(hours.min(100_000 * 24));
                self.prune_audit(tenant.id, &tenant.name, self.now() - kept)
                    .await?;
            }
        }
        Ok(())
    }

    async fn prune_audit(
        &self,
        tenant: TenantId,
        name: &str,
        before: Timestamp,
    ) -> Result<(), AppError> {
        let transaction = self.store().begin(&Scope::one(tenant)).await?;
        let Some(mut chain) = transaction.lock_audit_chain(tenant).await? else {
            return Ok(());
        };
        let Some(last) = transaction.last_audit_event_before(tenant, before).await? else {
            return Ok(());
        };
        let key = self.keyring().data_key(self, &transaction, tenant).await?;
        let whole = key.verify(&ends(&chain), &chain.seal)
            && last.sequence <= chain.last_sequence
            && event_hash(&last) == last.hash;
        if !whole {
            tracing::error!(%tenant, "the audit is broken and stays as it is; run `latarnik audit verify`");
            return Ok(());
        }
        chain.anchor = last.hash;
        chain.first_sequence = last.sequence + 1;
        chain.seal = key.sign(&ends(&chain));
        let pruned = transaction
            .delete_audit_events(tenant, last.sequence)
            .await?;
        transaction.set_audit_chain(&chain).await?;
        let target = Target::new(tenant, tenant, name)
            .with("events", pruned)
            .with("up_to_sequence", last.sequence);
        self.write_audit(&transaction, Entry::by_system(&PRUNE, target))
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Ids that sort like the places of their events also within a millisecond: lists are ordered by
/// time and id.
struct InOrder<'a>(Ids<'a>, u64);

impl IdSource for InOrder<'_> {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = self.0.random_bytes();
        // The first twelve bits that an id of version 7 takes from its source.
        let [.., high, low] = self.1.to_be_bytes();
        let [first, second, ..] = &mut bytes;
        (*first, *second) = (high, low);
        bytes
    }
}

/// Events on their way out.
pub struct AuditExport {
    app: App,
    scope: Scope,
    filter: AuditFilter,
    page: Option<PageRequest>,
}

impl AuditExport {
    /// The next events; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<Vec<AuditEvent>>, StoreError> {
        let Some(page) = self.page.take() else {
            return Ok(None);
        };
        let direction = Direction::Ascending;
        let found = self
            .app
            .store()
            .audit_events(&self.scope, &self.filter, direction, &page)
            .await?;
        self.page = found.next.map(|next| PageRequest {
            limit: BATCH,
            after: Some(next),
        });
        Ok(Some(found.items))
    }
}

fn beginning(tenant: TenantId) -> AuditChain {
    AuditChain {
        tenant_id: tenant,
        anchor: [0; 32],
        first_sequence: 1,
        last_sequence: 0,
        last_hash: [0; 32],
        seal: Vec::new(),
    }
}

fn check(
    event: &AuditEvent,
    expected: u64,
    previous: [u8; 32],
    chain: &AuditChain,
) -> Option<AuditBreak> {
    let sequence = event.sequence;
    if sequence < expected || sequence > chain.last_sequence {
        Some(AuditBreak::Surplus(sequence))
    } else if sequence > expected {
        Some(AuditBreak::Missing(expected))
    } else if event.previous_hash != previous || event_hash(event) != event.hash {
        Some(AuditBreak::Changed(sequence))
    } else {
        None
    }
}

/// What the seal signs.
fn ends(chain: &AuditChain) -> Vec<u8> {
    let mut text = Fields::default();
    text.add(Some("latarnik-audit-chain-1"));
    text.add(Some(&chain.tenant_id.to_string()));
    text.add(Some(&chain.first_sequence.to_string()));
    text.add(Some(&hex(&chain.anchor)));
    text.add(Some(&chain.last_sequence.to_string()));
    text.add(Some(&hex(&chain.last_hash)));
    text.0
}

/// The hash of an event: SHA-256 of its fields in this order, each as the export shows it.
/// `docs/security.md` describes it for those who verify an export by themselves.
fn event_hash(event: &AuditEvent) -> [u8; 32] {
    let mut text = Fields::default();
    text.add(Some("latarnik-audit-1"));
    text.add(Some(&hex(&event.previous_hash)));
    text.add(Some(&event.tenant_id.to_string()));
    text.add(Some(&event.sequence.to_string()));
    text.add(Some(&event.id.to_string()));
    text.add(Some(&event.at.to_string()));
    text.add(Some(&event.actor_kind));
    text.add(event.actor_id.map(|id| id.to_string()).as_deref());
    text.add(Some(&event.actor_name));
    text.add(event.address.as_deref());
    text.add(Some(&event.action));
    text.add(Some(&event.target_kind));
    text.add(Some(&event.target_id));
    text.add(event.target_name.as_deref());
    text.add(Some(&event.result));
    text.add(event.request_id.as_deref());
    for (name, value) in &event.details {
        text.add(Some(name));
        text.add(Some(value));
    }
    Sha256::digest(text.0).into()
}

/// Fields one after the other so that no two lists of them look the same: the length in bytes, a
/// colon, the text, a comma; an absent one is `-,`.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn add(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.extend_from_slice(text.len().to_string().as_bytes());
                self.0.push(b':');
                self.0.extend_from_slice(text.as_bytes());
                self.0.push(b',');
            }
            None => self.0.extend_from_slice(b"-,"),
        }
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string");
        text
    })
}

/// The database keeps times to the millisecond, and the hash covers what it keeps.
fn to_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Refuses conditions that cannot match anything sensible.
fn check_filter(filter: &AuditFilter) -> Result<(), AppError> {
    match (filter.since, filter.until) {
        (Some(since), Some(until)) if until <= since => {
            Err(invalid("until", FieldCode::OutOfRange))
        }
        _ => Ok(()),
    }?;
    let texts = [
        ("actor_kind", &filter.actor_kind),
        ("action", &filter.action),
        ("target_kind", &filter.target_kind),
        ("target_id", &filter.target_id),
        ("search", &filter.search),
    ];
    let mut texts = texts.into_iter();
    texts.try_for_each(|(field, text)| check_search(field, text.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            tenant_id: TenantId(Uuid::from_u128(1)),
            sequence: 1,
            id: AuditEventId(Uuid::from_u128(2)),
            at: "2026-11-23T12:00:00.5Z".parse().unwrap(),
            actor_kind: "user".to_owned(),
            actor_id: Some(Uuid::from_u128(3)),
            actor_name: "Zażółć".to_owned(),
            address: None,
            action: "remove_device".to_owned(),
            target_kind: "device".to_owned(),
            target_id: "4".to_owned(),
            target_name: Some("till".to_owned()),
            result: SUCCEEDED.to_owned(),
            request_id: None,
            details: vec![("a".to_owned(), "b".to_owned())],
            previous_hash: [0; 32],
            hash: [0; 32],
        }
    }

    #[test]
    fn hash_of_an_event_never_changes() {
        assert_eq!(
            hex(&event_hash(&event())),
            "23b12cd4fc5aa49db0ce84965db2551fd2a6a7f28a5b6f322841dda3a2ae860f"
        );
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut AuditEvent); 16] = [
            |e| e.tenant_id = TenantId(Uuid::from_u128(9)),
            |e| e.sequence = 2,
            |e| e.id = AuditEventId(Uuid::from_u128(9)),
            |e| e.at = Timestamp::UNIX_EPOCH,
            |e| e.actor_kind = "agent".to_owned(),
            |e| e.actor_id = None,
            |e| e.actor_name = "x".to_owned(),
            |e| e.address = Some(String::new()),
            |e| e.action = "x".to_owned(),
            |e| e.target_kind = "x".to_owned(),
            |e| e.target_id = String::new(),
            |e| e.target_name = None,
            |e| e.result = "forbidden".to_owned(),
            |e| e.request_id = Some("-".to_owned()),
            |e| e.details = vec![("ab".to_owned(), String::new())],
            |e| e.previous_hash = [1; 32],
        ];
        let mut hashes = vec![event_hash(&event())];
        for change in changes {
            let mut event = event();
            change(&mut event);
            hashes.push(event_hash(&event));
        }
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), changes.len() + 1);
    }
}
