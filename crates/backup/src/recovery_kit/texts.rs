//! What the page says: one table for each language. A text that one of them lacks does not compile.

mod en;
mod pl;

use super::Language;

/// The table of a language.
pub(super) fn of(language: Language) -> &'static Texts {
    match language {
        Language::En => &en::TEXTS,
        Language::Pl => &pl::TEXTS,
    }
}

/// A text with its `{placeholders}` filled in.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(before);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {
        /// Every text of the page.
        pub(super) struct Texts {
            $(pub(super) $name: &'static str,)*
        }

        impl Texts {
            #[cfg(test)]
            fn named(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

texts! {
    title,
    subtitle,
    organization,
    device,
    job,
    made_at,
    repository_id,
    secrecy,
    secrecy_who,
    secrecy_where,
    secrecy_lost,
    passwords,
    password_current,
    password_previous,
    password_older,
    password_reading,
    password_check,
    password_code,
    line_check,
    whole_check,
    destinations,
    destinations_any,
    older_generation,
    older_generation_note,
    kind_local,
    kind_s3,
    kind_sftp,
    kind_ftp,
    kind_smb,
    values_reading,
    on_linux,
    on_windows,
    obscure_note,
    arguments,
    arguments_note,
    asked_for,
    host_key,
    file,
    file_note,
    prepare,
    prepare_linux,
    prepare_windows,
    destination_code,
    code_too_long,
    steps,
    steps_note,
    step_install,
    step_install_text,
    step_install_rclone,
    step_set,
    step_set_text,
    step_set_obscured,
    step_password,
    step_password_text,
    step_list,
    step_list_text,
    step_check,
    step_check_text,
    step_restore,
    step_restore_text,
    step_restore_more,
    step_arguments,
    example_value,
    example_snapshot,
    example_password_line,
    record,
    record_deposited,
    record_checked,
    record_date,
    record_place,
    record_name,
    footer,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn texts_have_the_same_placeholders_in_every_language() {
        for ((name, english), (_, polish)) in en::TEXTS.named().iter().zip(pl::TEXTS.named()) {
            assert!(!english.is_empty() && !polish.is_empty(), "{name}");
            assert_eq!(placeholders(english), placeholders(polish), "{name}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(filled("1 {a} 2 {b} 3 {c}4", &values), "1 {b} 2 x 3 4");
    }
}
