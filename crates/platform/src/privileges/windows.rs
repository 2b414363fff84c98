use std::sync::atomic::{AtomicBool, Ordering};
use windows::{
    Win32::{
        Foundation::{CloseHandle, ERROR_NOT_ALL_ASSIGNED, GetLastError, HANDLE, LUID},
        Security::{
            AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW,
            SE_BACKUP_NAME, SE_PRIVILEGE_ENABLED, SE_RESTORE_NAME, SE_SECURITY_NAME,
            SE_SHUTDOWN_NAME, TOKEN_ACCESS_MASK, TOKEN_ADJUST_PRIVILEGES, TOKEN_ELEVATION,
            TOKEN_PRIVILEGES, TOKEN_QUERY, TokenElevation,
        },
        System::Threading::{GetCurrentProcess, OpenProcessToken},
    },
    core::{Error, HRESULT, PCWSTR},
};

/// What an account may be allowed to do, and has to switch on before it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// To read past access lists.
    Backup,
    /// To write past access lists, and to give files away.
    Restore,
    /// To see and set what is watched.
    Security,
    /// To restart the machine.
    Shutdown,
}

static RESTORE: AtomicBool = AtomicBool::new(false);
static SECURITY: AtomicBool = AtomicBool::new(false);

impl Privilege {
    fn name(self) -> PCWSTR {
        match self {
            Self::Backup => SE_BACKUP_NAME,
            Self::Restore => SE_RESTORE_NAME,
            Self::Security => SE_SECURITY_NAME,
            Self::Shutdown => SE_SHUTDOWN_NAME,
        }
    }

    /// Where it is remembered that it is on, if anybody asks.
    fn memory(self) -> Option<&'static AtomicBool> {
        match self {
            Self::Restore => Some(&RESTORE),
            Self::Security => Some(&SECURITY),
            Self::Backup | Self::Shutdown => None,
        }
    }
}

pub(super) fn enable_for_backups() {
    for privilege in [Privilege::Backup, Privilege::Restore, Privilege::Security] {
        let enabled = enable(privilege);
        if let Some(memory) = privilege.memory() {
            memory.store(enabled.is_ok(), Ordering::Relaxed);
        }
    }
}

/// Whether it was switched on for backups.
pub(crate) fn is_enabled(privilege: Privilege) -> bool {
    let memory = privilege.memory();
    memory.is_some_and(|memory| memory.load(Ordering::Relaxed))
}

/// Switches a privilege on, which even the system account has to do.
pub(crate) fn enable(privilege: Privilege) -> Result<(), Error> {
    let token = Token::open(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY)?;
    let mut luid = LUID::default();
    // SAFETY: every pointer is to a local that outlives its call; the token is open.
    unsafe {
        LookupPrivilegeValueW(PCWSTR::null(), privilege.name(), &raw mut luid)?;
        let privileges = TOKEN_PRIVILEGES {
            PrivilegeCount: 1,
            Privileges: [LUID_AND_ATTRIBUTES {
                Luid: luid,
                Attributes: SE_PRIVILEGE_ENABLED,
            }],
        };
        AdjustTokenPrivileges(token.0, false, Some(&raw const privileges), 0, None, None)?;
        match GetLastError() {
            ERROR_NOT_ALL_ASSIGNED => Err(Error::from_hresult(HRESULT::from_win32(
                ERROR_NOT_ALL_ASSIGNED.0,
            ))),
            _ => Ok(()),
        }
    }
}

pub(super) fn is_elevated() -> bool {
    let Ok(token) = Token::open(TOKEN_QUERY) else {
        return false;
    };
    let mut elevation = TOKEN_ELEVATION::default();
    let mut length = 0;
    // SAFETY: the buffer is a TOKEN_ELEVATION and its size is the one that is given.
    let answer = unsafe {
        GetTokenInformation(
            token.0,
            TokenElevation,
            Some((&raw mut elevation).cast()),
            size_of::<TOKEN_ELEVATION>() as u32,
            &raw mut length,
        )
    };
    answer.is_ok() && elevation.TokenIsElevated != 0
}

/// The own process's token.
struct Token(HANDLE);

impl Token {
    fn open(access: TOKEN_ACCESS_MASK) -> Result<Self, Error> {
        let mut token = HANDLE::default();
        // SAFETY: the pseudo handle of the own process is always valid; `token` outlives the call.
        unsafe { OpenProcessToken(GetCurrentProcess(), access, &raw mut token) }?;
        Ok(Self(token))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the handle was opened by `open` and is used no more.
        let _ = unsafe { CloseHandle(self.0) };
    }
}
