//! Large files, in parts.

use super::{
    answers::{self, BegunAnswer, FinishedAnswer, Part, UploadsAnswer},
    client::{Body, Client, Expected, Request},
    trouble::Trouble,
};
use crate::{Content, FailureCode, Written};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Method, header::ETAG};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, time::timeout};

/// S3 takes no more parts of one file.
const MAX_PARTS: u64 = 10_000;
/// How many uploads are given up at the same time.
const ABORTS: usize = 4;
/// How long giving up may take: the storage for the parts costs money, the wait costs time.
const ABORT_LIMIT: Duration = Duration::from_secs(10);

/// How a large file is written.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) part_bytes: u64,
    pub(super) storage_class: Option<String>,
    /// Whether the service shall compare checksums.
    pub(super) checksums: bool,
}

impl Upload {
    /// Writes all parts and puts them together. When it fails or is dropped, the parts that
    /// arrived are given up.
    pub(super) async fn write(
        &self,
        client: &Arc<Client>,
        content: &Content,
    ) -> Result<Written, Trouble> {
        // When this is dropped before the upload's id is known, the task goes on until it is, and
        // the upload is given up then.
        let begin = tokio::spawn(self.clone().begin(Arc::clone(client)));
        let begun = begin
            .await
            .map_err(|_| Trouble::Strange("an upload broke off"))??;
        match self.send(&begun, content).await {
            Ok(written) => {
                begun.finished();
                Ok(written)
            }
            Err(trouble) => {
                begun.abort().await;
                Err(trouble)
            }
        }
    }

    async fn begin(self, client: Arc<Client>) -> Result<Begun, Trouble> {
        let mut request = Request::new(Method::POST, Some(&self.key))
            .query(&[("uploads", "")])
            .header("content-type", super::CONTENT_TYPE);
        if self.checksums {
            request = request.header("x-amz-checksum-algorithm", "SHA256");
        }
        if let Some(class) = &self.storage_class {
            request = request.header("x-amz-storage-class", class);
        }
        let answer = client.call(request, Expected::Text).await?;
        let begun: BegunAnswer =
            answers::read_any(&answer.body).ok_or(Trouble::Strange("no upload was begun"))?;
        Ok(Begun {
            client,
            key: self.key,
            id: begun.upload_id,
            is_done: false,
        })
    }

    async fn send(&self, begun: &Begun, content: &Content) -> Result<Written, Trouble> {
        let length = content.length();
        let part_bytes = self.part_bytes.max(length.div_ceil(MAX_PARTS)).max(1);
        let mut parts = Vec::new();
        let mut digests = Sha256::new();
        let mut are_confirmed = self.checksums;
        for number in 0..length.div_ceil(part_bytes) {
            let start = number * part_bytes;
            let part = content.part(start..start + part_bytes);
            let sha256 = part.sha256();
            digests.update(sha256);
            let (part, is_confirmed) = self.send_part(begun, number + 1, part, sha256).await?;
            are_confirmed &= is_confirmed;
            parts.push(part);
        }
        let whole = format!("{}-{}", STANDARD.encode(digests.finalize()), parts.len());
        let finished = self.finish(begun, &parts).await?;
        Ok(
            if are_confirmed && finished.checksum.as_ref() == Some(&whole) {
                Written::Confirmed
            } else {
                Written::Unconfirmed
            },
        )
    }

    /// Sends a part; tells also whether the service compared its checksum.
    async fn send_part(
        &self,
        begun: &Begun,
        number: u64,
        content: Content,
        sha256: [u8; 32],
    ) -> Result<(Part, bool), Trouble> {
        let checksum = STANDARD.encode(sha256);
        let number = number.to_string();
        let query = [
            ("partNumber", number.as_str()),
            ("uploadId", begun.id.as_str()),
        ];
        let mut request = Request::new(Method::PUT, Some(&self.key))
            .query(&query)
            .body(Body::Content(content, sha256));
        if self.checksums {
            request = request.header(super::CHECKSUM, checksum.clone());
        }
        let answer = begun.client.call(request, Expected::Text).await?;
        let etag = answer
            .header(ETAG.as_str())
            .ok_or(Trouble::Strange("a part has no ETag"))?;
        let is_confirmed = answer.header(super::CHECKSUM) == Some(checksum.as_str());
        let part = Part {
            etag: etag.to_owned(),
            checksum: is_confirmed.then_some(checksum),
        };
        Ok((part, is_confirmed))
    }

