//! The notice as a task dialogue with a count-down and a progress bar.

use crate::people::{
    Seen,
    words::{Words, language},
};
use jiff::{Timestamp, tz::TimeZone};
use latarnik_agent_core::{Choice, Notice};
use latarnik_model::Clock;
use std::{cell::Cell, sync::Arc};
use windows::{
    Win32::{
        Foundation::{HWND, LPARAM, S_OK, WPARAM},
        Globalization::GetUserDefaultUILanguage,
        System::LibraryLoader::{GetProcAddress, LoadLibraryW},
        UI::{
            Controls::{
                TASKDIALOG_BUTTON, TASKDIALOG_NOTIFICATIONS, TASKDIALOGCONFIG, TASKDIALOGCONFIG_0,
                TD_WARNING_ICON, TDE_CONTENT, TDF_ALLOW_DIALOG_CANCELLATION, TDF_CALLBACK_TIMER,
                TDF_SHOW_PROGRESS_BAR, TDF_USE_COMMAND_LINKS, TDM_CLICK_BUTTON,
                TDM_SET_PROGRESS_BAR_POS, TDM_SET_PROGRESS_BAR_RANGE, TDM_UPDATE_ELEMENT_TEXT,
                TDN_CREATED, TDN_TIMER,
            },
            WindowsAndMessaging::{
                HWND_TOPMOST, IDCANCEL, SWP_NOMOVE, SWP_NOSIZE, SendMessageW, SetWindowPos,
            },
        },
    },
    core::{BOOL, HRESULT, HSTRING, PCWSTR, s, w},
};

const POSTPONE: i32 = 101;
const RESTART_NOW: i32 = 102;
const CLOSE: i32 = 103;
/// Steps of the progress bar.
const STEPS: i64 = 1000;
const POLISH: u16 = 0x15;

type TaskDialogIndirect =
    unsafe extern "system" fn(*const TASKDIALOGCONFIG, *mut i32, *mut i32, *mut BOOL) -> HRESULT;

/// Shows the notice in this session.
pub(crate) fn show_here(notice: &Notice, clock: Arc<dyn Clock>) -> Seen {
    // Looked up and not linked: without the manifest that asks for version 6 of the library, or on
    // a system that lacks it, the program would not even start.
    // SAFETY: the library is the system's, and the function has the signature that it documents.
    let show = unsafe {
        LoadLibraryW(w!("comctl32.dll"))
            .ok()
            .and_then(|library| GetProcAddress(library, s!("TaskDialogIndirect")))
            .map(|address| std::mem::transmute::<_, TaskDialogIndirect>(address))
    };
    let Some(show) = show else {
        return Seen::Unavailable;
    };
    let count_down = CountDown {
        words: Words(person_language()),
        zone: TimeZone::system(),
        until: notice.until,
        since: clock.now(),
        clock,
        told: Cell::new(None),
    };
    count_down.show(notice, show)
}

/// The language of whoever runs this program.
pub(crate) fn person_language() -> latarnik_model::Language {
    // SAFETY: the call takes nothing.
    let id = unsafe { GetUserDefaultUILanguage() };
    language(if id & 0x3ff == POLISH { "pl" } else { "en" })
}

struct CountDown {
    words: Words,
    zone: TimeZone,
    until: Timestamp,
    since: Timestamp,
    clock: Arc<dyn Clock>,
    /// The second that is on the screen.
    told: Cell<Option<i64>>,
}

