//! Version 1 of the API: one file an endpoint.

mod actions;
mod agent_programs;
mod devices;
mod enrollment_tokens;
mod events;
mod groups;
mod profile;
mod session;
mod tasks;
mod tenants;

use crate::{ApiState, problem::Problem};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latarnik console API",
        description = "What the console does, any program may do. Errors are problem documents \
            (RFC 9457) with a stable `code`."
    ),
    components(schemas(Problem))
)]
struct Description;

/// All endpoints with their description.
pub(crate) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(
            session::create::handle,
            session::read::handle,
            session::delete::handle
        ))
        .routes(routes!(profile::update::handle))
        .routes(routes!(tenants::list::handle))
        .routes(routes!(groups::list::handle))
        .routes(routes!(devices::list::handle))
        .routes(routes!(
            devices::read::handle,
            devices::update::handle,
            devices::delete::handle
        ))
        .routes(routes!(devices::list_updates::handle))
        .routes(routes!(actions::create::handle))
        .routes(routes!(actions::read::handle))
        .routes(routes!(tasks::list::handle))
        .routes(routes!(tasks::read::handle))
        .routes(routes!(tasks::cancel::handle))
        .routes(routes!(tasks::read_log::handle))
        .routes(routes!(
            enrollment_tokens::list::handle,
            enrollment_tokens::create::handle
        ))
        .routes(routes!(enrollment_tokens::delete::handle))
        .routes(routes!(agent_programs::list::handle))
        .routes(routes!(events::read::handle))
}
