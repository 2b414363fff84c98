//! What holds for all operations alike, added to their descriptions.

use crate::access;
use utoipa::openapi::{
    Content, OpenApi, RefOr, Response,
    path::{Operation, PathItem},
    schema::Ref,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

const PROBLEM: &str = "application/problem+json";

/// Completes the description: how callers prove who they are, and the answers that every operation
/// may give.
pub(crate) fn complete(mut openapi: OpenApi) -> OpenApi {
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("latarnik_session"))),
    );
    components.add_security_scheme(
        "api_token",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("latarnik_api_…")
                .build(),
        ),
    );
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            add_answers(operation);
            name_problems(operation);
        }
    }
    openapi
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(|operation| operation.as_mut())
}

fn add_answers(operation: &mut Operation) {
    let access = operation
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("x-access"))
        .and_then(|access| access.as_str())
        .unwrap_or_default()
        .to_owned();
    let mut answers = vec![
        ("408", "`request_timeout`"),
        (
            "429",
            "`too_many_requests`; `Retry-After` says how long to wait",
        ),
        ("503", "`unavailable`; try again"),
    ];
    if access != access::PUBLIC {
        answers.push(("401", "`not_signed_in`"));
        answers.push(("403", "`forbidden`, `totp_setup_required`"));
        operation.security = Some(security(&access));
    }
    if operation.request_body.is_some() {
        answers.push(("400", "`malformed_body`"));
        answers.push(("413", "`body_too_large`"));
        answers.push(("415", "`not_json`"));
    }
    if access == access::PUBLIC || operation.request_body.is_some() {
        answers.push(("403", "`cross_site_request`"));
    }
    for (status, meaning) in answers {
        let answers = &mut operation.responses.responses;
        answers
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(problem(meaning)));
    }
}

/// Routes say which problems they answer with; all of them travel as `application/problem+json`.
fn name_problems(operation: &mut Operation) {
    let problem = RefOr::Ref(Ref::from_schema_name("Problem"));
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        let json = response.content.get("application/json");
        if matches!(json, Some(RefOr::T(json)) if json.schema.as_ref() == Some(&problem))
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

fn security(access: &str) -> Vec<utoipa::openapi::SecurityRequirement> {
    use utoipa::openapi::SecurityRequirement;
    let mut ways = vec![SecurityRequirement::new("session", Vec::<String>::new())];
    if access != access::PERSON {
        ways.push(SecurityRequirement::new("api_token", Vec::<String>::new()));
    }
    ways
}

fn problem(meaning: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    utoipa::openapi::ResponseBuilder::new()
        .description(meaning)
        .content(PROBLEM, Content::new(Some(schema)))
        .build()
}
