//! Lock files name packages of the public registries and nothing else.

use super::{TextFile, Violation};
use crate::json;
use anyhow::{Context, Result};
use serde_json::Value as Json;
use toml::Table;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM: &str = "https://registry.npmjs.org/";

pub(super) fn check(files: &[TextFile]) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for file in files {
        match file.file_name() {
            "Cargo.lock" => violations.extend(check_cargo(file)?),
            "package-lock.json" => violations.extend(check_npm(file)?),
            ".npmrc" => violations.extend(check_npm_settings(file)),
            _ => {}
        }
    }
    Ok(violations)
}

fn check_cargo(file: &TextFile) -> Result<Vec<Violation>> {
    let lock: Table = file
        .text
        .parse()
        .with_context(|| format!("{} is no TOML", file.path))?;
    let packages = lock.get("package").and_then(|packages| packages.as_array());
    let sources = packages.into_iter().flatten().filter_map(|package| {
        let source = package.get("source")?.as_str()?;
        Some((package.get("name")?.as_str()?, source))
    });
    let foreign = sources.filter(|(_, source)| *source != CRATES_IO);
    Ok(foreign
        .map(|(name, source)| Violation::new(&file.path, format!("{name} comes from {source}")))
        .collect())
}

fn check_npm(file: &TextFile) -> Result<Vec<Violation>> {
    let lock: Json =
        serde_json::from_str(&file.text).with_context(|| format!("{} is no JSON", file.path))?;
    let mut violations = Vec::new();
    for (name, package) in json::field(&lock, "packages")
        .as_object()
        .into_iter()
        .flatten()
    {
        if name.is_empty() {
            continue;
        }
        if let Some(address) = json::text(package, "resolved")
            && !address.starts_with(NPM)
        {
            violations.push(Violation::new(
                &file.path,
                format!("{name} comes from {address}"),
            ));
        }
        if json::text(package, "integrity").is_none() {
            violations.push(Violation::new(
                &file.path,
                format!("{name} has no checksum"),
            ));
        }
    }
    Ok(violations)
}

fn check_npm_settings(file: &TextFile) -> Option<Violation> {
    let names_registry = file.text.lines().any(|line| line.contains("registry="));
    names_registry.then(|| Violation::new(&file.path, "names a registry"))
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)])
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn crates_come_from_crates_io() {
        let lock = |source: &str| {
            format!("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n")
        };
        assert_eq!(found("Cargo.lock", &lock(CRATES_IO)), [""; 0]);
        assert_eq!(
            found("Cargo.lock", &lock("git+http://host/a")),
            ["Cargo.lock: a comes from git+http://host/a"]
        );
    }

    #[test]
    fn npm_packages_have_checksums_and_no_other_host() {
        let lock = r#"{"packages": {"": {}, "node_modules/a": {"integrity": "sha512-x"},
            "node_modules/b": {"resolved": "http://host/b.tgz", "integrity": "sha512-x"}, "node_modules/c": {}}}"#;
        assert_eq!(
            found("console/package-lock.json", lock),
            [
                "console/package-lock.json: node_modules/b comes from http://host/b.tgz",
                "console/package-lock.json: node_modules/c has no checksum"
            ]
        );
    }

    #[test]
    fn npm_settings_name_no_registry() {
        assert_eq!(found("console/.npmrc", "registry=http://host/\n").len(), 1);
        assert_eq!(
            found("console/.npmrc", "omit-lockfile-registry-resolved=true\n"),
            [""; 0]
        );
    }
}
