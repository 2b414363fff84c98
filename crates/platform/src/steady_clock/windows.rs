use latarnik_agent_core::SteadyClock;
use std::time::Duration;
use windows::Win32::System::SystemInformation::GetTickCount64;

/// The time since the machine started; sleep and hibernation count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SinceBoot;

impl SteadyClock for SinceBoot {
    fn elapsed(&self) -> Duration {
        // SAFETY: the call takes nothing.
        Duration::from_millis(unsafe { GetTickCount64() })
    }
}
