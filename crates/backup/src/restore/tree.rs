//! A walk through what is selected of a snapshot.

use super::{
    pieces::Pieces,
    selection::{Filter, InvalidSelection, Selection},
};
use crate::error::BackupError;
use rustic_core::{
    TreeId,
    repofile::{Node, SnapshotFile},
};
use std::path::PathBuf;

/// The tree of a snapshot, as far as it is selected.
pub(super) struct Tree<'a> {
    pieces: &'a Pieces<'a>,
    root: TreeId,
    filter: Filter,
}

/// What a walk meets; paths are relative to the snapshot's root.
pub(super) enum Step {
    /// A folder, before what is in it.
    Folder(PathBuf),
    /// Anything that is no folder.
    Entry(PathBuf, Node),
    /// A folder, after what is in it.
    Left(PathBuf, Node),
    /// A folder whose content is damaged or gone.
    Lost(PathBuf, BackupError),
}

/// A folder on the way down.
struct Open {
    path: PathBuf,
    node: Option<Node>,
    rest: std::vec::IntoIter<Node>,
    is_announced: bool,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        pieces: &'a Pieces<'a>,
        snapshot: &SnapshotFile,
        selection: &Selection,
    ) -> Result<Self, InvalidSelection> {
        Ok(Self {
            pieces,
            root: snapshot.tree,
            filter: selection.filter()?,
        })
    }

    /// Walks through it depth first. A folder is met when something in it is selected, or itself.
    pub(super) fn walk(
        &self,
        is_cancelled: impl Fn() -> bool,
        mut visit: impl FnMut(Step),
    ) -> Result<(), BackupError> {
        let root = match self.folder(&self.root)? {
            Ok(root) => root,
            Err(damage) => {
                visit(Step::Lost(PathBuf::new(), damage));
                return Ok(());
            }
        };
        let mut way = vec![Open {
            path: PathBuf::new(),
            node: None,
            rest: root,
            is_announced: true,
        }];
        while let Some(open) = way.last_mut() {
            if is_cancelled() {
                return Ok(());
            }
            let Some(node) = open.rest.next() else {
                let left = way.pop();
                if let Some(Open {
                    path,
                    node: Some(node),
                    is_announced: true,
                    ..
                }) = left
                {
                    visit(Step::Left(path, node));
                }
                continue;
            };
            let name = node.name().into_owned();
            if !is_name(&name) {
                return Err(BackupError::Damaged {
                    detail: format!(
                        "{} has an entry with an impossible name",
                        open.path.display()
                    ),
                });
            }
            let path = open.path.join(&name);
            match (node.is_dir(), node.subtree) {
                (true, Some(subtree)) if self.filter.enters(&path) => {
                    let is_taken = self.filter.takes(&path);
                    let rest = match self.folder(&subtree)? {
                        Ok(rest) => rest,
                        Err(damage) => {
                            visit(Step::Lost(path, damage));
                            continue;
                        }
                    };
                    if is_taken {
                        announce(&mut way, &mut visit);
                        visit(Step::Folder(path.clone()));
                    }
                    way.push(Open {
                        path,
                        node: Some(node),
                        rest,
                        is_announced: is_taken,
                    });
                }
                (false, _) if self.filter.takes(&path) => {
                    announce(&mut way, &mut visit);
                    visit(Step::Entry(path, node));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Tree<'_> {
    /// What is in a folder, or how it is damaged. A destination that does not answer is no damage.
    fn folder(
        &self,
        id: &TreeId,
    ) -> Result<Result<std::vec::IntoIter<Node>, BackupError>, BackupError> {
        match self.pieces.folder(id) {
            Ok(nodes) => Ok(Ok(nodes.into_iter())),
            Err(BackupError::Cancelled) => Err(BackupError::Cancelled),
            Err(BackupError::Destination(failure)) if !failure.is_of_the_file_alone() => {
                Err(BackupError::Destination(failure))
            }
            Err(damage) => Ok(Err(damage)),
        }
    }
}

/// Tells of the folders that lead to something that is selected.
fn announce(way: &mut [Open], visit: &mut impl FnMut(Step)) {
    for open in way.iter_mut().filter(|open| !open.is_announced) {
        open.is_announced = true;
        visit(Step::Folder(open.path.clone()));
    }
}

/// Whether this is the name of something in a folder, and leads nowhere else.
fn is_name(name: &std::ffi::OsStr) -> bool {
    let path = std::path::Path::new(name);
    let mut components = path.components();
    matches!(
        (components.next(), components.next()),
        (Some(std::path::Component::Normal(only)), None) if only == name
    )
}
