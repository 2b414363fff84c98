//! Rust source without its comments and literals, so that a rule sees code alone.

/// Replaces comments, strings and characters by spaces; lines stay where they are.
pub(super) fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = opaque_length(rest, &code);
        if length == 0 {
            code.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let (hidden, remaining) = rest.split_at_checked(length).unwrap_or((rest, ""));
            code.extend(hidden.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = remaining;
        }
    }
    code
}

/// How many bytes at the start of `rest` are a comment or a literal.
fn opaque_length(rest: &str, before: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    let is_in_word = before
        .chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !is_in_word && let Some(length) = raw_string_length(rest) {
        return length;
    }
    if rest.starts_with('"') {
        return escaped_length(rest, '"');
    }
    if rest.starts_with('\'') {
        character_length(rest)
    } else {
        0
    }
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn raw_string_length(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix))?;
    let tail = rest.get(prefix.len()..)?;
    let hashes = tail.len() - tail.trim_start_matches('#').len();
    let content = tail.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closing = content
        .find(&end)
        .map_or(content.len(), |at| at + end.len());
    Some(prefix.len() + hashes + 1 + closing)
}

fn escaped_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// A character literal, and not a lifetime.
fn character_length(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => escaped_length(rest, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_vanish_and_lines_stay() {
        let source = "let a = \"unsafe\"; // unsafe\n/* unsafe /* nested */ */ let b = r#\"unsafe \" \"#;\nlet c = '\"'; let d: &'static str = \"\\\"unsafe\";\nfn e() {}";
        let code = code_of(source);
        assert!(!code.contains("unsafe"), "{code}");
        assert!(
            code.contains("let b = ")
                && code.contains("&'static str")
                && code.contains("fn e() {}")
        );
        assert_eq!(code.lines().count(), 4);
    }

    #[test]
    fn an_unfinished_literal_ends_with_the_file() {
        assert_eq!(code_of("a \"b").trim_end(), "a");
        assert_eq!(code_of("a /* b").trim_end(), "a");
    }

    #[test]
    fn letters_beyond_ascii_are_kept_whole() {
        assert_eq!(
            code_of("zażółć 'ż' /* gęślą */ jaźń"),
            "zażółć                   jaźń"
                .replace("                   ", &" ".repeat(3 + 1 + 11 + 2))
        );
    }
}
