//! What every crate's manifest says.

use super::{TextFile, Violation};
use toml::{Table, Value};

/// What every crate takes over from the workspace.
const INHERITED: &[&str] = &["edition", "rust-version", "license", "publish"];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let stand_ins = stand_ins(files);
    files
        .iter()
        .filter(|file| file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
        .filter(|file| file.file_name() == "Cargo.toml")
        .flat_map(|file| check_manifest(file, &stand_ins))
        .collect()
}

/// The folders of crates that stand in for others under `[patch]`.
fn stand_ins(files: &[TextFile]) -> Vec<String> {
    let manifest = files
        .iter()
        .find(|file| file.path == "Cargo.toml")
        .and_then(|file| file.text.parse::<Table>().ok());
    let patches = manifest
        .as_ref()
        .and_then(|manifest| manifest.get("patch"))
        .and_then(Value::as_table);
    patches
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
        .flat_map(Table::values)
        .filter_map(|patch| patch.get("path").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

fn check_manifest(file: &TextFile, stand_ins: &[String]) -> Vec<Violation> {
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
    violations.extend(check_version(file, package, stand_ins));
    if package
        .and_then(|package| package.get("description"))
        .is_none()
    {
        violations.push(Violation::new(&file.path, "lacks a description"));
    }
    violations
}

/// A stand-in has a version that the one it stands in for could have; all others share one.
fn check_version(
    file: &TextFile,
    package: Option<&Value>,
    stand_ins: &[String],
) -> Option<Violation> {
    let version = package.and_then(|package| package.get("version"));
    let folder = file.path.trim_end_matches("/Cargo.toml");
    if stand_ins.iter().any(|stand_in| stand_in == folder) {
        let is_own = version.is_some_and(Value::is_str);
        return (!is_own).then(|| {
            Violation::new(
                &file.path,
                "stands in for another crate and lacks its version",
            )
        });
    }
    (!is_inherited(version))
        .then(|| Violation::new(&file.path, "`version` must come from the workspace"))
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

    #[test]
    fn a_stand_in_has_the_version_of_what_it_stands_in_for() {
        let root = "[patch.crates-io]\na = { path = \"crates/a\" }\n";
        let found = |path: &str, text: &str| -> Vec<String> {
            check(&[file("Cargo.toml", root), file(path, text)])
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let own = GOOD.replace(
            "version.workspace = true\nedition",
            "version = \"0.6.1\"\nedition",
        );
        assert_eq!(found("crates/a/Cargo.toml", &own), [""; 0]);
        assert_eq!(
            found("crates/b/Cargo.toml", &own),
            ["crates/b/Cargo.toml: `version` must come from the workspace"]
        );
        assert_eq!(
            found("crates/a/Cargo.toml", GOOD),
            ["crates/a/Cargo.toml: stands in for another crate and lacks its version"]
        );
    }
}
