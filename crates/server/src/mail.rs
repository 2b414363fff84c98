//! Mails over SMTP, in Polish and English.

mod text;

use crate::configuration::MailConfiguration;
use latarnik_app::{Mail, MailError, Mailer};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use std::{future::Future, pin::Pin, time::Duration};

/// A mail server that does not answer for so long is down.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends mails over SMTP.
pub(crate) struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Looks for mistakes in the settings; the hint says what to do.
pub(crate) fn check(configuration: &MailConfiguration) -> Result<(), String> {
    SmtpMailer::new(configuration).map(|_| ())
}

impl SmtpMailer {
    /// A mailer with these settings. Nothing is sent yet.
    pub(crate) fn new(configuration: &MailConfiguration) -> Result<Self, String> {
        let from = configuration
            .from
            .parse()
            .map_err(|_| "mail.from looks like Latarnik <rmm@example.com>".to_owned())?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&address(configuration))
            .map_err(|error| {
                format!(
                    "mail.smtp_url looks like smtp://user:password@mail.example.com or \
                     smtps://…: {error}"
                )
            })?
            .timeout(Some(TIMEOUT))
            .build();
        Ok(Self { transport, from })
    }
}

/// STARTTLS unless the address says otherwise: passwords and links never travel in the open. A mail
/// server on this machine itself may do without.
fn address(configuration: &MailConfiguration) -> String {
    let url = &configuration.smtp_url;
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let is_local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.starts_with(local));
    if url.starts_with("smtp://") && !url.contains("tls=") && !is_local {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}tls=required")
    } else {
        url.clone()
    }
}

impl Mailer for SmtpMailer {
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + '_>> {
        Box::pin(async move {
            let message = self.message(&mail).map_err(MailError)?;
            let sent = self.transport.send(message).await;
            sent.map(|_| ()).map_err(|error| MailError(error.into()))
        })
    }
}

impl SmtpMailer {
    /// The mail as it travels.
    fn message(&self, mail: &Mail) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let to = mail.to.as_str().parse()?;
        let text = text::of(mail);
        // No name has them, and whoever writes headers would stumble over one that did.
        let name = mail.name.chars().filter(|c| !c.is_control()).collect();
        let subject = text.subject.chars().filter(|c| !c.is_control());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name), to))
            .subject(subject.collect::<String>())
            .header(ContentType::TEXT_PLAIN)
            .body(text.body)?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_app::MailContent;
    use latarnik_model::{EmailAddress, Language};

    fn configuration(smtp_url: &str) -> MailConfiguration {
        MailConfiguration {
            smtp_url: smtp_url.to_owned(),
            from: "Latarnik <rmm@example.com>".to_owned(),
        }
    }

    #[test]
    fn mails_travel_encrypted_unless_told_otherwise() {
        let shown = |url: &str| address(&configuration(url));
        assert_eq!(
            shown("smtp://a:b@mail.example.com"),
            "smtp://a:b@mail.example.com?tls=required"
        );
        assert_eq!(
            shown("smtp://mail.example.com?x=1"),
            "smtp://mail.example.com?x=1&tls=required"
        );
        assert_eq!(shown("smtp://127.0.0.1:2525"), "smtp://127.0.0.1:2525");
        assert_eq!(
            shown("smtps://mail.example.com"),
            "smtps://mail.example.com"
        );
        let chosen = "smtp://mail.example.com?tls=opportunistic";
        assert_eq!(shown(chosen), chosen);
    }

    /// Names hold no line breaks when they come here; if one did, it would still be a name.
    #[tokio::test]
    async fn names_make_no_header_and_no_receiver_of_a_mail() {
        let mailer = SmtpMailer::new(&configuration("smtp://mail.example.com")).unwrap();
        for hostile in [
            "Anna\r\nBcc: all@example.com",
            "Anna\nBcc: all@example.com\n\nbody",
            "Anna\rBcc: all@example.com",
            "Anna\r\n\r\n<script>alert(1)</script>",
            "Anna\u{2028}Bcc: all@example.com",
            "Anna\u{85}Bcc: all@example.com",
            "Anna\0",
            "Anna <eve@example.com>, Eve",
            "\"Anna\" <eve@example.com>",
            "eve@example.com, anna",
            "=?utf-8?q?Anna=0d=0aBcc:_all=40example.com?=",
            "Zażółć \u{202e}gęślą\u{200b} 🦀",
            &"ż".repeat(500),
        ] {
            for language in [Language::En, Language::Pl] {
                let mail = Mail {
                    to: EmailAddress::parse("anna@example.com").unwrap(),
                    name: hostile.to_owned(),
                    language,
                    content: MailContent::Invitation {
                        link: "https://rmm.example.com/invitation#00".to_owned(),
                        expires_at: "2026-11-24T12:30:00Z".parse().unwrap(),
                        inviter: hostile.to_owned(),
                        tenant: hostile.to_owned(),
                    },
                };
                let message = mailer.message(&mail).unwrap();
                let receivers = message.envelope().to().iter();
                let receivers: Vec<_> = receivers.map(ToString::to_string).collect();
                assert_eq!(receivers, ["anna@example.com"], "{hostile:?}");
                let text = String::from_utf8(message.formatted()).unwrap();
                let (head, _) = text.split_once("\r\n\r\n").unwrap();
                // A line that begins with a blank goes on with the one before.
                let fields = head
                    .split("\r\n")
                    .filter(|line| !line.starts_with([' ', '\t']));
                let mut names: Vec<&str> = fields
                    .map(|field| field.split_once(':').unwrap().0)
                    .collect();
                names.sort_unstable();
                names.retain(|name| *name != "MIME-Version");
                let expected = [
                    "Content-Transfer-Encoding",
                    "Content-Type",
                    "Date",
                    "From",
                    "Subject",
                    "To",
                ];
                assert_eq!(names, expected, "{hostile:?}: {head}");
                assert!(head.is_ascii(), "{head}");
                assert!(
                    !head.replace("\r\n", "").contains(['\r', '\n', '\0']),
                    "{head:?}"
                );
            }
        }
    }

    #[test]
    fn unusable_settings_have_a_hint() {
        assert!(check(&configuration("smtp://mail.example.com")).is_ok());
        assert!(
            check(&configuration("http://mail.example.com"))
                .unwrap_err()
                .contains("smtp://")
        );
        let from = MailConfiguration {
            from: "nobody".to_owned(),
            ..configuration("smtp://mail.example.com")
        };
        assert!(check(&from).unwrap_err().contains("mail.from"));
    }
}
