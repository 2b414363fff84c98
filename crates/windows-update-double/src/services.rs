//! The services that offer updates beside Windows Update itself.

use crate::{
    late_binding::{no_late_binding, unscripted},
    scenario,
};
use windows::{
    Win32::{
        Foundation::VARIANT_BOOL,
        System::{
            UpdateAgent::{
                IUpdateService, IUpdateService2, IUpdateServiceCollection,
                IUpdateServiceManager_Impl, IUpdateServiceManager2, IUpdateServiceManager2_Impl,
                IUpdateServiceRegistration, IUpdateServiceRegistration_Impl,
                UpdateServiceRegistrationState, WU_E_DS_UNKNOWNSERVICE, usrsNotRegistered,
                usrsRegistered,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, HRESULT, Result, implement},
};

#[implement(IUpdateServiceManager2)]
pub(crate) struct Services;

fn is_registered(service: &str) -> bool {
    let known = scenario::read().services;
    known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(service))
}

impl IUpdateServiceManager_Impl for Services_Impl {
    fn RemoveService(&self, service: &BSTR) -> Result<()> {
        let service = service.to_string();
        scenario::log(&format!("RemoveService {service}"));
        if !is_registered(&service) {
            return Err(WU_E_DS_UNKNOWNSERVICE.into());
        }
        scenario::change(|scenario| {
            let kept = |known: &String| !known.eq_ignore_ascii_case(&service);
            scenario.services.retain(kept);
        });
        Ok(())
    }
    unscripted! {
        Services() -> IUpdateServiceCollection;
        AddService(&BSTR, &BSTR) -> IUpdateService;
        RegisterServiceWithAU(&BSTR) -> ();
        UnregisterServiceWithAU(&BSTR) -> ();
        AddScanPackageService(&BSTR, &BSTR, i32) -> IUpdateService;
        SetOption(&BSTR, &VARIANT) -> ();
    }
}

impl IUpdateServiceManager2_Impl for Services_Impl {
    fn QueryServiceRegistration(&self, service: &BSTR) -> Result<IUpdateServiceRegistration> {
        Ok(Registration(service.to_string()).into())
    }
    fn AddService2(
        &self,
        service: &BSTR,
        flags: i32,
        _: &BSTR,
    ) -> Result<IUpdateServiceRegistration> {
        scenario::log(&format!("AddService2 {service} {flags}"));
        let service = service.to_string();
        let failure = scenario::hresult(&scenario::read().add_service_hresult);
        if failure != 0 {
            return Err(HRESULT(failure).into());
        }
        if !is_registered(&service) {
            scenario::change(|scenario| scenario.services.push(service.clone()));
        }
        Ok(Registration(service).into())
    }
    unscripted! {
        ClientApplicationID() -> BSTR;
        SetClientApplicationID(&BSTR) -> ();
    }
}

#[implement(IUpdateServiceRegistration)]
struct Registration(String);

impl IUpdateServiceRegistration_Impl for Registration_Impl {
    fn RegistrationState(&self) -> Result<UpdateServiceRegistrationState> {
        Ok(match is_registered(&self.0) {
            true => usrsRegistered,
            false => usrsNotRegistered,
        })
    }
    fn ServiceID(&self) -> Result<BSTR> {
        Ok(BSTR::from(self.0.as_str()))
    }
    unscripted! {
        IsPendingRegistrationWithAU() -> VARIANT_BOOL;
        Service() -> IUpdateService2;
    }
}

no_late_binding!(Services_Impl, Registration_Impl);
