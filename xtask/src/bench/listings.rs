//! The list of devices, as the console asks for it.

use super::{
    loads::{Measured, Subject},
    times::Times,
};
use crate::stack::Fleet;
use anyhow::Result;

const LISTINGS: usize = 200;

impl Subject<'_> {
    /// Makes the devices that are listed, and measures.
    pub(super) fn device_list(&self, devices: u32, measured: &mut Measured) -> Result<()> {
        let token = self.token(devices)?;
        let mut fleet = Fleet::start(self.bench.programs, &self.settings, &token, devices)?;
        fleet.wait_for_scans(&self.client, u64::from(devices))?;
        drop(fleet);
        measured.list_p95_ms = self.listing_p95_ms("")?;
        measured.list_with_total_p95_ms = self.listing_p95_ms("&count=true")?;
        Ok(())
    }

    fn listing_p95_ms(&self, more: &str) -> Result<f64> {
        let mut times = Times::default();
        self.list_devices(LISTINGS, more, &mut times)?;
        Ok(times.spread()?.p95_ms)
    }

    /// Pages of 50 rows in the orders that the console offers, one after the other.
    pub(super) fn list_devices(&self, pages: usize, more: &str, times: &mut Times) -> Result<()> {
        let orders = ["hostname", "-last_scan_at", "-pending_updates", "os_name"];
        for order in orders.iter().cycle().take(pages) {
            let path = format!("/devices?limit=50&sort={order}{more}");
            times.take(|| self.client.get(&path))?;
        }
        Ok(())
    }
}
