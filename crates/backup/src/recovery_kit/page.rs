//! The page to print.

mod steps;

use super::{
    Access, DestinationEntry, GenerationEntry, KeyStanding, Language, OlderRepository,
    RecoveryFile, RecoveryKit, RepositoryKey, check_code,
    html::Html,
    qr,
    texts::{Texts, filled},
    typing_lines,
};
use std::collections::BTreeMap;

const STYLE: &str = include_str!("page.css");

pub(super) fn page(
    kit: &RecoveryKit,
    file: &RecoveryFile,
    texts: &Texts,
    language: Language,
) -> String {
    let body = Html::all([
        head(kit, texts),
        secrecy(texts),
        passwords(&kit.keys, texts),
        destinations(&file.destinations, texts),
        Html::all(
            kit.older
                .iter()
                .zip(&file.older_generations)
                .map(|(older, entry)| older_generation(older, entry, texts)),
        ),
        steps::steps(file, texts),
        record(texts),
        paragraph(
            "footer",
            &filled(
                texts.footer,
                &[("version", &file.repository.format_version.to_string())],
            ),
        ),
    ]);
    let title = format!("{}: {}, {}", texts.title, kit.device, kit.job);
    Html::document(language.code(), &title, STYLE, body)
}

fn paragraph(class: &'static str, text: &str) -> Html {
    Html::element("p", class, Html::text(text))
}

fn heading(tag: &'static str, text: &str) -> Html {
    Html::element(tag, "", Html::text(text))
}

fn head(kit: &RecoveryKit, texts: &Texts) -> Html {
    let made_at = kit.made_at.strftime("%Y-%m-%d %H:%M (UTC%:z)").to_string();
    let facts = [
        (texts.organization, kit.organization.as_str(), "wide"),
        (texts.device, &kit.device, ""),
        (texts.job, &kit.job, ""),
        (texts.made_at, &made_at, "wide"),
        (texts.repository_id, &kit.repository_id, "wide id"),
    ];
    let facts = facts.map(|(name, value, class)| {
        Html::all([
            Html::element("dt", "", Html::text(name)),
            Html::element("dd", class, Html::text(value)),
        ])
    });
    Html::all([
        heading("h1", texts.title),
        paragraph("subtitle", texts.subtitle),
        Html::element("dl", "facts", Html::all(facts)),
    ])
}

fn secrecy(texts: &Texts) -> Html {
    let content = Html::all([
        heading("h2", texts.secrecy),
        paragraph("", texts.secrecy_who),
        paragraph("", texts.secrecy_where),
        paragraph("", texts.secrecy_lost),
    ]);
    Html::element("section", "secrecy", content)
}

fn passwords(keys: &[RepositoryKey], texts: &Texts) -> Html {
    let cards = keys.iter().map(|key| {
        let standing = match key.standing {
            KeyStanding::Current => texts.password_current,
            KeyStanding::Previous => texts.password_previous,
        };
        password(key, standing, texts)
    });
    let reading = format!("{} {}", texts.password_reading, texts.whole_check);
    Html::all([
        heading("h2", texts.passwords),
        Html::all(cards),
        paragraph("note", &reading),
    ])
}

/// Snapshots that were made before the current repository began.
fn older_generation(older: &OlderRepository, entry: &GenerationEntry, texts: &Texts) -> Html {
    let generation = entry.generation.to_string();
    let generation = [("generation", generation.as_str())];
    let id = format!("{}: {}", texts.repository_id, older.repository_id);
    let cards = entry.destinations.iter();
    Html::all([
        heading("h2", &filled(texts.older_generation, &generation)),
        paragraph("note", texts.older_generation_note),
        paragraph("older-id", &id),
        password(&older.key, texts.password_older, texts),
        Html::all(cards.map(|entry| destination(entry, texts))),
    ])
}

fn password(key: &RepositoryKey, standing: &'static str, texts: &Texts) -> Html {
    let generation = key.generation.to_string();
    let password = key.password.reveal();
    let lines = typing_lines(password).into_iter().map(|line| {
        let groups = line.groups.iter().map(|group| {
            let marked = Html::all(group.chars().map(marked));
            Html::element("td", "", marked)
        });
        let check = format!("{}: {}", texts.line_check, line.check);
        // A short last line still has its check code below those of the others.
        let missing = (line.groups.len()..4).map(|_| Html::element("td", "", Html::default()));
        let check = Html::element("td", "check", Html::text(&check));
        let cells = groups.chain(missing).chain([check]);
        Html::element("tr", "", Html::all(cells))
    });
    let code = check_code(password);
    let text = Html::all([
        heading("h3", &filled(standing, &[("generation", &generation)])),
        Html::element("table", "typed", Html::all(lines)),
        paragraph("whole", &filled(texts.password_check, &[("code", &code)])),
    ]);
    card(
        text,
        "code",
        qr::code(password, texts.password_code),
        texts.password_code,
        texts,
    )
}

/// Digits are marked, so that nobody takes a zero for an O; a space can be seen.
fn marked(character: char) -> Html {
    let mut buffer = [0; 4];
    match character {
        ' ' => Html::text("␣"),
        '0'..='9' => Html::inline("u", "", character.encode_utf8(&mut buffer)),
        _ => Html::text(character.encode_utf8(&mut buffer)),
    }
}

