//! All programs.

use crate::{ApiState, access, agent_programs, caller::Caller, list::List, problem::Problem};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// A program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentProgram {
    /// Such as `linux-x86_64`.
    platform: String,
    /// The server's version, which the programs ship with.
    version: &'static str,
    file_name: String,
    size_bytes: u64,
    /// 64 hexadecimal digits.
    sha256: String,
    /// Where to download it, from the console's own address.
    url: String,
}

/// The agent programs that the server hands out.
#[utoipa::path(
    get, path = "/api/v1/agent-programs", operation_id = "list_agent_programs",
    tag = "enrollment",
    extensions(("x-access" = json!(access::SIGNED_IN))),
    responses(
        (status = 200, description = "All of them on one page", body = List<AgentProgram>),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    _caller: Caller,
) -> Json<List<AgentProgram>> {
    let programs = state.programs().iter().map(|program| AgentProgram {
        platform: program.platform.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        file_name: program.file_name.clone(),
        size_bytes: program.size_bytes,
        sha256: program.sha256.clone(),
        url: agent_programs::url_path(program.platform),
    });
    Json(List::whole(programs.collect()))
}
