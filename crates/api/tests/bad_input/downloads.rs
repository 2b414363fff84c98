//! Paths that climb, links that lead out, commands that would run more than they say.

use crate::{
    calls::scene::{self, Scene},
    desk::Desk,
    wire::{Wire, fields, statuses},
};
use axum::body::Body;
use http::header;
use latarnik_api::{AgentPrograms, ApiSettings};
use latarnik_testkit::Database;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink, path::Path};

const SECRET: &str = "what nobody may read";
const PROGRAM: &str = "a program";

/// A folder of programs inside a folder with a secret.
fn folder() -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    let programs = outside.path().join("programs");
    fs::create_dir(&programs).unwrap();
    for name in [
        "latarnik-agent-linux-x86_64",
        "latarnik-agent-windows-x86_64.exe",
    ] {
        fs::write(programs.join(name), PROGRAM).unwrap();
    }
    for name in [
        "secret",
        "programs/secret",
        "programs/.hidden",
        "programs/latarnik-agent-",
        "programs/latarnik-agent-linux-x86_64.sig",
        "programs/latarnik-agent-solaris-x86_64",
        "latarnik-agent-linux-x86_64",
    ] {
        fs::write(outside.path().join(name), SECRET).unwrap();
    }
    symlink(outside.path().join("secret"), programs.join("link")).unwrap();
    outside
}

fn programs(outside: &Path) -> AgentPrograms {
    AgentPrograms::find(&outside.join("programs")).unwrap()
}

#[tokio::test]
async fn downloads_are_the_programs_and_nothing_else() {
    let outside = folder();
    let scene = Scene::open(Database::sqlite().await).await;
    let router = scene::served(scene.office.app.clone(), programs(outside.path()));
    let wire = Wire::open(router).await;
    let whole = wire.get("/download/agent/linux-x86_64", "").await;
    assert_eq!(statuses(&whole), [200], "{whole}");
    assert!(whole.ends_with(PROGRAM), "{whole}");
    let absolute = outside.path().join("secret").display().to_string();
    let names = [
        "",
        ".",
        "..",
        "../secret",
        "..%2fsecret",
        "%2e%2e%2fsecret",
        "%2e%2e/secret",
        "..%252fsecret",
        "..%5csecret",
        "..\\secret",
        "....//secret",
        "..;/secret",
        "..%c0%afsecret",
        "..%ef%bc%8fsecret",
        "%00",
        "linux-x86_64%00",
        "linux-x86_64%00.exe",
        "linux-x86_64/",
        "linux-x86_64/../../secret",
        "linux-x86_64%2f..%2f..%2fsecret",
        "linux-x86_64.sig",
        "linux-x86_64%20",
        "linux-x86_64.",
        "LINUX-X86_64",
        "linux-x86_64::$DATA",
        "solaris-x86_64",
        "latarnik-agent-linux-x86_64",
        "secret",
        ".hidden",
        "link",
        "CON",
        "file:///etc/passwd",
        "%ff%fe",
        "ｌinux-x86_64",
        &absolute,
        &absolute.replace('/', "%2f"),
        &"../".repeat(1000),
        &"a".repeat(10_000),
    ];
    for name in names {
        let path = format!("/download/agent/{name}");
        let answer = wire.get(&path, "").await;
        assert_eq!(statuses(&answer), [404], "{path:.100}: {answer:.300}");
        assert!(
            fields(&answer).contains("application/problem+json"),
            "{path:.100}"
        );
        for told in [SECRET, "root:", &absolute] {
            assert!(!answer.contains(told), "{path:.100}: {answer}");
        }
    }
}

