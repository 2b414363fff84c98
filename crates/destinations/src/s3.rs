//! Buckets of Amazon S3 and of every service that speaks its protocol.

mod address;
mod answers;
mod client;
mod multipart;
mod pulse;
mod settings;
mod signature;
mod trouble;

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Space, Written, tls,
};
use address::Address;
use answers::ObjectsAnswer;
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use client::{Answer, Body, Client, Clock, Expected, Request};
use jiff::Timestamp;
use multipart::Upload;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE},
};
use signature::Signer;
use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use trouble::Trouble;

pub use settings::{Addressing, S3Settings};

/// The header that a service compares with what arrived, and repeats when it has.
const CHECKSUM: &str = "x-amz-checksum-sha256";
const CONTENT_TYPE: &str = "application/octet-stream";

/// A bucket, or a folder of one.
pub struct S3 {
    client: Arc<Client>,
    multipart_threshold_bytes: u64,
    part_bytes: u64,
    storage_class: Option<String>,
    /// Whether the service is asked to compare checksums: until it says that it cannot.
    checksums: AtomicBool,
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.client.address.location())
    }
}

impl S3 {
    /// A destination in this bucket; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`](FailureCode::InvalidSettings) when the settings make no sense.
    #[expect(
        clippy::disallowed_methods,
        reason = "requests are signed with the time of this machine"
    )]
    pub fn new(settings: S3Settings) -> Result<Self, Failure> {
        Self::with_clock(settings, Arc::new(Timestamp::now))
    }

    /// The same with another clock.
    ///
    /// # Errors
    ///
    /// As for [`S3::new`].
    pub fn with_clock(settings: S3Settings, clock: Clock) -> Result<Self, Failure> {
        settings.check().map_err(invalid)?;
        let address = Address::new(&settings).map_err(invalid)?;
        let tls = tls::client_config(settings.ca_certificate.as_deref()).map_err(invalid)?;
        let signer = Signer {
            access_key_id: settings.access_key_id,
            secret_access_key: settings.secret_access_key,
            session_token: settings.session_token,
            region: settings.region,
        };
        let patience = Duration::from_secs(u64::from(settings.timeout_seconds));
        let client = Client::new(address, signer, clock, patience, tls).map_err(invalid)?;
        Ok(Self {
            client: Arc::new(client),
            multipart_threshold_bytes: settings.multipart_threshold_bytes,
            part_bytes: settings.part_bytes,
            storage_class: settings.storage_class,
            checksums: AtomicBool::new(true),
        })
    }

    async fn write_once(
        &self,
        key: &str,
        content: &Content,
        checksums: bool,
    ) -> Result<Written, Trouble> {
        if content.length() > self.multipart_threshold_bytes {
            let upload = Upload {
                key: key.to_owned(),
                part_bytes: self.part_bytes,
                storage_class: self.storage_class.clone(),
                checksums,
            };
            return upload.write(&self.client, content).await;
        }
        let sha256 = content.sha256();
        let checksum = STANDARD.encode(sha256);
        let mut request = Request::new(Method::PUT, Some(key))
            .header("content-type", CONTENT_TYPE)
            .body(Body::Content(content.clone(), sha256));
        if checksums {
            request = request.header(CHECKSUM, checksum.clone());
        }
        if let Some(class) = &self.storage_class {
            request = request.header("x-amz-storage-class", class);
        }
        let answer = self.client.call(request, Expected::Text).await?;
        Ok(if answer.header(CHECKSUM) == Some(checksum.as_str()) {
            Written::Confirmed
        } else {
            Written::Unconfirmed
        })
    }

    async fn get(&self, key: &str, range: Option<&Range<u64>>) -> Result<Answer, Trouble> {
        let mut request = Request::new(Method::GET, Some(key));
        if let Some(range) = range {
            let last = range.end.saturating_sub(1);
            request = request.header("range", format!("bytes={}-{last}", range.start));
        }
        self.client.call(request, Expected::File).await
    }

    async fn size_of(&self, key: &str) -> Result<Option<u64>, Trouble> {
        let request = Request::new(Method::HEAD, Some(key));
        let answer = self.client.exchange(request, Expected::Text).await?;
        if answer.status.is_success() {
            return announced(&answer).map(Some);
        }
        // Such an answer has no text, so only reading tells a missing file from a missing bucket,
        // and wrong keys from missing rights.
        match self.get(key, Some(&(0..1))).await {
            Ok(answer) => announced(&answer).map(Some),
            Err(trouble) if trouble.code() == FailureCode::NotFound => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// A page of a listing. `more` is one further parameter.
    async fn page<'a>(
        &self,
        below: &'a str,
        more: Option<(&'a str, &'a str)>,
    ) -> Result<ObjectsAnswer, Trouble> {
        let mut query = vec![
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("prefix", below),
        ];
        query.extend(more);
        let request = Request::new(Method::GET, None).query(&query);
        let answer = self.client.call(request, Expected::Text).await?;
        answers::read(&answer.body, "ListBucketResult").ok_or(Trouble::Strange("no listing"))
    }

    async fn files(&self, below: &str) -> Result<Vec<Entry>, Trouble> {
        let mut entries = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let more = after.as_deref().map(|after| ("continuation-token", after));
            let page = self.page(below, more).await?;
            entries.extend(page.objects.iter().filter_map(|object| {
                Some(Entry {
                    name: self.client.address.name(&page.key(object)?)?,
                    bytes: object.size,
                })
            }));
            if !page.is_truncated {
                return Ok(entries);
            }
            if page.next_continuation_token.is_none() || page.next_continuation_token == after {
                return Err(Trouble::Strange("a listing has no end"));
            }
            after = page.next_continuation_token;
        }
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::new(Operation::Connect, FailureCode::InvalidSettings).caused_by(error)
}

