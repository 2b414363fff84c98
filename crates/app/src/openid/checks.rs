//! What a tenant may enter for its provider, and what a provider may say of itself.

use super::OpenidChange;
use crate::{AppError, Context, FieldCode, FieldError, Problem, text::check_line};
use latarnik_model::is_domain;

/// Domains as they are compared: in small letters, each once.
pub(super) fn normalized(domains: &[String]) -> Vec<String> {
    let mut domains: Vec<_> = domains
        .iter()
        .map(|domain| domain.trim().to_ascii_lowercase())
        .filter(|domain| !domain.is_empty())
        .collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

/// Refuses settings that nobody could sign in with, naming every field that is wrong.
pub(super) fn check_change(
    context: &Context,
    change: &OpenidChange,
    domains: &[String],
) -> Result<(), AppError> {
    let mut errors = Vec::new();
    let mut check = |ok: bool, field: &'static str, code: FieldCode| {
        if !ok {
            errors.push(FieldError { field, code });
        }
    };
    check(
        is_address(change.issuer.trim()),
        "issuer",
        FieldCode::Malformed,
    );
    check(
        !change.client_id.trim().is_empty(),
        "client_id",
        FieldCode::Required,
    );
    check_text(&mut check, "client_id", &change.client_id, 500);
    let secret = change.client_secret.as_deref().unwrap_or_default();
    check_text(&mut check, "client_secret", secret, 2000);
    check(!domains.is_empty(), "domains", FieldCode::Required);
    check(domains.len() <= 50, "domains", FieldCode::TooLong);
    let known = domains
        .iter()
        .all(|domain| is_domain(domain) && domain.contains('.'));
    check(known, "domains", FieldCode::Malformed);
    check(
        // Without rows no claim is asked for: everybody gets the standard role.
        !change.role_claim.trim().is_empty() || change.roles.is_empty(),
        "role_claim",
        FieldCode::Required,
    );
    check_text(&mut check, "role_claim", &change.role_claim, 200);
    check(change.roles.len() <= 50, "roles", FieldCode::TooLong);
    for (value, _) in &change.roles {
        check(!value.trim().is_empty(), "roles", FieldCode::Required);
        check_text(&mut check, "roles", value, 500);
    }
    let covered = change.roles.iter().all(|(_, role)| context.covers(*role));
    check(covered, "roles", FieldCode::NotAllowed);
    let default = change.default_role.is_none_or(|role| context.covers(role));
    check(default, "default_role", FieldCode::NotAllowed);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(errors))
    }
}

fn check_text(
    check: &mut impl FnMut(bool, &'static str, FieldCode),
    field: &'static str,
    text: &str,
    longest: usize,
) {
    if let Err(code) = check_line(text, longest) {
        check(false, field, code);
    }
}

/// Whether a provider can be asked there.
pub(super) fn is_address(text: &str) -> bool {
    text.len() <= 500 && is_web_address(text) && !text.contains(['@', '?', '#'])
}

/// Over TLS; without it only on this very machine, for trying out. Nothing that a browser would run,
/// or take for another place than a reader does.
fn is_web_address(text: &str) -> bool {
    let secure = text.strip_prefix("https://");
    let local = ["http://localhost", "http://127.0.0.1"]
        .iter()
        .filter_map(|local| text.strip_prefix(local))
        .any(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']));
    let rest = secure.or_else(|| text.strip_prefix("http://").filter(|_| local));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty()
            && !host.contains('@')
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    })
}

/// Where a provider says that it signs people in.
pub(super) fn checked_endpoint(address: String) -> Result<String, AppError> {
    if is_web_address(&address) {
        return Ok(address);
    }
    tracing::warn!("a provider of identities sends people to no address of the web");
    Err(Problem::OpenidUnreachable.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_model::Role;

    #[test]
    fn claim_is_asked_for_where_rows_need_it() {
        let roles = [("rmm-technicians".to_owned(), Role::Technician)];
        for (claim, rows, fits) in [("", 0, true), ("", 1, false), ("groups", 1, true)] {
            let change = OpenidChange {
                issuer: "https://login.example.com".to_owned(),
                client_id: "latarnik".to_owned(),
                client_secret: None,
                domains: vec!["bakery.example".to_owned()],
                role_claim: claim.to_owned(),
                roles: roles.iter().take(rows).cloned().collect(),
                default_role: None,
                enabled: true,
            };
            let checked = check_change(&Context::command_line(), &change, &change.domains);
            assert_eq!(checked.is_ok(), fits, "{claim}, {rows}");
        }
    }

    #[test]
    fn provider_is_reached_over_tls_alone() {
        for text in [
            "https://login.example.com/tenant/v2.0",
            "http://localhost:8080/realms/x",
            "http://127.0.0.1:1",
        ] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "login.example.com",
            "http://login.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "https://",
            "https://user:password@example.com",
            "https://example.com/?a",
            "file:///etc/passwd",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
