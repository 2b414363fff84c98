//! One update, as it was when the search found it.

use crate::{
    collections::{Categories, Texts},
    late_binding::{no_late_binding, unscripted},
    scenario::{self, ScriptedUpdate},
};
use windows::{
    Win32::{
        Foundation::{DECIMAL, VARIANT_BOOL, VARIANT_FALSE},
        System::{
            UpdateAgent::{
                AutoDownloadMode, AutoSelectionMode, DeploymentAction, DownloadPriority,
                ICategoryCollection, IImageInformation, IInstallationBehavior,
                IInstallationBehavior_Impl, IStringCollection, IUpdate_Impl, IUpdate2_Impl,
                IUpdate3_Impl, IUpdate4_Impl, IUpdate5, IUpdate5_Impl, IUpdateCollection,
                IUpdateDownloadContentCollection, IUpdateIdentity, IUpdateIdentity_Impl,
                InstallationImpact, InstallationRebootBehavior, UpdateType, utDriver, utSoftware,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, Ref, Result, implement},
};

/// Answers `IUpdate` up to `IUpdate5`.
#[implement(IUpdate5)]
pub(crate) struct Update(pub(crate) ScriptedUpdate);

pub(crate) fn truth(value: bool) -> VARIANT_BOOL {
    VARIANT_BOOL::from(value)
}

pub(crate) fn decimal(number: u64) -> DECIMAL {
    let mut decimal = DECIMAL::default();
    decimal.Anonymous2.Lo64 = number;
    decimal
}

impl IUpdate_Impl for Update_Impl {
    fn Title(&self) -> Result<BSTR> {
        Ok(BSTR::from(self.0.title.as_str()))
    }
    fn Categories(&self) -> Result<ICategoryCollection> {
        Ok(Categories(self.0.categories.clone()).into())
    }
    fn Identity(&self) -> Result<IUpdateIdentity> {
        Ok(Identity {
            id: self.0.id.clone(),
            revision: self.0.revision,
        }
        .into())
    }
    fn InstallationBehavior(&self) -> Result<IInstallationBehavior> {
        Ok(Behavior(self.0.reboot_behavior).into())
    }
    fn EulaAccepted(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(!self.0.needs_eula || self.0.is_eula_accepted))
    }
    fn AcceptEula(&self) -> Result<()> {
        scenario::log(&format!("AcceptEula {}", self.0.id));
        scenario::change(|scenario| {
            if let Some(update) = scenario.find(&self.0.id) {
                update.is_eula_accepted = true;
            }
        });
        Ok(())
    }
    fn IsDownloaded(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.is_downloaded))
    }
    fn IsHidden(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.is_hidden))
    }
    fn IsInstalled(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.is_installed))
    }
    fn LastDeploymentChangeTime(&self) -> Result<f64> {
        Ok(self.0.date)
    }
    fn MaxDownloadSize(&self) -> Result<DECIMAL> {
        Ok(decimal(self.0.size_bytes))
    }
    fn MinDownloadSize(&self) -> Result<DECIMAL> {
        Ok(decimal(0))
    }
    fn MsrcSeverity(&self) -> Result<BSTR> {
        Ok(BSTR::from(self.0.severity.as_str()))
    }
    fn KBArticleIDs(&self) -> Result<IStringCollection> {
        Ok(Texts(self.0.articles.clone()).into())
    }
    fn Type(&self) -> Result<UpdateType> {
        Ok(if self.0.is_driver {
            utDriver
        } else {
            utSoftware
        })
    }
    unscripted! {
        AutoSelectOnWebSites() -> VARIANT_BOOL;
        BundledUpdates() -> IUpdateCollection;
        CanRequireSource() -> VARIANT_BOOL;
        Deadline() -> VARIANT;
        DeltaCompressedContentAvailable() -> VARIANT_BOOL;
        DeltaCompressedContentPreferred() -> VARIANT_BOOL;
        Description() -> BSTR;
        EulaText() -> BSTR;
        HandlerID() -> BSTR;
        Image() -> IImageInformation;
        IsBeta() -> VARIANT_BOOL;
        SetIsHidden(VARIANT_BOOL) -> ();
        IsMandatory() -> VARIANT_BOOL;
        IsUninstallable() -> VARIANT_BOOL;
        Languages() -> IStringCollection;
        MoreInfoUrls() -> IStringCollection;
        RecommendedCpuSpeed() -> i32;
        RecommendedHardDiskSpace() -> i32;
        RecommendedMemory() -> i32;
        ReleaseNotes() -> BSTR;
        SecurityBulletinIDs() -> IStringCollection;
        SupersededUpdateIDs() -> IStringCollection;
        SupportUrl() -> BSTR;
        UninstallationNotes() -> BSTR;
        UninstallationBehavior() -> IInstallationBehavior;
        UninstallationSteps() -> IStringCollection;
        DeploymentAction() -> DeploymentAction;
        CopyFromCache(&BSTR, VARIANT_BOOL) -> ();
        DownloadPriority() -> DownloadPriority;
        DownloadContents() -> IUpdateDownloadContentCollection;
    }
}

impl IUpdate2_Impl for Update_Impl {
    fn RebootRequired(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.is_installed && self.0.needs_reboot))
    }
    unscripted! {
        IsPresent() -> VARIANT_BOOL;
        CveIDs() -> IStringCollection;
        CopyToCache(Ref<IStringCollection>) -> ();
    }
}

impl IUpdate3_Impl for Update_Impl {
    fn BrowseOnly(&self) -> Result<VARIANT_BOOL> {
        Ok(truth(self.0.browse_only))
    }
}

impl IUpdate4_Impl for Update_Impl {
    unscripted! {
        PerUser() -> VARIANT_BOOL;
    }
}

impl IUpdate5_Impl for Update_Impl {
    unscripted! {
        AutoSelection() -> AutoSelectionMode;
        AutoDownload() -> AutoDownloadMode;
    }
}

#[implement(IUpdateIdentity)]
struct Identity {
    id: String,
    revision: i32,
}

impl IUpdateIdentity_Impl for Identity_Impl {
    fn RevisionNumber(&self) -> Result<i32> {
        Ok(self.revision)
    }
    fn UpdateID(&self) -> Result<BSTR> {
        Ok(BSTR::from(self.id.as_str()))
    }
}

#[implement(IInstallationBehavior)]
struct Behavior(i32);

impl IInstallationBehavior_Impl for Behavior_Impl {
    fn CanRequestUserInput(&self) -> Result<VARIANT_BOOL> {
        Ok(VARIANT_FALSE)
    }
    fn RebootBehavior(&self) -> Result<InstallationRebootBehavior> {
        Ok(InstallationRebootBehavior(self.0))
    }
    unscripted! {
        Impact() -> InstallationImpact;
        RequiresNetworkConnectivity() -> VARIANT_BOOL;
    }
}

no_late_binding!(Update_Impl, Identity_Impl, Behavior_Impl);
