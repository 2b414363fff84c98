//! Names of dumps in the snapshot: the same database always has the same name, and every system
//! can restore it.

use std::collections::HashSet;

const MOST_CHARS: usize = 120;
const RESERVED: &[&str] = &["con", "prn", "aux", "nul"];

/// Gives each database of a source its own name.
#[derive(Debug)]
pub(super) struct Names {
    folder: String,
    taken: HashSet<String>,
}

impl Names {
    /// Names below `kind/`, or below `kind/label/` where several sources of one kind are told
    /// apart.
    pub(super) fn below(kind: &str, label: Option<&str>) -> Self {
        let folder = match label {
            Some(label) => format!("{kind}/{}", file_name(label)),
            None => kind.to_owned(),
        };
        Self {
            folder,
            taken: HashSet::new(),
        }
    }

    /// The name for a database; another number for one whose name looks the same on Windows.
    pub(super) fn next(&mut self, database: &str, extension: &str) -> String {
        let stem = file_name(database);
        let mut number = 1_u32;
        loop {
            let name = match number {
                1 => format!("{stem}{extension}"),
                _ => format!("{stem}-{number}{extension}"),
            };
            if self.taken.insert(name.to_lowercase()) {
                return format!("{}/{name}", self.folder);
            }
            number += 1;
        }
    }
}

/// What Windows and Linux take as the name of one file.
pub(super) fn file_name(text: &str) -> String {
    let mut name: String = text
        .chars()
        .take(MOST_CHARS)
        .map(|c| match c {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    // Windows drops them.
    let kept = name.trim_end_matches([' ', '.']).len();
    let dropped = name.len() - kept;
    name.truncate(kept);
    name.push_str(&"_".repeat(dropped));
    if name.is_empty() || is_reserved(&name) {
        name.insert(0, '_');
    }
    name
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port)
            .is_some_and(|number| number.chars().count() == 1 && !number.starts_with('0'))
    });
    is_port || RESERVED.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay() {
        assert_eq!(file_name("shop"), "shop");
        assert_eq!(file_name("Księgowość 2026.v2"), "Księgowość 2026.v2");
    }

    #[test]
    fn nothing_leaves_the_folder_or_breaks_windows() {
        assert_eq!(file_name("../etc/passwd"), ".._etc_passwd");
        assert_eq!(file_name(".."), "__");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name("a:b\n"), "a_b_");
        assert_eq!(file_name("sales. "), "sales__");
        assert_eq!(file_name("CON"), "_CON");
        assert_eq!(file_name("lpt1.old"), "_lpt1.old");
        assert_eq!(file_name("company"), "company");
    }

    #[test]
    fn two_databases_never_share_a_name() {
        let mut names = Names::below("postgresql", Some("erp"));
        assert_eq!(names.next("a/b", ".sql"), "postgresql/erp/a_b.sql");
        assert_eq!(names.next("A_b", ".sql"), "postgresql/erp/A_b-2.sql");
        assert_eq!(names.next("a_b", ".sql"), "postgresql/erp/a_b-3.sql");
    }
}
