//! Shows this machine as the agent sees it, and runs as a service: the program with which the
//! Windows side is tried under Wine and, before a release, on a real Windows.
//!
//! `windows_machine facts | signals | last-restart | scan | install | take-control | give-back |
//! restart SECONDS | cancel-restart | sessions | ask SESSION SECONDS | desk |
//! notice … | service-install | service-start | service-stop | service-state | service-uninstall | serve |
//! lock FILE MARKER | hold`

#![expect(clippy::print_stdout, reason = "showing is what it is for")]

use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{
    CancelSignal, InstallRequest, LogSink, Notice, Postponement, RestartRequest, TaskProgress,
    UpdateResult, UpdateSettings,
};
use latarnik_model::Clock;
use latarnik_platform::{
    Machine,
    service::{self, Definition, Dispatch, Exit, StopRequest},
};
use std::{
    error::Error,
    fs::File,
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

const SERVICE: &str = "LatarnikTrial";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let machine = Machine::this();
    match arguments.next().unwrap_or_default().as_str() {
        "facts" => println!("{:#?}", machine.state("0.0.0").facts()?),
        "signals" => show_signals(&machine),
        "last-restart" => println!("{:#?}", machine.state("0.0.0").last_restart()),
        "take-control" => machine.updates().apply(&control())?,
        "give-back" => machine.updates().apply(&UpdateSettings::default())?,
        "scan" => {
            let found = machine.updates().scan(&Screen, &CancelSignal::default())?;
            found.iter().for_each(|update| println!("{update:#?}"));
        }
        "install" => println!(
            "{:#?}",
            machine
                .updates()
                .install(&everything(), &Screen, &CancelSignal::default())?
        ),
        "restart" => {
            let seconds = arguments.next().unwrap_or_default().parse()?;
            machine.power().schedule_restart(&RestartRequest {
                delay: Duration::from_secs(seconds),
            })?;
        }
        "cancel-restart" => machine.power().cancel_restart()?,
        "sessions" => {
            for session in machine.people(Arc::new(Now)).sessions()? {
                println!("{} {}", session.id, session.user);
            }
        }
        "ask" => {
            let session = arguments.next().unwrap_or_default();
            let seconds = arguments.next().unwrap_or_default().parse()?;
            ask(&machine, &session, seconds)?;
        }
        "desk" => desk(&machine),
        "notice" => std::process::exit(notice()?),
        "service-install" => service::install(&definition()?)?,
        "service-start" => service::start(SERVICE)?,
        "service-stop" => service::stop(SERVICE)?,
        "service-state" => println!("{:?}", service::state(SERVICE)?),
        "service-uninstall" => service::uninstall(SERVICE)?,
        "serve" => serve()?,
        "lock" => {
            let file = arguments.next().unwrap_or_default();
            let marker = arguments.next().unwrap_or_default();
            lock(&file, &marker)?;
        }
        "hold" => StopRequest::new().wait(),
        other => return Err(format!("unknown: {other:?}").into()),
    }
    Ok(())
}

/// Has a file for itself, as databases have theirs, and says so by another file.
fn lock(file: &str, marker: &str) -> Result<(), Box<dyn Error>> {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
    let _held = options.open(file)?;
    File::create(marker)?;
    StopRequest::new().wait();
    Ok(())
}

/// Asks the person of one session whether to postpone a restart that does not come.
fn ask(machine: &Machine, session: &str, seconds: i64) -> Result<(), Box<dyn Error>> {
    let people = machine.people(Arc::new(Now));
    let sessions = people.sessions()?;
    let asked = sessions.into_iter().filter(|one| one.id == session);
    let notice = restart_in(seconds);
    people.show(&notice, &asked.collect::<Vec<_>>());
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(answer) = people.answers().first() {
            println!("{:?}", answer.choice);
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("nobody answered".into())
}

fn restart_in(seconds: i64) -> Notice {
    Notice {
        until: Now.now() + SignedDuration::from_secs(seconds),
        postponement: Some(Postponement {
            minutes: 15,
            left: 2,
        }),
        may_restart_now: true,
        created_by: None,
    }
}

/// Lets a restart that does not come be postponed once, on a command line, within a minute.
fn desk(machine: &Machine) {
    let people = machine.people(Arc::new(Now));
    people.show(&restart_in(600), &[]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(answer) = people.answers().first() {
            println!("{:?}", answer.choice);
            let later = Notice {
                postponement: None,
                ..restart_in(1500)
            };
            people.show(&later, &[]);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the service starts in a person's session: notes that, and ends with the code in the file
/// `answer` beside the program, or as one that cannot show anything.
fn notice() -> Result<i32, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    std::fs::write(program.with_file_name("notice.log"), arguments.join(" "))?;
    let answer = std::fs::read_to_string(program.with_file_name("answer"));
    Ok(answer.map_or(Ok(23), |code| code.trim().parse())?)
}

struct Now;

impl Clock for Now {
    #[expect(clippy::disallowed_methods, reason = "it has no other clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

fn show_signals(machine: &Machine) {
    for signal in machine.power().restart_signals() {
        println!(
            "{:?} {:?} {:?}",
            signal.name,
            signal.name.strength(),
            signal.detail
        );
    }
}

fn everything() -> InstallRequest {
    InstallRequest::everything(Duration::from_secs(2 * 60 * 60))
}

/// Microsoft Update is searched and Windows' own updating rests, until it is given back.
fn control() -> UpdateSettings {
    UpdateSettings {
        microsoft_update: true,
        control_automatic_updates: true,
        title_languages: Vec::new(),
    }
}

fn definition() -> Result<Definition, Box<dyn Error>> {
    Ok(Definition {
        name: SERVICE.to_owned(),
        display_name: "Latarnik trial".to_owned(),
        description: "Notes its life in a file".to_owned(),
        program: std::env::current_exe()?,
        arguments: vec!["serve".to_owned()],
    })
}

/// Notes when the service starts and when it is asked to stop, in a file beside the program.
fn serve() -> Result<(), Box<dyn Error>> {
    let file = std::env::current_exe()?.with_file_name("service.log");
    let note = move |text: &str| {
        let opened = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&file);
        let _ = opened.and_then(|mut file| writeln!(file, "{text}"));
    };
    let body = move |stop: StopRequest| {
        note("started");
        stop.wait();
        note("stopping");
        Exit::Success
    };
    match service::dispatch(SERVICE, Box::new(body))? {
        Dispatch::Ended => Ok(()),
        Dispatch::NotStartedAsService(_) => {
            println!("not started as a service");
            Ok(())
        }
    }
}

struct Screen;

impl LogSink for Screen {
    fn progress(&self, progress: TaskProgress) {
        println!("{:?} % {:?}", progress.percent, progress.current);
    }
    fn log(&self, text: &str) {
        print!("{text}");
    }
    fn note(&self, _: &[UpdateResult]) {}
}
