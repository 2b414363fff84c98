//! Where a bucket and its objects are.

use super::{Addressing, S3Settings};
use crate::ObjectName;
use reqwest::Url;
use std::{fmt::Write as _, net::IpAddr};

/// Longer keys are refused by S3.
const MAX_KEY_BYTES: usize = 1024;

/// A bucket at an endpoint, and the prefix in it that is ours.
#[derive(Debug)]
pub(super) struct Address {
    /// `https://host:9000`, the bucket in front of the host where it is part of it.
    origin: String,
    /// `host:9000`, as the `Host` header has it.
    host: String,
    /// The path of the bucket, percent-encoded, without a slash at the end.
    path: String,
    /// Empty, or with a slash at the end.
    prefix: String,
    /// For people: `s3:https://host:9000/bucket/prefix`.
    location: String,
    /// Whether the host is this machine itself.
    pub(super) is_loopback: bool,
}

/// A setting that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidAddress {
    /// The endpoint cannot be read.
    #[error("the endpoint is no address such as https://s3.eu-central-1.amazonaws.com")]
    Endpoint,
    /// There is a bucket's name in front of an IP address.
    #[error("an endpoint that is an IP address has no virtual hosts")]
    VirtualHost,
    /// The bucket's name has characters that no bucket has.
    #[error("the bucket's name is empty or has characters that no bucket has")]
    Bucket,
    /// The prefix would lead elsewhere.
    #[error("the prefix has empty parts, dots for parts, or control characters")]
    Prefix,
}

impl Address {
    pub(super) fn new(settings: &S3Settings) -> Result<Self, InvalidAddress> {
        let endpoint = Url::parse(&settings.endpoint).map_err(|_| InvalidAddress::Endpoint)?;
        let is_plain = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.username().is_empty()
            && endpoint.password().is_none()
            && endpoint.query().is_none()
            && endpoint.fragment().is_none();
        let server = endpoint.host_str().filter(|_| is_plain);
        let server = server.ok_or(InvalidAddress::Endpoint)?;
        let bucket = &settings.bucket;
        if !is_bucket(bucket) {
            return Err(InvalidAddress::Bucket);
        }
        let ip: Option<IpAddr> = server.trim_matches(['[', ']']).parse().ok();
        let base = endpoint.path().trim_end_matches('/');
        let (server_name, path) = match settings.addressing {
            Addressing::Path => (server.to_owned(), format!("{base}/{bucket}")),
            Addressing::VirtualHost if ip.is_some() => return Err(InvalidAddress::VirtualHost),
            Addressing::VirtualHost => (format!("{bucket}.{server}"), base.to_owned()),
        };
        let host = match endpoint.port() {
            Some(port) => format!("{server_name}:{port}"),
            None => server_name,
        };
        let trimmed = settings.prefix.trim_matches('/');
        let prefix = match trimmed {
            "" => String::new(),
            prefix if is_prefix(prefix) => format!("{prefix}/"),
            _ => return Err(InvalidAddress::Prefix),
        };
        let is_loopback = match ip {
            Some(address) => address.is_loopback(),
            None => is_localhost(server),
        };
        Ok(Self {
            origin: format!("{}://{host}", endpoint.scheme()),
            location: format!(
                "s3:{}/{bucket}/{trimmed}",
                settings.endpoint.trim_end_matches('/')
            )
            .trim_end_matches('/')
            .to_owned(),
            host,
            path,
            prefix,
            is_loopback,
        })
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn location(&self) -> &str {
        &self.location
    }

    /// The path of the bucket itself.
    pub(super) fn bucket_path(&self) -> String {
        match self.path.as_str() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        }
    }

    /// The path of an object.
    pub(super) fn object_path(&self, key: &str) -> String {
        let parts: Vec<String> = key.split('/').map(encoded).collect();
        format!("{}/{}", self.path, parts.join("/"))
    }

    pub(super) fn key(&self, name: &ObjectName) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What the keys of all files below a folder begin with.
    pub(super) fn keys_below(&self, folder: Option<&ObjectName>) -> String {
        match folder {
            Some(folder) => format!("{}{folder}/", self.prefix),
            None => self.prefix.clone(),
        }
    }

    /// The name of a key; `None` when it is somebody else's.
    pub(super) fn name(&self, key: &str) -> Option<ObjectName> {
        ObjectName::new(key.strip_prefix(&self.prefix)?).ok()
    }
}

