//! Sessions, and message boxes in them that the system shows by itself.

use latarnik_agent_core::Session;
use std::{ptr, time::Duration};
use windows::{
    Win32::{
        Foundation::E_NOTIMPL,
        System::RemoteDesktop::{
            WTS_SESSION_INFOW, WTSActive, WTSDisconnected, WTSEnumerateSessionsW, WTSFreeMemory,
            WTSQuerySessionInformationW, WTSSendMessageW, WTSUserName,
        },
        UI::WindowsAndMessaging::{
            IDYES, MB_ICONINFORMATION, MB_OK, MB_SYSTEMMODAL, MB_YESNO, MESSAGEBOX_RESULT,
            MESSAGEBOX_STYLE,
        },
    },
    core::{Error, HSTRING, PCWSTR, PWSTR, w},
};

/// Every session of a user, also one that was left open and disconnected.
pub(super) fn all() -> Result<Vec<Session>, Error> {
    let mut list: *mut WTS_SESSION_INFOW = ptr::null_mut();
    let mut count = 0;
    // SAFETY: the system allocates the list and tells its length; it is freed once, below.
    unsafe { WTSEnumerateSessionsW(None, 0, 1, &raw mut list, &raw mut count)? };
    if list.is_null() {
        // Wine: a success without a list.
        return Err(Error::from_hresult(E_NOTIMPL));
    }
    // SAFETY: the system says that there are `count` of them, and they are not null.
    let sessions = unsafe { std::slice::from_raw_parts(list, count as usize) }
        .iter()
        .filter(|session| session.State == WTSActive || session.State == WTSDisconnected)
        .filter_map(|session| {
            let user = user(session.SessionId)?;
            let id = session.SessionId.to_string();
            Some(Session { id, user })
        })
        .collect();
    // SAFETY: allocated by WTSEnumerateSessionsW, used no more.
    unsafe { WTSFreeMemory(list.cast()) };
    Ok(sessions)
}

/// Whose session it is; nobody's is the services' or a sign-in screen.
fn user(session: u32) -> Option<String> {
    let mut name = PWSTR::null();
    let mut bytes = 0;
    // SAFETY: the system allocates the name, which ends with a NUL; it is freed once, below.
    let user = unsafe {
        WTSQuerySessionInformationW(None, session, WTSUserName, &raw mut name, &raw mut bytes)
            .ok()?;
        if name.is_null() {
            return None;
        }
        let user = name.to_string().ok();
        WTSFreeMemory(name.0.cast());
        user
    };
    user.filter(|user| !user.is_empty())
}

/// Shows a message and waits for nobody.
pub(super) fn tell(session: u32, text: &str) {
    send(session, text, MB_OK | MB_ICONINFORMATION, Duration::ZERO);
}

/// Asks a question; whether the answer was yes, in this time.
pub(super) fn ask(session: u32, text: &str, longest: Duration) -> bool {
    let style = MB_YESNO | MB_ICONINFORMATION | MB_SYSTEMMODAL;
    send(session, text, style, longest.max(Duration::from_secs(1))) == Some(IDYES)
}

/// No time means that nobody is waited for.
fn send(
    session: u32,
    text: &str,
    style: MESSAGEBOX_STYLE,
    longest: Duration,
) -> Option<MESSAGEBOX_RESULT> {
    let mut answer = MESSAGEBOX_RESULT::default();
    let (title, text) = (w!("Latarnik"), HSTRING::from(text));
    let bytes = |characters: usize| u32::try_from(characters * 2).unwrap_or(0);
    let seconds = u32::try_from(longest.as_secs()).unwrap_or(u32::MAX);
    // SAFETY: title, text and answer outlive the call; without waiting there is no later write to
    // the answer.
    let sent = unsafe {
        WTSSendMessageW(
            None,
            session,
            title,
            bytes(title.len()),
            PCWSTR(text.as_ptr()),
            bytes(text.len()),
            style,
            seconds,
            &raw mut answer,
            seconds > 0,
        )
    };
    match sent {
        Ok(()) => Some(answer),
        Err(error) => {
            tracing::debug!(session, %error, "a session was not told of the restart");
            None
        }
    }
}
