//! Everything that people at a machine read, in the product's languages.

use super::{
    desk::Withdrawn,
    line::{Inquiry, Refusal, Reply},
};
use jiff::{Timestamp, tz::TimeZone};
use latarnik_agent_core::{Creator, Notice, Postponement};
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

    /// What may be typed to answer the notice.
    pub(super) fn commands(self, notice: &Notice) -> Vec<String> {
        let postpone = notice.postponement.map(|postponement| {
            let what = self.postpone(postponement);
            format!("{what}: latarnik-agent restart postpone")
        });
        let now = notice.may_restart_now.then(|| {
            let what = self.restart_now();
            format!("{what}: latarnik-agent restart now")
        });
        postpone.into_iter().chain(now).collect()
    }

    /// Who asked for the restart, where that is known.
    fn asked_by(self, creator: &Creator) -> Option<String> {
        let who = match creator {
            Creator::User { name } => plain(name),
            Creator::ApiToken { name } => {
                format!("{} {}", self.pick("program", "the program"), plain(name))
            }
            Creator::CommandLine => self
                .pick("administrator serwera", "the server's administrator")
                .to_owned(),
            Creator::Policy => self
                .pick("zasady aktualizacji", "the update policies")
                .to_owned(),
            Creator::Other => return None,
        };
        Some(match self.0 {
            Language::Pl => format!("Na zlecenie: {who}."),
            Language::En => format!("Asked for by {who}."),
        })
    }

    /// Everything about a notice, for somebody who asked.
    fn status(self, notice: &Notice, now: Timestamp, zone: &TimeZone) -> String {
        let mut lines = vec![
            self.title().to_owned(),
            self.remaining(notice.until, now, zone),
        ];
        lines.extend(
            notice
                .created_by
                .as_ref()
                .and_then(|creator| self.asked_by(creator)),
        );
        if notice.postponement.is_none() {
            lines.push(self.refusal(Refusal::NoPostponement).to_owned());
        }
        lines.extend(self.commands(notice));
        lines.join("\n")
    }

    /// What the agent said to an inquiry.
    pub(super) fn reply(
        self,
        inquiry: Inquiry,
        reply: &Reply,
        (now, zone): (Timestamp, &TimeZone),
    ) -> String {
        match reply {
            Reply::Nothing => self
                .pick(
                    "Żadne ponowne uruchomienie nie jest teraz odliczane.",
                    "No restart is counting down.",
                )
                .to_owned(),
            Reply::Counting { notice } if inquiry == Inquiry::Postpone => {
                let done = self.pick(
                    "Ponowne uruchomienie zostało odłożone.",
                    "The restart has been postponed.",
                );
                format!("{done}\n{}", self.status(notice, now, zone))
            }
            Reply::Counting { notice } => self.status(notice, now, zone),
            Reply::Restarting => self
                .pick(
                    "Komputer uruchomi się ponownie teraz, najpóźniej po zakończeniu trwającego \
                     zadania.",
                    "The computer restarts now, at the latest when the task at work has ended.",
                )
                .to_owned(),
            Reply::Refused { refusal } => self.refusal(*refusal).to_owned(),
        }
    }

    const fn refusal(self, refusal: Refusal) -> &'static str {
        match refusal {
            Refusal::NotSignedIn => self.pick(
                "Odpowiedzieć może tylko osoba zalogowana na tym komputerze albo jego administrator.",
                "Only somebody who is signed in to this computer, or its administrator, may answer.",
            ),
            Refusal::NoPostponement => self.pick(
                "Ponownego uruchomienia nie można odłożyć.",
                "The restart cannot be postponed.",
            ),
            Refusal::OthersSignedIn => self.pick(
                "Na komputerze mogą pracować inne osoby; nikt nie uruchamia go ponownie za nie.",
                "Others may be at work on this computer; nobody restarts it for them.",
            ),
            Refusal::TooLate => self.pick(
                "Za późno: ponowne uruchomienie zostało odwołane albo właśnie następuje.",
                "Too late: the restart has been called off, or is just happening.",
            ),
        }
    }

    pub(super) const fn silence(self) -> &'static str {
        self.pick(
            "Agent na tym komputerze nie odpowiada; być może nie działa.",
            "The agent on this computer does not answer; it may not be running.",
        )
    }

    pub(super) const fn withdrawn(self, what: Withdrawn) -> &'static str {
        match what {
            Withdrawn::CalledOff => self.pick(
                "Ponowne uruchomienie komputera zostało odwołane.",
                "The restart of this computer has been called off.",
            ),
            Withdrawn::PutOff => self.pick(
                "Ponowne uruchomienie komputera czeka na następne okno serwisowe.",
                "The restart of this computer waits for the next maintenance window.",
            ),
        }
    }
}

