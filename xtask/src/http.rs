//! A client for the console's API, just large enough to wait for a server and to ask it something.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A server's address, and the session of whoever signed in.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    url: String,
    cookie: Option<String>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The content.
    pub(crate) body: String,
}

impl Client {
    /// A client without a session. `url` is `http://host:port`; of a server with TLS it can only
    /// tell whether it listens.
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            cookie: None,
        }
    }

    /// Whether the server answers `/readyz` with success.
    pub(crate) fn is_ready(&self) -> bool {
        if let Some(host) = self.url.strip_prefix("https://") {
            return TcpStream::connect(host).is_ok();
        }
        self.send("GET", "/readyz", &[], None)
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Signs in; from now on requests carry the session.
    pub(crate) fn sign_in(&mut self, email: &str, password: &str) -> Result<()> {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.send("POST", "/api/v1/session", &[], Some(&body))?;
        if answer.status != 200 {
            bail!(
                "signing in as {email} failed ({}): {}",
                answer.status,
                answer.body
            );
        }
        let cookie = answer
            .header("set-cookie")
            .context("signing in gave no session")?;
        self.cookie = cookie.split(';').next().map(str::to_owned);
        Ok(())
    }

    /// The session of whoever signed in, as a `Cookie` header holds it.
    pub(crate) fn session(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Asks for JSON. `path` begins behind `/api/v1`.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.json("GET", path, &[], None)
    }

    /// Sends JSON with an idempotency key. `path` begins behind `/api/v1`.
    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        self.json("POST", path, &[("Idempotency-Key", key)], Some(body))
    }

    /// Replaces something by JSON. `path` begins behind `/api/v1`.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.json("PUT", path, &[], Some(body))
    }

    fn json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value> {
        let answer = self.send(method, &format!("/api/v1{path}"), headers, body)?;
        if !(200..300).contains(&answer.status) {
            bail!(
                "{method} {path} failed ({}): {}",
                answer.status,
                answer.body
            );
        }
        serde_json::from_str(&answer.body).with_context(|| format!("{path} answered no JSON"))
    }

    /// HTTP/1.0, so that the answer ends with the connection.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let host = self
            .url
            .strip_prefix("http://")
            .context("only plain HTTP is spoken here")?;
        let mut connection =
            TcpStream::connect(host).with_context(|| format!("could not reach {host}"))?;
        connection.set_read_timeout(Some(TIMEOUT))?;
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nOrigin: {}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n",
            self.url,
            body.len()
        );
        let cookie = self.cookie.as_deref().map(|cookie| ("Cookie", cookie));
        for (name, value) in headers.iter().copied().chain(cookie) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        connection.write_all(format!("{request}\r\n{body}").as_bytes())?;
        let mut bytes = Vec::new();
        connection
            .read_to_end(&mut bytes)
            .with_context(|| format!("{host} did not answer"))?;
        Answer::parse(&String::from_utf8_lossy(&bytes))
    }
}

impl Answer {
    fn parse(text: &str) -> Result<Self> {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .context("the answer has no end of headers")?;
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .context("the answer has no status")?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Self {
            status,
            headers,
            body: body.to_owned(),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_headers_and_a_body() {
        let answer =
            Answer::parse("HTTP/1.0 200 OK\r\nSet-Cookie: a=b; Path=/\r\n\r\n{}\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}\r\n\r\n"));
        assert_eq!(answer.header("set-cookie"), Some("a=b; Path=/"));
        assert!(Answer::parse("nonsense").is_err());
    }
}
