//! What is known since the machine started: values in a registry key that Windows keeps in memory
//! only, so that a restart forgets them.

use windows::core::GUID;
use windows_registry::{Key, LOCAL_MACHINE, Result};

const PRODUCT: &str = r"SOFTWARE\Latarnik";
const SINCE_BOOT: &str = "AgentSinceBoot";
const BOOT_ID: &str = "BootId";
const RESTART_REQUEST: &str = "RestartRequest";

/// A GUID that is made with the first question after a start of the machine.
pub(crate) fn boot_id() -> Result<String> {
    let key = key()?;
    if let Ok(id) = key.get_string(BOOT_ID) {
        return Ok(id);
    }
    let id = format!("{:?}", GUID::new()?).to_lowercase();
    key.set_string(BOOT_ID, &id)?;
    Ok(id)
}

/// Remembers that an installer asked for a restart.
pub(crate) fn note_restart_request(detail: &str) -> Result<()> {
    key()?.set_string(RESTART_REQUEST, detail)
}

/// What asked for a restart since the machine started.
pub(crate) fn restart_request() -> Option<String> {
    key().ok()?.get_string(RESTART_REQUEST).ok()
}

/// The key above it must outlast a restart: nothing lasting can be made below a volatile key.
fn key() -> Result<Key> {
    LOCAL_MACHINE
        .create(PRODUCT)?
        .options()
        .read()
        .write()
        .create()
        .volatile()
        .open(SINCE_BOOT)
}