/// A name from the server as it may stand on a terminal.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
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

    fn replies(language: Language) -> String {
        let words = Words(language);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = (at("2026-11-26T14:20:55Z"), &TimeZone::UTC);
        let mut notice = Notice {
            until: at("2026-11-26T14:35:00Z"),
            postponement: Some(Postponement {
                minutes: 15,
                left: 2,
            }),
            may_restart_now: true,
            created_by: Some(Creator::User {
                name: "Anna\x1b[31m Nowak".to_owned(),
            }),
        };
        let counting = |notice: &Notice| Reply::Counting {
            notice: notice.clone(),
        };
        let mut texts = vec![words.reply(Inquiry::Status, &counting(&notice), now)];
        (notice.postponement, notice.may_restart_now) = (None, false);
        for creator in [
            Creator::ApiToken {
                name: "Zabbix".to_owned(),
            },
            Creator::CommandLine,
            Creator::Policy,
            Creator::Other,
        ] {
            notice.created_by = Some(creator);
            texts.push(words.reply(Inquiry::Postpone, &counting(&notice), now));
        }
        texts.push(words.reply(Inquiry::Status, &Reply::Nothing, now));
        texts.push(words.reply(Inquiry::RestartNow, &Reply::Restarting, now));
        for refusal in [
            Refusal::NotSignedIn,
            Refusal::NoPostponement,
            Refusal::OthersSignedIn,
            Refusal::TooLate,
        ] {
            texts.push(words.reply(Inquiry::Postpone, &Reply::Refused { refusal }, now));
        }
        texts.push(words.silence().to_owned());
        texts.join("\n---\n")
    }

    #[test]
    fn what_the_agent_says_on_a_command_line() {
        insta::assert_snapshot!(replies(Language::Pl), @r"
        Komputer zostanie uruchomiony ponownie
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Na zlecenie: Anna[31m Nowak.
        Odłóż o 15 min (pozostało: 2): latarnik-agent restart postpone
        Uruchom ponownie teraz: latarnik-agent restart now
        ---
        Ponowne uruchomienie zostało odłożone.
        Komputer zostanie uruchomiony ponownie
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Na zlecenie: program Zabbix.
        Ponownego uruchomienia nie można odłożyć.
        ---
        Ponowne uruchomienie zostało odłożone.
        Komputer zostanie uruchomiony ponownie
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Na zlecenie: administrator serwera.
        Ponownego uruchomienia nie można odłożyć.
        ---
        Ponowne uruchomienie zostało odłożone.
        Komputer zostanie uruchomiony ponownie
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Na zlecenie: zasady aktualizacji.
        Ponownego uruchomienia nie można odłożyć.
        ---
        Ponowne uruchomienie zostało odłożone.
        Komputer zostanie uruchomiony ponownie
        Ponowne uruchomienie za 14 min 05 s (o 14:35).
        Ponownego uruchomienia nie można odłożyć.
        ---
        Żadne ponowne uruchomienie nie jest teraz odliczane.
        ---
        Komputer uruchomi się ponownie teraz, najpóźniej po zakończeniu trwającego zadania.
        ---
        Odpowiedzieć może tylko osoba zalogowana na tym komputerze albo jego administrator.
        ---
        Ponownego uruchomienia nie można odłożyć.
        ---
        Na komputerze mogą pracować inne osoby; nikt nie uruchamia go ponownie za nie.
        ---
        Za późno: ponowne uruchomienie zostało odwołane albo właśnie następuje.
        ---
        Agent na tym komputerze nie odpowiada; być może nie działa.
        ");
        insta::assert_snapshot!(replies(Language::En), @r"
        This computer will restart
        It restarts in 14 min 05 s (at 14:35).
        Asked for by Anna[31m Nowak.
        Postpone by 15 min (2 left): latarnik-agent restart postpone
        Restart now: latarnik-agent restart now
        ---
        The restart has been postponed.
        This computer will restart
        It restarts in 14 min 05 s (at 14:35).
        Asked for by the program Zabbix.
        The restart cannot be postponed.
        ---
        The restart has been postponed.
        This computer will restart
        It restarts in 14 min 05 s (at 14:35).
        Asked for by the server's administrator.
        The restart cannot be postponed.
        ---
        The restart has been postponed.
        This computer will restart
        It restarts in 14 min 05 s (at 14:35).
        Asked for by the update policies.
        The restart cannot be postponed.
        ---
        The restart has been postponed.
        This computer will restart
        It restarts in 14 min 05 s (at 14:35).
        The restart cannot be postponed.
        ---
        No restart is counting down.
        ---
        The computer restarts now, at the latest when the task at work has ended.
        ---
        Only somebody who is signed in to this computer, or its administrator, may answer.
        ---
        The restart cannot be postponed.
        ---
        Others may be at work on this computer; nobody restarts it for them.
        ---
        Too late: the restart has been called off, or is just happening.
        ---
        The agent on this computer does not answer; it may not be running.
        ");
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
            words.withdrawn(Withdrawn::CalledOff).to_owned(),
            words.withdrawn(Withdrawn::PutOff).to_owned(),
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
        Ponowne uruchomienie komputera czeka na następne okno serwisowe.
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
        The restart of this computer waits for the next maintenance window.
        ");
    }
}
