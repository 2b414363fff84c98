//! Everybody who calls.

use crate::calls::scene::Scene;
use http::{HeaderName, HeaderValue, header};
use jiff::SignedDuration;
use latarnik_app::{Context, NewApiToken, UserChange};
use latarnik_model::{Role, TenantId};

/// What a caller is, as far as the rule of the matrix goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing {
    /// Nobody that the server knows, or knows any more.
    Unknown,
    /// A person.
    Person { role: Role, of_provider: bool },
    /// A program.
    Token { role: Role, of_provider: bool },
    /// A person whose role needs a second factor, without one.
    WithoutSecondFactor,
}

/// Somebody who calls.
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) standing: Standing,
    pub(crate) sees_bakery: bool,
    /// Whether the call goes to the server that insists on a second factor.
    pub(crate) strict: bool,
}

fn cookie(text: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((header::COOKIE, text.parse().unwrap()))
}

fn bearer(text: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((
        header::AUTHORIZATION,
        format!("Bearer {text}").parse().unwrap(),
    ))
}

pub(crate) async fn all(scene: &Scene) -> Vec<Caller> {
    let mut callers = unknown(scene).await;
    callers.extend(people(scene).await);
    callers.extend(tokens(scene).await);
    callers
}

/// Those whom the server must not know.
async fn unknown(scene: &Scene) -> Vec<Caller> {
    let caller = |name, header| Caller {
        name,
        header,
        standing: Standing::Unknown,
        sees_bakery: false,
        strict: false,
    };
    let office = &scene.office;
    let revoked = token(scene, office.bakery, Role::Owner, 1).await;
    let shell = Context::command_line();
    office
        .app
        .revoke_api_token(&shell, revoked.1)
        .await
        .unwrap();
    let over = token(scene, office.bakery, Role::Owner, 1).await;
    let old = scene.sign_in(office.bakery, Role::Owner, "old").await;
    let disabled = scene.sign_in(office.bakery, Role::Admin, "disabled").await;
    let change = UserChange {
        state: Some(latarnik_model::UserState::Disabled),
        ..UserChange::default()
    };
    office
        .app
        .update_user(&shell, disabled.1, change)
        .await
        .unwrap();
    // Whatever was begun until here is over now; everything else begins later.
    office.clock.advance(SignedDuration::from_hours(8 * 24));
    vec![
        caller("nobody", None),
        caller("a forged session", cookie("latarnik_session=AAAA")),
        caller("an expired session", cookie(&old.0)),
        caller("a disabled person", cookie(&disabled.0)),
        caller("a revoked token", bearer(&revoked.0)),
        caller("an expired token", bearer(&over.0)),
        caller(
            "a forged token",
            bearer(&format!("latarnik_api_{}", "A".repeat(43))),
        ),
    ]
}

async fn people(scene: &Scene) -> Vec<Caller> {
    let office = &scene.office;
    let (provider, bakery, printer) = (office.provider, office.bakery, office.printer);
    let people = [
        ("own client_view", bakery, Role::ClientView, true),
        ("own technician", bakery, Role::Technician, true),
        ("own admin", bakery, Role::Admin, true),
        ("own owner", bakery, Role::Owner, true),
        (
            "other tenant's technician",
            printer,
            Role::Technician,
            false,
        ),
        ("other tenant's admin", printer, Role::Admin, false),
        ("other tenant's owner", printer, Role::Owner, false),
        ("provider's client_view", provider, Role::ClientView, false),
        ("provider's technician", provider, Role::Technician, true),
        ("provider's admin", provider, Role::Admin, true),
        ("provider's owner", provider, Role::Owner, true),
    ];
    let mut callers = Vec::new();
    for (name, tenant, role, sees_bakery) in people {
        let (session, _) = scene.sign_in(tenant, role, "caller").await;
        callers.push(Caller {
            name,
            header: cookie(&session),
            standing: Standing::Person {
                role,
                of_provider: tenant == provider,
            },
            sees_bakery,
            strict: false,
        });
    }
    let (session, limited) = scene.sign_in(provider, Role::Admin, "limited").await;
    let change = UserChange {
        clients: Some(Some(vec![printer])),
        ..UserChange::default()
    };
    let shell = Context::command_line();
    office
        .app
        .update_user(&shell, limited, change)
        .await
        .unwrap();
    callers.push(Caller {
        name: "provider's admin, limited to another client",
        header: cookie(&session),
        standing: Standing::Person {
            role: Role::Admin,
            of_provider: true,
        },
        sees_bakery: false,
        strict: false,
    });
    let (session, _) = scene.sign_in(bakery, Role::Owner, "hurried").await;
    callers.push(Caller {
        name: "own owner without a second factor",
        header: cookie(&session),
        standing: Standing::WithoutSecondFactor,
        sees_bakery: true,
        strict: true,
    });
    callers
}

async fn tokens(scene: &Scene) -> Vec<Caller> {
    let office = &scene.office;
    let tokens = [
        (
            "own technician's token",
            office.bakery,
            Role::Technician,
            true,
        ),
        ("own admin's token", office.bakery, Role::Admin, true),
        (
            "other tenant's owner token",
            office.printer,
            Role::Owner,
            false,
        ),
        ("provider's admin token", office.provider, Role::Admin, true),
    ];
    let mut callers = Vec::new();
    for (name, tenant, role, sees_bakery) in tokens {
        let (text, _) = token(scene, tenant, role, 366).await;
        callers.push(Caller {
            name,
            header: bearer(&text),
            standing: Standing::Token {
                role,
                of_provider: tenant == office.provider,
            },
            sees_bakery,
            strict: false,
        });
    }
    callers
}

async fn token(
    scene: &Scene,
    tenant: TenantId,
    role: Role,
    days: u32,
) -> (String, latarnik_model::ApiTokenId) {
    let new = NewApiToken {
        name: "Program".to_owned(),
        tenant_id: tenant,
        role,
        clients: None,
        expires_in_days: days,
    };
    let shell = Context::command_line();
    let (token, secret) = scene
        .office
        .app
        .create_api_token(&shell, new)
        .await
        .unwrap();
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = format!("latarnik_api_{}", URL_SAFE_NO_PAD.encode(secret.bytes()));
    (text, token.record.id)
}