/// Whether a name means this machine itself, whatever a name server says (RFC 6761).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Some services take more than Amazon does, such as upper case and underscores.
fn is_bucket(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= MAX_KEY_BYTES / 2
        && !prefix.chars().any(char::is_control)
        && prefix
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."))
}

/// A part of a path or of a query as signatures want it: everything but RFC 3986's unreserved
/// characters is percent-encoded.
pub(super) fn encoded(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("texts take everything");
        }
    }
    encoded
}

/// The reverse, for keys in listings; `None` when it is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let byte = digit(rest.next())? * 16 + digit(rest.next())?;
                u8::try_from(byte).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Address, InvalidAddress, decoded, encoded};
    use crate::{ObjectName, S3Settings, s3::Addressing};

    fn address(
        endpoint: &str,
        addressing: Addressing,
        prefix: &str,
    ) -> Result<Address, InvalidAddress> {
        let mut settings = S3Settings::new(endpoint, "bucket", "id", "secret");
        settings.addressing = addressing;
        prefix.clone_into(&mut settings.prefix);
        Address::new(&settings)
    }

    #[test]
    fn a_bucket_is_in_the_path_or_in_the_host() {
        let path = address("https://s3.example.test/", Addressing::Path, "").unwrap();
        assert_eq!(path.origin(), "https://s3.example.test");
        assert_eq!(path.object_path("a b/c"), "/bucket/a%20b/c");
        assert_eq!(path.bucket_path(), "/bucket");
        assert_eq!(path.location(), "s3:https://s3.example.test/bucket");

        let host = address(
            "https://s3.example.test:9000",
            Addressing::VirtualHost,
            "/a/",
        )
        .unwrap();
        assert_eq!(host.host(), "bucket.s3.example.test:9000");
        assert_eq!(host.object_path("a/b"), "/a/b");
        assert_eq!(host.bucket_path(), "/");
        assert_eq!(host.location(), "s3:https://s3.example.test:9000/bucket/a");
    }

    #[test]
    fn an_endpoint_may_have_a_path() {
        let gateway = address("http://[::1]:80/s3/", Addressing::Path, "").unwrap();
        assert_eq!(gateway.origin(), "http://[::1]");
        assert_eq!(gateway.object_path("a"), "/s3/bucket/a");
        assert!(gateway.is_loopback);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for endpoint in [
            "",
            "s3.example.test",
            "ftp://s3.example.test",
            "https://id:secret@s3.example.test",
            "https://s3.example.test/?a",
            "https://",
        ] {
            let refused = address(endpoint, Addressing::Path, "").unwrap_err();
            assert!(
                matches!(refused, InvalidAddress::Endpoint),
                "{endpoint}: {refused}"
            );
        }
        for prefix in ["a//b", "../a", "a/..", "a/./b", "a\n"] {
            let refused = address("https://s3.example.test", Addressing::Path, prefix);
            assert!(
                matches!(refused, Err(InvalidAddress::Prefix)),
                "{prefix:?}: {refused:?}"
            );
        }
        let virtual_host = address("http://127.0.0.1:9000", Addressing::VirtualHost, "");
        assert!(matches!(virtual_host, Err(InvalidAddress::VirtualHost)));
        for bucket in ["", "a/b", "a?b", "..", "ż"] {
            let settings = S3Settings::new("https://s3.example.test", bucket, "id", "secret");
            assert!(matches!(
                Address::new(&settings),
                Err(InvalidAddress::Bucket)
            ));
        }
    }

    #[test]
    fn keys_of_a_longer_prefix_are_somebody_elses() {
        let ours = address("https://s3.example.test", Addressing::Path, "a").unwrap();
        let name = ObjectName::new("data/1").unwrap();
        assert_eq!(ours.key(&name), "a/data/1");
        assert_eq!(ours.name("a/data/1"), Some(name.clone()));
        assert_eq!(ours.name("ab/data/1"), None);
        assert_eq!(ours.name("a/"), None);
        assert_eq!(ours.keys_below(None), "a/");
        assert_eq!(ours.keys_below(Some(&name)), "a/data/1/");
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["", "a/b", "zażółć gęślą", "+%&=", "\u{1}"] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        }
        assert_eq!(decoded("a+b").as_deref(), Some("a b"));
        assert_eq!(decoded("%"), None);
        assert_eq!(decoded("%zz"), None);
        assert_eq!(decoded("%FF"), None);
    }
}
