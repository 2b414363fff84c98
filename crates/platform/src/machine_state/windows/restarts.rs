//! Who asked for the last restart, by Windows' System log.
//!
//! Two events are looked at, newest first: 1074 of `User32` (somebody asks for a shutdown or a
//! restart: its parameters are process, computer, reason, reason code, kind, comment, account), and
//! 6005 of `EventLog` (the log begins: the machine has started). What stands between the last two
//! starts led to the present one. If nothing stands there, nobody asked: the power went, or the
//! system crashed. Texts of the event are in the system's language, but for the ones that are told.

use jiff::Timestamp;
use latarnik_agent_core::LastRestart;
use windows::{
    Win32::System::EventLog::{
        EVT_HANDLE, EvtNext, EvtQuery, EvtQueryChannelPath, EvtQueryReverseDirection, EvtRender,
        EvtRenderEventXml,
    },
    core::{Owned, Result, h},
};

/// Shutdowns that somebody took back leave events too; more than these say nothing useful.
const EVENTS: usize = 16;
const ONE_BY_ONE_MS: u32 = 5_000;
const ASKED: &str = "1074";
const STARTED: &str = "6005";
const PROCESS: &str = "param1";
const REASON_CODE: &str = "param4";
const COMMENT: &str = "param6";
const ACCOUNT: &str = "param7";
/// Longest text that is told, in characters.
const TEXT: usize = 500;

/// Who asked for the restart that the machine came out of; `None` if nobody did, or the log cannot
/// be read.
pub(super) fn last() -> Option<LastRestart> {
    match events() {
        Ok(events) => before_the_start(&events),
        Err(error) => {
            tracing::debug!(%error, "the System log cannot be read");
            None
        }
    }
}

/// The newest events as XML, newest first.
fn events() -> Result<Vec<String>> {
    let query = h!(
        "*[System[(Provider[@Name='User32' or @Name='USER32'] and EventID=1074) or \
         (Provider[@Name='EventLog'] and EventID=6005)]]"
    );
    let flags = EvtQueryChannelPath.0 | EvtQueryReverseDirection.0;
    // SAFETY: both texts end with a zero; the handle is closed by its owner.
    let found = unsafe { Owned::new(EvtQuery(None, h!("System"), query, flags)?) };
    let mut events = Vec::new();
    while events.len() < EVENTS {
        let (mut one, mut returned) = ([0_isize; 1], 0);
        // SAFETY: room for one handle, which its owner closes.
        let next = unsafe { EvtNext(*found, &mut one, ONE_BY_ONE_MS, 0, &raw mut returned) };
        if next.is_err() || returned == 0 {
            break;
        }
        // SAFETY: the handle is this frame's.
        let event = unsafe { Owned::new(EVT_HANDLE(one[0])) };
        events.push(xml(*event)?);
    }
    Ok(events)
}

fn xml(event: EVT_HANDLE) -> Result<String> {
    let (mut bytes, mut properties) = (0, 0);
    // SAFETY: without a buffer, only the size is told, as an error.
    let _ = unsafe {
        EvtRender(
            None,
            event,
            EvtRenderEventXml.0,
            0,
            None,
            &raw mut bytes,
            &raw mut properties,
        )
    };
    let mut text = vec![0_u16; (bytes as usize).div_ceil(2)];
    // SAFETY: the buffer has the size that is told.
    unsafe {
        EvtRender(
            None,
            event,
            EvtRenderEventXml.0,
            bytes,
            Some(text.as_mut_ptr().cast()),
            &raw mut bytes,
            &raw mut properties,
        )?;
    }
    let text = String::from_utf16_lossy(&text);
    Ok(text.trim_end_matches('\0').to_owned())
}

/// The request between the last two starts, of events that are ordered newest first. What was
/// asked since the last start has not happened yet.
fn before_the_start(events: &[String]) -> Option<LastRestart> {
    let mut events = events.iter().skip_while(|event| id(event) != Some(STARTED));
    events.next()?;
    let asked = events.next().filter(|event| id(event) == Some(ASKED))?;
    read(asked)
}

fn read(event: &str) -> Option<LastRestart> {
    let at = between(event, "TimeCreated SystemTime=", "/>")?;
    let at: Timestamp = at.trim_matches(['\'', '"', ' ']).parse().ok()?;
    Some(LastRestart {
        at,
        by: parameter(event, ACCOUNT),
        process: parameter(event, PROCESS),
        reason: parameter(event, REASON_CODE),
        comment: parameter(event, COMMENT),
    })
}

