//! How to restore, step by step, for somebody who has never seen Latarnik.

use super::{heading, paragraph};
use crate::recovery_kit::{
    Access, DestinationEntry, RecoveryFile,
    access::in_shell,
    file::{CHECK_PASSWORD_ON_LINUX, CHECK_PASSWORD_ON_WINDOWS},
    html::Html,
    texts::{Texts, filled},
};

pub(super) fn steps(file: &RecoveryFile, texts: &Texts) -> Html {
    let steps = [
        install(file, texts),
        set(&file.destinations, texts),
        step(
            texts.step_password,
            [
                paragraph("", texts.step_password_text),
                systems(
                    &[
                        "IFS= read -r RESTIC_PASSWORD",
                        "export RESTIC_PASSWORD",
                        CHECK_PASSWORD_ON_LINUX,
                    ],
                    &[
                        "$env:RESTIC_PASSWORD = Read-Host",
                        CHECK_PASSWORD_ON_WINDOWS,
                    ],
                ),
            ],
        ),
        step(
            texts.step_list,
            [
                paragraph("", texts.step_list_text),
                systems(&["restic snapshots"], &["restic snapshots"]),
                arguments_example(&file.destinations, texts),
            ],
        ),
        step(
            texts.step_check,
            [
                paragraph("", texts.step_check_text),
                systems(&["restic check --read-data"], &["restic check --read-data"]),
            ],
        ),
        restore(texts),
    ];
    Html::all([
        Html::element("h2", "new-page", Html::text(texts.steps)),
        paragraph("note", texts.steps_note),
        Html::element("ol", "steps", Html::all(steps)),
    ])
}

/// Arguments as both `sh` and PowerShell take them.
pub(super) fn arguments(options: &[String]) -> String {
    let quoted = |option: &String| {
        if option.contains(' ') {
            in_shell(option)
        } else {
            option.clone()
        }
    };
    options.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn step(title: &str, content: impl IntoIterator<Item = Html>) -> Html {
    let content = Html::all(content);
    Html::element("li", "", Html::all([heading("h3", title), content]))
}

fn systems(linux: &[&str], windows: &[&str]) -> Html {
    let content = if linux == windows {
        system("Linux, Windows", linux)
    } else {
        Html::all([system("Linux", linux), system("Windows", windows)])
    };
    Html::element("div", "systems", content)
}

fn system(name: &str, commands: &[&str]) -> Html {
    let commands = commands
        .iter()
        .map(|command| Html::inline("code", "command", command));
    let content = Html::all([paragraph("", name), Html::all(commands)]);
    Html::element("div", "", content)
}

fn install(file: &RecoveryFile, texts: &Texts) -> Html {
    let version = [("version", file.repository.restic_from.as_str())];
    let mut text = filled(texts.step_install_text, &version);
    let mut linux = vec!["sudo apt install restic"];
    let mut windows = vec!["winget install --exact --id restic.restic"];
    let needs_rclone = |destination: &DestinationEntry| {
        destination.linux.needs_rclone() || destination.windows.needs_rclone()
    };
    if file.destinations.iter().any(needs_rclone) {
        text = format!("{text} {}", texts.step_install_rclone);
        linux.push("sudo apt install rclone");
        windows.push("winget install --exact --id Rclone.Rclone");
    }
    let content = [paragraph("", &text), systems(&linux, &windows)];
    step(texts.step_install, content)
}

fn set(destinations: &[DestinationEntry], texts: &Texts) -> Html {
    let section = [("section", texts.destinations)];
    let value = texts.example_value;
    let linux = format!("export RESTIC_REPOSITORY='{value}'");
    let windows = format!("$env:RESTIC_REPOSITORY = '{value}'");
    let mut content = vec![
        paragraph("", &filled(texts.step_set_text, &section)),
        systems(&[&linux], &[&windows]),
    ];
    let obscured = destinations
        .iter()
        .flat_map(|destination| destination.linux.obscured_environment.keys())
        .next();
    if let Some(name) = obscured {
        let password = texts.example_password_line;
        content.push(paragraph("", texts.step_set_obscured));
        content.push(systems(
            &[&format!(
                "export {name}=\"$(rclone obscure -- '{password}')\""
            )],
            &[&format!("$env:{name} = rclone obscure -- '{password}'")],
        ));
    }
    step(texts.step_set, content)
}

fn arguments_example(destinations: &[DestinationEntry], texts: &Texts) -> Html {
    let access: Option<&Access> = destinations
        .iter()
        .map(|destination| &destination.linux)
        .find(|access| !access.options.is_empty());
    let Some(access) = access else {
        return Html::default();
    };
    let command = format!("restic {} snapshots", arguments(&access.options));
    Html::all([
        paragraph("", texts.step_arguments),
        Html::inline("code", "command", &command),
    ])
}

fn restore(texts: &Texts) -> Html {
    let id = texts.example_snapshot;
    step(
        texts.step_restore,
        [
            paragraph("", texts.step_restore_text),
            systems(
                &[&format!("restic restore {id} --target /restored")],
                &[&format!(r"restic restore {id} --target C:\Restored")],
            ),
            paragraph("", texts.step_restore_more),
        ],
    )
}
