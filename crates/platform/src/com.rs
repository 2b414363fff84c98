//! COM, on threads of its own.

use std::marker::PhantomData;
use windows::Win32::System::{
    Com::{
        CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx,
        CoInitializeSecurity, CoUninitialize, EOAC_NONE, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
        RPC_C_IMP_LEVEL_IDENTIFY,
    },
    UpdateAgent::{ISystemInformation, SystemInformation},
};

/// Runs the work on a new thread in the multi-threaded apartment, and waits for it. COM objects
/// cannot leave that thread, so the work makes all that it needs.
pub(crate) fn on_own_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let apartment = || {
        let _apartment = Apartment::enter();
        work()
    };
    std::thread::scope(|scope| {
        scope
            .spawn(apartment)
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A thread's stay in the multi-threaded apartment. Objects are dropped before it ends.
pub(crate) struct Apartment {
    is_entered: bool,
    /// It is left on the thread that entered it.
    _here: PhantomData<*const ()>,
}

impl Apartment {
    pub(crate) fn enter() -> Self {
        // SAFETY: takes no pointers; balanced in `drop`, on this same thread.
        let entered = unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) };
        Self {
            is_entered: entered.is_ok(),
            _here: PhantomData,
        }
    }
}

impl Drop for Apartment {
    fn drop(&mut self) {
        if self.is_entered {
            // SAFETY: balances the call that entered it.
            unsafe { CoUninitialize() };
        }
    }
}

/// Lets services of the system call back into this process, as those must that a backup freezes.
/// Only the first call of a process counts, and none after an object was made; what the process
/// had then is what counts.
pub(crate) fn let_services_call() {
    // SAFETY: takes no pointers: without a descriptor, every account may call, and each object
    // decides whom it serves.
    let set = unsafe {
        CoInitializeSecurity(
            None,
            -1,
            None,
            None,
            RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
            RPC_C_IMP_LEVEL_IDENTIFY,
            None,
            EOAC_NONE,
            None,
        )
    };
    if let Err(error) = set {
        tracing::debug!(%error, "the process keeps the rights of its COM objects");
    }
}

/// Whether the update agent says that an installation waits for a restart. For a thread in an
/// apartment.
pub(crate) fn wants_restart() -> bool {
    // SAFETY: the interface is the one that the class has; it is used and dropped here.
    unsafe {
        CoCreateInstance::<_, ISystemInformation>(&SystemInformation, None, CLSCTX_INPROC_SERVER)
            .and_then(|information| information.RebootRequired())
            .is_ok_and(|required| required.as_bool())
    }
}