#[tokio::test]
async fn program_that_is_a_link_out_of_its_folder_is_not_handed_out() {
    let outside = folder();
    let folder = outside.path().join("programs");
    let name = folder.join("latarnik-agent-linux-x86_64");
    // To another name in the same folder is fine: packages keep versions like that.
    fs::rename(&name, folder.join("1.0")).unwrap();
    symlink("1.0", &name).unwrap();
    let scene = Scene::open(Database::sqlite().await).await;
    let router = scene::served(scene.office.app.clone(), programs(outside.path()));
    let wire = Wire::open(router).await;
    let whole = wire.get("/download/agent/linux-x86_64", "").await;
    assert!(whole.ends_with(PROGRAM), "{whole}");

    // Changed while the server runs.
    for target in ["../secret", "/etc/passwd", "no such file"] {
        fs::remove_file(&name).unwrap();
        symlink(target, &name).unwrap();
        fs::remove_file(folder.join("1.0")).unwrap_or_default();
        symlink(target, folder.join("1.0")).unwrap();
        let answer = wire.get("/download/agent/linux-x86_64", "").await;
        assert_eq!(statuses(&answer), [503], "{target}: {answer}");
        assert!(
            !answer.contains(SECRET) && !answer.contains("root:"),
            "{answer}"
        );
    }
    for target in ["../secret", "/etc/passwd"] {
        fs::remove_file(&name).unwrap();
        symlink(target, &name).unwrap();
        let error = AgentPrograms::find(&folder).unwrap_err();
        assert!(
            error.to_string().contains("latarnik-agent-linux-x86_64"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn console_s_files_are_the_console_s_alone() {
    let scene = Scene::open(Database::sqlite().await).await;
    let wire = Wire::open(scene.router.clone()).await;
    let climbs = [
        "..",
        "%2e%2e",
        "..%2f..",
        "%2e%2e%2f%2e%2e",
        "..%5c..",
        "....//....",
        "..%c0%af..",
    ];
    let targets = [
        "package.json",
        "src/main.tsx",
        "Cargo.toml",
        "etc/passwd",
        ".git/config",
    ];
    let mut paths: Vec<String> = [
        "/.git/config",
        "/.env",
        "/.gitignore",
        "//etc/passwd",
        "/etc/passwd",
        "/C:/Windows/win.ini",
        "/%00",
        "/index.html%00.js",
        "/index.html/..",
        "/assets",
        "/assets/",
        "/assets/.",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/%ff%fe",
        "/*",
    ]
    .map(str::to_owned)
    .to_vec();
    for climb in climbs {
        for target in targets {
            for deep in 1..4 {
                let climb = format!("{climb}/").repeat(deep);
                paths.push(format!("/{climb}{target}"));
                paths.push(format!("/assets/{climb}{target}"));
                paths.push(format!("/assets{}{target}", climb.replace('/', "%2f")));
            }
        }
    }
    for path in paths {
        let answer = wire.get(&path, "").await;
        let status = statuses(&answer);
        assert!(
            matches!(status[..], [200 | 400 | 404]),
            "{path}: {answer:.300}"
        );
        let head = fields(&answer).to_lowercase();
        if status != [400] {
            assert!(
                head.contains("x-content-type-options: nosniff"),
                "{path}: {head}"
            );
            assert!(head.contains("content-security-policy"), "{path}: {head}");
        }
        for told in [
            "[workspace]",
            "\"devDependencies\"",
            "createRoot(",
            "root:x:",
            "[core]",
        ] {
            assert!(!answer.contains(told), "{path}: {answer:.300}");
        }
    }
}

#[tokio::test]
async fn commands_to_paste_hold_no_more_than_an_address() {
    let outside = folder();
    let desk = Desk::open(Database::sqlite().await).await;
    let app = &desk.scene.office.app;
    let guessing = scene::served(app.clone(), programs(outside.path()));
    let settings = ApiSettings {
        public_url: Some("https://rmm.example.com/".to_owned()),
        ..scene::settings()
    };
    let knowing = scene::served_with(app.clone(), programs(outside.path()), settings);
    let operation = desk.operation("create_enrollment_token");
    for value in [
        "console.example:8080",
        "a'; reboot; '",
        "a\"; reboot; \"",
        "a`reboot`",
        "a$(reboot)",
        "a;reboot",
        "a|reboot",
        "a&reboot",
        "a>b",
        "a b",
        "a\tb",
        "a\\b",
        "a%27;reboot",
        "a#",
        "a?b",
        "a!b",
        "a{b,c}",
        "a~",
        "user@evil.example",
        "żółw",
        "а.example",
        "",
    ] {
        for name in [header::HOST, header::ORIGIN] {
            for router in [&guessing, &knowing] {
                let body = json!({"name": "a", "expires_in_hours": 1}).to_string();
                let mut request = desk
                    .head(operation, &operation.path)
                    .header(header::CONTENT_TYPE, "application/json")
                    .header("sec-fetch-site", "same-origin");
                let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
                request.headers_mut().unwrap().insert(&name, value);
                let request = request.body(Body::from(body)).unwrap();
                let answer = scene::answer(router, request).await;
                let made: Value = serde_json::from_str(&answer.text).unwrap();
                let commands = made["install_commands"].as_array().unwrap();
                assert_eq!(commands.len(), 2, "{}", answer.text);
                for command in commands {
                    assert_plain(command, &made["token"], std::ptr::eq(router, &knowing));
                }
            }
        }
    }
}

/// The command is the one that it always is, but for the address.
fn assert_plain(command: &Value, token: &Value, is_known: bool) {
    let text = command["command"].as_str().unwrap();
    let path = format!("/download/agent/{}'", command["platform"].as_str().unwrap());
    let (before, after) = text.split_once(&path).unwrap();
    let (_, address) = before.rsplit_once('\'').unwrap();
    let plain = address
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._:/[]".contains(c));
    assert!(plain, "{text}");
    assert!(!text.contains("reboot"), "{text}");
    assert!(after.contains(token.as_str().unwrap()), "{text}");
    if is_known {
        assert_eq!(address, "https://rmm.example.com", "{text}");
    }
}