fn id(event: &str) -> Option<&str> {
    let rest = event.split_once("<EventID")?.1.split_once('>')?.1;
    Some(rest.split_once('<')?.0.trim())
}

/// A named parameter that is not empty. Windows quotes names with either mark.
fn parameter(event: &str, name: &str) -> Option<String> {
    let value = between(event, &format!("<Data Name='{name}'>"), "</Data>")
        .or_else(|| between(event, &format!("<Data Name=\"{name}\">"), "</Data>"))?;
    let text: String = unescaped(value).trim().chars().take(TEXT).collect();
    (!text.is_empty()).then_some(text)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

/// The five entities that XML itself has; the last one is the one that the others contain.
fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#13;", ""),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of the Event Log API, with texts in Polish.
    const ASKED_IN_POLISH: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\
        <System><Provider Name='User32' Guid='{b0aa8734-56f7-41cc-b2f4-de228e98b946}' EventSourceName='User32'/>\
        <EventID Qualifiers='32768'>1074</EventID><Version>0</Version><Level>4</Level><Task>0</Task>\
        <Opcode>0</Opcode><Keywords>0x8080000000000000</Keywords>\
        <TimeCreated SystemTime='2026-11-20T05:58:12.0352580Z'/><EventRecordID>1620</EventRecordID>\
        <Correlation/><Execution ProcessID='580' ThreadID='596'/><Channel>System</Channel>\
        <Computer>WS-17</Computer><Security UserID='S-1-5-18'/></System><EventData>\
        <Data Name='param1'>C:\\Windows\\System32\\shutdown.exe (WS-17)</Data><Data Name='param2'>WS-17</Data>\
        <Data Name='param3'>System operacyjny: dodatek Service Pack (planowane)</Data>\
        <Data Name='param4'>0x80020010</Data><Data Name='param5'>uruchom ponownie</Data>\
        <Data Name='param6'>Aktualizacje &amp; &lt;sterowniki&gt;</Data>\
        <Data Name='param7'>EXAMPLE\\administrator</Data></EventData></Event>";

    const STARTED: &str = "<Event><System><Provider Name='EventLog'/>\
        <EventID Qualifiers='32768'>6005</EventID>\
        <TimeCreated SystemTime='2026-11-20T06:00:02.1000000Z'/></System></Event>";

    fn of(events: &[&str]) -> Option<LastRestart> {
        let events: Vec<_> = events.iter().map(|&event| event.to_owned()).collect();
        before_the_start(&events)
    }

    #[test]
    fn the_request_before_the_start_is_told_without_what_depends_on_the_language() {
        let last = of(&[STARTED, ASKED_IN_POLISH, STARTED]).unwrap();
        assert_eq!(last.at.to_string(), "2026-11-20T05:58:12.035258Z");
        assert_eq!(last.by.as_deref(), Some("EXAMPLE\\administrator"));
        assert_eq!(
            last.process.as_deref(),
            Some("C:\\Windows\\System32\\shutdown.exe (WS-17)")
        );
        assert_eq!(last.reason.as_deref(), Some("0x80020010"));
        assert_eq!(last.comment.as_deref(), Some("Aktualizacje & <sterowniki>"));
    }

    #[test]
    fn a_machine_that_simply_went_down_was_restarted_by_nobody() {
        assert_eq!(of(&[STARTED, STARTED, ASKED_IN_POLISH]), None);
        assert_eq!(of(&[STARTED]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn what_was_asked_since_the_start_has_not_happened_yet() {
        assert_eq!(of(&[ASKED_IN_POLISH, STARTED, STARTED]), None);
        assert!(of(&[ASKED_IN_POLISH, STARTED, ASKED_IN_POLISH]).is_some());
    }

    #[test]
    fn other_quotation_marks_and_empty_parameters_are_read() {
        let event = ASKED_IN_POLISH
            .replace('\'', "\"")
            .replace("Aktualizacje &amp; &lt;sterowniki&gt;", "");
        let last = of(&[STARTED, &event]).unwrap();
        assert_eq!(last.reason.as_deref(), Some("0x80020010"));
        assert_eq!(last.comment, None);
    }

    #[test]
    fn damaged_events_are_nobody() {
        let event = ASKED_IN_POLISH.replace("2026-11-20T05", "yesterday");
        assert_eq!(of(&[STARTED, &event]), None);
        assert_eq!(of(&[STARTED, "<Event>"]), None);
    }

    #[test]
    fn a_system_that_has_no_such_log_is_no_failure() {
        assert_eq!(last(), None);
    }
}
