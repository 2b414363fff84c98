//! Polish and English say the same: equal keys, equal placeholders, every plural form.

use super::{TextFile, Violation};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const ENGLISH: &str = "console/src/i18n/en.json";
const POLISH: &str = "console/src/i18n/pl.json";
const PLURAL_FORMS: &[&str] = &["zero", "one", "two", "few", "many", "other"];

/// The texts under one key; plural forms share theirs.
#[derive(Debug, Default)]
struct Entry {
    forms: BTreeMap<String, String>,
}

pub(super) fn check_files(files: &[TextFile]) -> Result<Vec<Violation>> {
    let read = |path: &str| -> Result<Value> {
        let file = files.iter().find(|file| file.path == path);
        let file = file.with_context(|| format!("{path} is missing"))?;
        serde_json::from_str(&file.text).with_context(|| format!("{path} is no JSON"))
    };
    Ok(check(&read(ENGLISH)?, &read(POLISH)?))
}

fn check(english: &Value, polish: &Value) -> Vec<Violation> {
    let (english, polish) = (entries(english), entries(polish));
    let mut violations = Vec::new();
    missing_keys(ENGLISH, &english, &polish, &mut violations);
    missing_keys(POLISH, &polish, &english, &mut violations);
    check_forms(ENGLISH, &english, &["one", "other"], &mut violations);
    check_forms(
        POLISH,
        &polish,
        &["one", "few", "many", "other"],
        &mut violations,
    );
    for (key, entry) in &english {
        if let Some(other) = polish.get(key)
            && placeholders(entry) != placeholders(other)
        {
            let message = format!("`{key}` has other placeholders than in English");
            violations.push(Violation::new(POLISH, message));
        }
    }
    violations
}

fn missing_keys(
    path: &str,
    have: &BTreeMap<String, Entry>,
    other: &BTreeMap<String, Entry>,
    violations: &mut Vec<Violation>,
) {
    for key in other.keys().filter(|key| !have.contains_key(*key)) {
        violations.push(Violation::new(path, format!("lacks `{key}`")));
    }
}

fn check_forms(
    path: &str,
    entries: &BTreeMap<String, Entry>,
    plural_forms: &[&str],
    violations: &mut Vec<Violation>,
) {
    for (key, entry) in entries {
        for (form, _) in entry
            .forms
            .iter()
            .filter(|(_, text)| text.trim().is_empty())
        {
            violations.push(Violation::new(path, format!("`{key}` ({form}) is empty")));
        }
        let is_plural = entry.forms.keys().any(|form| !form.is_empty());
        for form in plural_forms
            .iter()
            .filter(|form| is_plural && !entry.forms.contains_key(**form))
        {
            violations.push(Violation::new(
                path,
                format!("`{key}` lacks the plural form `{form}`"),
            ));
        }
    }
}

fn entries(value: &Value) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    collect("", value, &mut entries);
    entries
}

fn collect(prefix: &str, value: &Value, entries: &mut BTreeMap<String, Entry>) {
    let Value::Object(fields) = value else {
        let (key, form) = split_plural(prefix);
        let text = value.as_str().unwrap_or_default().to_owned();
        entries
            .entry(key.to_owned())
            .or_default()
            .forms
            .insert(form.to_owned(), text);
        return;
    };
    for (name, value) in fields {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        collect(&key, value, entries);
    }
}

/// `tasks_few` is the form `few` of `tasks`; a key without a plural has the form with no name.
fn split_plural(key: &str) -> (&str, &str) {
    match key.rsplit_once('_') {
        Some((base, form)) if PLURAL_FORMS.contains(&form) => (base, form),
        _ => (key, ""),
    }
}

/// The names in `{{name}}` and `{{name, format}}` over all forms.
fn placeholders(entry: &Entry) -> BTreeSet<&str> {
    entry
        .forms
        .values()
        .flat_map(|text| text.split("{{").skip(1))
        .filter_map(|tail| tail.split_once("}}"))
        .map(|(inside, _)| inside.split(',').next().unwrap_or(inside).trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(english: &Value, polish: &Value) -> Vec<String> {
        check(english, polish)
            .iter()
            .map(|violation| violation.message.clone())
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let english = json!({ "a": { "b": "B", "c": "C" } });
        let polish = json!({ "a": { "b": "B", "d": "D" } });
        assert_eq!(found(&english, &polish), ["lacks `a.d`", "lacks `a.c`"]);
        assert_eq!(found(&english, &english), [""; 0]);
    }

    #[test]
    fn polish_has_four_plural_forms() {
        let english = json!({ "a_one": "{{count}} x", "a_other": "{{count}} xs" });
        let polish =
            json!({ "a_one": "{{count}} x", "a_few": "{{count}} xy", "a_other": "{{count}} x" });
        assert_eq!(
            found(&english, &polish),
            ["`a` lacks the plural form `many`"]
        );
    }

    #[test]
    fn both_languages_fill_in_the_same() {
        let english = json!({ "a": "{{count, number}} of {{total}}" });
        let polish = json!({ "a": "{{count}} z {{all}}" });
        assert_eq!(
            found(&english, &polish),
            ["`a` has other placeholders than in English"]
        );
    }

    #[test]
    fn a_text_is_never_empty() {
        let texts = json!({ "a": " " });
        assert_eq!(found(&texts, &texts).len(), 2);
    }
}