/// The size of the file that an answer is about.
fn announced(answer: &Answer) -> Result<u64, Trouble> {
    let size = if answer.status == StatusCode::PARTIAL_CONTENT {
        answer
            .header(CONTENT_RANGE.as_str())
            .and_then(|range| range.rsplit_once('/'))
            .map(|(_, size)| size)
    } else {
        answer.header(CONTENT_LENGTH.as_str())
    };
    size.and_then(|size| size.parse().ok())
        .ok_or(Trouble::Strange("a file has no size"))
}

#[async_trait]
impl Destination for S3 {
    fn location(&self) -> String {
        self.client.address.location().to_owned()
    }

    /// Looks whether the bucket is there. It is not made: whoever mistypes its name shall be told,
    /// and its rules are its owner's business.
    async fn prepare(&self) -> Result<(), Failure> {
        let below = self.client.address.keys_below(None);
        let page = self.page(&below, Some(("max-keys", "1"))).await;
        page.map(drop)
            .map_err(|trouble| trouble.failure(Operation::Prepare))
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let key = self.client.address.key(name);
        let checksums = self.checksums.load(Ordering::Relaxed);
        let written = match self.write_once(&key, &content, checksums).await {
            Err(trouble) if checksums && trouble.refuses_checksums() => {
                let written = self.write_once(&key, &content, false).await;
                if written.is_ok() {
                    self.checksums.store(false, Ordering::Relaxed);
                    let destination = self.location();
                    tracing::info!(destination, "the service compares no checksums");
                }
                written
            }
            other => other,
        };
        written.map_err(|trouble| trouble.failure(Operation::Write).about(name))
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let key = self.client.address.key(name);
        let answer = self.get(&key, None).await;
        answer
            .map(|answer| answer.body)
            .map_err(|trouble| trouble.failure(Operation::Read).about(name))
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let failure = |code| Failure::new(Operation::Read, code).about(name);
        if range.is_empty() {
            let size = self.size(name).await?;
            return size.map_or(Err(failure(FailureCode::NotFound)), |_| Ok(Bytes::new()));
        }
        let key = self.client.address.key(name);
        let answer = self.get(&key, Some(&range)).await;
        let answer = answer.map_err(|trouble| trouble.failure(Operation::Read).about(name))?;
        let length = range.end - range.start;
        let is_exact =
            answer.status == StatusCode::PARTIAL_CONTENT && answer.body.len() as u64 == length;
        if is_exact {
            Ok(answer.body)
        } else {
            Err(failure(FailureCode::Protocol))
        }
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        let below = self.client.address.keys_below(folder);
        let files = self.files(&below).await;
        files.map_err(|trouble| {
            let failure = trouble.failure(Operation::List);
            match folder {
                Some(folder) => failure.about(folder),
                None => failure,
            }
        })
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        let key = self.client.address.key(name);
        let size = self.size_of(&key).await;
        size.map_err(|trouble| trouble.failure(Operation::Examine).about(name))
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let key = self.client.address.key(name);
        let request = Request::new(Method::DELETE, Some(&key));
        match self.client.call(request, Expected::Text).await {
            Err(trouble) if trouble.code() == FailureCode::NotFound => Ok(()),
            other => other
                .map(drop)
                .map_err(|trouble| trouble.failure(Operation::Remove).about(name)),
        }
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        let removed = multipart::remove_leftovers(&self.client).await;
        removed.map_err(|trouble| trouble.failure(Operation::Clean))
    }

    /// S3 does not tell.
    async fn space(&self) -> Result<Option<Space>, Failure> {
        Ok(None)
    }
}
