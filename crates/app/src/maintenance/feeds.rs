//! Feeds for programs that show calendars.

use super::{
    MaintenanceBook, description,
    icalendar::{CalendarEvent, calendar},
    manage, spans,
};
use crate::{
    App, AppError, Context, FieldCode, Problem,
    audit::hex,
    context::{Done, Mutation, Target},
    error::invalid,
    tenants::narrowed,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    Because, CalendarFeedId, DeviceId, Language, MaintenanceAction, MaintenanceRules, Opening,
    Permission, PolicyScope, Scope, TenantId, WindowStanding,
};
use latarnik_store::CalendarFeedRecord;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The secret of a feed; `Debug` does not show it.
pub struct FeedSecret(pub [u8; 32]);

impl std::fmt::Debug for FeedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FeedSecret(…)")
    }
}

impl FeedSecret {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// A feed with the address under which it is read. Nobody learns that again.
#[derive(Debug)]
pub struct IssuedCalendarFeed {
    /// What is known.
    pub record: CalendarFeedRecord,
    /// Its address, with the secret in it.
    pub url: String,
}

const CREATE: Mutation = manage("create_calendar_feed", "calendar_feed");
const DELETE: Mutation = manage("delete_calendar_feed", "calendar_feed");

/// Most feeds of a tenant.
const MOST_FEEDS: u64 = 200;
/// What a feed tells: a week back, so that nothing vanishes while people look, and a quarter ahead.
const BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(90 * 24);
const MOST_EVENTS: usize = 1000;
/// Openings of one kind of work that are looked at.
const MOST_OPENINGS: usize = 400;

impl App {
    /// The feeds that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who may not make any.
    pub async fn list_calendar_feeds(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<CalendarFeedRecord>, AppError> {
        context.authorize(Permission::ManageMaintenanceWindows)?;
        let scope = narrowed(&context.scope, tenant);
        Ok(self.store().calendar_feeds(&scope).await?)
    }

    /// Makes a feed of a tenant, a group or a device.
    ///
    /// # Errors
    /// [`AppError::Invalid`]; [`Problem::TooManyCalendarFeeds`].
    pub async fn create_calendar_feed(
        &self,
        context: &Context,
        tenant: TenantId,
        scope: PolicyScope,
    ) -> Result<IssuedCalendarFeed, AppError> {
        let now = self.now();
        let mut secret = FeedSecret([0; 32]);
        self.random(&mut secret.0);
        let id = CalendarFeedId::generate(now, &self.ids());
        self.mutate(context, &CREATE, async |transaction| {
            let scope_name = self.check_scope(context, tenant, scope).await?;
            transaction
                .lock_tenant(&context.scope, tenant)
                .await?
                .ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))?;
            if transaction.count_calendar_feeds(tenant).await? >= MOST_FEEDS {
                return Err(Problem::TooManyCalendarFeeds.into());
            }
            let record = CalendarFeedRecord {
                id,
                tenant_id: tenant,
                scope,
                scope_name: None,
                secret_hash: secret.hash(),
                created_at: now,
                created_by_name: context.actor_name().to_owned(),
            };
            transaction.insert_calendar_feed(&record).await?;
            let target = Target::new(tenant, id, scope_name.as_str());
            Ok(Done::to(
                description::scoped(target, scope, &scope_name),
                (),
            ))
        })
        .await?;
        let record = self.store().calendar_feed(&context.scope, id).await?;
        let console = self.sign_in_settings().console_url.trim_end_matches('/');
        Ok(IssuedCalendarFeed {
            record: record.ok_or(Problem::NotFound)?,
            url: format!("{console}/calendar/{}.ics", hex(&secret.0)),
        })
    }

