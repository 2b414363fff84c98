//! Installing.

use crate::{
    collections::{at, ids},
    download::overall,
    job::{Carried, Outcome, Plan, Run},
    late_binding::{no_late_binding, unscripted},
    scenario,
    update::truth,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use windows::{
    Win32::{
        Foundation::{HWND, VARIANT_BOOL, VARIANT_FALSE},
        System::{
            UpdateAgent::{
                IInstallationCompletedCallback, IInstallationJob, IInstallationJob_Impl,
                IInstallationProgress, IInstallationProgress_Impl,
                IInstallationProgressChangedCallback, IInstallationResult,
                IInstallationResult_Impl, IUpdateCollection, IUpdateInstallationResult,
                IUpdateInstallationResult_Impl, IUpdateInstaller_Impl, IUpdateInstaller2_Impl,
                IUpdateInstaller3_Impl, IUpdateInstaller4, IUpdateInstaller4_Impl,
                OperationResultCode, WU_E_DM_NOTDOWNLOADED, WU_E_INSTALL_NOT_ALLOWED,
                WU_E_INVALID_OPERATION, WU_E_ITEMNOTFOUND, WU_E_NO_UPDATE,
                WU_E_OPERATIONINPROGRESS, orcSucceeded, orcSucceededWithErrors,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, HRESULT, IUnknown, Interface, Ref, Result, implement},
};

#[implement(IUpdateInstaller4)]
#[derive(Default)]
pub(crate) struct Installer(Mutex<Begun>);

#[derive(Default)]
pub(crate) struct Begun {
    updates: Option<IUpdateCollection>,
    run: Option<Arc<Run>>,
}

/// Codes that refuse an installation as a whole, so that `BeginInstall` answers them.
const REFUSALS: [HRESULT; 2] = [WU_E_INSTALL_NOT_ALLOWED, WU_E_OPERATIONINPROGRESS];

/// Counts the attempt; the code with which it is refused before it begins.
fn refusal(id: &str) -> i32 {
    let mut code = 0;
    scenario::change(|scenario| {
        let Some(update) = scenario.find(id) else {
            return;
        };
        update.install_attempts += 1;
        let scripted = scenario::hresult(&update.install_hresult);
        if update.fails_now() && REFUSALS.contains(&HRESULT(scripted)) {
            code = scripted;
        }
    });
    code
}

fn install(id: &str) -> Outcome {
    let mut outcome = Outcome::failed(WU_E_ITEMNOTFOUND.0);
    scenario::change(|scenario| {
        let Some(update) = scenario.find(id) else {
            return;
        };
        if !update.is_downloaded {
            outcome.hresult = WU_E_DM_NOTDOWNLOADED.0;
            return;
        }
        if update.fails_now() {
            outcome.code = update.install_result;
            outcome.hresult = scenario::hresult(&update.install_hresult);
        } else {
            outcome.code = orcSucceeded.0;
            outcome.hresult = 0;
        }
        if [orcSucceeded.0, orcSucceededWithErrors.0].contains(&outcome.code) {
            update.is_installed = true;
            outcome.needs_reboot = update.needs_reboot;
            scenario.reboot_required |= outcome.needs_reboot;
        }
    });
    outcome
}

impl Installer {
    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IUpdateInstaller_Impl for Installer_Impl {
    fn SetUpdates(&self, updates: Ref<IUpdateCollection>) -> Result<()> {
        self.lock().updates = Some(updates.ok()?.clone());
        Ok(())
    }
    fn BeginInstall(
        &self,
        progress: Ref<IUnknown>,
        completed: Ref<IUnknown>,
        _: &VARIANT,
    ) -> Result<IInstallationJob> {
        let progress: IInstallationProgressChangedCallback = progress.ok()?.cast()?;
        let completed: IInstallationCompletedCallback = completed.ok()?.cast()?;
        let updates = self.lock().updates.clone();
        let ids = ids(&updates.ok_or(WU_E_NO_UPDATE)?)?;
        scenario::log(&format!("Install {}", ids.join(" ")));
        if let Some(code) = ids.iter().map(|id| refusal(id)).find(|code| *code != 0) {
            return Err(HRESULT(code).into());
        }
        let mut scenario = scenario::read();
        let mut plan = Plan {
            ids,
            duration: Duration::from_millis(scenario.delay_ms),
            bytes: 0,
            ignores_abort: false,
            apply: install,
        };
        for id in &plan.ids {
            if let Some(update) = scenario.find(id) {
                plan.duration += Duration::from_millis(update.install_ms);
                plan.ignores_abort |= update.ignores_abort;
            }
        }
        let (progress, completed) = (Carried::new(progress), Carried::new(completed));
        let run = Run::start(
            plan,
            move || {
                // SAFETY: the client's object, called in its apartment.
                let _ = unsafe { progress.get().Invoke(None, None) };
            },
            move || {
                // SAFETY: as above.
                let _ = unsafe { completed.get().Invoke(None, None) };
            },
        );
        self.lock().run = Some(run.clone());
        Ok(Job(run).into())
    }
    fn EndInstall(&self, _: Ref<IInstallationJob>) -> Result<IInstallationResult> {
        let run = self.lock().run.take();
        Ok(Installed(run.ok_or(WU_E_INVALID_OPERATION)?.outcomes()).into())
    }
    fn IsBusy(&self) -> Result<VARIANT_BOOL> {
        Ok(VARIANT_FALSE)
    }
    fn RebootRequiredBeforeInstallation(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(scenario::read().reboot_required_before_installation))
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
        Install() -> IInstallationResult;
        BeginUninstall(Ref<IUnknown>, Ref<IUnknown>, &VARIANT) -> IInstallationJob;
        EndUninstall(Ref<IInstallationJob>) -> IInstallationResult;
        RunWizard(&BSTR) -> IInstallationResult;
        Uninstall() -> IInstallationResult;
        AllowSourcePrompts() -> VARIANT_BOOL;
        SetAllowSourcePrompts(VARIANT_BOOL) -> ();
    }
}

#[implement(IInstallationJob)]
struct Job(Arc<Run>);

impl IInstallationJob_Impl for Job_Impl {
    fn IsCompleted(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.is_completed()))
    }
    fn CleanUp(&self) -> Result<()> {
        let _ = self.0.outcomes();
        Ok(())
    }
    fn GetProgress(&self) -> Result<IInstallationProgress> {
        Ok(Progress(self.0.clone()).into())
    }
    fn RequestAbort(&self) -> Result<()> {
        self.0.request_abort("installation");
        Ok(())
    }
    unscripted! {
        AsyncState() -> VARIANT;
        Updates() -> IUpdateCollection;
    }
}

#[implement(IInstallationProgress)]
struct Progress(Arc<Run>);

impl IInstallationProgress_Impl for Progress_Impl {
    fn CurrentUpdateIndex(&self) -> Result<i32> {
        Ok(0)
    }
    fn CurrentUpdatePercentComplete(&self) -> Result<i32> {
        Ok(self.0.percent().into())
    }
    fn PercentComplete(&self) -> Result<i32> {
        Ok(self.0.percent().into())
    }
    unscripted! {
        GetUpdateResult(i32) -> IUpdateInstallationResult;
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

no_late_binding!(
    Installer_Impl,
    Job_Impl,
    Progress_Impl,
    Installed_Impl,
    InstalledUpdate_Impl
);
