//! Where the programs of database servers are.

use super::failure::{DumpFailure, DumpFailureCode};
use std::{
    env::{self, consts::EXE_SUFFIX},
    path::{Path, PathBuf},
};

/// Programs with the places in which their installers put them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tools {
    /// Below each of Windows' folders for programs; `*` stands for any text within one part.
    pub(super) program_files: &'static [&'static str],
    /// On other systems.
    pub(super) folders: &'static [&'static str],
    /// Whether the newest version in these places goes before the search path.
    pub(super) newest_first: bool,
}

impl Tools {
    /// The first of several programs that is there: in the folder that the settings name, and
    /// nowhere else, or else where such programs usually are.
    pub(super) fn find(
        &self,
        names: &[&str],
        folder: Option<&Path>,
    ) -> Result<PathBuf, DumpFailure> {
        let folders = match folder {
            Some(folder) => vec![folder.to_owned()],
            None => self.places(),
        };
        names
            .iter()
            .find_map(|name| first_with(&folders, name))
            .ok_or_else(|| not_found(&names.join(", ")))
    }

    fn places(&self) -> Vec<PathBuf> {
        let mut usual = Vec::new();
        for root in program_roots() {
            for pattern in self.program_files {
                usual.extend(expand(&root.join(pattern)));
            }
        }
        for pattern in self.folders {
            usual.extend(expand(Path::new(pattern)));
        }
        // Of several versions in several places the newest.
        if self.newest_first {
            usual.sort_by_key(|folder| std::cmp::Reverse(version_of_folder(folder)));
        }
        let mut places = search_path();
        if self.newest_first {
            usual.append(&mut places);
            return usual;
        }
        places.append(&mut usual);
        places
    }
}

/// A program by its absolute path, or by its name in the search path.
pub(super) fn find_program(name: &Path) -> Result<PathBuf, DumpFailure> {
    let found = if name.is_absolute() {
        name.is_file().then(|| name.to_owned())
    } else if name.components().count() == 1 {
        first_with(&search_path(), &name.to_string_lossy())
    } else {
        return Err(DumpFailure::invalid_settings(
            "a program is named by an absolute path or by its name alone",
        ));
    };
    found.ok_or_else(|| not_found(&name.to_string_lossy()))
}

fn not_found(program: &str) -> DumpFailure {
    DumpFailure::new(DumpFailureCode::ToolNotFound).by(program)
}

fn first_with(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    folders.iter().find_map(|folder| {
        let path = folder.join(name);
        if path.is_file() {
            return Some(path);
        }
        let path = folder.join(format!("{name}{EXE_SUFFIX}"));
        path.is_file().then_some(path)
    })
}

/// A relative entry would mean whatever folder the agent happens to work in.
fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    for folder in ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"] {
        let folder = PathBuf::from(folder);
        if folder.is_absolute() && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Windows has several folders for programs, and tells them by variables.
fn program_roots() -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = ["ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"]
        .iter()
        .filter_map(env::var_os)
        .map(PathBuf::from)
        .filter(|root| root.is_absolute())
        .collect();
    roots.dedup();
    roots
}

/// The folders that a pattern stands for, the newest version first.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_string_lossy();
        let Some((before, after)) = text.split_once('*') else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        found = found
            .iter()
            .flat_map(|folder| matching(folder, before, after))
            .collect();
    }
    found.retain(|folder| folder.is_dir());
    found
}

fn matching(folder: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.strip_prefix(before)
                .is_some_and(|rest| rest.ends_with(after))
        })
        .map(|entry| entry.path())
        .collect();
    paths.sort_by_key(|path| std::cmp::Reverse(version(path)));
    paths
}

/// The last numbers of a folder's path: `[17]` of `PostgreSQL\17\bin`.
fn version_of_folder(path: &Path) -> Vec<u64> {
    path.ancestors()
        .map(version)
        .find(|numbers| !numbers.is_empty())
        .unwrap_or_default()
}

/// The numbers in the last part of a path: `[17]` of `PostgreSQL\17`, `[10, 11]` of
/// `MariaDB 10.11`. What has none is older than everything.
fn version(path: &Path) -> Vec<u64> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_newest_version_goes_first_by_number() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "17", "16", "notes"] {
            fs::create_dir_all(root.path().join("PostgreSQL").join(version).join("bin")).unwrap();
        }
        let found = expand(&root.path().join("PostgreSQL").join("*").join("bin"));
        let last = |path: &PathBuf| path.parent().unwrap().file_name().unwrap().to_owned();
        let found: Vec<_> = found.iter().map(last).collect();
        assert_eq!(found.first().unwrap(), "17");
        assert_eq!(found.get(1).unwrap(), "16");
        assert_eq!(found.get(2).unwrap(), "9");
    }

    #[test]
    fn versions_of_several_numbers_are_compared_as_such() {
        let folder = |text: &str| version_of_folder(Path::new(text));
        assert!(folder("/p/MariaDB 11.4/bin") > folder("/p/MariaDB 10.11/bin"));
        assert!(folder("/p/MariaDB 10.11/bin") > folder("/p/MariaDB 10.6/bin"));
        // Numbers of folders around it are not its own.
        assert!(version(Path::new("/p9/1.2")) > version(Path::new("/p99/notes")));
    }

    #[test]
    fn a_folder_in_the_settings_is_the_only_one() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Tools {
            program_files: &[],
            folders: &["/usr/bin"],
            newest_first: false,
        };
        let failure = tools.find(&["sh"], Some(folder.path())).unwrap_err();
        assert_eq!(failure.code, DumpFailureCode::ToolNotFound);
        fs::write(folder.path().join("second"), "").unwrap();
        let found = tools.find(&["first", "second"], Some(folder.path()));
        assert_eq!(found.unwrap(), folder.path().join("second"));
    }

    #[test]
    fn a_program_by_a_relative_path_is_refused() {
        let failure = find_program(Path::new("bin/dump")).unwrap_err();
        assert_eq!(failure.code, DumpFailureCode::InvalidSettings);
    }
}