    /// Makes a file of the parts. While the service works it may already have told success, and
    /// say in the answer's text that it failed.
    async fn finish(&self, begun: &Begun, parts: &[Part]) -> Result<FinishedAnswer, Trouble> {
        let query = [("uploadId", begun.id.as_str())];
        let request = Request::new(Method::POST, Some(&self.key))
            .query(&query)
            .header("content-type", "application/xml")
            .body(Body::Text(answers::parts(parts)));
        let answer = begun.client.call(request, Expected::Text).await?;
        if answers::error(&answer.body).is_some() {
            return Err(Trouble::refused(&answer));
        }
        answers::read_any(&answer.body).ok_or(Trouble::Strange("no upload was finished"))
    }
}

/// An upload that must be finished or given up.
#[derive(Debug)]
struct Begun {
    client: Arc<Client>,
    key: String,
    id: String,
    is_done: bool,
}

impl Begun {
    fn finished(mut self) {
        self.is_done = true;
    }

    async fn abort(mut self) {
        let aborted = timeout(ABORT_LIMIT, abort(&self.client, &self.key, &self.id)).await;
        // What could not be given up now is a leftover.
        drop(aborted);
        self.is_done = true;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // Without a runtime it is a leftover.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let client = Arc::clone(&self.client);
        let (key, id) = (self.key.clone(), self.id.clone());
        runtime.spawn(async move {
            timeout(ABORT_LIMIT, abort(&client, &key, &id)).await.ok();
        });
    }
}

async fn abort(client: &Client, key: &str, id: &str) -> Result<(), Trouble> {
    let query = [("uploadId", id)];
    let request = Request::new(Method::DELETE, Some(key)).query(&query);
    let answer = client.exchange(request, Expected::Text).await?;
    if answer.status.is_success() || answer.status == reqwest::StatusCode::NOT_FOUND {
        Ok(())
    } else {
        Err(Trouble::refused(&answer))
    }
}

/// Gives up the uploads of a page that are ours.
async fn abort_all(client: &Client, page: &UploadsAnswer) -> Result<u64, Trouble> {
    let ours: Vec<(String, String)> = page
        .uploads
        .iter()
        .filter_map(|upload| Some((page.key(upload)?, upload.upload_id.clone())))
        .filter(|(key, _)| client.address.name(key).is_some())
        .collect();
    let aborts = ours
        .into_iter()
        .map(|(key, id)| async move { abort(client, &key, &id).await });
    let aborted = stream::iter(aborts).buffer_unordered(ABORTS);
    aborted.try_fold(0, async |count, ()| Ok(count + 1)).await
}

/// Gives up all uploads below the prefix; says how many.
pub(super) async fn remove_leftovers(client: &Client) -> Result<u64, Trouble> {
    let prefix = client.address.keys_below(None);
    let mut after: Option<(String, String)> = None;
    let mut removed = 0;
    loop {
        let mut query = vec![
            ("uploads", ""),
            ("encoding-type", "url"),
            ("prefix", prefix.as_str()),
        ];
        if let Some((key, id)) = &after {
            query.push(("key-marker", key));
            query.push(("upload-id-marker", id));
        }
        let request = Request::new(Method::GET, None).query(&query);
        let answer = match client.call(request, Expected::Text).await {
            // A service that cannot tell them cleans up by itself.
            Err(trouble) if trouble.code() == FailureCode::Unsupported => return Ok(removed),
            other => other?,
        };
        let page: UploadsAnswer = answers::read(&answer.body, "ListMultipartUploadsResult")
            .ok_or(Trouble::Strange("no list of uploads"))?;
        removed += abort_all(client, &page).await?;
        let next = page
            .next_key_marker()
            .zip(page.next_upload_id_marker.clone());
        if !page.is_truncated {
            return Ok(removed);
        }
        if next.is_none() || next == after {
            return Err(Trouble::Strange("a list of uploads has no end"));
        }
        after = next;
    }
}
