//! Installing.

use crate::{
    collections::{at, ids},
    download::overall,
    late_binding::{no_late_binding, unscripted},
    scenario,
    update::truth,
};
use std::sync::{Mutex, PoisonError};
use windows::{
    Win32::{
        Foundation::{HWND, VARIANT_BOOL, VARIANT_FALSE},
        System::{
            UpdateAgent::{
                IInstallationJob, IInstallationResult, IInstallationResult_Impl, IUpdateCollection,
                IUpdateInstallationResult, IUpdateInstallationResult_Impl, IUpdateInstaller_Impl,
                IUpdateInstaller2_Impl, IUpdateInstaller3_Impl, IUpdateInstaller4,
                IUpdateInstaller4_Impl, OperationResultCode, WU_E_DM_NOTDOWNLOADED,
                WU_E_ITEMNOTFOUND, WU_E_NO_UPDATE, orcFailed, orcSucceeded, orcSucceededWithErrors,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, IUnknown, Ref, Result, implement},
};

#[implement(IUpdateInstaller4)]
#[derive(Default)]
pub(crate) struct Installer(Mutex<Option<IUpdateCollection>>);

/// What became of one update.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    code: i32,
    hresult: i32,
    needs_reboot: bool,
}

fn install(id: &str) -> Outcome {
    let mut outcome = Outcome {
        code: orcFailed.0,
        hresult: WU_E_ITEMNOTFOUND.0,
        needs_reboot: false,
    };
    scenario::change(|scenario| {
        let Some(update) = scenario.find(id) else {
            return;
        };
        if !update.is_downloaded {
            outcome.hresult = WU_E_DM_NOTDOWNLOADED.0;
            return;
        }
        update.install_attempts += 1;
        let limit = update.install_failures;
        if limit > 0 && update.install_attempts > limit {
            outcome.code = orcSucceeded.0;
            outcome.hresult = 0;
        } else {
            outcome.code = update.install_result;
            outcome.hresult = scenario::hresult(&update.install_hresult);
        }
        if [orcSucceeded.0, orcSucceededWithErrors.0].contains(&outcome.code) {
            update.is_installed = true;
            outcome.needs_reboot = update.needs_reboot;
            scenario.reboot_required |= outcome.needs_reboot;
        }
    });
    outcome
}

impl IUpdateInstaller_Impl for Installer_Impl {
    fn SetUpdates(&self, updates: Ref<IUpdateCollection>) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(updates.ok()?.clone());
        Ok(())
    }
    fn Install(&self) -> Result<IInstallationResult> {
        let updates = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let ids = ids(&updates.ok_or(WU_E_NO_UPDATE)?)?;
        scenario::log(&format!("Install {}", ids.join(" ")));
        scenario::take_time(&scenario::read());
        Ok(Installed(ids.iter().map(|id| install(id)).collect()).into())
    }
    fn IsBusy(&self) -> Result<VARIANT_BOOL> {
        Ok(VARIANT_FALSE)
    }
    fn RebootRequiredBeforeInstallation(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(scenario::read().reboot_required))
    }
    unscripted! {
        ClientApplicationID() -> BSTR;
        SetClientApplicationID(&BSTR) -> ();
        IsForced() -> VARIANT_BOOL;
        SetIsForced(VARIANT_BOOL) -> ();
        ParentHwnd() -> HWND;
        SetParentHwnd(HWND) -> ();
        SetParentWindow(Ref<IUnknown>) -> ();
        ParentWindow() -> IUnknown;
        Updates() -> IUpdateCollection;
        BeginInstall(Ref<IUnknown>, Ref<IUnknown>, &VARIANT) -> IInstallationJob;
        BeginUninstall(Ref<IUnknown>, Ref<IUnknown>, &VARIANT) -> IInstallationJob;
        EndInstall(Ref<IInstallationJob>) -> IInstallationResult;
        EndUninstall(Ref<IInstallationJob>) -> IInstallationResult;
        RunWizard(&BSTR) -> IInstallationResult;
        Uninstall() -> IInstallationResult;
        AllowSourcePrompts() -> VARIANT_BOOL;
        SetAllowSourcePrompts(VARIANT_BOOL) -> ();
    }
}

impl IUpdateInstaller2_Impl for Installer_Impl {
    fn SetForceQuiet(&self, value: VARIANT_BOOL) -> Result<()> {
        scenario::log(&format!("ForceQuiet {}", value.as_bool()));
        Ok(())
    }
    unscripted! {
        ForceQuiet() -> VARIANT_BOOL;
    }
}

impl IUpdateInstaller3_Impl for Installer_Impl {
    unscripted! {
        AttemptCloseAppsIfNecessary() -> VARIANT_BOOL;
        SetAttemptCloseAppsIfNecessary(VARIANT_BOOL) -> ();
    }
}

impl IUpdateInstaller4_Impl for Installer_Impl {
    unscripted! {
        Commit(u32) -> ();
    }
}

#[implement(IInstallationResult)]
struct Installed(Vec<Outcome>);

impl IInstallationResult_Impl for Installed_Impl {
    fn HResult(&self) -> Result<i32> {
        Ok(0)
    }
    fn RebootRequired(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.iter().any(|outcome| outcome.needs_reboot)))
    }
    fn ResultCode(&self) -> Result<OperationResultCode> {
        Ok(overall(self.0.iter().map(|outcome| outcome.code)))
    }
    fn GetUpdateResult(&self, index: i32) -> Result<IUpdateInstallationResult> {
        at(&self.0, index).map(|outcome| InstalledUpdate(outcome).into())
    }
}

#[implement(IUpdateInstallationResult)]
struct InstalledUpdate(Outcome);

impl IUpdateInstallationResult_Impl for InstalledUpdate_Impl {
    fn HResult(&self) -> Result<i32> {
        Ok(self.0.hresult)
    }
    fn RebootRequired(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.needs_reboot))
    }
    fn ResultCode(&self) -> Result<OperationResultCode> {
        Ok(OperationResultCode(self.0.code))
    }
}

no_late_binding!(Installer_Impl, Installed_Impl, InstalledUpdate_Impl);
