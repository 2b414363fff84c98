//! The Windows side under Wine: the platform crate's own tests, its services and restarts, and the
//! unmodified agent against the real server. Nothing here touches the machine outside of a Wine
//! prefix; what Wine cannot show stands in `docs/windows.md`.

use crate::{packages, step, windows, windows::TestPrograms, workspace::Workspace};
use anyhow::{Context, Result, bail, ensure};
use prefix::{Prefix, Template};
use std::{fs, time::Instant};

mod agent;
mod backups;
mod people;
mod prefix;
mod scenarios;
mod shadow_copies;
mod stage;

const MACHINE: &str = r"C:\latarnik\windows_machine.exe";
const SERVICE: &str = "LatarnikTrial";

/// The packages that the suite needs.
pub(crate) fn packages() -> &'static [&'static str] {
    &["restic", "wine", "wine64"]
}

/// Builds and runs everything.
pub(crate) fn run_suite(workspace: &Workspace) -> Result<()> {
    packages::install(packages())?;
    let programs = windows::build_tests(workspace)?;
    let template = Template::prepare(workspace)?;
    let mut tally = Tally::default();
    let bench = Bench {
        workspace,
        template: &template,
        programs: &programs,
    };
    let (passed, failed) = bench.platform_tests()?;
    tally.add(passed, failed);
    tally.case(
        "a service is installed, started, stopped and removed",
        || bench.service(),
    );
    tally.case("a restart is asked of Windows and taken back", || {
        bench.restart()
    });
    tally.case("restart signals are read from the registry", || {
        bench.signals()
    });
    tally.case("people in their sessions are told of a restart", || {
        people::run(&bench)
    });
    tally.case("the agent enrols, scans and installs as a service", || {
        agent::run(&bench)
    });
    for (name, case) in backups::ALL {
        tally.case(name, || case(&bench));
    }
    tally.case("open files are backed up from a shadow copy", || {
        shadow_copies::run(&bench)
    });
    play_scenarios(&bench, &mut tally);
    step::say(&format!(
        "Windows under Wine: {} passed, {} failed",
        tally.passed, tally.failed
    ));
    if tally.failed > 0 {
        bail!("{} tests under Wine failed", tally.failed);
    }
    Ok(())
}

fn play_scenarios(bench: &Bench<'_>, tally: &mut Tally) {
    match scenarios::stage(bench) {
        Ok(mut stage) => {
            for (name, scenario) in scenarios::ALL {
                tally.case(name, || scenario(&mut stage));
            }
        }
        Err(error) => tally.case("the scenarios' server starts", || Err(error)),
    }
}

#[derive(Debug, Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    fn add(&mut self, passed: u32, failed: u32) {
        self.passed += passed;
        self.failed += failed;
    }

    fn case(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        let started = Instant::now();
        let result = work();
        let time = step::duration(started.elapsed());
        match result {
            Ok(()) => {
                self.add(1, 0);
                step::say(&format!("test {name} ... ok · {time}"));
            }
            Err(error) => {
                self.add(0, 1);
                step::say(&format!("test {name} ... FAILED · {time}\n{error:#}"));
            }
        }
    }
}

/// What the cases share.
struct Bench<'a> {
    workspace: &'a Workspace,
    template: &'a Template,
    programs: &'a TestPrograms,
}

