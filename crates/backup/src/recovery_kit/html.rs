//! HTML that cannot be broken by what it shows: text comes in by [`Html::text`] alone.

use std::fmt::Write as _;

/// A piece of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Html(String);

impl Html {
    /// Shows this text.
    pub(super) fn text(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                _ => escaped.push(character),
            }
        }
        Self(escaped)
    }

    /// An element; the class may be empty.
    pub(super) fn element(tag: &'static str, class: &'static str, content: Self) -> Self {
        let content = content.0;
        Self(if class.is_empty() {
            format!("<{tag}>{content}</{tag}>\n")
        } else {
            format!("<{tag} class=\"{class}\">{content}</{tag}>\n")
        })
    }

    /// An element within a line, with a text.
    pub(super) fn inline(tag: &'static str, class: &'static str, text: &str) -> Self {
        let element = Self::element(tag, class, Self::text(text));
        Self(element.0.trim_end_matches('\n').to_owned())
    }

    /// Pieces after each other.
    pub(super) fn all(pieces: impl IntoIterator<Item = Self>) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }

    /// A square black drawing on white; `path` is made by this crate and holds no text.
    pub(super) fn drawing(width: usize, path: &str, label: &str) -> Self {
        let label = Self::text(label).0;
        Self(format!(
            "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} {width}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{width}v{width}H0z\"/>\
             <path d=\"{path}\"/></svg>\n"
        ))
    }

    /// A whole page.
    pub(super) fn document(
        language: &'static str,
        title: &str,
        style: &'static str,
        body: Self,
    ) -> String {
        let mut page = String::from("<!doctype html>\n");
        let title = Self::text(title).0;
        // Writing to a string does not fail.
        let _ = write!(
            page,
            "<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
            body.0
        );
        page
    }
}
