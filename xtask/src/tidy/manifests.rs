//! What every crate's manifest says.

use super::{TextFile, Violation};
use toml::{Table, Value};

/// What every crate takes over from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    files
        .iter()
        .filter(|file| file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
        .filter(|file| file.file_name() == "Cargo.toml")
        .flat_map(check_manifest)
        .collect()
}

fn check_manifest(file: &TextFile) -> Vec<Violation> {
    let Ok(manifest) = file.text.parse::<Table>() else {
        return vec![Violation::new(&file.path, "is no TOML")];
    };
    let mut violations = Vec::new();
    if !is_inherited(manifest.get("lints")) {
        violations.push(Violation::new(
            &file.path,
            "lacks `[lints] workspace = true`",
        ));
    }
    let package = manifest.get("package");
    for field in INHERITED {
        if !is_inherited(package.and_then(|package| package.get(field))) {
            let message = format!("`{field}` must come from the workspace");
            violations.push(Violation::new(&file.path, message));
        }
    }
    if package
        .and_then(|package| package.get("description"))
        .is_none()
    {
        violations.push(Violation::new(&file.path, "lacks a description"));
    }
    violations
}

fn is_inherited(value: Option<&Value>) -> bool {
    value
        .and_then(|value| value.get("workspace"))
        .and_then(Value::as_bool)
        == Some(true)
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    const GOOD: &str = "[package]\nname = \"a\"\ndescription = \"A.\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";

    fn found(text: &str) -> Vec<String> {
        check(&[file("crates/a/Cargo.toml", text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_crate_takes_the_workspaces_lints() {
        assert_eq!(found(GOOD), [""; 0]);
        let without = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(
            found(&without),
            ["crates/a/Cargo.toml: lacks `[lints] workspace = true`"]
        );
    }

    #[test]
    fn a_crate_takes_the_workspaces_edition() {
        let own = GOOD.replace("edition.workspace = true", "edition = \"2021\"");
        assert_eq!(
            found(&own),
            ["crates/a/Cargo.toml: `edition` must come from the workspace"]
        );
    }
}
