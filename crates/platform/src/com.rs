//! COM, on threads of its own.

use windows::Win32::System::{
    Com::{
        CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx,
        CoUninitialize,
    },
    UpdateAgent::{ISystemInformation, SystemInformation},
};

/// Runs the work on a new thread in the multi-threaded apartment, and waits for it. COM objects
/// cannot leave that thread, so the work makes all that it needs.
pub(crate) fn on_own_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let apartment = || {
        // SAFETY: a fresh thread has no apartment yet; it is left again on this same thread, after
        // the work dropped its objects.
        let entered = unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) };
        let result = work();
        if entered.is_ok() {
            // SAFETY: balances the call above.
            unsafe { CoUninitialize() };
        }
        result
    };
    std::thread::scope(|scope| {
        scope
            .spawn(apartment)
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
