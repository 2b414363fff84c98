//! A whole Latarnik on this machine: server, this machine's agent, simulated devices.

use crate::{
    children::{self, Child},
    http::Client,
    json,
    programs::Programs,
    workspace::Workspace,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

const START_LIMIT: Duration = Duration::from_secs(60);
const CONNECT_LIMIT: Duration = Duration::from_secs(90);
/// A package manager that first fetches its lists takes its time.
const SCAN_LIMIT: Duration = Duration::from_secs(300);
/// On loopback, to be tried out: nobody has to fetch an authenticator first.
pub(crate) const TRIAL: &str = "[sign_in]\nrequire_second_factor = false\n";
/// For programs that ask faster than any console.
pub(crate) const WIDE_LIMITS: &str = "[limits]\naddress_burst = 1000000\n\
    address_per_second = 1000000\ncaller_burst = 1000000\ncaller_per_second = 1000000\n";

/// How to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Where the server, its agent and the simulator keep what they know.
    pub(crate) folder: PathBuf,
    /// Port of the console; 0 takes a free one.
    pub(crate) console_port: u16,
    /// Port of the gateway; 0 takes a free one.
    pub(crate) gateway_port: u16,
    /// PostgreSQL instead of SQLite in the folder.
    pub(crate) database: Option<String>,
    /// What the server's configuration file says.
    pub(crate) configuration: String,
    /// What the server trusts instead of the system's authorities.
    pub(crate) trusted_certificates: Option<PathBuf>,
    /// Where logs go.
    pub(crate) logs: PathBuf,
}

impl Settings {
    /// A server for one run: an empty folder under the build folder, free ports, SQLite.
    pub(crate) fn for_one_run(workspace: &Workspace, name: &str) -> Result<Self> {
        let logs = workspace.logs().join(name);
        let folder = logs.join("data");
        match fs::remove_dir_all(&logs) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not empty {}", logs.display()));
            }
            _ => {}
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        Ok(Self {
            folder,
            console_port: 0,
            gateway_port: 0,
            database: None,
            configuration: TRIAL.to_owned(),
            trusted_certificates: None,
            logs,
        })
    }

    fn server_folder(&self) -> PathBuf {
        self.folder.join("server")
    }

    fn configuration_file(&self) -> PathBuf {
        self.folder.join("latarnik.toml")
    }

    /// Where the agent keeps its state.
    pub(crate) fn agent_folder(&self) -> PathBuf {
        self.folder.join("agent")
    }

    /// Where the simulated agents keep their identities.
    pub(crate) fn simulator_folder(&self) -> PathBuf {
        self.folder.join("simulator")
    }

    /// Programs that the console hands out.
    pub(crate) fn programs_folder(&self) -> PathBuf {
        self.folder.join("programs")
    }
}

/// A person who can sign in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// The e-mail address.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
}

