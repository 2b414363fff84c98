//! Which devices have shown a certificate of which authority.

use crate::{
    Store, StoreError, Transaction,
    row::milliseconds,
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{DeviceId, Scope, TenantId};

/// How many devices have shown a certificate of an authority.
#[derive(Debug, Clone)]
pub struct AuthorityCoverage {
    /// Devices that are not removed.
    pub devices: u64,
    /// Those that have not shown one, in the order of tenants and names.
    pub uncovered: Vec<UncoveredDevice>,
}

/// A device that has not shown a certificate of an authority.
#[derive(Debug, Clone)]
pub struct UncoveredDevice {
    /// Its id.
    pub id: DeviceId,
    /// The name of its tenant.
    pub tenant_name: String,
    /// Its name.
    pub hostname: String,
    /// When it last said anything.
    pub last_seen_at: Timestamp,
}

impl Transaction {
    /// Notes that a device has shown a certificate of an authority, unless that is known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_device_authority(
        &self,
        tenant: TenantId,
        device: DeviceId,
        authority: [u8; 32],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO device_authorities (tenant_id, device_id, authority, first_shown_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            tenant.0,
            device.0,
            authority.to_vec(),
            milliseconds(at)
        ))
        .await?;
        Ok(())
    }
}

impl Store {
    /// How many devices have shown a certificate of an authority, and which have not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn authority_coverage(
        &self,
        scope: &Scope,
        authority: [u8; 32],
    ) -> Result<AuthorityCoverage, StoreError> {
        let mut count =
            Sql::new("SELECT COUNT(*) AS devices FROM devices WHERE removed_at IS NULL AND ");
        count.within("tenant_id", scope);
        let devices = self.one(scope, count).await?;
        let mut sql = Sql::new(
            "SELECT d.id, d.hostname, d.last_seen_at, t.name AS tenant_name
             FROM devices d JOIN tenants t ON t.tenant_id = d.tenant_id
             WHERE d.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM device_authorities a
                WHERE a.tenant_id = d.tenant_id AND a.device_id = d.id AND a.authority = ",
        );
        sql.bind(authority.to_vec())
            .push(") AND ")
            .within("d.tenant_id", scope)
            .push(" ORDER BY t.name, d.hostname, d.id");
        let uncovered = self
            .all(scope, sql)
            .await?
            .iter()
            .map(|row| {
                Ok(UncoveredDevice {
                    id: DeviceId(row.uuid("id")?),
                    tenant_name: row.text("tenant_name")?,
                    hostname: row.text("hostname")?,
                    last_seen_at: row.time("last_seen_at")?,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(AuthorityCoverage {
            devices: devices.map_or(Ok(0), |row| row.count("devices"))?,
            uncovered,
        })
    }
}