    /// Deletes a feed: its address leads nowhere any more.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn delete_calendar_feed(
        &self,
        context: &Context,
        id: CalendarFeedId,
    ) -> Result<(), AppError> {
        self.mutate(context, &DELETE, async |transaction| {
            let found = self.store().calendar_feed(&context.scope, id).await?;
            let found = found.ok_or(Problem::NotFound)?;
            let tenant = found.tenant_id;
            if !transaction.delete_calendar_feed(tenant, id).await? {
                return Err(Problem::NotFound.into());
            }
            let scope_name = found.scope_name.unwrap_or_default();
            let target = Target::new(tenant, id, scope_name.as_str());
            Ok(Done::to(
                description::scoped(target, found.scope, &scope_name),
                (),
            ))
        })
        .await
    }

    /// The calendar behind a secret, for whoever knows it.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_calendar_feed(
        &self,
        secret: &FeedSecret,
        language: Language,
    ) -> Result<String, AppError> {
        let feed = self.store().calendar_feed_by_secret(secret.hash()).await?;
        let feed = feed.ok_or(Problem::NotFound)?;
        let own = Scope::one(feed.tenant_id);
        let tenant = self.store().tenant(&own, feed.tenant_id).await?;
        let tenant = tenant.filter(|tenant| tenant.deletion.is_none());
        let tenant = tenant.ok_or(Problem::NotFound)?;
        let book = MaintenanceBook::load(self.store(), feed.tenant_id).await?;
        let (rules, zone) = match feed.scope {
            PolicyScope::Tenant => (book.rules_around(None), None),
            PolicyScope::Group(group) => (book.rules_around(Some(group)), None),
            PolicyScope::Device(device) => self.bound(&book, &own, device).await?,
        };
        let now = self.now();
        let words = Words::of(language);
        let mut events = windows(&rules, zone.as_deref(), now, &words);
        events.extend(blackouts(&rules, zone.as_deref(), now, &words));
        events.sort_by_key(|event| event.start);
        events.truncate(MOST_EVENTS);
        let name = feed.scope_name.unwrap_or(tenant.name);
        Ok(calendar(&name, now, &events))
    }

    async fn bound(
        &self,
        book: &MaintenanceBook,
        scope: &Scope,
        id: DeviceId,
    ) -> Result<(Arc<MaintenanceRules>, Option<String>), AppError> {
        let device = self.store().device(scope, id).await?;
        let device = device.ok_or(Problem::NotFound)?;
        let rules = book.rules(id, device.group_id);
        Ok((rules, device.facts.time_zone))
    }
}

/// What a calendar says beside the names that people gave.
struct Words {
    update: &'static str,
    restart: &'static str,
    backup: &'static str,
    blackout: &'static str,
}

impl Words {
    const fn of(language: Language) -> Self {
        match language {
            Language::Pl => Self {
                update: "aktualizacje",
                restart: "restart",
                backup: "kopie zapasowe",
                blackout: "Blokada",
            },
            Language::En => Self {
                update: "updates",
                restart: "restart",
                backup: "backups",
                blackout: "Blackout",
            },
        }
    }

    fn list(&self, actions: impl IntoIterator<Item = MaintenanceAction>) -> String {
        let words = actions.into_iter().map(|action| match action {
            MaintenanceAction::Update => self.update,
            MaintenanceAction::Restart => self.restart,
            MaintenanceAction::Backup => self.backup,
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// The openings that windows make, those of the same time together.
fn windows(
    rules: &MaintenanceRules,
    zone: Option<&str>,
    now: Timestamp,
    words: &Words,
) -> Vec<CalendarEvent> {
    let calendar = rules.calendar(zone, jiff::tz::db());
    let until = now + AHEAD;
    let mut together: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for action in MaintenanceAction::ALL {
        for Opening { start, end } in calendar.openings(action, now - BACK, MOST_OPENINGS) {
            if until <= start {
                break;
            }
            let explanation = calendar.explain(action, start);
            if explanation.because != Because::InWindow {
                continue;
            }
            let open = explanation
                .windows
                .into_iter()
                .filter(|review| matches!(review.standing, WindowStanding::Open { .. }));
            let (actions, names) = together.entry((start, end)).or_default();
            actions.insert(action);
            names.extend(open.map(|review| review.name));
        }
    }
    let event = |((start, end), (actions, names)): ((_, Option<_>), (_, BTreeSet<_>))| {
        let names = names.into_iter().collect::<Vec<String>>().join(", ");
        let end = end.unwrap_or(until);
        CalendarEvent {
            uid: format!("window-{start}-{end}@latarnik"),
            summary: format!("{names}: {}", words.list(actions)),
            start,
            end,
        }
    };
    together.into_iter().map(event).collect()
}

fn blackouts(
    rules: &MaintenanceRules,
    zone: Option<&str>,
    now: Timestamp,
    words: &Words,
) -> Vec<CalendarEvent> {
    let until = now + AHEAD;
    let zone = zone.unwrap_or(&rules.tenant_zone);
    let blackouts = rules.scopes.iter().flat_map(|scope| &scope.blackouts);
    blackouts
        .flat_map(|blackout| {
            let definition = &blackout.definition;
            let zone = definition.time_zone().unwrap_or(zone);
            let span = (now - BACK, until);
            let spans = spans::of_blackout(definition, zone, span, MOST_OPENINGS).into_iter();
            spans.map(|span| CalendarEvent {
                uid: format!("{}-{}@latarnik", blackout.id, span.opening.start),
                summary: format!("{}: {}", words.blackout, blackout.name),
                start: span.opening.start,
                end: span.opening.end.unwrap_or(until),
            })
        })
        .collect()
}