/// How a token is bounded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenTerms<'a> {
    /// What the console calls it.
    pub(crate) name: &'a str,
    /// How many devices may use it.
    pub(crate) uses: u32,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    program: PathBuf,
    settings: Settings,
    /// `http://host:port`, or `https://` with a certificate in the settings.
    pub(crate) url: String,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) fn start(programs: &Programs, settings: &Settings) -> Result<Self> {
        let folder = settings.server_folder();
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        let file = settings.configuration_file();
        fs::write(&file, &settings.configuration)
            .with_context(|| format!("could not write {}", file.display()))?;
        let notice = folder.join("server.json");
        refuse_second_server(&notice)?;
        hand_out(&programs.agent, "latarnik-agent-linux-x86_64", settings)?;
        let mut command = administration(&programs.server, settings);
        command
            .arg("serve")
            .args(["--console-listen", &loopback(settings.console_port)]);
        command.args(["--gateway-listen", &loopback(settings.gateway_port)]);
        command
            .arg("--agent-programs")
            .arg(settings.programs_folder());
        let mut process = Child::start("the server", command, &settings.logs.join("server.log"))?;
        let mut url = None;
        children::wait_until("the server", START_LIMIT, || {
            process.check()?;
            url = read_url(&notice);
            Ok(url
                .as_deref()
                .is_some_and(|url| Client::new(url).is_ready()))
        })?;
        Ok(Self {
            process,
            program: programs.server.clone(),
            settings: settings.clone(),
            url: url.context("the server told no address")?,
        })
    }

    /// The process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Fails if the server has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Makes a user in the first tenant, with a password that the server thinks up.
    pub(crate) fn create_user(&self, email: &str, name: &str, role: &str) -> Result<User> {
        let mut command = self.administration();
        command.args([
            "user", "create", "--email", email, "--name", name, "--role", role,
        ]);
        let password =
            children::capture(command).with_context(|| format!("could not create {email}"))?;
        Ok(User {
            email: email.to_owned(),
            password: password.trim().to_owned(),
        })
    }

    /// Makes an enrollment token.
    pub(crate) fn create_token(&self, terms: TokenTerms<'_>) -> Result<String> {
        let mut command = self.administration();
        command.args(["enrollment-token", "create", "--name", terms.name]);
        command.args([
            "--max-uses",
            &terms.uses.to_string(),
            "--expires-in-hours",
            "1",
        ]);
        let token = children::capture(command).context("could not create an enrollment token")?;
        Ok(token.trim().to_owned())
    }

    /// A client that is signed in.
    pub(crate) fn client(&self, user: &User) -> Result<Client> {
        let mut client = Client::new(&self.url);
        client.sign_in(&user.email, &user.password)?;
        Ok(client)
    }

    fn administration(&self) -> Command {
        administration(&self.program, &self.settings)
    }
}

/// This machine's agent. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Agent {
    process: Child,
    /// What the agent tells about itself, and when it did so before this start.
    status: PathBuf,
    told_before: Option<SystemTime>,
}

impl Agent {
    /// Whether an agent with this folder is enrolled.
    pub(crate) fn is_enrolled(programs: &Programs, settings: &Settings) -> bool {
        let mut status = Command::new(&programs.agent);
        status
            .args(["status", "--json", "--state-folder"])
            .arg(settings.agent_folder());
        children::capture(status).is_ok()
    }

    /// Enrols this machine.
    pub(crate) fn enroll(programs: &Programs, settings: &Settings, token: &str) -> Result<()> {
        let mut command = Command::new(&programs.agent);
        command
            .args(["enroll", "--state-folder"])
            .arg(settings.agent_folder());
        command.env("LATARNIK_AGENT_TOKEN", token);
        children::capture(command).context("could not enrol this machine")?;
        Ok(())
    }

    /// Starts the enrolled agent.
    pub(crate) fn start(programs: &Programs, settings: &Settings) -> Result<Self> {
        let mut command = Command::new(&programs.agent);
        command
            .args(["run", "--state-folder"])
            .arg(settings.agent_folder());
        let status = settings.agent_folder().join("status.json");
        let told_before = modified(&status);
        let process = Child::start("the agent", command, &settings.logs.join("agent.log"))?;
        Ok(Self {
            process,
            status,
            told_before,
        })
    }

    /// The process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Fails if the agent has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Waits until the gateway has answered.
    pub(crate) fn wait_for_contact(&mut self) -> Result<()> {
        children::wait_until("the agent's first contact", CONNECT_LIMIT, || {
            self.process.check()?;
            // `latarnik-agent status` would open the state that the starting agent needs.
            let is_new = modified(&self.status) != self.told_before;
            let status = fs::read_to_string(&self.status).unwrap_or_default();
            let status: Value = serde_json::from_str(&status).unwrap_or_default();
            Ok(is_new && json::text(&status, "standing") == Some("connected"))
        })
    }

    /// Waits until the server knows this machine's updates, and returns the device.
    pub(crate) fn wait_for_scan(&mut self, client: &Client) -> Result<Value> {
        let mut device = Value::Null;
        children::wait_until("this machine's first scan", SCAN_LIMIT, || {
            self.process.check()?;
            device = find_device(client, &this_host())?;
            let state = json::text(json::field(&device, "scan"), "state").unwrap_or("never");
            Ok(state != "never")
        })?;
        Ok(device)
    }
}

