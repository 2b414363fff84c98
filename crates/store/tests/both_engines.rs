//! What the store promises, on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::SignedDuration;
use latarnik_model::{DeviceId, OsFamily, ScanState, Scope, TenantId, UpdateId};
use latarnik_store::{
    CheckInChanges, ConnectOptions, Cursor, DeviceFacts, DeviceFilter, DeviceSort, Direction,
    EnrollmentTokenRecord, NewDevice, OfferedUpdate, PageRequest, PendingFilter, ScanRecord, Store,
    StoreError, TenantRecord,
};
use latarnik_testkit::{CountingRandomness, on_both_engines, test_start};

async fn tenant(store: &Store, ids: &CountingRandomness, name: &str) -> TenantId {
    let tenant = TenantRecord {
        id: TenantId::generate(test_start(), ids),
        parent_id: None,
        name: name.to_owned(),
        time_zone: "Europe/Warsaw".to_owned(),
        audit_retention_days: None,
        deletion: None,
        created_at: test_start(),
    };
    let transaction = store.begin(&Scope::Everything).await.unwrap();
    transaction.insert_tenant(&tenant).await.unwrap();
    transaction.commit().await.unwrap();
    tenant.id
}

/// Adds devices with these names; the number of pending updates is the position, and every third
/// is unknown.
async fn devices(
    store: &Store,
    ids: &CountingRandomness,
    tenant: TenantId,
    names: &[&str],
) -> Vec<DeviceId> {
    let token = EnrollmentTokenRecord {
        id: latarnik_model::EnrollmentTokenId::generate(test_start(), ids),
        tenant_id: tenant,
        tenant_name: String::new(),
        group_id: None,
        group_name: None,
        name: "tests".to_owned(),
        secret_hash: latarnik_model::IdSource::random_bytes(ids).repeat(4)[..32]
            .try_into()
            .unwrap(),
        created_at: test_start(),
        created_by: "tests".to_owned(),
        expires_at: test_start() + SignedDuration::from_hours(1),
        max_uses: None,
        uses: 0,
        revoked_at: None,
    };
    let transaction = store.begin(&Scope::Everything).await.unwrap();
    transaction.insert_enrollment_token(&token).await.unwrap();
    let mut found = Vec::new();
    for (position, name) in names.iter().enumerate() {
        let id = DeviceId::generate(test_start(), ids);
        let mut key = [0; 32];
        key[..16].copy_from_slice(id.0.as_bytes());
        let device = NewDevice {
            id,
            tenant_id: tenant,
            group_id: None,
            enrollment_token_id: token.id,
            key_fingerprint: key,
            facts: DeviceFacts {
                hostname: (*name).to_owned(),
                os_family: OsFamily::Linux,
                os_name: "Debian".to_owned(),
                os_version: "12".to_owned(),
                architecture: "x86_64".to_owned(),
                agent_version: "0.1.0".to_owned(),
                time_zone: None,
            },
            enrolled_at: test_start(),
        };
        transaction.insert_device(&device).await.unwrap();
        if position % 3 != 2 {
            let updates: Vec<_> = (0..position).map(update).collect();
            transaction
                .upsert_updates(tenant, id, test_start(), &updates)
                .await
                .unwrap();
            transaction
                .refresh_update_counts(tenant, id, "hash")
                .await
                .unwrap();
        }
        found.push(id);
    }
    transaction.commit().await.unwrap();
    found
}