impl Bench<'_> {
    fn prefix(&self, name: &str) -> Result<Prefix> {
        let prefix = self.template.copy(name)?;
        prefix.put(&self.programs.machine, "latarnik/windows_machine.exe")?;
        prefix.put(
            &self.programs.double,
            "windows-update-double/windows_update_double.dll",
        )?;
        Ok(prefix)
    }

    /// The platform crate's own tests; how many passed and failed.
    fn platform_tests(&self) -> Result<(u32, u32)> {
        let prefix = self.prefix("platform")?;
        prefix.put(&self.programs.platform_tests, "latarnik/platform_tests.exe")?;
        let finished = prefix.run(
            300,
            &[r"C:\latarnik\platform_tests.exe", "--test-threads=1"],
        )?;
        let result = finished
            .text
            .lines()
            .rfind(|line| line.starts_with("test result:"));
        let result = result
            .with_context(|| format!("the platform's tests did not end:\n{}", finished.text))?;
        let count = |word: &str| {
            let mut words = result
                .split([' ', ';'])
                .collect::<Vec<_>>()
                .into_iter()
                .rev();
            words.find(|w| *w == word)?;
            words.next()?.parse().ok()
        };
        let counts = count("passed").zip(count("failed"));
        let (passed, failed) = counts.context("the platform's tests told no numbers")?;
        if failed > 0 || finished.code != Some(0) {
            step::say(&finished.text);
        }
        step::say(result);
        Ok((passed, failed))
    }

    fn service(&self) -> Result<()> {
        let prefix = self.prefix("service")?;
        let machine = |verb: &str| prefix.run(90, &[MACHINE, verb])?.expect_success();
        // Without a program that goes on, Wine would end the service and start it anew.
        let _hold = prefix.start("hold", &[MACHINE, "hold"])?;
        ensure!(machine("service-state")?.contains("NotInstalled"));
        machine("service-install")?;
        // A second installation changes the first.
        machine("service-install")?;
        ensure!(machine("service-state")?.contains("Stopped"));
        machine("service-start")?;
        let query = prefix
            .run(30, &["sc", "query", SERVICE])?
            .expect_success()?;
        ensure!(query.contains("RUNNING"), "sc says\n{query}");
        machine("service-start")?;
        machine("service-stop")?;
        ensure!(machine("service-state")?.contains("Stopped"));
        let noted = fs::read_to_string(prefix.path("latarnik/service.log"))?;
        ensure!(
            noted.lines().eq(["started", "stopping"]),
            "the service noted\n{noted}"
        );
        machine("service-uninstall")?;
        ensure!(machine("service-state")?.contains("NotInstalled"));
        machine("service-uninstall")?;
        ensure!(machine("serve")?.contains("not started as a service"));
        Ok(())
    }

    /// Wine only says what it was asked for.
    fn restart(&self) -> Result<()> {
        let prefix = self.prefix("restart")?;
        let asked = prefix
            .run_tracing("-all,fixme+advapi", 30, &[MACHINE, "restart", "300"])?
            .expect_success()?;
        let call = asked
            .lines()
            .find(|line| line.contains("InitiateSystemShutdownExW"));
        let call = call.with_context(|| format!("Windows was not asked:\n{asked}"))?;
        for part in ["The computer will restart", " 300 1 1 0x80020011"] {
            ensure!(call.contains(part), "{part:?} is not in {call:?}");
        }
        prefix
            .run(30, &[MACHINE, "cancel-restart"])?
            .expect_success()
            .map(drop)
    }

    fn signals(&self) -> Result<()> {
        let prefix = self.prefix("signals")?;
        let signals = || prefix.run(30, &[MACHINE, "signals"])?.expect_success();
        ensure!(signals()?.is_empty());
        let version = r"HKLM\Software\Microsoft\Windows\CurrentVersion";
        let pending = format!(r"{version}\Component Based Servicing\RebootPending");
        let session = r"HKLM\System\CurrentControlSet\Control\Session Manager";
        let rename = ["/v", "PendingFileRenameOperations2", "/t", "REG_MULTI_SZ"];
        prefix
            .run(30, &["reg", "add", &pending, "/f"])?
            .expect_success()?;
        let mut add = vec!["reg", "add", session];
        add.extend(rename);
        add.extend(["/d", r"\??\C:\old.dll", "/f"]);
        prefix.run(30, &add)?.expect_success()?;
        let found = signals()?;
        ensure!(
            found.contains("ComponentServicingRebootPending Strong"),
            "{found}"
        );
        ensure!(found.contains("PendingFileRename Weak"), "{found}");
        Ok(())
    }
}