/// Simulated devices. Dropping them stops them.
#[derive(Debug)]
pub(crate) struct Fleet {
    process: Child,
}

impl Fleet {
    /// Starts simulated devices; those of an earlier run in the same folder come back.
    pub(crate) fn start(
        programs: &Programs,
        settings: &Settings,
        token: &str,
        devices: u32,
    ) -> Result<Self> {
        let mut command = Command::new(&programs.simulator);
        command.args(["--agents", &devices.to_string(), "--state-folder"]);
        command
            .arg(settings.simulator_folder())
            .env("LATARNIK_ENROLLMENT_TOKEN", token);
        let log = settings.logs.join("simulator.log");
        Ok(Self {
            process: Child::start("the simulator", command, &log)?,
        })
    }

    /// Waits until so many devices have told their updates.
    pub(crate) fn wait_for_scans(&mut self, client: &Client, devices: u64) -> Result<()> {
        let limit = CONNECT_LIMIT + Duration::from_millis(100) * u32::try_from(devices)?;
        children::wait_until("the simulated devices", limit, || {
            self.process.check()?;
            Ok(count_devices(client)? >= devices && have_all_scanned(client)?)
        })
    }

    /// Fails if the simulator has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }
}

/// The name by which this machine's agent is known.
pub(crate) fn this_host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

fn count_devices(client: &Client) -> Result<u64> {
    let page = client.get("/devices?limit=1&count=true")?;
    json::field(&page, "total")
        .as_u64()
        .context("the list of devices has no total")
}

/// Whether every device has tried to look for updates.
fn have_all_scanned(client: &Client) -> Result<bool> {
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/devices?limit=500{cursor}"))?;
        let has_scanned =
            |device: &Value| json::text(json::field(device, "scan"), "state") != Some("never");
        if !json::items(&page, "items").iter().all(has_scanned) {
            return Ok(false);
        }
        match json::text(&page, "next_cursor") {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(true),
        }
    }
}

fn find_device(client: &Client, host: &str) -> Result<Value> {
    let page = client.get(&format!("/devices?limit=500&search={host}"))?;
    let device = json::items(&page, "items")
        .iter()
        .find(|device| json::text(device, "hostname") == Some(host));
    Ok(device.cloned().unwrap_or_default())
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

fn administration(server: &Path, settings: &Settings) -> Command {
    let mut command = Command::new(server);
    command
        .env("LATARNIK_CONFIG", settings.configuration_file())
        .env("LATARNIK_DATA_FOLDER", settings.server_folder());
    if let Some(address) = &settings.database {
        command.env("LATARNIK_DATABASE_URL", address);
    }
    if let Some(certificates) = &settings.trusted_certificates {
        command.env("SSL_CERT_FILE", certificates);
    }
    command
}

/// A port that nobody listens on right now.
pub(crate) fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("could not find a free port")?;
    Ok(listener.local_addr()?.port())
}

fn loopback(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// A server that still runs is left alone; what a killed one left behind is taken away.
fn refuse_second_server(notice: &Path) -> Result<()> {
    let Some(url) = read_url(notice) else {
        return Ok(());
    };
    if Client::new(&url).is_ready() {
        bail!("a server with this data folder runs already at {url}");
    }
    fs::remove_file(notice).with_context(|| format!("could not remove {}", notice.display()))
}

fn read_url(notice: &Path) -> Option<String> {
    let notice: Value = serde_json::from_str(&fs::read_to_string(notice).ok()?).ok()?;
    json::text(&notice, "console_url").map(str::to_owned)
}

/// Puts a program where the console offers it for download.
pub(crate) fn hand_out(program: &Path, name: &str, settings: &Settings) -> Result<()> {
    let folder = settings.programs_folder();
    fs::create_dir_all(&folder)?;
    let place = folder.join(name);
    match fs::remove_file(&place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fs::copy(program, &place).with_context(|| {
        format!(
            "could not copy {} to {}",
            program.display(),
            place.display()
        )
    })?;
    Ok(())
}
