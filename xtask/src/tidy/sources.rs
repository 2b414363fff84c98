//! What source texts may not contain, and how files may not be called.

use super::{TextFile, Violation, rust_text};

/// The only homes of operating-system code. The backup engine is of use without the product, and
/// so without its platform; servers for tests run where there is a Unix.
const SYSTEM_CRATES: &[&str] = &[
    "crates/backup/",
    "crates/platform/",
    "crates/test-servers/",
    "crates/windows-update-double/",
];
const SYSTEM_WORDS: &[&str] = &["windows", "unix", "target_os", "target_family"];
const VAGUE_NAMES: &[&str] = &["utils", "helpers", "helper", "common", "manager", "misc"];
/// Split, so that this file keeps its own rule.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    files.iter().flat_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let is_source =
        file.has_extension(&["rs", "ts", "tsx", "mjs", "js", "css", "sql", "sh", "toml"]);
    let is_generated = file.path.contains("/generated/");
    let stem = file.file_name().split('.').next().unwrap_or_default();
    if is_source && VAGUE_NAMES.contains(&stem) {
        violations.push(Violation::new(
            &file.path,
            "the name says nothing: name it after its noun",
        ));
    }
    if is_source && !is_generated {
        for word in UNFINISHED {
            report(
                &mut violations,
                file,
                &file.text,
                word,
                "finish it, or write an issue",
            );
        }
    }
    if file.has_extension(&["rs"]) {
        check_rust(file, &mut violations);
    } else if file.has_extension(&["ts", "tsx"]) && !is_generated {
        report(
            &mut violations,
            file,
            &file.text,
            ".only(",
            "runs one test and hides the others",
        );
    }
    violations
}

fn check_rust(file: &TextFile, violations: &mut Vec<Violation>) {
    let code = rust_text::code_of(&file.text);
    for word in ["todo!", "unimplemented!", "dbg!"] {
        report(
            violations,
            file,
            &code,
            word,
            "does not belong into finished code",
        );
    }
    report(
        violations,
        file,
        &code,
        "#[ignore",
        "a test that never runs proves nothing",
    );
    if file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs") {
        let opens_with_doc = file.text.trim_start().starts_with("//!");
        if !opens_with_doc {
            violations.push(Violation::new(
                &file.path,
                "opens without the crate's documentation",
            ));
        }
    }
    if SYSTEM_CRATES.iter().any(|home| file.path.starts_with(home)) {
        return;
    }
    report(
        violations,
        file,
        &code,
        "unsafe",
        "belongs into crates/platform",
    );
    for (line, condition) in conditions(&code) {
        if SYSTEM_WORDS
            .iter()
            .any(|word| positions(&condition, word).next().is_some())
        {
            let place = format!("{}:{line}", file.path);
            violations.push(Violation::new(
                place,
                "asks for the operating system: that belongs into crates/platform",
            ));
        }
    }
}

/// Every `cfg(…)`, `cfg!(…)` and `cfg_attr(…)` with its line.
fn conditions(code: &str) -> Vec<(usize, String)> {
    ["cfg", "cfg_attr"]
        .into_iter()
        .flat_map(|word| positions(code, word).map(move |at| (at, word.len())))
        .filter_map(|(at, length)| {
            let tail = code.get(at + length..)?;
            let condition = tail.strip_prefix('!').unwrap_or(tail).strip_prefix('(')?;
            Some((line_of(code, at), balanced(condition).to_owned()))
        })
        .collect()
}

fn balanced(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

fn report(violations: &mut Vec<Violation>, file: &TextFile, text: &str, word: &str, why: &str) {
    for at in positions(text, word) {
        let place = format!("{}:{}", file.path, line_of(text, at));
        violations.push(Violation::new(place, format!("`{word}`: {why}")));
    }
}

/// Where `word` stands by itself.
fn positions<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text
                .get(at + word.len()..)
                .and_then(|text| text.chars().next());
            let starts_as_word = word.chars().next().is_some_and(is_word);
            let ends_as_word = word.chars().next_back().is_some_and(is_word);
            let continues_before = starts_as_word && before.is_some_and(is_word);
            let continues_after = ends_as_word && after.is_some_and(is_word);
            !continues_before && !continues_after
        })
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at)
        .map_or(1, |before| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn operating_system_conditions_live_in_platform_alone() {
        for condition in [
            "#[cfg(windows)]",
            "#[cfg(not(unix))]",
            "if cfg!(target_os = \"x\") {}",
            "#[cfg_attr(windows, a)]",
        ] {
            let text = format!("{condition}\nfn a() {{}}\n");
            assert_eq!(
                found("crates/agent/src/a.rs", &text).len(),
                1,
                "{condition}"
            );
            assert_eq!(found("crates/platform/src/a.rs", &text), [""; 0]);
        }
        assert_eq!(
            found("crates/agent/src/a.rs", "#[cfg(test)]\nmod windows {}\n"),
            [""; 0]
        );
    }

    #[test]
    fn unsafe_code_lives_in_platform_alone() {
        let text = "fn a() {\n    unsafe { b() }\n}\n";
        assert_eq!(
            found("crates/app/src/a.rs", text),
            ["crates/app/src/a.rs:2: `unsafe`: belongs into crates/platform"]
        );
        assert_eq!(found("crates/platform/src/a.rs", text), [""; 0]);
        assert_eq!(
            found("crates/app/src/a.rs", "#![forbid(unsafe_code)] // unsafe\n"),
            [""; 0]
        );
    }

    #[test]
    fn unfinished_code_is_found() {
        for line in [
            "todo!()",
            "unimplemented!()",
            "dbg!(1)",
            "#[ignore]",
            "#[ignore = \"later\"]",
        ] {
            assert_eq!(found("crates/app/src/a.rs", line).len(), 1, "{line}");
        }
        assert_eq!(
            found("crates/app/src/a.rs", concat!("// TO", "DO: later")).len(),
            1
        );
        assert_eq!(found("console/src/a.ts", concat!("// FIX", "ME")).len(), 1);
        assert_eq!(found("crates/app/src/a.rs", "\"todo!()\""), [""; 0]);
    }

    #[test]
    fn no_test_runs_alone() {
        assert_eq!(found("console/e2e/a.spec.ts", "test.only('a', b)").len(), 1);
    }

    #[test]
    fn names_say_what_a_file_is() {
        assert_eq!(found("crates/app/src/utils.rs", "").len(), 1);
        assert_eq!(found("console/src/helpers.ts", "").len(), 1);
        assert_eq!(found("crates/app/src/window.rs", ""), [""; 0]);
    }

    #[test]
    fn every_crate_opens_with_its_documentation() {
        assert_eq!(found("crates/app/src/lib.rs", "mod a;\n").len(), 1);
        assert_eq!(
            found("crates/app/src/lib.rs", "//! Use cases.\nmod a;\n"),
            [""; 0]
        );
    }
}
