//! What mails say.

use jiff::Timestamp;
use latarnik_app::{Mail, MailContent};
use latarnik_model::Language;

/// A mail in words.
pub(super) struct MailText {
    pub(super) subject: String,
    pub(super) body: String,
}

/// A mail in the words of its language.
pub(super) fn of(mail: &Mail) -> MailText {
    let name = &mail.name;
    match (&mail.content, mail.language) {
        (
            MailContent::Invitation {
                link,
                expires_at,
                inviter,
                tenant,
            },
            Language::En,
        ) => MailText {
            subject: format!("Your access to Latarnik, {tenant}"),
            body: format!(
                "Hello {name},\n\n\
                 {inviter} has invited you to Latarnik, the console for the machines of {tenant}.\n\n\
                 Choose your password here:\n{link}\n\n\
                 The link works once, until {}. If you do not expect this mail, ignore it: nothing \
                 happens.\n",
                instant(*expires_at)
            ),
        },
        (
            MailContent::Invitation {
                link,
                expires_at,
                inviter,
                tenant,
            },
            Language::Pl,
        ) => MailText {
            subject: format!("Dostęp do systemu Latarnik, {tenant}"),
            body: format!(
                "Dzień dobry {name},\n\n\
                 {inviter} zaprasza Cię do systemu Latarnik, konsoli urządzeń organizacji {tenant}.\n\n\
                 Ustaw hasło pod adresem:\n{link}\n\n\
                 Link działa jeden raz, do {}. Jeśli nie spodziewasz się tej wiadomości, \
                 zignoruj ją: nic się nie stanie.\n",
                instant(*expires_at)
            ),
        },
        (MailContent::PasswordReset { link, expires_at }, Language::En) => MailText {
            subject: "A new password for Latarnik".to_owned(),
            body: format!(
                "Hello {name},\n\n\
                 somebody has asked for a new password for your account in Latarnik.\n\n\
                 Choose it here:\n{link}\n\n\
                 The link works once, until {}. If it was not you, ignore this mail: your password \
                 stays as it is.\n",
                instant(*expires_at)
            ),
        },
        (MailContent::PasswordReset { link, expires_at }, Language::Pl) => MailText {
            subject: "Nowe hasło do systemu Latarnik".to_owned(),
            body: format!(
                "Dzień dobry {name},\n\n\
                 ktoś poprosił o nowe hasło do Twojego konta w systemie Latarnik.\n\n\
                 Ustaw je pod adresem:\n{link}\n\n\
                 Link działa jeden raz, do {}. Jeśli to nie Ty, zignoruj tę wiadomość: hasło się \
                 nie zmieni.\n",
                instant(*expires_at)
            ),
        },
    }
}

/// To the minute, in UTC: the server does not know the reader's zone.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_model::EmailAddress;

    fn mail(content: MailContent, language: Language) -> Mail {
        Mail {
            to: EmailAddress::parse("anna@example.com").unwrap(),
            name: "Anna".to_owned(),
            language,
            content,
        }
    }

    #[test]
    fn every_mail_has_its_link_and_its_end_in_both_languages() {
        let at: Timestamp = "2026-11-24T12:30:59Z".parse().unwrap();
        let link = "https://rmm.example.com/invitation#00".to_owned();
        let contents = [
            MailContent::Invitation {
                link: link.clone(),
                expires_at: at,
                inviter: "Owner".to_owned(),
                tenant: "Piekarnia".to_owned(),
            },
            MailContent::PasswordReset {
                link: link.clone(),
                expires_at: at,
            },
        ];
        for content in contents {
            let english = of(&mail(content.clone(), Language::En));
            let polish = of(&mail(content, Language::Pl));
            assert_ne!(english.subject, polish.subject);
            for text in [english, polish] {
                assert!(text.body.contains(&link) && text.body.contains("Anna"));
                assert!(text.body.contains("2026-11-24 12:30 UTC"), "{}", text.body);
            }
        }
    }
}
