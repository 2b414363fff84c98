//! Names of files at a destination.

use std::fmt;

/// Longer names are refused by servers.
const MAX_BYTES: usize = 512;

/// The name of a file or a folder at a destination, relative to its root: parts separated by `/`,
/// each of them of ASCII letters, digits, `-`, `_` and `.`, and none that leads elsewhere.
///
/// Names that differ in case alone are two names for some destinations and one for others, so
/// whoever makes names keeps to one case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName(String);

/// Why a text is no [`ObjectName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a name of a file at a destination")]
pub struct InvalidName;

impl ObjectName {
    /// Parses `data/ab/abcd…`.
    ///
    /// # Errors
    ///
    /// When a part is empty, `.`, `..` or has another character, or when it is too long.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let is_fine = name.len() <= MAX_BYTES && name.split('/').all(is_part);
        if is_fine {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its folders.
    pub fn last(&self) -> &str {
        self.0
            .rsplit_once('/')
            .map_or(self.0.as_str(), |(_, last)| last)
    }

    /// The folder that it lies in; `None` for the root.
    pub fn folder(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(folder, _)| Self(folder.to_owned()))
    }

    /// A name inside this folder.
    ///
    /// # Errors
    ///
    /// As for [`ObjectName::new`].
    pub fn join(&self, name: &str) -> Result<Self, InvalidName> {
        Self::new(format!("{self}/{name}"))
    }
}

fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part != "."
        && part != ".."
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectName;

    #[test]
    fn nothing_leads_out_of_the_root() {
        for name in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a\\b", "a:b", "a b", "ą",
            "a\0", "a\n",
        ] {
            assert!(ObjectName::new(name).is_err(), "{name:?}");
        }
        assert!(ObjectName::new("a".repeat(513)).is_err());
    }

    #[test]
    fn a_name_knows_its_folder() {
        let name = ObjectName::new("data/ab/abcd").unwrap();
        assert_eq!(name.last(), "abcd");
        assert_eq!(name.folder().unwrap().as_str(), "data/ab");
        assert_eq!(ObjectName::new("config").unwrap().folder(), None);
    }
}
