//! Version 1 of the API: one file an endpoint.

mod actions;
mod agent_programs;
mod alerts;
mod api_tokens;
mod audit_events;
mod blackouts;
mod calendar_feeds;
mod devices;
mod enrollment_tokens;
mod events;
mod groups;
mod invitations;
mod maintenance;
mod maintenance_windows;
mod openid;
mod openid_sign_ins;
mod password_resets;
mod profile;
mod rollouts;
mod session;
mod sessions;
mod sign_in_options;
mod tasks;
mod tenants;
mod update_decisions;
mod update_policies;
mod updates;
mod users;

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
        .routes(routes!(sign_in_options::read::handle))
        .routes(routes!(invitations::read::handle))
        .routes(routes!(invitations::accept::handle))
        .routes(routes!(openid_sign_ins::create::handle))
        .routes(routes!(openid_sign_ins::complete::handle))
        .routes(routes!(
            openid::read::handle,
            openid::replace::handle,
            openid::delete::handle
        ))
        .routes(routes!(openid::test::handle))
        .routes(routes!(password_resets::create::handle))
        .routes(routes!(password_resets::read::handle))
        .routes(routes!(password_resets::complete::handle))
        .routes(routes!(profile::update::handle))
        .routes(routes!(profile::change_password::handle))
        .routes(routes!(profile::begin_totp::handle))
        .routes(routes!(profile::confirm_totp::handle))
        .routes(routes!(profile::disable_totp::handle))
        .routes(routes!(profile::renew_recovery_codes::handle))
        .routes(routes!(sessions::list::handle))
        .routes(routes!(sessions::delete::handle))
        .routes(routes!(users::list::handle, users::create::handle))
        .routes(routes!(
            users::read::handle,
            users::update::handle,
            users::delete::handle
        ))
        .routes(routes!(users::renew_invitation::handle))
        .routes(routes!(users::create_password_reset::handle))
        .routes(routes!(users::delete_second_factor::handle))
        .routes(routes!(
            users::list_sessions::handle,
            users::delete_sessions::handle
        ))
        .routes(routes!(
            api_tokens::list::handle,
            api_tokens::create::handle
        ))
        .routes(routes!(api_tokens::delete::handle))
        .routes(routes!(tenants::list::handle, tenants::create::handle))
        .routes(routes!(tenants::read::handle, tenants::update::handle))
        .routes(routes!(tenants::delete::handle))
        .routes(routes!(tenants::verify_audit::handle))
        .routes(routes!(groups::list::handle, groups::create::handle))
        .routes(routes!(groups::update::handle, groups::delete::handle))
        .routes(routes!(audit_events::list::handle))
        .routes(routes!(audit_events::export::handle))
        .routes(routes!(devices::list::handle))
        .routes(routes!(
            devices::read::handle,
            devices::update::handle,
            devices::delete::handle
        ))
        .routes(routes!(devices::list_updates::handle))
        .routes(routes!(updates::list_steps::handle))
        .routes(routes!(updates::list::handle))
        .routes(routes!(updates::read::handle))
        .routes(routes!(updates::list_devices::handle))
        .routes(routes!(
            update_policies::list::handle,
            update_policies::create::handle
        ))
        .routes(routes!(update_policies::preview::handle))
        .routes(routes!(
            update_policies::read::handle,
            update_policies::replace::handle,
            update_policies::delete::handle
        ))
        .routes(routes!(update_policies::read_in_force::handle))
        .routes(routes!(
            update_decisions::list::handle,
            update_decisions::create::handle
        ))
        .routes(routes!(update_decisions::delete::handle))
        .routes(routes!(rollouts::list::handle))
        .routes(routes!(rollouts::stop::handle))
        .routes(routes!(rollouts::resume::handle))
        .routes(routes!(rollouts::release::handle))
        .routes(routes!(
            maintenance_windows::list::handle,
            maintenance_windows::create::handle
        ))
        .routes(routes!(maintenance_windows::preview::handle))
        .routes(routes!(maintenance_windows::save::handle))
        .routes(routes!(
            maintenance_windows::read::handle,
            maintenance_windows::replace::handle,
            maintenance_windows::delete::handle
        ))
        .routes(routes!(blackouts::list::handle, blackouts::create::handle))
        .routes(routes!(blackouts::preview::handle))
        .routes(routes!(
            blackouts::read::handle,
            blackouts::replace::handle,
            blackouts::delete::handle
        ))
        .routes(routes!(
            maintenance::read_settings::handle,
            maintenance::replace_settings::handle
        ))
        .routes(routes!(maintenance::explain_device::handle))
        .routes(routes!(maintenance::plan::handle))
        .routes(routes!(maintenance_windows::list_occurrences::handle))
        .routes(routes!(
            calendar_feeds::list::handle,
            calendar_feeds::create::handle
        ))
        .routes(routes!(calendar_feeds::delete::handle))
        .routes(routes!(alerts::list::handle))
        .routes(routes!(alerts::count::handle))
        .routes(routes!(alerts::acknowledge_many::handle))
        .routes(routes!(alerts::read::handle))
        .routes(routes!(alerts::acknowledge::handle))
        .routes(routes!(actions::list::handle, actions::create::handle))
        .routes(routes!(actions::outlook::handle))
        .routes(routes!(actions::read::handle))
        .routes(routes!(actions::cancel::handle))
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
