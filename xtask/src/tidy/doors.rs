//! Which crate may depend on which, and what some of them do without.

use super::Violation;
use crate::{children, json, workspace::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;

/// Each crate with the crates of this repository that it may use.
const DOORS: &[(&str, &[&str])] = &[
    ("latarnik-model", &[]),
    ("latarnik-protocol", &["latarnik-model"]),
    ("latarnik-store", &["latarnik-model"]),
    ("latarnik-app", &["latarnik-model", "latarnik-store"]),
    ("latarnik-api", &["latarnik-model", "latarnik-app"]),
    (
        "latarnik-gateway",
        &["latarnik-model", "latarnik-app", "latarnik-protocol"],
    ),
    (
        "latarnik-server",
        &[
            "latarnik-model",
            "latarnik-store",
            "latarnik-app",
            "latarnik-api",
            "latarnik-gateway",
            "latarnik-backup",
        ],
    ),
    ("latarnik-destinations", &[]),
    ("pariter", &[]),
    ("rustic_cdc", &[]),
    ("latarnik-backup", &["latarnik-destinations", "pariter"]),
    (
        "latarnik-agent-core",
        &["latarnik-model", "latarnik-protocol"],
    ),
    (
        "latarnik-platform",
        &["latarnik-model", "latarnik-agent-core"],
    ),
    (
        "latarnik-agent",
        &[
            "latarnik-model",
            "latarnik-protocol",
            "latarnik-agent-core",
            "latarnik-platform",
            "latarnik-backup",
        ],
    ),
    (
        "latarnik-simulator",
        &["latarnik-model", "latarnik-protocol", "latarnik-agent-core"],
    ),
    ("latarnik-test-servers", &[]),
    ("windows-update-double", &[]),
    ("xtask", &[]),
];

/// Tests may reach every crate of their own side, but not the other side.
const SERVER_SIDE: &[&str] = &[
    "latarnik-store",
    "latarnik-app",
    "latarnik-api",
    "latarnik-gateway",
    "latarnik-server",
];
const AGENT_SIDE: &[&str] = &[
    "latarnik-agent-core",
    "latarnik-platform",
    "latarnik-agent",
    "latarnik-simulator",
];

/// Where server and agent crates meet.
const MEETING_PLACES: &[&str] = &["latarnik-testkit", "latarnik-e2e"];

/// What a crate does without, so that it stays what it is.
const ABSENT: &[(&str, &[&str])] = &[
    (
        "latarnik-model",
        &["tokio", "reqwest", "hyper", "axum", "sea-orm", "rustls"],
    ),
    (
        "latarnik-protocol",
        &["tokio", "reqwest", "hyper", "axum", "sea-orm", "rustls"],
    ),
    ("latarnik-store", &["axum", "hyper", "reqwest"]),
    (
        "latarnik-app",
        &["axum", "hyper", "http", "reqwest", "sea-orm", "serde_json"],
    ),
    ("latarnik-api", &["sea-orm"]),
    ("latarnik-gateway", &["sea-orm"]),
    (
        "latarnik-agent-core",
        &["rustix", "windows", "windows-service", "windows-registry"],
    ),
    ("latarnik-agent", &["windows", "sea-orm"]),
];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    is_development: bool,
}

pub(super) fn check(workspace: &Workspace) -> Result<Vec<Violation>> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let metadata = children::capture(cargo).context("could not read the workspace's metadata")?;
    let metadata = serde_json::from_str(&metadata).context("cargo metadata is no JSON")?;
    Ok(check_edges(&names(&metadata), &edges(&metadata)))
}

fn check_edges(names: &[String], edges: &[Edge]) -> Vec<Violation> {
    let unknown = names
        .iter()
        .filter(|name| allowed(name).is_none() && !MEETING_PLACES.contains(&name.as_str()))
        .map(|name| {
            Violation::new(
                name,
                "a crate without doors: say what it may use in doors.rs",
            )
        });
    unknown
        .chain(edges.iter().filter_map(|edge| check_edge(edge, names)))
        .collect()
}

fn check_edge(edge: &Edge, names: &[String]) -> Option<Violation> {
    let (from, to) = (edge.from.as_str(), edge.to.as_str());
    if !names.iter().any(|name| name == to) {
        let is_absent = ABSENT
            .iter()
            .any(|(name, absent)| *name == from && absent.contains(&to));
        return (is_absent && !edge.is_development)
            .then(|| Violation::new(from, format!("must do without {to}")));
    }
    if MEETING_PLACES.contains(&from) || (edge.is_development && MEETING_PLACES.contains(&to)) {
        return None;
    }
    if edge.is_development && !changes_sides(from, to) {
        return None;
    }
    let is_allowed = allowed(from).is_none_or(|doors| doors.contains(&to));
    (!is_allowed).then(|| Violation::new(from, format!("may not depend on {to}")))
}

fn changes_sides(from: &str, to: &str) -> bool {
    let crosses = |one: &[&str], other: &[&str]| one.contains(&from) && other.contains(&to);
    crosses(SERVER_SIDE, AGENT_SIDE) || crosses(AGENT_SIDE, SERVER_SIDE)
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    DOORS
        .iter()
        .find(|(crate_name, _)| *crate_name == name)
        .map(|(_, doors)| *doors)
}

fn names(metadata: &Value) -> Vec<String> {
    json::items(metadata, "packages").iter().map(name).collect()
}

fn edges(metadata: &Value) -> Vec<Edge> {
    let packages = json::items(metadata, "packages").iter();
    packages
        .flat_map(|package| {
            json::items(package, "dependencies")
                .iter()
                .map(move |dependency| Edge {
                    from: name(package),
                    to: name(dependency),
                    is_development: json::text(dependency, "kind") == Some("dev"),
                })
        })
        .collect()
}

fn name(value: &Value) -> String {
    json::text(value, "name").unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn breaches(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
        let metadata = json!({ "packages": [
            { "name": from, "dependencies": [{ "name": to, "kind": kind }] },
            { "name": "latarnik-store", "dependencies": [] },
            { "name": "latarnik-testkit", "dependencies": [] },
        ]});
        let found = check_edges(&names(&metadata), &edges(&metadata));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn routes_never_reach_sql() {
        assert_eq!(
            breaches("latarnik-api", "latarnik-store", None),
            ["latarnik-api: may not depend on latarnik-store"]
        );
        assert_eq!(breaches("latarnik-app", "latarnik-store", None), [""; 0]);
    }

    #[test]
    fn tests_meet_in_the_testkit_alone() {
        assert_eq!(
            breaches("latarnik-gateway", "latarnik-testkit", Some("dev")),
            [""; 0]
        );
        assert_eq!(
            breaches("latarnik-testkit", "latarnik-store", None),
            [""; 0]
        );
        assert_eq!(
            breaches("latarnik-gateway", "latarnik-testkit", None).len(),
            1
        );
        assert_eq!(
            breaches("latarnik-agent", "latarnik-store", Some("dev")).len(),
            1
        );
        assert_eq!(
            breaches("latarnik-gateway", "latarnik-store", Some("dev")),
            [""; 0]
        );
        assert_eq!(
            breaches("latarnik-gateway", "latarnik-store", None).len(),
            1
        );
    }

    #[test]
    fn the_model_does_without_a_runtime() {
        assert_eq!(
            breaches("latarnik-model", "tokio", None),
            ["latarnik-model: must do without tokio"]
        );
        assert_eq!(breaches("latarnik-model", "tokio", Some("dev")), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_doors() {
        assert_eq!(breaches("latarnik-novelty", "serde", None).len(), 1);
    }
}