/// A text with a code at its side.
fn card(text: Html, class: &'static str, code: Option<Html>, label: &str, texts: &Texts) -> Html {
    let code = match code {
        Some(drawing) => Html::all([drawing, paragraph("", label)]),
        None => paragraph("", texts.code_too_long),
    };
    let parts = [
        Html::element("div", "", text),
        Html::element("div", class, code),
    ];
    Html::element("section", "card", Html::all(parts))
}

fn destinations(destinations: &[DestinationEntry], texts: &Texts) -> Html {
    let reading = match destinations.len() {
        1 => texts.values_reading.to_owned(),
        _ => format!("{} {}", texts.destinations_any, texts.values_reading),
    };
    Html::all([
        heading("h2", texts.destinations),
        paragraph("note", &reading),
        Html::all(destinations.iter().map(|entry| destination(entry, texts))),
    ])
}

fn destination(entry: &DestinationEntry, texts: &Texts) -> Html {
    let kind = match entry.kind.as_str() {
        "s3" => texts.kind_s3,
        "sftp" => texts.kind_sftp,
        "ftp" => texts.kind_ftp,
        "smb" => texts.kind_smb,
        _ => texts.kind_local,
    };
    let name = Html::all([Html::text(&entry.name), Html::inline("span", "kind", kind)]);
    let rows = if entry.linux.is_like(&entry.windows) {
        Html::all([
            access(&entry.linux, texts),
            prepare(texts.prepare_linux, &entry.linux),
            prepare(texts.prepare_windows, &entry.windows),
        ])
    } else {
        Html::all([
            system(texts.on_linux),
            access(&entry.linux, texts),
            prepare(texts.prepare, &entry.linux),
            system(texts.on_windows),
            prepare(texts.prepare, &entry.windows),
            access(&entry.windows, texts),
        ])
    };
    let text = Html::all([
        Html::element("h3", "", name),
        Html::element("table", "values", rows),
        files(&entry.linux, texts),
    ]);
    let code = qr::code(&payload(&entry.linux), texts.destination_code);
    card(text, "wide-code", code, texts.destination_code, texts)
}

/// What the code of a destination holds: the same object as in the file, without its files.
fn payload(access: &Access) -> String {
    let short = Access {
        files: Vec::new(),
        rclone_config: None,
        ..access.clone()
    };
    // Strings and maps with strings for keys: nothing that JSON cannot say.
    serde_json::to_string(&short).unwrap_or_default()
}

fn row(name: &str, note: &str, value: &str) -> Html {
    let note = if note.is_empty() {
        Html::default()
    } else {
        Html::inline("small", "", note)
    };
    let is_variable = name
        .chars()
        .all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c));
    let name = if is_variable {
        Html::inline("code", "", name)
    } else {
        Html::text(name)
    };
    let cells = [
        Html::element("th", "", Html::all([name, note])),
        Html::element("td", "", Html::inline("code", "", value)),
    ];
    Html::element("tr", "", Html::all(cells))
}

/// What follows holds for one operating system alone.
fn system(name: &str) -> Html {
    Html::element("tr", "", Html::element("th", "system", Html::text(name)))
}

fn access(access: &Access, texts: &Texts) -> Html {
    let variables = |variables: &BTreeMap<String, String>, note: &'static str| {
        let rows = variables
            .iter()
            .map(move |(name, value)| row(name, note, value));
        Html::all(rows)
    };
    let mut rows = vec![
        row("RESTIC_REPOSITORY", "", &access.repository),
        variables(&access.environment, ""),
        variables(&access.obscured_environment, texts.obscure_note),
    ];
    if !access.options.is_empty() {
        let options = steps::arguments(&access.options);
        rows.push(row(texts.arguments, texts.arguments_note, &options));
    }
    if let Some(asked) = &access.asked_for {
        let name = filled(texts.asked_for, &[("program", &asked.program)]);
        rows.push(row(&name, "", asked.password.reveal()));
    }
    if let Some(key) = &access.host_key {
        rows.push(row(texts.host_key, "", key));
    }
    Html::all(rows)
}

/// Files below the table, as wide as it is: the lines of a key must not be broken.
fn files(access: &Access, texts: &Texts) -> Html {
    let files = access.files.iter().map(|file| {
        let name = filled(texts.file, &[("name", &file.name)]);
        Html::all([
            paragraph("file-name", &format!("{name}: {}", texts.file_note)),
            Html::element("pre", "", Html::text(file.contents.reveal().trim_end())),
        ])
    });
    Html::all(files)
}

fn prepare(name: &str, access: &Access) -> Html {
    Html::all(access.prepare.iter().map(|command| row(name, "", command)))
}

fn record(texts: &Texts) -> Html {
    let names = ["", texts.record_date, texts.record_place, texts.record_name];
    let names = names.map(|name| Html::element("th", "", Html::text(name)));
    let lines = [texts.record_deposited, texts.record_checked].map(|line| {
        let cells = [line, "", "", ""].map(|text| Html::element("td", "", Html::text(text)));
        Html::element("tr", "", Html::all(cells))
    });
    let rows = Html::all([Html::element("tr", "", Html::all(names)), Html::all(lines)]);
    let parts = [
        heading("h2", texts.record),
        Html::element("table", "record", rows),
    ];
    Html::element("section", "keep", Html::all(parts))
}
