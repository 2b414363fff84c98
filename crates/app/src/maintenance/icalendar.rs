//! The text of a calendar feed (iCalendar, RFC 5545).

use jiff::Timestamp;

/// Longest line in octets, without its end.
const LONGEST_LINE: usize = 75;

/// How often programs are asked to look again.
const REFRESH: &str = "PT1H";

/// Something that a calendar shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CalendarEvent {
    /// What it comes from, such as a window's id. It and the start tell events apart, so that a
    /// program that looks again knows those that it has.
    pub(crate) source: String,
    /// One line of text.
    pub(crate) summary: String,
    /// More text; none if empty.
    pub(crate) description: String,
    /// Its first instant.
    pub(crate) start: Timestamp,
    /// The first instant after it.
    pub(crate) end: Timestamp,
}

/// A calendar with these events, as of an instant.
pub(crate) fn calendar(name: &str, stamp: Timestamp, events: &[CalendarEvent]) -> String {
    let mut calendar = Lines::default();
    calendar.add("BEGIN", "VCALENDAR");
    calendar.add("VERSION", "2.0");
    calendar.add("PRODID", "-//Latarnik//Maintenance windows//EN");
    calendar.add("CALSCALE", "GREGORIAN");
    calendar.add("METHOD", "PUBLISH");
    calendar.add("X-WR-CALNAME", &escaped(name));
    calendar.add("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    calendar.add("X-PUBLISHED-TTL", REFRESH);
    let stamp = utc(stamp);
    for event in events {
        calendar.event(event, &stamp);
    }
    calendar.add("END", "VCALENDAR");
    calendar.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn event(&mut self, event: &CalendarEvent, stamp: &str) {
        let start = utc(event.start);
        self.add("BEGIN", "VEVENT");
        let uid = format!("{}-{start}@latarnik", event.source);
        self.add("UID", &escaped(&uid));
        self.add("DTSTAMP", stamp);
        self.add("DTSTART", &start);
        self.add("DTEND", &utc(event.end));
        self.add("SUMMARY", &escaped(&event.summary));
        if !event.description.is_empty() {
            self.add("DESCRIPTION", &escaped(&event.description));
        }
        // It does not make anybody busy.
        self.add("TRANSP", "TRANSPARENT");
        self.add("END", "VEVENT");
    }

    /// Adds a line, folded between characters: what follows begins with a space.
    fn add(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        for character in name.chars().chain(":".chars()).chain(value.chars()) {
            let length = character.len_utf8();
            if LONGEST_LINE < octets + length {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(character);
            octets += length;
        }
        self.0.push_str("\r\n");
    }
}

/// Text as a value. Control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' | '\r' => escaped.push_str("\\n"),
            '\t' => escaped.push('\t'),
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(summary: &str, description: &str) -> CalendarEvent {
        CalendarEvent {
            source: "window".to_owned(),
            summary: summary.to_owned(),
            description: description.to_owned(),
            start: "2026-11-27T21:00:00Z".parse().unwrap(),
            end: "2026-11-28T03:00:00Z".parse().unwrap(),
        }
    }

    fn stamp() -> Timestamp {
        "2026-11-26T10:00:00Z".parse().unwrap()
    }

    fn unfolded(text: &str) -> Vec<String> {
        let text = text.replace("\r\n ", "");
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    fn unescaped(value: &str) -> String {
        let mut text = String::new();
        let mut characters = value.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some('n') => text.push('\n'),
                    Some(other) => text.push(other),
                    None => panic!("{value} ends with a backslash"),
                },
                other => text.push(other),
            }
        }
        text
    }

    fn value_of(text: &str, name: &str) -> String {
        let lines = unfolded(text);
        let found = lines.iter().find_map(|line| line.strip_prefix(name));
        unescaped(found.and_then(|value| value.strip_prefix(':')).unwrap())
    }

    #[test]
    fn feed_has_the_lines_of_the_standard() {
        let text = calendar(
            "Bakery",
            stamp(),
            &[event("Updates, restarts", "first\nsecond")],
        );
        let expected = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Latarnik//Maintenance windows//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            "X-WR-CALNAME:Bakery",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "BEGIN:VEVENT",
            "UID:window-20261127T210000Z@latarnik",
            "DTSTAMP:20261126T100000Z",
            "DTSTART:20261127T210000Z",
            "DTEND:20261128T030000Z",
            "SUMMARY:Updates\\, restarts",
            "DESCRIPTION:first\\nsecond",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
            "END:VCALENDAR",
        ];
        assert_eq!(text, expected.map(|line| format!("{line}\r\n")).concat());
    }

    #[test]
    fn same_occurrence_has_the_same_uid_at_any_time() {
        let later: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        let uid = |name, stamp, event| value_of(&calendar(name, stamp, &[event]), "UID");
        let first = uid("one", stamp(), event("a", ""));
        assert_eq!(first, uid("other", later, event("b", "c")));
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let text = calendar("ż", stamp(), &[event(&"ż".repeat(100), "")]);
        let folded: Vec<_> = text
            .split("\r\n")
            .filter(|line| line.contains('ż'))
            .collect();
        // "SUMMARY:" and 33 letters of two octets are 74 octets; a space and 37 letters 75.
        let lengths: Vec<_> = folded.iter().skip(1).map(|line| line.len()).collect();
        assert_eq!(lengths, [74, 75, 61]);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(
            name in "\\PC*",
            summary in "\\PC*",
            description in "(\\PC|\n){0,300}",
        ) {
            let text = calendar(&name, stamp(), &[event(&summary, &description)]);
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= LONGEST_LINE);
                prop_assert!(!line.contains(['\r', '\n']));
            }
            prop_assert_eq!(value_of(&text, "X-WR-CALNAME"), name);
            prop_assert_eq!(value_of(&text, "SUMMARY"), summary);
            if !description.is_empty() {
                prop_assert_eq!(value_of(&text, "DESCRIPTION"), description);
            }
        }

        #[test]
        fn any_bytes_of_text_stay_in_their_line(text in any::<String>()) {
            let feed = calendar(&text, stamp(), &[event(&text, &text)]);
            let names = ["BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-CALNAME",
                "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "UID", "DTSTAMP", "DTSTART", "DTEND",
                "SUMMARY", "DESCRIPTION", "TRANSP"];
            for line in unfolded(&feed) {
                prop_assert!(names.iter().any(|name| line.starts_with(name)), "{}", line);
            }
        }
    }
}
