//! E-mail addresses to sign in with.

use std::fmt;

/// An address of the form `name@example.com`, in plain ASCII.
///
/// Addresses with other letters are refused on purpose: `а` (Cyrillic) and `a` look alike, and an
/// address that looks like somebody else's must not get their invitation. Domains with other
/// letters have an ASCII form (`xn--…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// The text is no usable address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address looks like name@example.com, in plain ASCII letters")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// Reads an address; blanks around it do not count.
    ///
    /// # Errors
    /// [`InvalidEmailAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim();
        let (name, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        // The longest name and the longest address that mail servers pass on (RFC 5321).
        let usable = (1..=64).contains(&name.len())
            && text.len() <= 254
            && is_name(name)
            && is_domain(domain);
        usable
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidEmailAddress)
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the last `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        let (_, domain) = self.0.rsplit_once('@').unwrap_or_default();
        domain.to_ascii_lowercase()
    }

    /// The part before the last `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once('@').unwrap_or_default().0
    }
}

/// Whether the text is a domain as it stands behind an `@`.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn is_name(text: &str) -> bool {
    !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in [
            "anna@example.com",
            " anna.nowak+rmm@biuro.example.com ",
            "o'neil@example.com",
            "root@localhost",
            "anna@xn--bro-hoa.example",
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.as_str(), text.trim());
        }
        let address = EmailAddress::parse("Anna@Example.COM").unwrap();
        assert_eq!(
            (address.name(), address.domain()),
            ("Anna", "example.com".to_owned())
        );
    }

    #[test]
    fn look_alikes_and_headers_are_refused() {
        for text in [
            "",
            "anna",
            "@example.com",
            "anna@",
            "аnna@example.com",
            "anna@exаmple.com",
            "anna@example.com\r\nBcc: all@example.com",
            "anna\n@example.com",
            "anna nowak@example.com",
            "<anna@example.com>",
            "anna@example.com,eve@example.com",
            "anna@-example.com",
            "anna@example..com",
            ".anna@example.com",
            "an\u{202e}na@example.com",
            "ａnna@example.com",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(InvalidEmailAddress),
                "{text:?}"
            );
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(InvalidEmailAddress));
    }
}
