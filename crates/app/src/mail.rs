//! Mails to people, as far as the use cases know them.

use jiff::Timestamp;
use latarnik_model::{EmailAddress, Language};
use std::{future::Future, pin::Pin};

/// A mail to be: what it says in which language is the mailer's business.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// The person's name.
    pub name: String,
    /// In which language.
    pub language: Language,
    /// What about.
    pub content: MailContent,
}

/// What a mail is about.
#[derive(Clone)]
pub enum MailContent {
    /// An invitation to the console.
    Invitation {
        /// Where to accept it. A secret: who has it becomes the person.
        link: String,
        /// Until when.
        expires_at: Timestamp,
        /// Who invites.
        inviter: String,
        /// The tenant.
        tenant: String,
    },
    /// A new password.
    PasswordReset {
        /// Where to choose it. A secret likewise.
        link: String,
        /// Until when.
        expires_at: Timestamp,
    },
}

impl std::fmt::Debug for MailContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invitation { .. } => "Invitation(…)",
            Self::PasswordReset { .. } => "PasswordReset(…)",
        })
    }
}

/// A mail could not be handed over.
#[derive(Debug, thiserror::Error)]
#[error("the mail server did not take the mail")]
pub struct MailError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Hands mails over to a mail server.
pub trait Mailer: Send + Sync {
    /// Hands a mail over.
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + '_>>;
}

/// How a link reached a person.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// In a mail.
    Mailed,
    /// Not yet: no mail server is set up. The caller hands it over.
    ByHand {
        /// The link.
        link: String,
    },
    /// Not yet: the mail server did not take the mail. The caller hands it over.
    MailFailed {
        /// The link.
        link: String,
    },
}
