//! The XML that services answer with, and the little that they are sent.

use super::address::decoded;
use bytes::Bytes;
use quick_xml::{Reader, de, events::Event};
use serde::{Deserialize, de::DeserializeOwned};

/// Why something failed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ErrorAnswer {
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    pub(super) region: Option<String>,
}

/// A page of a listing of objects.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ObjectsAnswer {
    #[serde(default)]
    pub(super) is_truncated: bool,
    pub(super) next_continuation_token: Option<String>,
    encoding_type: Option<String>,
    #[serde(default, rename = "Contents")]
    pub(super) objects: Vec<ObjectAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ObjectAnswer {
    key: String,
    pub(super) size: u64,
}

/// A page of a listing of uploads that were begun and not finished.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UploadsAnswer {
    #[serde(default)]
    pub(super) is_truncated: bool,
    next_key_marker: Option<String>,
    pub(super) next_upload_id_marker: Option<String>,
    encoding_type: Option<String>,
    #[serde(default, rename = "Upload")]
    pub(super) uploads: Vec<UploadAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UploadAnswer {
    key: String,
    pub(super) upload_id: String,
}

/// An upload was begun.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BegunAnswer {
    pub(super) upload_id: String,
}

/// An upload was finished. Services name the outermost element as they like.
#[derive(Debug, Deserialize)]
pub(super) struct FinishedAnswer {
    /// Tells this answer from others.
    #[serde(rename = "ETag")]
    _etag: String,
    #[serde(rename = "ChecksumSHA256")]
    pub(super) checksum: Option<String>,
}

impl ObjectsAnswer {
    pub(super) fn key(&self, object: &ObjectAnswer) -> Option<String> {
        plain(&object.key, self.encoding_type.as_deref())
    }
}

impl UploadsAnswer {
    pub(super) fn key(&self, upload: &UploadAnswer) -> Option<String> {
        plain(&upload.key, self.encoding_type.as_deref())
    }

    pub(super) fn next_key_marker(&self) -> Option<String> {
        plain(
            self.next_key_marker.as_deref()?,
            self.encoding_type.as_deref(),
        )
    }
}

/// Services that do not know the encoding of keys do not say that they used it.
fn plain(key: &str, encoding: Option<&str>) -> Option<String> {
    if encoding == Some("url") {
        decoded(key)
    } else {
        Some(key.to_owned())
    }
}

/// Reads an answer whose outermost element has this name.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes, element: &str) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    if outermost(text)? != element {
        return None;
    }
    de::from_str(text).ok()
}

/// Reads an answer whose elements say enough, unless it is an error.
pub(super) fn read_any<T: DeserializeOwned>(body: &Bytes) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    if outermost(text)? == "Error" {
        return None;
    }
    de::from_str(text).ok()
}

/// The error in an answer, where it is one.
pub(super) fn error(body: &Bytes) -> Option<ErrorAnswer> {
    read(body, "Error")
}

fn outermost(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return std::str::from_utf8(start.local_name().as_ref())
                    .ok()
                    .map(str::to_owned);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A part that arrived.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) etag: String,
    /// In Base64, where the service is to compare them.
    pub(super) checksum: Option<String>,
}

/// The list of parts that finishes an upload.
pub(super) fn parts(parts: &[Part]) -> String {
    let parts: String = parts
        .iter()
        .zip(1..)
        .map(|(part, number): (&Part, u32)| {
            let checksum = part.checksum.as_ref().map_or_else(String::new, |checksum| {
                format!("<ChecksumSHA256>{checksum}</ChecksumSHA256>")
            });
            let etag = quick_xml::escape::escape(part.etag.as_str());
            format!("<Part>{checksum}<ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>")
        })
        .collect();
    format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         {parts}</CompleteMultipartUpload>"
    )
}

#[cfg(test)]
mod tests {
    use super::{
        ErrorAnswer, FinishedAnswer, ObjectsAnswer, Part, UploadsAnswer, parts, read, read_any,
    };
    use bytes::Bytes;

    fn parsed<T: serde::de::DeserializeOwned>(text: &'static str, element: &str) -> Option<T> {
        read(&Bytes::from_static(text.as_bytes()), element)
    }

    #[test]
    fn a_listing_is_read_whatever_else_it_tells() {
        let page: ObjectsAnswer = parsed(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">
             <Name>bucket</Name><Prefix>a/</Prefix><KeyCount>2</KeyCount>
             <NextContinuationToken>1ueGcx&amp;PvyW==</NextContinuationToken>
             <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
             <Contents><Key>a/b%20c</Key><LastModified>2026-11-27T00:00:00.000Z</LastModified>
             <ETag>&quot;fba9&quot;</ETag><Size>434234</Size><StorageClass>STANDARD</StorageClass>
             </Contents><Contents><Key>a/d</Key><Size>0</Size></Contents></ListBucketResult>",
            "ListBucketResult",
        )
        .unwrap();
        assert!(page.is_truncated);
        assert_eq!(
            page.next_continuation_token.as_deref(),
            Some("1ueGcx&PvyW==")
        );
        let keys: Vec<(String, u64)> = page
            .objects
            .iter()
            .map(|object| (page.key(object).unwrap(), object.size))
            .collect();
        assert_eq!(keys, [("a/b c".to_owned(), 434_234), ("a/d".to_owned(), 0)]);
    }

    #[test]
    fn an_empty_listing_is_read() {
        let page: ObjectsAnswer = parsed("<ListBucketResult/>", "ListBucketResult").unwrap();
        assert!(page.objects.is_empty() && !page.is_truncated);
    }

    #[test]
    fn uploads_are_read() {
        let page: UploadsAnswer = parsed(
            "<ListMultipartUploadsResult><NextKeyMarker>a%2Bb</NextKeyMarker>
             <NextUploadIdMarker>u1</NextUploadIdMarker><EncodingType>url</EncodingType>
             <IsTruncated>true</IsTruncated><Upload><Key>a%2Bb</Key><UploadId>u1</UploadId>
             <Initiator><ID>i</ID></Initiator></Upload></ListMultipartUploadsResult>",
            "ListMultipartUploadsResult",
        )
        .unwrap();
        assert_eq!(page.next_key_marker().as_deref(), Some("a+b"));
        assert_eq!(page.key(&page.uploads[0]).as_deref(), Some("a+b"));
    }

    #[test]
    fn an_error_is_not_taken_for_success() {
        let error = "  \n<Error><Code>InternalError</Code><Message>m</Message></Error>";
        assert!(read_any::<FinishedAnswer>(&Bytes::from_static(error.as_bytes())).is_none());
        let html = Bytes::from_static(b"<html></html>");
        assert!(read_any::<FinishedAnswer>(&html).is_none());
        assert_eq!(
            parsed::<ErrorAnswer>(error, "Error").unwrap().code,
            "InternalError"
        );
        for strange in ["", "<", "<html></html>", "Error", "<Error/>"] {
            assert!(parsed::<ErrorAnswer>(strange, "Error").is_none());
        }
    }

    #[test]
    fn parts_are_numbered_from_one() {
        let etags = ["\"a\"", "\"b\""].map(|etag| Part {
            etag: etag.to_owned(),
            checksum: None,
        });
        assert_eq!(
            parts(&etags),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Part><ETag>&quot;a&quot;</ETag><PartNumber>1</PartNumber></Part>\
             <Part><ETag>&quot;b&quot;</ETag><PartNumber>2</PartNumber></Part>\
             </CompleteMultipartUpload>"
        );
    }
}