fn update(number: usize) -> (UpdateId, OfferedUpdate) {
    use latarnik_model::{RestartBehavior, UpdateCategory, UpdateSource};
    let update = OfferedUpdate {
        titles: Default::default(),
        key: format!("package-{number}"),
        source: UpdateSource::Apt,
        title: format!("package-{number}"),
        category: if number == 0 {
            UpdateCategory::Security
        } else {
            UpdateCategory::Optional
        },
        severity: None,
        kb: None,
        update_id: None,
        revision: None,
        package: Some(format!("package-{number}")),
        installed_version: Some("1".to_owned()),
        available_version: Some("2".to_owned()),
        size_bytes: Some(1 << 40),
        released_at: None,
        restart: RestartBehavior::Unknown,
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    (UpdateId(uuid::Uuid::from_bytes(id)), update)
}

/// New signatures of a protection program.
fn definition(number: usize) -> (UpdateId, OfferedUpdate) {
    let (id, offer) = update(number);
    let category = latarnik_model::UpdateCategory::Definition;
    (id, OfferedUpdate { category, ..offer })
}

/// All pages of a list, two at a time.
async fn all_pages(
    store: &Store,
    scope: &Scope,
    sort: DeviceSort,
    direction: Direction,
) -> Vec<DeviceId> {
    let mut page = PageRequest {
        limit: 2,
        after: None,
    };
    let mut found = Vec::new();
    loop {
        let devices = store
            .devices(scope, &DeviceFilter::default(), sort, direction, &page)
            .await
            .unwrap();
        assert!(devices.items.len() <= 2);
        found.extend(devices.items.iter().map(|device| device.id));
        let Some(next) = devices.next else {
            return found;
        };
        // Through its text, as the API hands it out.
        page.after = Some(next.to_string().parse::<Cursor>().unwrap());
    }
}

const NAMES: [&str; 7] = ["zeta", "Alfa", "łódź", "alfa", "beta-2", "beta-10", "ALFA"];
const SORTS: [DeviceSort; 7] = [
    DeviceSort::Hostname,
    DeviceSort::OsName,
    DeviceSort::AgentVersion,
    DeviceSort::PendingUpdates,
    DeviceSort::Restart,
    DeviceSort::ScannedAt,
    DeviceSort::LastSeenAt,
];

on_both_engines! {
    async fn pages_show_every_device_once_whatever_the_sorting(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        let mut expected = devices(store, &ids, tenant, &NAMES).await;
        expected.sort_unstable();
        for sort in SORTS {
            let up = all_pages(store, &Scope::one(tenant), sort, Direction::Ascending).await;
            let mut down = all_pages(store, &Scope::one(tenant), sort, Direction::Descending).await;
            down.reverse();
            assert_eq!(up, down, "{sort:?}");
            let mut found = up;
            found.sort_unstable();
            assert_eq!(found, expected, "{sort:?}");
        }
    }

    async fn unknown_counts_stay_unknown_and_sort_above_all_others(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        let all = devices(store, &ids, tenant, &NAMES).await;
        let failed = CheckInChanges {
            scan: Some(ScanRecord {
                state: ScanState::Failed,
                attempted_at: Some(test_start()),
                scanned_at: None,
                error: None,
                error_detail: None,
            }),
            ..CheckInChanges::default()
        };
        let transaction = store.begin(&Scope::one(tenant)).await.unwrap();
        transaction.update_device(tenant, all[1], test_start(), &failed).await.unwrap();
        transaction.commit().await.unwrap();
        let (sort, page) = (DeviceSort::PendingUpdates, PageRequest { limit: 10, after: None });
        let found = store
            .devices(&Scope::one(tenant), &DeviceFilter::default(), sort, Direction::Ascending, &page)
            .await
            .unwrap();
        let counts: Vec<_> = found.items.iter().map(|device| device.pending_updates).collect();
        let (known, unknown) = counts.split_at(4);
        assert_eq!(known, [Some(0), Some(3), Some(4), Some(6)]);
        // Among each other they stand by their ids.
        let mut unknown = unknown.to_vec();
        unknown.sort_unstable();
        assert_eq!(unknown, [None, None, Some(1)], "a failed scan leaves a number that may be old");
        let security: Vec<_> = found.items.iter().map(|device| device.pending_security).collect();
        let mut unknown = security.get(4..).unwrap().to_vec();
        unknown.sort_unstable();
        assert_eq!(unknown, [None, None, Some(1)]);
        for (pending, expected) in
            [(PendingFilter::Unknown, 2), (PendingFilter::None, 1), (PendingFilter::Some, 4)]
        {
            let filter = DeviceFilter { pending: Some(pending), ..DeviceFilter::default() };
            let count = store.count_devices(&Scope::one(tenant), &filter).await.unwrap();
            assert_eq!(count, expected, "{pending:?}");
        }
    }

    async fn definitions_are_counted_apart(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        let device = devices(store, &ids, tenant, &["till"]).await[0];
        let scope = Scope::one(tenant);
        let offer = async |updates: &[(UpdateId, OfferedUpdate)]| {
            let transaction = store.begin(&scope).await.unwrap();
            transaction.upsert_updates(tenant, device, test_start(), updates).await.unwrap();
            transaction.refresh_update_counts(tenant, device, "hash").await.unwrap();
            transaction.commit().await.unwrap();
            let device = store.device(&scope, device).await.unwrap().unwrap();
            (device.pending_updates, device.pending_security, device.pending_definitions)
        };
        let pending = async |pending| {
            let filter = DeviceFilter { pending: Some(pending), ..DeviceFilter::default() };
            store.count_devices(&scope, &filter).await.unwrap()
        };
        assert_eq!(offer(&[definition(7), definition(8)]).await, (Some(0), Some(0), Some(2)));
        assert_eq!((pending(PendingFilter::None).await, pending(PendingFilter::Some).await), (1, 0));
        assert_eq!(offer(&[update(0)]).await, (Some(1), Some(1), Some(2)));
        assert_eq!((pending(PendingFilter::None).await, pending(PendingFilter::Some).await), (0, 1));
        assert_eq!(store.updates_of_device(&scope, device).await.unwrap().len(), 3);
    }

    async fn other_tenants_rows_are_not_there(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let own = tenant(store, &ids, "own").await;
        let other = tenant(store, &ids, "other").await;
        let foreign = devices(store, &ids, other, &["secret"]).await[0];
        let scope = Scope::one(own);
        assert!(store.device(&scope, foreign).await.unwrap().is_none());
        assert!(store.updates_of_device(&scope, foreign).await.unwrap().is_empty());
        assert!(store.devices_by_id(&scope, &[foreign]).await.unwrap().is_empty());
        assert_eq!(store.count_devices(&scope, &DeviceFilter::default()).await.unwrap(), 0);
        let nobody = Scope::Tenants(Vec::new());
        assert!(store.device(&nobody, foreign).await.unwrap().is_none());
        let transaction = store.begin(&Scope::Everything).await.unwrap();
        assert!(transaction.remove_device(&scope, foreign, test_start()).await.unwrap().is_none());
        assert!(!transaction.move_device(&scope, foreign, None).await.unwrap());
        transaction.commit().await.unwrap();
        assert!(store.device(&Scope::one(other), foreign).await.unwrap().is_some());
    }

    async fn wildcards_in_a_search_are_letters(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        devices(store, &ids, tenant, &["100%", "a_b", "axb", "back\\slash", "' OR 1=1 --"]).await;
        for (search, expected) in
            [("%", 1), ("a_b", 1), ("A", 3), ("\\", 1), ("' or 1=1 --", 1), ("nothing", 0)]
        {
            let filter =
                DeviceFilter { search: Some(search.to_owned()), ..DeviceFilter::default() };
            let count = store.count_devices(&Scope::one(tenant), &filter).await.unwrap();
            assert_eq!(count, expected, "{search}");
        }
    }

    async fn heartbeats_of_many_devices_are_one_statement(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        let devices = devices(store, &ids, tenant, &NAMES).await;
        let later = test_start() + SignedDuration::from_mins(5);
        let seen: Vec<_> = devices.iter().skip(1).map(|device| (*device, later)).collect();
        let transaction = store.begin(&Scope::Everything).await.unwrap();
        transaction.touch_devices(&seen).await.unwrap();
        transaction.commit().await.unwrap();
        let filter = DeviceFilter { seen_since: Some(later), ..DeviceFilter::default() };
        assert_eq!(store.count_devices(&Scope::one(tenant), &filter).await.unwrap(), 6);
    }

    async fn dropped_transaction_leaves_nothing(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        let tenant = tenant(store, &ids, "one").await;
        let device = devices(store, &ids, tenant, &["a"]).await[0];
        let transaction = store.begin(&Scope::Everything).await.unwrap();
        assert!(transaction.remove_device(&Scope::one(tenant), device, test_start()).await.unwrap().is_some());
        drop(transaction);
        assert!(store.device(&Scope::one(tenant), device).await.unwrap().is_some());
    }

    async fn same_tenant_name_in_other_case_is_a_conflict(database: Database) {
        let (store, ids) = (&database.store, CountingRandomness::default());
        tenant(store, &ids, "Łąka").await;
        let twin = TenantRecord {
            id: TenantId::generate(test_start(), &ids),
            parent_id: None,
            name: "łĄKA".to_owned(),
            time_zone: "UTC".to_owned(),
            audit_retention_days: None,
            deletion: None,
            created_at: test_start(),
        };
        let transaction = store.begin(&Scope::Everything).await.unwrap();
        let result = transaction.insert_tenant(&twin).await;
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }

    async fn schema_is_migrated_once_and_reopening_keeps_everything(database: Database) {
        let ids = CountingRandomness::default();
        let tenant = tenant(&database.store, &ids, "one").await;
        let again = Store::connect(&database.options).await.unwrap();
        let found = again.tenants(&Scope::one(tenant)).await.unwrap();
        assert_eq!(found.len(), 1);
    }
}

#[tokio::test]
async fn address_of_another_database_is_refused() {
    let options = ConnectOptions {
        address: "mysql://host/db".to_owned(),
        max_connections: 1,
    };
    assert!(matches!(
        Store::connect(&options).await,
        Err(StoreError::Address)
    ));
}

#[tokio::test]
async fn text_that_is_no_cursor_is_refused() {
    for text in [
        "",
        "t",
        "x0123",
        "t0123456789abcdef",
        "nŁódź0123456789abcdef0123456789abcdef",
    ] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}
