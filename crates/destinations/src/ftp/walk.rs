//! Listing folders, over as many connections as there are.

use super::{
    Ftp,
    listing::{Kind, Line},
    session::Session,
};
use crate::{Entry, Failure, FailureCode, ObjectName, Operation, local::UNFINISHED};
use futures_util::{StreamExt as _, stream::FuturesUnordered};

/// What lies in one folder.
#[derive(Default)]
struct Folder {
    files: Vec<Entry>,
    folders: Vec<ObjectName>,
}

impl Ftp {
    /// All files below a folder.
    pub(super) async fn walk(&self, start: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        let mut files = Vec::new();
        let mut reading = FuturesUnordered::new();
        reading.push(self.list_folder(start.cloned()));
        while let Some(found) = reading.next().await {
            let found = found?;
            files.extend(found.files);
            for name in found.folders {
                reading.push(self.list_folder(Some(name)));
            }
        }
        Ok(files)
    }

    async fn list_folder(&self, name: Option<ObjectName>) -> Result<Folder, Failure> {
        let mut session = self.lease().await?;
        let path = match &name {
            Some(name) => self.path_of(&session, name),
            None => self.root_or_slash(&session),
        };
        let result = self.lines(&mut session, &path).await;
        let lines = session.finish(result)?;
        Ok(folder(name.as_ref(), lines))
    }

    /// No lines for a folder that is not there.
    async fn lines(&self, session: &mut Session, path: &str) -> Result<Vec<Line>, Failure> {
        let operation = Operation::List;
        match session.list(operation, path).await? {
            Some(lines) if !lines.is_empty() => return Ok(lines),
            Some(_) => {}
            None if session.is_folder(operation, path).await? => {
                return Err(Failure::new(operation, FailureCode::PermissionDenied));
            }
            None => {}
        }
        self.root_must_exist(session, operation).await?;
        Ok(Vec::new())
    }

    /// Deletes what broken writers left.
    pub(super) async fn clean(&self, session: &mut Session) -> Result<u64, Failure> {
        let operation = Operation::Clean;
        let unfinished = self.below_root(session, UNFINISHED);
        let lines = session.list(operation, &unfinished).await?;
        let mut removed = 0;
        for line in lines.unwrap_or_default() {
            if line.kind == Kind::Folder {
                continue;
            }
            let command = format!("DELE {unfinished}/{}", line.name);
            let reply = session.ask(operation, command).await?;
            if !reply.is_fine() {
                return Err(reply.failure(operation));
            }
            removed += 1;
        }
        Ok(removed)
    }
}

fn folder(name: Option<&ObjectName>, lines: Vec<Line>) -> Folder {
    let mut folder = Folder::default();
    for line in lines {
        // What has no proper name is somebody else's.
        let child = match name {
            Some(name) => name.join(&line.name),
            None => ObjectName::new(line.name),
        };
        match (child, line.kind) {
            (Ok(child), _) if child.as_str() == UNFINISHED => {}
            (Ok(child), Kind::Folder) => folder.folders.push(child),
            (Ok(name), Kind::File { bytes }) => folder.files.push(Entry { name, bytes }),
            (Err(_), _) => {}
        }
    }
    folder
}
