//! The devices of an action.

use super::{
    request::{ActionTarget, RequestedParameters},
    windows::ChosenDevice,
};
use crate::{App, AppError, Context, DeviceQuery, Problem, tenants::narrowed};
use latarnik_model::RestartRequired;
use latarnik_store::{DeviceRecord, DeviceSort, Direction, PageRequest};

/// Most devices in one action.
const MOST_DEVICES: usize = 50_000;

impl App {
    /// The devices of an action. Named ones must all be there and fit; of those that merely match,
    /// the ones that do not fit are left out.
    pub(super) async fn targets(
        &self,
        context: &Context,
        target: &ActionTarget,
        parameters: &RequestedParameters,
    ) -> Result<Vec<ChosenDevice>, AppError> {
        let restart = matches!(parameters, RequestedParameters::Restart { .. });
        let needs = |device: &DeviceRecord| device.restart_required == RestartRequired::Yes;
        let devices = match target {
            ActionTarget::Devices(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                if ids.len() > MOST_DEVICES {
                    return Err(Problem::TooManyDevices.into());
                }
                let devices = self.store().devices_by_id(&context.scope, &ids).await?;
                if devices.len() != ids.len() {
                    return Err(Problem::NotFound.into());
                }
                if restart && !devices.iter().all(needs) {
                    return Err(Problem::NoRestartPending.into());
                }
                devices
            }
            ActionTarget::Matching(query) => {
                let mut devices = self.all_matching(context, query).await?;
                if restart {
                    devices.retain(needs);
                }
                devices
            }
        };
        if devices.is_empty() {
            return Err(Problem::NoDevices.into());
        }
        Ok(devices.into_iter().map(ChosenDevice::from).collect())
    }

    async fn all_matching(
        &self,
        context: &Context,
        query: &DeviceQuery,
    ) -> Result<Vec<DeviceRecord>, AppError> {
        let scope = narrowed(&context.scope, query.tenant_id);
        if let Some(group) = query.filter.group_id {
            let group = self.store().group(&scope, group).await?;
            group.ok_or(Problem::NotFound)?;
        }
        let filter = self.complete(query);
        let (sort, direction) = (DeviceSort::Hostname, Direction::Ascending);
        let mut devices = Vec::new();
        let mut page = PageRequest {
            limit: 5000,
            after: None,
        };
        loop {
            let found = self
                .store()
                .devices(&scope, &filter, sort, direction, &page)
                .await?;
            devices.extend(found.items);
            if devices.len() > MOST_DEVICES {
                return Err(Problem::TooManyDevices.into());
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(devices),
            }
        }
    }
}
