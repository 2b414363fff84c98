//! Generated files are committed, and equal to what their generator makes.

use super::Violation;
use crate::{children, workspace::Workspace};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

const DESCRIPTION: &str = "openapi/console.json";
const CLIENT_TYPES: &str = "console/src/api/generated/schema.d.ts";

pub(super) fn check(workspace: &Workspace, server: &Path) -> Result<Vec<Violation>> {
    let mut openapi = Command::new(server);
    openapi.arg("openapi");
    let description = children::capture(openapi).context("could not ask the server for its API")?;
    let types = client_types(workspace)?;
    let comparisons = [
        (
            DESCRIPTION,
            description,
            "`cargo run -p latarnik-server -- openapi > openapi/console.json`",
        ),
        (CLIENT_TYPES, types, "`npm run generate` in console/"),
    ];
    let mut violations = Vec::new();
    for (path, fresh, remedy) in comparisons {
        let committed = fs::read_to_string(workspace.root.join(path)).unwrap_or_default();
        violations.extend(compare(path, &committed, &fresh, remedy));
    }
    Ok(violations)
}

fn compare(path: &str, committed: &str, fresh: &str, remedy: &str) -> Option<Violation> {
    let is_fresh = committed.trim_end() == fresh.trim_end();
    (!is_fresh).then(|| Violation::new(path, format!("is stale: run {remedy}")))
}

/// The console's types, made anew from the committed description.
fn client_types(workspace: &Workspace) -> Result<String> {
    let folder = tempfile::tempdir().context("could not make a temporary folder")?;
    let output = folder.path().join("schema.d.ts");
    let mut generate = workspace.npm();
    generate.args(["exec", "--offline", "--", "openapi-typescript"]);
    generate
        .arg(workspace.root.join(DESCRIPTION))
        .arg("--output")
        .arg(&output);
    children::capture(generate).context("could not generate the console's types")?;
    fs::read_to_string(&output).context("the generator wrote nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_found() {
        assert_eq!(compare("a", "one\n", "one", "x"), None);
        let violation = compare("a", "one", "two", "`make a`").unwrap();
        assert_eq!(violation.to_string(), "a: is stale: run `make a`");
    }
}
