//! A connection that stays, as a browser keeps it, and asks the same thing again and again: opening
//! one would cost more than what is measured over it.

use anyhow::{Context, Result};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Connection {
    answers: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Connection {
    /// Opens it. `url` is `http://host:port`; `headers` are whole lines with their ends.
    pub(super) fn open(url: &str, path: &str, headers: &str) -> Result<Self> {
        let host = url
            .strip_prefix("http://")
            .context("only plain HTTP is spoken here")?;
        let stream = TcpStream::connect(host).with_context(|| format!("could not reach {host}"))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        Ok(Self {
            answers: BufReader::new(stream),
            request: request.into_bytes(),
        })
    }

    /// Asks once, reads the whole answer and returns its status.
    pub(super) fn ask(&mut self) -> Result<u16> {
        self.answers.get_mut().write_all(&self.request)?;
        read_answer(&mut self.answers)
    }
}

fn read_answer(source: &mut impl BufRead) -> Result<u16> {
    let mut line = String::new();
    source.read_line(&mut line)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.context("the answer has no status")?;
    let mut length = None;
    while line != "\r\n" {
        line.clear();
        if source.read_line(&mut line)? == 0 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length.context("the answer has no length")?];
    source.read_exact(&mut body)?;
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_each_other() {
        let mut source: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}\
                                  HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(read_answer(&mut source).unwrap(), 401);
        assert_eq!(read_answer(&mut source).unwrap(), 403);
        assert!(read_answer(&mut source).is_err());
    }
}
