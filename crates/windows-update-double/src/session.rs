//! The session, from which everything else comes, and the system's own word on restarts.

use crate::{
    download::Downloader,
    install::Installer,
    late_binding::{no_late_binding, unscripted},
    scenario,
    search::Searcher,
    update::truth,
};
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
pub(crate) struct Session;

impl IUpdateSession_Impl for Session_Impl {
    fn SetClientApplicationID(&self, value: &BSTR) -> Result<()> {
        scenario::log(&format!("ClientApplicationID {value}"));
        Ok(())
    }
    fn CreateUpdateSearcher(&self) -> Result<IUpdateSearcher> {
        IUpdateSearcher3::from(Searcher).cast()
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
    unscripted! {
        UserLocale() -> u32;
        SetUserLocale(u32) -> ();
    }
}

impl IUpdateSession3_Impl for Session_Impl {
    unscripted! {
        CreateUpdateServiceManager() -> IUpdateServiceManager2;
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
