//! What a person sees, and what a program reads.

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use latarnik_backup::{
    GenerationRepair, GenerationSnapshot, GenerationVerification, LiveReason, MemberReport,
    MemberState, Phase, ProgressEvent, ProgressSink, PruneForecast, PruneReport, Reading,
    RestoreReport, RunOutcome, RunReport, SourceReading, TestRestoreOutcome, TestRestoreReport,
    VerificationReport, destinations::ProbeReport, retention::Plan,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{Write as _, stdout},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Findings and damages that a person sees; all of them are in the JSON.
const SHOWN: usize = 20;

/// Where results and progress go.
pub(super) struct Output {
    json: bool,
    bar: ProgressBar,
    phase: Mutex<Option<Phase>>,
}

impl Output {
    pub(super) fn new(json: bool) -> Arc<Self> {
        let bar = ProgressBar::no_length();
        // It draws on a terminal only, and on standard error: results go to standard output.
        bar.set_draw_target(if json {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        });
        Arc::new(Self {
            json,
            bar,
            phase: Mutex::new(None),
        })
    }

    pub(super) fn progress(self: &Arc<Self>) -> Arc<dyn ProgressSink> {
        Arc::<Self>::clone(self) as _
    }

    pub(super) fn run(&self, report: &RunReport) -> anyhow::Result<()> {
        self.tell("run", report, || {
            let outcome = match report.outcome {
                RunOutcome::Succeeded => "succeeded",
                RunOutcome::Partial => "partial: not everything could be read",
            };
            let mut text = format!(
                "Run           {outcome}\n\
                 Snapshot      {}\n\
                 Files         {} ({} new, {} changed)\n\
                 Size          {}\n\
                 Added         {}, {} stored",
                report.snapshot,
                report.files,
                report.new_files,
                report.changed_files,
                bytes(report.bytes),
                bytes(report.added_bytes),
                bytes(report.stored_bytes),
            );
            text.push_str(&sources(&report.sources));
            text.push_str(&members(&report.destinations));
            for finding in report.named_findings.iter().take(SHOWN) {
                let kind = word(&finding.kind);
                write!(
                    text,
                    "\n{kind:<13} {}: {}",
                    finding.path.display(),
                    finding.detail
                )
                .ok();
            }
            text.push_str(&more(report.findings));
            text
        })
    }

    pub(super) fn snapshots(&self, snapshots: &[GenerationSnapshot]) -> anyhow::Result<()> {
        self.tell("snapshots", snapshots, || {
            if snapshots.is_empty() {
                return "There are no snapshots.".to_owned();
            }
            let mut text = format!(
                "{:<10}{:<22}{:<13}{:<16}{:>9}{:>12}",
                "ID", "Time (UTC)", "Kind", "Job", "Files", "Size"
            );
            let has_several = has_several(snapshots.iter().map(|one| one.generation));
            for GenerationSnapshot {
                generation,
                snapshot,
            } in snapshots
            {
                let kind = snapshot.kind.as_ref().map_or_else(|| "-".to_owned(), word);
                let mark = if snapshot.is_partial { "  partial" } else { "" };
                write!(
                    text,
                    "\n{:<10}{:<22}{kind:<13}{:<16}{:>9}{:>12}{mark}",
                    snapshot.id.get(..8).unwrap_or(&snapshot.id),
                    snapshot.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                    snapshot.job,
                    snapshot.files,
                    bytes(snapshot.bytes),
                )
                .ok();
                if has_several {
                    write!(text, "  generation {generation}").ok();
                }
            }
            text
        })
    }

    pub(super) fn restored(&self, report: &RestoreReport) -> anyhow::Result<()> {
        self.tell("restore", report, || {
            let mut text = format!(
                "Snapshot      {}\n\
                 Restored      {} files, {}\n\
                 Kept          {} that existed",
                report.snapshot,
                report.files,
                bytes(report.bytes),
                report.kept,
            );
            if report.mended > 0 {
                write!(
                    text,
                    "\nDamaged       {} pieces at one destination, and whole at another: verify",
                    report.mended
                )
                .ok();
            }
            for finding in report.named_findings.iter().take(SHOWN) {
                let path = finding.path.display();
                write!(text, "\nNot restored  {path}: {}", finding.detail).ok();
            }
            text.push_str(&more(report.findings));
            text
        })
    }

    pub(super) fn verification(&self, reports: &[GenerationVerification]) -> anyhow::Result<()> {
        self.tell("verification", reports, || {
            let has_several = has_several(reports.iter().map(|one| one.generation));
            let text: String = reports
                .iter()
                .map(|one| title(has_several, one.generation) + &verified(&one.report))
                .collect();
            text.trim_end().to_owned()
        })
    }

    pub(super) fn repair(&self, reports: &[GenerationRepair]) -> anyhow::Result<()> {
        self.tell("repair", reports, || {
            let mut text = String::new();
            let has_several = has_several(reports.iter().map(|one| one.generation));
            for GenerationRepair { generation, report } in reports {
                let title = title(has_several, *generation);
                text.push_str(&title);
                text.push_str(&verified(&report.found));
                for file in report.named_mended.iter().take(SHOWN) {
                    writeln!(text, "mended        {file}").ok();
                }
                if report.mended_files > 0 {
                    text.push_str("now           ");
                    text.push_str(&verified(&report.left));
                }
            }
            text.trim_end().to_owned()
        })
    }

    pub(super) fn test_restore(&self, report: &TestRestoreReport) -> anyhow::Result<()> {
        self.tell("test_restore", report, || {
            let outcome = match report.outcome {
                TestRestoreOutcome::Passed => "passed",
                TestRestoreOutcome::Failed => "FAILED",
            };
            let mut text = format!(
                "Test restore  {outcome}\n\
                 Snapshot      {} of {}\n\
                 Restored      {} files, {} in {} ms ({}/s)\n\
                 Compared      {} with the source's hashes, {} by their pieces",
                report.snapshot,
                report.snapshot_time.strftime("%Y-%m-%d %H:%M:%S UTC"),
                report.files,
                bytes(report.bytes),
                report.restore_ms,
                bytes(report.bytes_per_second),
                report.compared_with_source,
                report.compared_by_pieces,
            );
            for mismatch in report.named_mismatches.iter().take(SHOWN) {
                let kind = word(&mismatch.kind);
                write!(
                    text,
                    "\n{kind:<13} {}: {}",
                    mismatch.path.display(),
                    mismatch.detail
                )
                .ok();
            }
            text.push_str(&more(report.mismatches));
            text
        })
    }

    pub(super) fn plan(&self, plan: &Plan<String>, forecast: &PruneForecast) -> anyhow::Result<()> {
        let kept: Vec<&String> = plan.keep.iter().map(|kept| &kept.id).collect();
        let shown = json!({ "keep": kept, "remove": plan.remove, "forecast": forecast });
        self.tell("plan", &shown, || {
            let mut text = format!("{} stay, {} would go", kept.len(), plan.remove.len());
            for id in &plan.remove {
                write!(text, "\nWould go      {id}").ok();
            }
            write!(
                text,
                "\nWould free    {}, rewriting {}",
                bytes(forecast.freed_bytes),
                bytes(forecast.rewritten_bytes),
            )
            .ok();
            if forecast.left_bytes > 0 {
                let left = bytes(forecast.left_bytes);
                write!(text, "\nWould stay    {left} that nothing needs").ok();
            }
            for generation in &forecast.deleted_generations {
                write!(text, "\nWould go      generation {generation}, whole").ok();
            }
            text
        })
    }

    pub(super) fn pruned(&self, report: &PruneReport) -> anyhow::Result<()> {
        self.tell("prune", report, || {
            let mut text = format!(
                "Snapshots     {} deleted, {} left\n\
                 Freed         {}\n\
                 Rewritten     {}",
                report.removed_snapshots,
                report.kept_snapshots,
                bytes(report.freed_bytes),
                bytes(report.rewritten_bytes),
            );
            for gone in &report.deleted_generations {
                let number = gone.generation;
                if gone.waiting.is_empty() {
                    write!(
                        text,
                        "\nGeneration {number}  is deleted everywhere: remove it from the job"
                    )
                } else {
                    let waiting = gone.waiting.join(", ");
                    write!(
                        text,
                        "\nGeneration {number}  is deleted, but not at {waiting}: leave it in the job"
                    )
                }
                .ok();
            }
            text
        })
    }

    pub(super) fn probes(&self, reports: &[(String, ProbeReport)]) -> anyhow::Result<()> {
        let shown: Vec<Value> = reports
            .iter()
            .map(|(name, report)| json!({ "name": name, "report": report }))
            .collect();
        self.tell("probe", &shown, || {
            let mut text = String::new();
            for (name, report) in reports {
                let answer = match &report.problem {
                    Some(problem) => format!("{}: {}", problem.code, problem.detail),
                    None => "usable".to_owned(),
                };
                write!(text, "{name:<13} {} {answer}", report.location).ok();
                if let Some(latency) = report.latency_ms {
                    write!(text, ", {latency} ms").ok();
                }
                if let Some(space) = report.space {
                    write!(text, ", {} free", bytes(space.free_bytes)).ok();
                }
                text.push('\n');
            }
            text.trim_end().to_owned()
        })
    }

    pub(super) fn written(&self, paths: &[String]) -> anyhow::Result<()> {
        self.tell("recovery_kit", paths, || {
            format!("Written       {}", paths.join("\n              "))
        })
    }

    /// One line of JSON, or a text.
    pub(super) fn tell<T: Serialize + ?Sized>(
        &self,
        kind: &str,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        let line = if self.json {
            json!({ "type": kind, kind: value }).to_string()
        } else {
            text()
        };
        writeln!(stdout(), "{line}").context("standard output is closed")
    }
}

impl ProgressSink for Output {
    fn progress(&self, event: ProgressEvent) {
        if self.json {
            let line = json!({ "type": "progress", "progress": event });
            // Whoever stopped reading is told by the result.
            writeln!(stdout(), "{line}").ok();
            return;
        }
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if *phase != Some(event.phase) {
            *phase = Some(event.phase);
            self.bar.reset();
            self.bar.enable_steady_tick(Duration::from_millis(200));
            self.bar.set_style(style(event.total_bytes.is_some()));
        }
        if let Some(total) = event.total_bytes {
            if self.bar.length().is_none() {
                self.bar.set_style(style(true));
            }
            self.bar.set_length(total.max(event.bytes));
        }
        self.bar.set_position(event.bytes);
        let path = event.path.unwrap_or_default();
        self.bar.set_prefix(word(&event.phase));
        self.bar
            .set_message(format!("{} files  {}", event.files, path.display()));
    }
}

fn style(is_measured: bool) -> ProgressStyle {
    let template = if is_measured {
        "{prefix} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} {wide_msg}"
    } else {
        "{prefix} {spinner} {bytes} {bytes_per_sec} {wide_msg}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// How each folder was read. Where shadow copies do not exist there is nothing to say of them.
fn sources(sources: &[SourceReading]) -> String {
    let mut text = String::new();
    let mut is_mixed = false;
    for source in sources {
        let path = source.path.display();
        match &source.reading {
            Reading::ShadowCopy => write!(text, "\nShadow copy   {path}").ok(),
            Reading::Live(live) if live.reason == LiveReason::UnsupportedSystem => None,
            Reading::Live(live) => {
                is_mixed = true;
                write!(text, "\nRead live     {path}: no shadow copy, {live}").ok()
            }
        };
    }
    if is_mixed {
        text.push_str("\nConsistency   not crash-consistent: files may be of different moments");
    }
    text
}

/// Whether generations need to be told apart.
fn has_several(generations: impl Iterator<Item = u32>) -> bool {
    let mut generations = generations;
    let first = generations.next();
    generations.any(|other| Some(other) != first)
}

/// What stands in front of a line about a generation.
fn title(has_several: bool, generation: u32) -> String {
    if has_several {
        format!("Generation {generation}, ")
    } else {
        String::new()
    }
}

pub(super) fn members(members: &[MemberReport]) -> String {
    members.iter().fold(String::new(), |mut text, member| {
        let state = match &member.state {
            MemberState::InStep => "has everything".to_owned(),
            MemberState::Behind { code } => format!("is behind: {}", word(code)),
        };
        write!(
            text,
            "\nDestination   {} ({}) {state}",
            member.name, member.location
        )
        .ok();
        text
    })
}

fn verified(report: &VerificationReport) -> String {
    let name = &report.destination;
    if let Some(code) = &report.unexamined {
        return format!("{name:<13} not examined, as it is behind: {}\n", word(code));
    }
    let mut text = format!(
        "{name:<13} {} snapshots; {} files read, {}; {} damaged\n",
        report.snapshots,
        report.files_read,
        bytes(report.bytes_read),
        report.damages,
    );
    for damage in report.named_damages.iter().take(SHOWN) {
        let kind = word(&damage.kind);
        writeln!(text, "{kind:<13} {} {}", damage.file, damage.detail).ok();
    }
    let rest = more(report.damages);
    if !rest.is_empty() {
        writeln!(text, "{}", rest.trim_start()).ok();
    }
    text
}

/// Says how many are not shown.
fn more(all: u64) -> String {
    match all.checked_sub(SHOWN as u64) {
        Some(rest) if rest > 0 => format!("\n… and {rest} more"),
        _ => String::new(),
    }
}

/// The word of a code.
fn word<T: Serialize>(code: &T) -> String {
    match serde_json::to_value(code) {
        Ok(Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

fn bytes(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
