//! Make a token.

use super::EnrollmentToken;
use crate::{
    ApiState, agent_programs,
    agent_programs::AgentProgram,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode, header};
use latarnik_app::NewEnrollmentToken as AppNewEnrollmentToken;
use latarnik_model::{GroupId, OsFamily, Permission, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEnrollmentToken {
    /// What it is for, 1 to 100 characters.
    name: String,
    /// The tenant that devices join; absent is the caller's.
    tenant_id: Option<TenantId>,
    /// The group that devices join.
    group_id: Option<GroupId>,
    /// How long it works, 1 to 8760 hours.
    expires_in_hours: u32,
    /// How many devices may register, 1 to 100,000; null is any number.
    max_uses: Option<u32>,
}

/// A new token, with the one look at its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedEnrollmentToken {
    enrollment_token: EnrollmentToken,
    /// The token itself. Never shown again.
    token: String,
    /// One line to paste for each kind of machine that the server has a program for.
    install_commands: Vec<InstallCommand>,
}

/// The line that installs and enrolls the agent.
#[derive(Serialize, ToSchema)]
struct InstallCommand {
    /// Such as `linux-x86_64`.
    platform: String,
    command: String,
}

/// Makes a token.
#[utoipa::path(
    post, path = "/api/v1/enrollment-tokens", operation_id = "create_enrollment_token",
    tag = "enrollment",
    request_body = NewEnrollmentToken,
    extensions(("x-access" = json!(Permission::ManageEnrollmentTokens.name()))),
    responses(
        (status = 201, description = "Made", body = IssuedEnrollmentToken),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<NewEnrollmentToken>,
) -> Result<(StatusCode, Json<IssuedEnrollmentToken>), ApiError> {
    let new = AppNewEnrollmentToken {
        name: body.name,
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        group_id: body.group_id,
        expires_in_hours: body.expires_in_hours,
        max_uses: body.max_uses,
    };
    let issued = state
        .app()
        .create_enrollment_token(caller.context(), new)
        .await?;
    let console = console_url(&state, &headers);
    let install_commands = state
        .programs()
        .iter()
        .map(|program| InstallCommand {
            platform: program.platform.to_string(),
            command: command(program, &console, &issued.token),
        })
        .collect();
    Ok((
        StatusCode::CREATED,
        Json(IssuedEnrollmentToken {
            enrollment_token: EnrollmentToken::new(issued.record, state.app().now()),
            token: issued.token,
            install_commands,
        }),
    ))
}

/// Where machines reach the console: as configured, or as this browser does.
fn console_url(state: &ApiState, headers: &HeaderMap) -> String {
    if let Some(url) = &state.settings().public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).filter(|origin| is_plain_address(origin));
    origin.map_or_else(
        || {
            let host = text(header::HOST).filter(|host| is_plain_address(host));
            format!("http://{}", host.unwrap_or("localhost"))
        },
        ToOwned::to_owned,
    )
}

/// Whether an address from a request can stand in a command that somebody pastes into a shell.
fn is_plain_address(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._:/[]".contains(c))
}

/// Downloads, verifies the checksum, installs. Pasted into a root shell, or into PowerShell as
/// administrator.
fn command(program: &AgentProgram, console: &str, token: &str) -> String {
    let url = format!("{console}{}", agent_programs::url_path(program.platform));
    let sha256 = &program.sha256;
    if program.platform.os == OsFamily::Windows {
        format!(
            "$ErrorActionPreference='Stop'; $p=\"$env:TEMP\\latarnik-agent.exe\"; \
             [Net.ServicePointManager]::SecurityProtocol='Tls12'; \
             Invoke-WebRequest -UseBasicParsing '{url}' -OutFile $p; \
             if ((Get-FileHash $p -Algorithm SHA256).Hash -ne '{sha256}') \
             {{ throw 'latarnik-agent: wrong checksum' }}; & $p install '{token}'"
        )
    } else {
        format!(
            "curl -fsSo /tmp/latarnik-agent '{url}' && \
             echo '{sha256}  /tmp/latarnik-agent' | sha256sum -c --quiet && \
             chmod +x /tmp/latarnik-agent && sudo /tmp/latarnik-agent install '{token}'"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_that_would_break_out_of_the_command_is_not_used() {
        assert!(is_plain_address("https://rmm.example.com:8080"));
        assert!(is_plain_address("[::1]:8080"));
        for hostile in [
            "a'; rm -rf /",
            "a\"b",
            "a b",
            "a$(id)",
            "a`id`",
            "a\nb",
            "a&b",
        ] {
            assert!(!is_plain_address(hostile), "{hostile}");
        }
    }
}