impl CountDown {
    fn show(&self, notice: &Notice, show: TaskDialogIndirect) -> Seen {
        let mut texts = Vec::new();
        if let Some(postponement) = notice.postponement {
            texts.push((POSTPONE, HSTRING::from(self.words.postpone(postponement))));
        }
        if notice.may_restart_now {
            texts.push((RESTART_NOW, HSTRING::from(self.words.restart_now())));
        }
        texts.push((CLOSE, HSTRING::from(self.words.close())));
        let buttons: Vec<_> = texts
            .iter()
            .map(|(id, text)| TASKDIALOG_BUTTON {
                nButtonID: *id,
                pszButtonText: PCWSTR(text.as_ptr()),
            })
            .collect();
        let title = w!("Latarnik");
        let instruction = HSTRING::from(self.words.title());
        let content = HSTRING::from(self.text(self.clock.now()));
        let config = TASKDIALOGCONFIG {
            cbSize: u32::try_from(size_of::<TASKDIALOGCONFIG>()).unwrap_or(0),
            dwFlags: TDF_CALLBACK_TIMER
                | TDF_SHOW_PROGRESS_BAR
                | TDF_USE_COMMAND_LINKS
                | TDF_ALLOW_DIALOG_CANCELLATION,
            pszWindowTitle: title,
            Anonymous1: TASKDIALOGCONFIG_0 {
                pszMainIcon: TD_WARNING_ICON,
            },
            pszMainInstruction: PCWSTR(instruction.as_ptr()),
            pszContent: PCWSTR(content.as_ptr()),
            cButtons: u32::try_from(buttons.len()).unwrap_or(0),
            pButtons: buttons.as_ptr(),
            nDefaultButton: CLOSE,
            pfCallback: Some(on_notification),
            lpCallbackData: (&raw const *self) as isize,
            ..TASKDIALOGCONFIG::default()
        };
        let mut pressed = 0;
        // SAFETY: all that the dialogue is told of outlives the call, which returns when it is
        // closed; so does `self`, to which the callback's pointer leads.
        let shown = unsafe {
            show(
                &raw const config,
                &raw mut pressed,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        match (shown.is_ok(), pressed) {
            (true, POSTPONE) => Seen::Chosen(Choice::Postpone),
            (true, RESTART_NOW) => Seen::Chosen(Choice::RestartNow),
            (true, CLOSE) => Seen::Closed,
            (true, pressed) if pressed == IDCANCEL.0 => Seen::Closed,
            // No window: nobody has seen it.
            _ => Seen::Unavailable,
        }
    }

    fn text(&self, now: Timestamp) -> String {
        let remaining = self.words.remaining(self.until, now, &self.zone);
        format!("{remaining}\n\n{}", self.words.advice())
    }

    fn created(&self, dialog: HWND) {
        let range = LPARAM((STEPS << 16) as isize);
        send(dialog, TDM_SET_PROGRESS_BAR_RANGE.0, 0, range);
        // A notice behind other windows is none.
        // SAFETY: the window is the dialogue's, which is open while it calls back.
        let _ = unsafe {
            SetWindowPos(
                dialog,
                Some(HWND_TOPMOST),
                0,
                0,
                0,
                0,
                SWP_NOMOVE | SWP_NOSIZE,
            )
        };
    }

    fn tick(&self, dialog: HWND) {
        let now = self.clock.now();
        let left = self.until.duration_since(now);
        if left.as_secs() <= 0 {
            send(dialog, TDM_CLICK_BUTTON.0, button(CLOSE), LPARAM(0));
            return;
        }
        if self.told.replace(Some(left.as_secs())) == Some(left.as_secs()) {
            return;
        }
        let whole = self.until.duration_since(self.since).as_millis().max(1);
        let gone = now.duration_since(self.since).as_millis().max(0);
        let position = i64::try_from(gone * i128::from(STEPS) / whole).unwrap_or(STEPS);
        let position = usize::try_from(position.clamp(0, STEPS)).unwrap_or(0);
        send(dialog, TDM_SET_PROGRESS_BAR_POS.0, position, LPARAM(0));
        let text = HSTRING::from(self.text(now));
        let element = usize::try_from(TDE_CONTENT.0).unwrap_or(0);
        let text = LPARAM(text.as_ptr() as isize);
        send(dialog, TDM_UPDATE_ELEMENT_TEXT.0, element, text);
    }
}

fn button(id: i32) -> usize {
    usize::try_from(id).unwrap_or(0)
}

fn send(dialog: HWND, message: i32, first: usize, second: LPARAM) {
    let message = u32::try_from(message).unwrap_or(0);
    // SAFETY: the window is the dialogue's, which is open while it calls back; the message is dealt
    // with before this returns, so that the text that `second` may point to lives long enough.
    unsafe { SendMessageW(dialog, message, Some(WPARAM(first)), Some(second)) };
}

unsafe extern "system" fn on_notification(
    dialog: HWND,
    notification: TASKDIALOG_NOTIFICATIONS,
    _: WPARAM,
    _: LPARAM,
    data: isize,
) -> HRESULT {
    // SAFETY: the pointer is the one that `show` passes, to something that outlives the dialogue;
    // it is only read, on the thread that made it.
    let Some(count_down) = (unsafe { (data as *const CountDown).as_ref() }) else {
        return S_OK;
    };
    match notification {
        TDN_CREATED => count_down.created(dialog),
        TDN_TIMER => count_down.tick(dialog),
        _ => {}
    }
    S_OK
}
