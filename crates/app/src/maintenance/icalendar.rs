//! Calendars as programs read them (RFC 5545).

use jiff::Timestamp;

/// Something in a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CalendarEvent {
    /// Stays the same as long as it is the same event.
    pub(super) uid: String,
    /// What people see.
    pub(super) summary: String,
    /// From when.
    pub(super) start: Timestamp,
    /// Until when.
    pub(super) end: Timestamp,
}

/// Longest line, in bytes.
const LONGEST_LINE: usize = 75;

/// A calendar of this name, as it was at an instant.
pub(super) fn calendar(name: &str, stamp: Timestamp, events: &[CalendarEvent]) -> String {
    let mut text = String::new();
    let name = escaped(name);
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Latarnik//Maintenance windows//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        &format!("NAME:{name}"),
        &format!("X-WR-CALNAME:{name}"),
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ] {
        push_line(&mut text, line);
    }
    for event in events {
        for line in [
            "BEGIN:VEVENT",
            &format!("UID:{}", escaped(&event.uid)),
            &format!("DTSTAMP:{}", instant(stamp)),
            &format!("DTSTART:{}", instant(event.start)),
            &format!("DTEND:{}", instant(event.end)),
            &format!("SUMMARY:{}", escaped(&event.summary)),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ] {
            push_line(&mut text, line);
        }
    }
    push_line(&mut text, "END:VCALENDAR");
    text
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                value.push('\\');
                value.push(c);
            }
            '\n' => value.push_str("\\n"),
            c if c.is_control() => {}
            c => value.push(c),
        }
    }
    value
}

/// Adds a line, folded where it is too long: each further piece begins with a blank.
fn push_line(text: &mut String, line: &str) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LONGEST_LINE {
            text.push_str("\r\n ");
            used = 1;
        }
        text.push(c);
        used += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_lines_are_folded_between_characters() {
        let event = CalendarEvent {
            uid: "one".to_owned(),
            summary: format!("Kasy, biuro; \\ noc\r\nBEGIN:VEVENT {}", "ż".repeat(60)),
            start: "2026-11-27T21:00:00Z".parse().unwrap(),
            end: "2026-11-28T01:00:00Z".parse().unwrap(),
        };
        let text = calendar("Piekarnia", Timestamp::UNIX_EPOCH, &[event]);
        assert!(text.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("DTSTART:20261127T210000Z\r\nDTEND:20261128T010000Z\r\n"));
        let summary = format!(
            "SUMMARY:Kasy\\, biuro\\; \\\\ noc\\nBEGIN:VEVENT {}\r\n",
            "ż".repeat(60)
        );
        assert!(unfolded.contains(&summary), "{unfolded}");
        assert_eq!(unfolded.matches("\r\nBEGIN:VEVENT").count(), 1);
    }
}
