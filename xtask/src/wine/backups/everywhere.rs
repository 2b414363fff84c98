//! One job of the Windows agent to every kind of destination at once: real servers on Linux, and
//! restic on their disks as the judge.

use super::{Job, PASSWORD, content, noise, restic};
use crate::{
    children::{self, Child},
    json, step,
    wine::{Bench, prefix::Prefix},
    workspace::Workspace,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command, time::Duration};

const SERVERS: &str = "all_servers";
const START_LIMIT: Duration = Duration::from_secs(60);
const KINDS: [&str; 6] = ["local", "s3", "sftp", "ftp", "ftps", "smb"];

pub(in crate::wine) fn run(bench: &Bench<'_>) -> Result<()> {
    let servers = Servers::start(bench.workspace)?;
    let prefix = bench.prefix("everywhere")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    furnish(&prefix)?;
    let all: Vec<Value> = KINDS.iter().map(|kind| servers.destination(kind)).collect();
    let job = Job::write(&prefix, "everywhere", &description(PASSWORD, &all))?;
    let probes = job.run("probe", &["probe"])?;
    ensure!(json::items(&probes, "probe").len() == KINDS.len());
    for probe in json::items(&probes, "probe") {
        let problem = json::field(json::field(probe, "report"), "problem");
        ensure!(problem.is_null(), "{probe:#}");
    }
    job.run("run", &["run", "--full"])?;
    fs::write(prefix.path("data/books/później.txt"), "later")?;
    let second = job.run("run", &["run"])?;
    let second = json::field(&second, "run");
    ensure!(json::field(second, "new_files") == 1, "{second:#}");
    for destination in json::items(second, "destinations") {
        ensure!(
            json::text(destination, "state") == Some("in_step"),
            "{second:#}"
        );
    }
    let verified = job.run("verification", &["verify", "--depth", "full"])?;
    ensure!(json::items(&verified, "verification").len() == KINDS.len());
    for report in json::items(&verified, "verification") {
        ensure!(json::field(report, "damages") == 0, "{report:#}");
    }
    refuses_another_password(&prefix, &servers)?;
    let source = content(&prefix.path("data/books"))?;
    for kind in KINDS {
        let repository = servers.repository(kind, &prefix);
        restic(
            &repository,
            &servers.environment(),
            &["check", "--read-data"],
        )
        .with_context(|| format!("restic on {kind}"))?;
        // A machine that never saw the job.
        let one = [servers.destination(kind)];
        let job = Job::write(&prefix, kind, &description(PASSWORD, &one))?;
        let target = format!(r"C:\from-{kind}");
        job.run("restore", &["restore", "--target", &target])
            .with_context(|| format!("restore from {kind}"))?;
        let restored = content(&prefix.path(&format!("from-{kind}/C/data/books")))?;
        ensure!(restored == source, "{kind} gave {:?}", restored.keys());
    }
    Ok(())
}

fn furnish(prefix: &Prefix) -> Result<()> {
    let books = prefix.path("data/books");
    fs::create_dir_all(books.join("źródła"))?;
    fs::write(books.join("empty"), "")?;
    fs::write(books.join("źródła/zażółć gęślą jaźń.txt"), "a letter")?;
    fs::write(books.join("large.bin"), noise(20_000_000)).context("the source could not be written")
}

fn description(password: &str, destinations: &[Value]) -> Value {
    json!({
        "password": password,
        "folders": [{ "path": r"C:\data\books" }],
        "destinations": destinations,
    })
}

/// Each of them says so by itself, and none is changed.
fn refuses_another_password(prefix: &Prefix, servers: &Servers) -> Result<()> {
    for kind in KINDS {
        let one = [servers.destination(kind)];
        let job = Job::write(prefix, "stranger", &description("another", &one))?;
        let refused = job.attempt(&["list"])?;
        ensure!(
            refused.code == Some(1)
                && refused
                    .text
                    .contains("the password does not open the repository"),
            "{kind}: {:?}\n{}",
            refused.code,
            refused.text
        );
    }
    Ok(())
}

