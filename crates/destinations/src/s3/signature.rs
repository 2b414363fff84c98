//! Signatures of requests: AWS Signature Version 4, in the `Authorization` header.
//!
//! The algorithm is Amazon's: "Authenticating Requests: Using the Authorization Header (AWS
//! Signature Version 4)" in the S3 API reference, whose examples are the tests below.

use super::address::encoded;
use crate::Secret;
use jiff::Timestamp;
use ring::hmac;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs, and for which region.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Option<Secret>,
    pub(super) region: String,
}

/// What is signed of a request.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// As it stands in the `Host` header.
    pub(super) host: &'a str,
    /// As it is sent, percent-encoded.
    pub(super) path: &'a str,
    /// As it is sent, percent-encoded and sorted: see [`query`].
    pub(super) query: &'a str,
    /// Names in lower case; `host` is not among them.
    pub(super) headers: &'a [(&'static str, String)],
    /// The SHA-256 of the body, in hexadecimal.
    pub(super) payload: &'a str,
}

impl Signer {
    /// The headers that make the request a signed one.
    pub(super) fn sign(
        &self,
        request: &Unsigned<'_>,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = now.strftime("%Y%m%d").to_string();
        let mut added = vec![
            ("x-amz-content-sha256", request.payload.to_owned()),
            ("x-amz-date", time.clone()),
        ];
        if let Some(token) = &self.session_token {
            added.push(("x-amz-security-token", token.reveal().to_owned()));
        }
        let mut headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .chain(&added)
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("host", request.host)])
            .collect();
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let canonical = canonical(request, &headers, &names);
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", sha256(&canonical));
        let signature = hexadecimal(hmac_sha256(&self.key(&date), &text).as_ref());
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            self.access_key_id
        );
        added.push(("authorization", authorization));
        added
    }

    /// The key of a day.
    fn key(&self, date: &str) -> hmac::Tag {
        let secret = format!("AWS4{}", self.secret_access_key.reveal());
        let mut key = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            date.as_bytes(),
        );
        for part in [self.region.as_str(), "s3", "aws4_request"] {
            key = hmac_sha256(&key, part);
        }
        key
    }
}

fn canonical(request: &Unsigned<'_>, headers: &[(&str, &str)], names: &str) -> String {
    let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, request.query);
    for (name, value) in headers {
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(canonical, "{name}:{value}").expect("texts take everything");
    }
    write!(canonical, "\n{names}\n{}", request.payload).expect("texts take everything");
    canonical
}

/// The query as it is sent and signed.
pub(super) fn query(parameters: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

fn hmac_sha256(key: &hmac::Tag, text: &str) -> hmac::Tag {
    hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
        text.as_bytes(),
    )
}

fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Signer, Unsigned, query, sha256};
    use crate::Secret;

    /// Signs an example of Amazon's reference: of 24 May 2013, at `examplebucket`.
    fn signature(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> String {
        let signer = Signer {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: None,
            region: "us-east-1".to_owned(),
        };
        let request = Unsigned {
            method,
            host: "examplebucket.s3.amazonaws.com",
            path,
            query,
            headers,
            payload: &sha256(body),
        };
        let headers = signer.sign(&request, "2013-05-24T00:00:00Z".parse().unwrap());
        let (_, authorization) = headers.last().unwrap();
        authorization
            .rsplit_once("Signature=")
            .unwrap()
            .1
            .to_owned()
    }

    #[test]
    fn amazons_example_of_reading_a_range_is_signed_as_amazon_does() {
        let headers = [("range", "bytes=0-9".to_owned())];
        assert_eq!(
            signature("GET", "/test.txt", "", &headers, ""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn amazons_example_of_writing_is_signed_as_amazon_does() {
        let headers = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        assert_eq!(
            signature(
                "PUT",
                "/test%24file.text",
                "",
                &headers,
                "Welcome to Amazon S3."
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn amazons_examples_of_queries_are_signed_as_amazon_does() {
        assert_eq!(
            signature("GET", "/", &query(&[("lifecycle", "")]), &[], ""),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature(
                "GET",
                "/",
                &query(&[("prefix", "J"), ("max-keys", "2")]),
                &[],
                ""
            ),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn a_session_token_is_signed_too() {
        let signer = Signer {
            access_key_id: "ASIA".to_owned(),
            secret_access_key: Secret::new("secret"),
            session_token: Some(Secret::new("token")),
            region: "eu-central-1".to_owned(),
        };
        let request = Unsigned {
            method: "GET",
            host: "127.0.0.1:9000",
            path: "/",
            query: "",
            headers: &[],
            payload: &sha256(""),
        };
        let headers = signer.sign(&request, "2026-11-27T00:00:00Z".parse().unwrap());
        assert!(headers.contains(&("x-amz-security-token", "token".to_owned())));
        let (_, authorization) = headers.last().unwrap();
        assert!(authorization.contains("/20261127/eu-central-1/s3/aws4_request,"));
        assert!(authorization.contains("x-amz-date;x-amz-security-token,"));
        assert!(!format!("{signer:?}").contains("secret\""));
    }
}
