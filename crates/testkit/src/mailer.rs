//! Mails that tests read.

use latarnik_app::{Mail, MailContent, MailError, Mailer};
use std::{future::Future, pin::Pin, sync::Mutex};

/// Keeps mails instead of sending them.
#[derive(Debug, Default)]
pub struct TestMailer {
    mails: Mutex<Vec<Mail>>,
    broken: Mutex<bool>,
}

impl TestMailer {
    /// From now on no mail is taken.
    pub fn break_down(&self) {
        *self.broken.lock().unwrap() = true;
    }

    /// The mails so far, and forgets them.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mails.lock().unwrap())
    }
}

/// The link of a mail.
#[must_use]
pub fn link_in(mail: &Mail) -> &str {
    match &mail.content {
        MailContent::Invitation { link, .. } | MailContent::PasswordReset { link, .. } => link,
    }
}

impl Mailer for TestMailer {
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + '_>> {
        Box::pin(async move {
            if *self.broken.lock().unwrap() {
                return Err(MailError("the mail server is down".into()));
            }
            self.mails.lock().unwrap().push(mail);
            Ok(())
        })
    }
}
