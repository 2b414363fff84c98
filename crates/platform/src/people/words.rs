//! Everything that people at a machine read, in the product's languages.

use jiff::{Timestamp, tz::TimeZone};
use latarnik_agent_core::Postponement;
use latarnik_model::Language;

/// The language that a locale such as `pl_PL.UTF-8` or `pl-PL` stands for; English for all that the
/// product does not speak.
pub(super) fn language(locale: &str) -> Language {
    let name = locale.split(['_', '-', '.', '@']).next();
    match name {
        Some("pl") => Language::Pl,
        _ => Language::En,
    }
}

/// What the operating system says when it goes down, in the language of this locale.
pub(crate) fn announcement(locale: &str) -> &'static str {
    Words(language(locale)).pick(
        "Komputer zostanie uruchomiony ponownie, aby dokończyć instalację aktualizacji. \
         Zapisz swoją pracę.",
        "The computer will restart to finish installing updates. Please save your work.",
    )
}

/// The texts in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(pub(super) Language);

impl Words {
    const fn pick(self, pl: &'static str, en: &'static str) -> &'static str {
        match self.0 {
            Language::Pl => pl,
            Language::En => en,
        }
    }

    pub(super) const fn title(self) -> &'static str {
        self.pick(
            "Komputer zostanie uruchomiony ponownie",
            "This computer will restart",
        )
    }

    pub(super) const fn advice(self) -> &'static str {
        self.pick(
            "Aktualizacje czekają na ponowne uruchomienie. Zapisz swoją pracę.",
            "Updates are waiting for a restart. Please save your work.",
        )
    }

    /// How long, and at which time of the clock on the wall.
    pub(super) fn remaining(self, until: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
        let left = until.duration_since(now).as_secs().max(0);
        let (hours, minutes, seconds) = (left / 3600, left % 3600 / 60, left % 60);
        let left = match (hours, minutes) {
            (0, 0) => format!("{seconds} s"),
            (0, _) => format!("{minutes} min {seconds:02} s"),
            _ => format!("{hours} h {minutes:02} min"),
        };
        let time = until
            .to_zoned_datetime(zone.clone())
            .strftime("%H:%M")
            .to_string();
        match self.0 {
            Language::Pl => format!("Ponowne uruchomienie za {left} (o {time})."),
            Language::En => format!("It restarts in {left} (at {time})."),
        }
    }

    pub(super) const fn restart_now(self) -> &'static str {
        self.pick("Uruchom ponownie teraz", "Restart now")
    }

    pub(super) fn postpone(self, postponement: Postponement) -> String {
        let Postponement { minutes, left } = postponement;
        match self.0 {
            Language::Pl => format!("Odłóż o {minutes} min (pozostało: {left})"),
            Language::En => format!("Postpone by {minutes} min ({left} left)"),
        }
    }

    /// For a message box that knows only yes and no.
    #[cfg_attr(
        not(windows),
        expect(dead_code, reason = "only Windows has such boxes")
    )]
    pub(super) fn ask_to_postpone(self, postponement: Postponement) -> String {
        let Postponement { minutes, left } = postponement;
        match self.0 {
            Language::Pl => format!("Odłożyć o {minutes} min? (pozostało: {left})"),
            Language::En => format!("Postpone it by {minutes} min? ({left} left)"),
        }
    }

    #[cfg_attr(
        not(windows),
        expect(dead_code, reason = "a notification closes itself")
    )]
    pub(super) const fn close(self) -> &'static str {
        self.pick("Zamknij", "Close")
    }

    pub(super) const fn called_off(self) -> &'static str {
        self.pick(
            "Ponowne uruchomienie komputera zostało odwołane.",
            "The restart of this computer has been called off.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_of_the_system_becomes_a_language_of_the_product() {
        for polish in ["pl", "pl_PL.UTF-8", "pl-PL", "pl_PL@euro"] {
            assert_eq!(language(polish), Language::Pl, "{polish}");
        }
        for other in ["", "C", "C.UTF-8", "en_US.UTF-8", "de-DE", "plt_MG"] {
            assert_eq!(language(other), Language::En, "{other}");
        }
    }

    fn everything(language: Language) -> Vec<String> {
        let words = Words(language);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let until = at("2026-11-26T14:35:00Z");
        let postponement = Postponement {
            minutes: 15,
            left: 2,
        };
        vec![
            words.title().to_owned(),
            words.advice().to_owned(),
            words.remaining(until, at("2026-11-26T12:35:10Z"), &TimeZone::UTC),
            words.remaining(until, at("2026-11-26T14:20:55Z"), &TimeZone::UTC),
            words.remaining(until, at("2026-11-26T14:34:51Z"), &TimeZone::UTC),
            words.remaining(until, at("2026-11-26T14:36:00Z"), &TimeZone::UTC),
            words.restart_now().to_owned(),
            words.postpone(postponement),
            words.called_off().to_owned(),
        ]
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        let (polish, english) = (everything(Language::Pl), everything(Language::En));
        for (pl, en) in polish.iter().zip(&english) {
            assert!(!pl.is_empty() && !en.is_empty() && pl != en, "{pl} / {en}");
        }
        insta::assert_snapshot!(polish.join("\n"), @r"
        Komputer zostanie uruchomiony ponownie
        Aktualizacje czekają na ponowne uruchomienie. Zapisz swoją pracę.
        Ponowne uruchomienie za 1 h 59 min (o 14:35).
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Ponowne uruchomienie za 9 s (o 14:35).
        Ponowne uruchomienie za 0 s (o 14:35).
        Uruchom ponownie teraz
        Odłóż o 15 min (pozostało: 2)
        Ponowne uruchomienie komputera zostało odwołane.
        ");
        insta::assert_snapshot!(english.join("\n"), @r"
        This computer will restart
        Updates are waiting for a restart. Please save your work.
        It restarts in 1 h 59 min (at 14:35).
        It restarts in 14 min 05 s (at 14:35).
        It restarts in 9 s (at 14:35).
        It restarts in 0 s (at 14:35).
        Restart now
        Postpone by 15 min (2 left)
        The restart of this computer has been called off.
        ");
    }
}
