//! The figures as tables, for `docs/backup-speed.md`.

use super::{Course, Engine, Figures, Measured};
use std::collections::BTreeMap;

const COURSES: [(Course, &str); 4] = [
    (Course::Full, "first backup"),
    (Course::Unchanged, "nothing changed"),
    (Course::Changed, "1 % changed"),
    (Course::Restore, "restore"),
];

pub(super) fn write(
    machine: &str,
    engines: &[Engine],
    figures: &Figures,
    sizes: &BTreeMap<Engine, Vec<u64>>,
) -> String {
    let mut text = format!(
        "Measured on {machine}. Medians; wall seconds, CPU seconds, peak memory in MB.\n\n| |"
    );
    for engine in engines {
        text.push_str(&format!(" {} |", engine.name()));
    }
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(engines.len())));
    for (course, name) in COURSES {
        row(&mut text, name, engines, |engine| {
            figures.get(&(course, engine.clone())).map(|all| show(all))
        });
    }
    row(&mut text, "repository afterwards, MB", engines, |engine| {
        let bytes = sizes.get(engine)?.iter().map(|bytes| *bytes as f64);
        Some(format!("{:.0}", median(bytes.collect()) / 1e6))
    });
    row(
        &mut text,
        "first backup to two destinations at once",
        engines,
        |engine| {
            let two = figures.get(&(Course::TwoDestinations, engine.clone()))?;
            let one = figures.get(&(Course::Full, engine.clone()))?;
            let wall = |all: &[Measured]| median(all.iter().map(|one| one.wall_seconds).collect());
            let ratio = wall(two) / wall(one);
            Some(format!(
                "{} ({ratio:.2} times the wall time of one)",
                show(two)
            ))
        },
    );
    text
}

fn row(
    text: &mut String,
    name: &str,
    engines: &[Engine],
    cell: impl Fn(&Engine) -> Option<String>,
) {
    text.push_str(&format!("| {name} |"));
    for engine in engines {
        text.push_str(&format!(" {} |", cell(engine).unwrap_or_default()));
    }
    text.push('\n');
}

fn show(all: &[Measured]) -> String {
    let of = |figure: fn(&Measured) -> f64| median(all.iter().map(figure).collect());
    format!(
        "{:.1}, {:.1}, {:.0}",
        of(|one| one.wall_seconds),
        of(|one| one.cpu_seconds),
        of(|one| one.peak_bytes as f64) / 1e6
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
