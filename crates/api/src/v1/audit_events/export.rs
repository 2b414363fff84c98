//! The audit as a download.

use super::{AuditEvent, TenantNames, audit_parameters, tenant_names};
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    problem::{ApiError, Problem},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderValue, header};
use latarnik_model::Permission;
use serde::Deserialize;
use utoipa::ToSchema;

/// How the events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// One row an event, for spreadsheets.
    Csv,
    /// One JSON object an event and line, with everything that verifies it.
    Jsonl,
}

audit_parameters! {
    /// Which events, and how they are written.
    ExportParameters {
        #[param(inline)]
        format: ExportFormat,
    }
}

const COLUMNS: &str = "at,tenant,sequence,actor_kind,actor_id,actor,address,action,target_kind,\
    target_id,target,result,request_id,details,hash\r\n";

/// All events that match, oldest first, as a download.
#[utoipa::path(
    get, path = "/api/v1/audit-events/export", operation_id = "export_audit_events", tag = "audit",
    params(ExportParameters),
    extensions(("x-access" = json!(Permission::ReadAudit.name()))),
    responses(
        (status = 200, description = "The events", content(
            (String = "text/csv"), (String = "application/jsonl")
        )),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<ExportParameters>,
) -> Result<Response, ApiError> {
    let (context, format) = (caller.context(), parameters.format);
    let events = state
        .app()
        .export_audit(context, &parameters.query())
        .await?;
    let names = tenant_names(&state, context).await?;
    let (kind, disposition, head) = match format {
        ExportFormat::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"audit.csv\"",
            COLUMNS,
        ),
        ExportFormat::Jsonl => (
            "application/jsonl",
            "attachment; filename=\"audit.jsonl\"",
            "",
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static(disposition),
        ),
    ];
    let pieces = stream::try_unfold(
        (events, names, format, head),
        async |(mut events, names, format, head)| {
            let Some(found) = events.next().await? else {
                return Ok::<_, latarnik_app::StoreFailure>(None);
            };
            let mut text = head.to_owned();
            for event in found {
                write(&mut text, format, event, &names);
            }
            Ok(Some((Bytes::from(text), (events, names, format, ""))))
        },
    );
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn write(
    text: &mut String,
    format: ExportFormat,
    event: latarnik_app::AuditEvent,
    names: &TenantNames,
) {
    let event = AuditEvent::new(event, names);
    match format {
        ExportFormat::Csv => event.write_csv(text),
        ExportFormat::Jsonl => {
            let line = serde_json::to_string(&event).expect("events have only string keys");
            text.push_str(&line);
            text.push('\n');
        }
    }
}

impl AuditEvent {
    fn write_csv(&self, text: &mut String) {
        let details: Vec<_> = self
            .details
            .iter()
            .map(|detail| format!("{}: {}", detail.name, detail.value))
            .collect();
        let (at, sequence) = (self.at.0.to_string(), self.sequence.to_string());
        let actor_id = self.actor.id.map(|id| id.to_string());
        let details = details.join("; ");
        let fields = [
            at.as_str(),
            &self.tenant.name,
            &sequence,
            &self.actor.kind,
            actor_id.as_deref().unwrap_or_default(),
            &self.actor.name,
            self.address.as_deref().unwrap_or_default(),
            &self.action,
            &self.target.kind,
            &self.target.id,
            self.target.name.as_deref().unwrap_or_default(),
            &self.result,
            self.request_id.as_deref().unwrap_or_default(),
            &details,
            &self.hash,
        ];
        for (position, field) in fields.into_iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            text.push_str(&csv_field(field));
        }
        text.push_str("\r\n");
    }
}

/// A field by RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it:
/// names come from machines and people who may not be friendly.
fn csv_field(field: &str) -> String {
    let guarded = guarded(field);
    if guarded.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Puts an apostrophe before whatever a spreadsheet would take for the beginning of a formula: at
/// the beginning of the field, and behind everything that some spreadsheet takes for the end of one
/// (where a comma separates decimals, as in Poland, that is the semicolon).
fn guarded(field: &str) -> String {
    let mut guarded = String::with_capacity(field.len() + 1);
    let mut begins = true;
    for letter in field.chars() {
        let is_formula = matches!(
            letter,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r'
        );
        if begins && is_formula {
            guarded.push('\'');
        }
        guarded.push(letter);
        begins = match letter {
            ',' | ';' | '|' | '\t' | '\r' | '\n' => true,
            // Spreadsheets look past blanks and quotation marks.
            ' ' | '\u{a0}' | '\u{3000}' | '"' => begins,
            _ => false,
        };
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_quoted_and_never_a_formula() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(csv_field("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv_field("-2+3,4"), "\"'-2+3,4\"");
        assert_eq!(csv_field("a; =1;b-c; d=e"), "a; '=1;b-c; d=e");
        assert_eq!(csv_field(" \"＝1"), "\" \"\"'＝1\"");
    }
}