/// The servers, and what they told of themselves.
struct Servers {
    _process: Child,
    told: Value,
}

impl Servers {
    fn start(workspace: &Workspace) -> Result<Self> {
        let mut build = workspace.cargo();
        build.args(["build", "--locked", "--package", "latarnik-test-servers"]);
        build.args(["--example", SERVERS]);
        step::run("build servers for backups", "backup-servers", build)?;
        let program = workspace.program("debug/examples", SERVERS);
        let log = workspace.logs().join("all-servers.log");
        let mut process = Child::start(SERVERS, Command::new(program), &log)?;
        let mut told = Value::Null;
        children::wait_until("servers for backups", START_LIMIT, || {
            process.check()?;
            told = line(&log)?.unwrap_or_default();
            Ok(told.is_object())
        })?;
        Ok(Self {
            _process: process,
            told,
        })
    }

    fn of(&self, kind: &str) -> &Value {
        json::field(&self.told, kind)
    }

    /// The destination as a job describes it.
    fn destination(&self, kind: &str) -> Value {
        let server = self.of(kind);
        let field = |name: &str| json::field(server, name).clone();
        let mut destination = match kind {
            "s3" => json!({
                "endpoint": format!("http://127.0.0.1:{}", field("port")),
                "bucket": field("bucket"),
                "region": field("region"),
                "prefix": "office",
                "access_key_id": field("id"),
                "secret_access_key": field("secret"),
            }),
            "sftp" => json!({
                "host": "127.0.0.1",
                "path": format!("{}/engine", json::text(server, "files").unwrap_or_default()),
                "private_key": field("private_key"),
                "host_key": field("host_key"),
            }),
            "ftp" => json!({ "host": "127.0.0.1", "path": "engine", "security": "none" }),
            "ftps" => json!({
                "host": "127.0.0.1",
                "path": "engine",
                "security": "explicit",
                "ca_certificate": field("authority"),
            }),
            "smb" => json!({
                "server": "127.0.0.1",
                "share": field("share"),
                "path": "engine",
            }),
            _ => json!({ "path": r"C:\backup\books" }),
        };
        let shared = match kind {
            "sftp" => &["port", "user"][..],
            "ftp" | "ftps" | "smb" => &["port", "user", "password"],
            _ => &[],
        };
        if let Some(settings) = destination.as_object_mut() {
            let of_one_kind = if kind == "ftps" { "ftp" } else { kind };
            settings.insert("name".to_owned(), json!(kind));
            settings.insert("kind".to_owned(), json!(of_one_kind));
            for name in shared {
                settings.insert((*name).to_owned(), field(name));
            }
        }
        destination
    }

    /// What restic calls it: a folder of the server's disk, or the service itself.
    fn repository(&self, kind: &str, prefix: &Prefix) -> String {
        let server = self.of(kind);
        match kind {
            "local" => prefix.path("backup/books").display().to_string(),
            "s3" => format!(
                "s3:http://127.0.0.1:{}/{}/office",
                json::field(server, "port"),
                json::text(server, "bucket").unwrap_or_default()
            ),
            _ => format!("{}/engine", json::text(server, "files").unwrap_or_default()),
        }
    }

    /// What restic needs to sign in at the service.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let names = [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "region"),
        ];
        let value = |field| {
            json::text(self.of("s3"), field)
                .unwrap_or_default()
                .to_owned()
        };
        names
            .into_iter()
            .map(|(variable, field)| (variable, value(field)))
            .collect()
    }
}

/// The line that the servers tell, when it is whole.
fn line(log: &Path) -> Result<Option<Value>> {
    let text = fs::read_to_string(log).context("the servers' log cannot be read")?;
    Ok(text
        .lines()
        .filter(|line| line.starts_with('{'))
        .find_map(|line| serde_json::from_str(line).ok()))
}
