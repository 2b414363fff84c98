//! How COM gets at the classes.

use crate::{
    collections::Updates,
    session::{Session, SystemInformation},
};
use std::ffi::c_void;
use windows::{
    Win32::{
        Foundation::{CLASS_E_CLASSNOTAVAILABLE, CLASS_E_NOAGGREGATION, E_POINTER, S_FALSE},
        System::{
            Com::{IClassFactory, IClassFactory_Impl},
            UpdateAgent::{
                ISystemInformation, IUpdateCollection, IUpdateSession3,
                SystemInformation as SYSTEM_INFORMATION, UpdateCollection as UPDATE_COLLECTION,
                UpdateSession as UPDATE_SESSION,
            },
        },
    },
    core::{BOOL, GUID, HRESULT, IUnknown, Interface, Ref, Result, implement},
};

#[implement(IClassFactory)]
struct Factory(GUID);

impl IClassFactory_Impl for Factory_Impl {
    fn CreateInstance(
        &self,
        outer: Ref<IUnknown>,
        interface: *const GUID,
        object: *mut *mut c_void,
    ) -> Result<()> {
        if !outer.is_null() {
            return Err(CLASS_E_NOAGGREGATION.into());
        }
        let made: IUnknown = match self.0 {
            UPDATE_SESSION => IUpdateSession3::from(Session::default()).into(),
            UPDATE_COLLECTION => IUpdateCollection::from(Updates::default()).into(),
            SYSTEM_INFORMATION => ISystemInformation::from(SystemInformation).into(),
            _ => return Err(CLASS_E_CLASSNOTAVAILABLE.into()),
        };
        // SAFETY: COM hands in a valid identifier and a place for the answer.
        unsafe { made.query(interface, object).ok() }
    }

    fn LockServer(&self, _: BOOL) -> Result<()> {
        Ok(())
    }
}

/// COM's way in.
///
/// # Safety
/// `class` and `interface` point to identifiers and `object` to a place for a pointer, as COM
/// promises to every in-process server.
#[unsafe(no_mangle)]
unsafe extern "system" fn DllGetClassObject(
    class: *const GUID,
    interface: *const GUID,
    object: *mut *mut c_void,
) -> HRESULT {
    if class.is_null() || interface.is_null() || object.is_null() {
        return E_POINTER;
    }
    // SAFETY: not null, and valid by this function's contract.
    let class = unsafe { *class };
    if ![UPDATE_SESSION, UPDATE_COLLECTION, SYSTEM_INFORMATION].contains(&class) {
        return CLASS_E_CLASSNOTAVAILABLE;
    }
    // SAFETY: as above.
    unsafe { IClassFactory::from(Factory(class)).query(interface, object) }
}

/// Stays loaded until the process ends.
#[unsafe(no_mangle)]
extern "system" fn DllCanUnloadNow() -> HRESULT {
    S_FALSE
}
