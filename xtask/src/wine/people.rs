//! Notices in the sessions of people. Wine has neither sessions nor, here, a screen: a library stands
//! in for the terminal services, and the agent's own program says that it cannot show anything.

use super::{Bench, MACHINE, prefix::Prefix};
use crate::{children, windows};
use anyhow::{Context, Result, ensure};
use std::{fs, time::Duration};

const TERMINAL_SERVICES: &str = include_str!("wtsapi32.c");
const AGENT: &str = r"C:\latarnik\latarnik-agent.exe";
/// As [`latarnik_platform`] numbers them: postponed, and impossible to show.
const POSTPONED: &str = "20";
const UNAVAILABLE: i32 = 23;
/// As the agent's help numbers it.
const REFUSED: i32 = 8;
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let prefix = bench.prefix("people")?;
    unknown_without_terminal_services(&prefix)?;
    add_terminal_services(bench, &prefix)?;
    let sessions = prefix.run(30, &[MACHINE, "sessions"])?.expect_success()?;
    ensure!(
        sessions.lines().eq(["1 alice", "2 bob"]),
        "people are\n{sessions}"
    );
    answer_of_the_messenger(&prefix)?;
    message_box_instead(&prefix)?;
    prefix.put(&bench.programs.agent, "latarnik/latarnik-agent.exe")?;
    answered_on_a_command_line(&prefix)?;
    agent_without_a_screen(&prefix)
}

/// Wine says that it listed the sessions, and lists none: nobody may conclude that nobody is there.
fn unknown_without_terminal_services(prefix: &Prefix) -> Result<()> {
    let asked = prefix.run(30, &[MACHINE, "sessions"])?;
    ensure!(
        asked.code != Some(0),
        "without an answer people are\n{}",
        asked.text
    );
    Ok(())
}

fn add_terminal_services(bench: &Bench<'_>, prefix: &Prefix) -> Result<()> {
    let source = bench.workspace.target.join("wine/wtsapi32.c");
    fs::write(&source, TERMINAL_SERVICES)?;
    windows::compile_dll(&source, &prefix.path("latarnik/wtsapi32.dll"))
}

/// A program is started in the session with the person's token, and its exit code is the answer.
fn answer_of_the_messenger(prefix: &Prefix) -> Result<()> {
    fs::write(prefix.path("latarnik/answer"), POSTPONED)?;
    let asked = prefix
        .run(60, &[MACHINE, "ask", "1", "600"])?
        .expect_success()?;
    fs::remove_file(prefix.path("latarnik/answer"))?;
    ensure!(asked.contains("Postpone"), "the answer was\n{asked}");
    let noted = fs::read_to_string(prefix.path("latarnik/notice.log"))
        .context("no program was started in the session")?;
    for part in ["notice", "--until", "--minutes 15", "--left 2"] {
        ensure!(noted.contains(part), "{part:?} is not in {noted:?}");
    }
    Ok(())
}

/// Where no token can be had, and where the program has no screen, the system's box asks.
fn message_box_instead(prefix: &Prefix) -> Result<()> {
    for session in ["1", "2"] {
        let asked = prefix
            .run(60, &[MACHINE, "ask", session, "600"])?
            .expect_success()?;
        ensure!(asked.contains("Postpone"), "the answer was\n{asked}");
        let noted = fs::read_to_string(prefix.path("wts-calls.log"))?;
        ensure!(
            noted.contains(&format!("session {session} wait 1")),
            "noted is\n{noted}"
        );
        ensure!(
            noted.contains("This computer will restart") && noted.contains("Postpone it by 15 min"),
            "noted is\n{noted}"
        );
    }
    Ok(())
}

/// A named pipe, and a caller whose session Windows names.
fn answered_on_a_command_line(prefix: &Prefix) -> Result<()> {
    let asked = |word: &str| prefix.run(30, &[AGENT, "restart", word]);
    let silent = asked("status")?;
    ensure!(
        silent.code == Some(1) && silent.text.contains("does not answer"),
        "without an agent the status is {:?}:\n{}",
        silent.code,
        silent.text
    );
    let _desk = prefix.start("desk", &[MACHINE, "desk"])?;
    let mut status = silent;
    children::wait_until("a notice that can be asked about", LIMIT, || {
        status = asked("status")?;
        Ok(status.code == Some(0))
    })
    .with_context(|| format!("the status is {:?}:\n{}", status.code, status.text))?;
    let offers = "Postpone by 15 min (2 left): latarnik-agent restart postpone";
    ensure!(
        status.text.contains(offers),
        "the status is\n{}",
        status.text
    );
    let postponed = asked("postpone")?.expect_success()?;
    ensure!(
        postponed.contains("The restart has been postponed."),
        "the answer is\n{postponed}"
    );
    let again = asked("postpone")?;
    ensure!(
        again.code == Some(REFUSED),
        "the second answer is {:?}:\n{}",
        again.code,
        again.text
    );
    Ok(())
}

/// The real program starts with its manifest, and tells that it could show nothing.
fn agent_without_a_screen(prefix: &Prefix) -> Result<()> {
    let shown = prefix.run(60, &[AGENT, "notice", "--until", "2100-01-01T00:00:00Z"])?;
    ensure!(
        shown.code == Some(UNAVAILABLE),
        "the notice ended with {:?}:\n{}",
        shown.code,
        shown.text
    );
    Ok(())
}
