//! The agent programs that the server hands out.

use crate::{ApiState, extract::Id, problem::ApiError};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use latarnik_model::{OsFamily, Platform};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path as FilePath, PathBuf},
};
use tokio_util::io::ReaderStream;

/// One program.
#[derive(Debug, Clone)]
pub(crate) struct AgentProgram {
    pub(crate) platform: Platform,
    pub(crate) file_name: String,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
    /// Without links.
    path: PathBuf,
}

/// The programs that were found, with their checksums as of the server's start.
#[derive(Debug, Clone, Default)]
pub struct AgentPrograms(Vec<AgentProgram>);

/// A program cannot be handed out.
#[derive(Debug, thiserror::Error)]
pub enum AgentProgramsError {
    /// It could not be read.
    #[error("cannot read the agent program {path}")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is a link to a file elsewhere, and the server hands out nothing but that folder.
    #[error("the agent program {path} is a link out of its folder; put the file itself there")]
    Elsewhere {
        /// The link.
        path: PathBuf,
    },
}

impl AgentPrograms {
    /// Looks for `latarnik-agent-{platform}` (`.exe` for Windows) in a folder. One that is missing
    /// is not offered.
    ///
    /// # Errors
    /// [`AgentProgramsError`] if one is there and cannot be read, or lies elsewhere.
    pub fn find(folder: &FilePath) -> Result<Self, AgentProgramsError> {
        let mut programs = Vec::new();
        for platform in Platform::ALL {
            let extension = if platform.os == OsFamily::Windows {
                ".exe"
            } else {
                ""
            };
            let file_name = format!("latarnik-agent-{platform}{extension}");
            let path = folder.join(&file_name);
            let unreadable = |source| AgentProgramsError::Unreadable {
                path: path.clone(),
                source,
            };
            let file = match path.canonicalize() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file.map_err(unreadable)?,
            };
            let folder = folder.canonicalize().map_err(unreadable)?;
            if !file.starts_with(folder) {
                return Err(AgentProgramsError::Elsewhere { path });
            }
            let (size_bytes, sha256) = checksum(&file).map_err(unreadable)?;
            programs.push(AgentProgram {
                platform,
                file_name,
                size_bytes,
                sha256,
                path: file,
            });
        }
        Ok(Self(programs))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &AgentProgram> {
        self.0.iter()
    }

    fn of(&self, platform: Platform) -> Option<&AgentProgram> {
        self.0.iter().find(|program| program.platform == platform)
    }
}

fn checksum(path: &FilePath) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(
        &mut std::fs::File::open(path)?,
        &mut HashWriter(&mut hasher),
    )?;
    let digest = hasher.finalize();
    Ok((
        bytes,
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where machines download the program for a platform; needs no session, as it is no secret.
pub(crate) fn url_path(platform: Platform) -> String {
    format!("/download/agent/{platform}")
}

/// Hands out a program.
pub(crate) async fn download(
    State(state): State<ApiState>,
    Id(platform): Id<Platform>,
) -> Result<Response, ApiError> {
    let program = state.programs().of(platform).ok_or(ApiError::NOT_FOUND)?;
    let file = open(&program.path).await.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "agent program is gone"
        );
        ApiError::Refused(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    })?;
    let disposition = format!("attachment; filename=\"{}\"", program.file_name);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (header::CONTENT_LENGTH, program.size_bytes.into()),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).map_err(|_| ApiError::NOT_FOUND)?,
        ),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// Opens a program where it was when the server started, unless there is a link now.
async fn open(path: &FilePath) -> io::Result<tokio::fs::File> {
    if tokio::fs::canonicalize(path).await? != path {
        return Err(io::Error::other("the file was replaced by a link"));
    }
    tokio::fs::File::open(path).await
}
