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
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| MailError(error);
            let to = mail
                .to
                .as_str()
                .parse()
                .map_err(|error| failed(Box::new(error)))?;
            let text = text::of(&mail);
            let message = Message::builder()
                .from(self.from.clone())
                .to(Mailbox::new(Some(mail.name.clone()), to))
                .subject(text.subject)
                .header(ContentType::TEXT_PLAIN)
                .body(text.body)
                .map_err(|error| failed(Box::new(error)))?;
            let sent = self.transport.send(message).await;
            sent.map(|_| ()).map_err(|error| failed(Box::new(error)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
