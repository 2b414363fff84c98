//! Certificates that agents prove themselves with.

use crate::{Store, StoreError, Transaction, row::milliseconds, sql::sql};
use jiff::Timestamp;
use latarnik_model::{DeviceId, Scope, TenantId};

/// A certificate that was given to a device.
#[derive(Debug, Clone)]
pub struct CertificateRecord {
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Its serial number.
    pub serial: Vec<u8>,
    /// From when it counts.
    pub not_before: Timestamp,
    /// Until when it counts.
    pub not_after: Timestamp,
}

impl Transaction {
    /// Keeps a certificate, and forgets those of the device that have ended. Whether it is the
    /// device's first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_certificate(
        &self,
        tenant: TenantId,
        device: DeviceId,
        certificate: &CertificateRecord,
    ) -> Result<bool, StoreError> {
        let known = self
            .one(sql!(
                "SELECT serial FROM device_certificates
                 WHERE tenant_id = $1 AND device_id = $2 LIMIT 1",
                tenant.0,
                device.0
            ))
            .await?;
        self.execute(sql!(
            "DELETE FROM device_certificates
             WHERE tenant_id = $1 AND device_id = $2 AND not_after < $3",
            tenant.0,
            device.0,
            milliseconds(certificate.not_before)
        ))
        .await?;
        self.execute(sql!(
            "INSERT INTO device_certificates
                (tenant_id, fingerprint, device_id, serial, not_before, not_after)
             VALUES ($1, $2, $3, $4, $5, $6)",
            tenant.0,
            certificate.fingerprint.to_vec(),
            device.0,
            certificate.serial.clone(),
            milliseconds(certificate.not_before),
            milliseconds(certificate.not_after),
        ))
        .await?;
        Ok(known.is_none())
    }
}

impl Store {
    /// The device that a certificate belongs to, unless it or its tenant was removed. The fingerprint is the
    /// scope: it names exactly one device.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn device_of_certificate(
        &self,
        fingerprint: [u8; 32],
    ) -> Result<Option<(TenantId, DeviceId)>, StoreError> {
        let row = self
            .one(
                &Scope::Everything,
                sql!(
                    "SELECT d.tenant_id, d.id FROM device_certificates c
                 JOIN devices d ON d.tenant_id = c.tenant_id AND d.id = c.device_id
                 JOIN tenants t ON t.tenant_id = d.tenant_id
                 WHERE c.fingerprint = $1 AND d.removed_at IS NULL
                   AND t.deletion_requested_at IS NULL",
                    fingerprint.to_vec()
                ),
            )
            .await?;
        row.map(|row| Ok((TenantId(row.uuid("tenant_id")?), DeviceId(row.uuid("id")?))))
            .transpose()
    }
}
