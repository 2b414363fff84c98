//! Microsoft Update: the service that offers updates of other products beside those of Windows.

use super::{
    automatic::{POLICY, forget, is_kept, own},
    session::Session,
};
use windows::{
    Win32::{
        Foundation::E_NOINTERFACE,
        System::UpdateAgent::{
            IUpdateServiceManager2, IUpdateSession3, WU_E_DS_UNKNOWNSERVICE,
            asfAllowOnlineRegistration, asfAllowPendingRegistration, asfRegisterServiceWithAU,
            usrsRegistered,
        },
    },
    core::{BSTR, Error, Interface, Result},
};
use windows_registry::LOCAL_MACHINE;

/// Microsoft's own identifier of the service.
pub(super) const MICROSOFT_UPDATE: &str = "7971f918-a847-4430-9279-4a52d1efe18d";
/// At once if there is a connection, otherwise with the next search; and for Windows' own automatic
/// updating too.
const FLAGS: i32 =
    asfAllowPendingRegistration.0 | asfAllowOnlineRegistration.0 | asfRegisterServiceWithAU.0;
/// The service is registered because the agent did it.
const MARK: &str = "MicrosoftUpdateIsOurs";

/// Whether the agent registered the service.
pub(super) fn is_ours() -> bool {
    is_kept(MARK)
}

/// Whether the machine takes its updates from a server of its own (WSUS). Microsoft Update would pass
/// that server by, and offer what its administrators have not approved.
pub(super) fn has_own_server() -> bool {
    LOCAL_MACHINE
        .open(POLICY)
        .and_then(|policy| policy.get_u32("UseWUServer"))
        .is_ok_and(|uses| uses == 1)
}

/// Registers the service, or takes back a registration of the agent's.
pub(super) fn apply(session: &Session, wanted: bool) -> Result<()> {
    match wanted {
        true => register(session),
        false => unregister(session),
    }
}

/// Whether searches can ask the service.
pub(super) fn is_registered(session: &Session) -> Result<bool> {
    let services = services(session)?;
    // SAFETY: the session's thread calls.
    let state = unsafe {
        services
            .QueryServiceRegistration(&BSTR::from(MICROSOFT_UPDATE))?
            .RegistrationState()?
    };
    Ok(state == usrsRegistered)
}

fn register(session: &Session) -> Result<()> {
    if is_registered(session)? {
        return Ok(());
    }
    let services = services(session)?;
    // SAFETY: the session's thread calls.
    unsafe { services.AddService2(&BSTR::from(MICROSOFT_UPDATE), FLAGS, &BSTR::new())? };
    own()?.set_u32(MARK, 1)
}

fn unregister(session: &Session) -> Result<()> {
    if !is_ours() {
        return Ok(());
    }
    // SAFETY: the session's thread calls.
    let removed = unsafe { services(session)?.RemoveService(&BSTR::from(MICROSOFT_UPDATE)) };
    match removed {
        Err(error) if error.code() != WU_E_DS_UNKNOWNSERVICE => Err(error),
        _ => forget(&own()?, MARK),
    }
}

fn services(session: &Session) -> Result<IUpdateServiceManager2> {
    // SAFETY: the session's thread calls.
    unsafe {
        let session: IUpdateSession3 = session.object().cast()?;
        session.CreateUpdateServiceManager()
    }
    .map_err(|error| match error.code() {
        // Systems older than Windows 7 do not know the interface.
        E_NOINTERFACE => Error::from(WU_E_DS_UNKNOWNSERVICE),
        _ => error,
    })
}
