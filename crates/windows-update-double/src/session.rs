//! The session, from which everything else comes, and the system's own word on restarts.

use crate::{
    download::Downloader,
    install::Installer,
    late_binding::{no_late_binding, unscripted},
    scenario,
    search::Searcher,
    services::Services,
    update::truth,
};
use std::sync::atomic::{AtomicU32, Ordering};
use windows::{
    Win32::{
        Foundation::VARIANT_BOOL,
        System::UpdateAgent::{
            ISystemInformation, ISystemInformation_Impl, IUpdateDownloader,
            IUpdateHistoryEntryCollection, IUpdateInstaller, IUpdateInstaller4, IUpdateSearcher,
            IUpdateSearcher3, IUpdateServiceManager2, IUpdateSession_Impl, IUpdateSession2_Impl,
            IUpdateSession3, IUpdateSession3_Impl, IWebProxy,
        },
    },
    core::{BSTR, Interface, Ref, Result, implement},
};

#[implement(IUpdateSession3)]
#[derive(Default)]
pub(crate) struct Session {
    /// 0 until it is set.
    locale: AtomicU32,
}

impl IUpdateSession_Impl for Session_Impl {
    fn SetClientApplicationID(&self, value: &BSTR) -> Result<()> {
        scenario::log(&format!("ClientApplicationID {value}"));
        Ok(())
    }
    fn CreateUpdateSearcher(&self) -> Result<IUpdateSearcher> {
        let locale = self.locale.load(Ordering::Relaxed);
        IUpdateSearcher3::from(Searcher::new(locale)).cast()
    }
    fn CreateUpdateDownloader(&self) -> Result<IUpdateDownloader> {
        Ok(Downloader::default().into())
    }
    fn CreateUpdateInstaller(&self) -> Result<IUpdateInstaller> {
        IUpdateInstaller4::from(Installer::default()).cast()
    }
    unscripted! {
        ClientApplicationID() -> BSTR;
        ReadOnly() -> VARIANT_BOOL;
        WebProxy() -> IWebProxy;
        SetWebProxy(Ref<IWebProxy>) -> ();
    }
}

impl IUpdateSession2_Impl for Session_Impl {
    fn UserLocale(&self) -> Result<u32> {
        Ok(self.locale.load(Ordering::Relaxed))
    }
    fn SetUserLocale(&self, locale: u32) -> Result<()> {
        scenario::log(&format!("UserLocale {locale}"));
        self.locale.store(locale, Ordering::Relaxed);
        Ok(())
    }
}

impl IUpdateSession3_Impl for Session_Impl {
    fn CreateUpdateServiceManager(&self) -> Result<IUpdateServiceManager2> {
        Ok(Services.into())
    }
    unscripted! {
        QueryHistory(&BSTR, i32, i32) -> IUpdateHistoryEntryCollection;
    }
}

#[implement(ISystemInformation)]
pub(crate) struct SystemInformation;

impl ISystemInformation_Impl for SystemInformation_Impl {
    fn RebootRequired(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(scenario::read().reboot_required))
    }
    unscripted! {
        OemHardwareSupportLink() -> BSTR;
    }
}

no_late_binding!(Session_Impl, SystemInformation_Impl);
