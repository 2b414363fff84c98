//! Who gets in, with what, and what is written down about it; on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::SignedDuration;
use latarnik_app::{
    ActionRequest, ActionTarget, Actor, App, AppError, AuditBreak, AuditFilter, AuditQuery,
    Context, Delivery, DeviceFilter, DeviceQuery, DeviceSort, Direction, FieldCode, LinkToken,
    NewApiToken, NewGroup, NewInvitation, Origin, PageRequest, Password, Problem,
    RequestedParameters, SignIn, TenantChange, UserChange, UserFilter, agents,
};
use latarnik_model::{
    Clock, ColorScheme, Language, Permission, Role, Scope, TenantId, UserId, UserLinkKind,
    UserState, When,
};
use latarnik_store::AuditEvent;
use latarnik_testkit::{Office, OfficeOptions, link_in, on_both_engines};
use std::net::IpAddr;
use totp_rs::{Builder, Secret, Totp};

fn strict() -> OfficeOptions {
    OfficeOptions {
        require_second_factor: true,
        ..OfficeOptions::default()
    }
}

fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn field<T: std::fmt::Debug>(result: Result<T, AppError>) -> (&'static str, FieldCode) {
    match result {
        Err(AppError::Invalid(errors)) => (errors[0].field, errors[0].code),
        other => panic!("expected an unusable field, got {other:?}"),
    }
}

fn from(last: u8) -> Origin {
    Origin {
        address: Some(IpAddr::from([192, 0, 2, last])),
        user_agent: Some("Tests".to_owned()),
        request_id: Some("request".to_owned()),
    }
}

async fn count(app: &App, context: &Context) -> Result<u64, AppError> {
    let query = DeviceQuery {
        tenant_id: None,
        filter: DeviceFilter::default(),
        online: None,
        sort: DeviceSort::Hostname,
        direction: Direction::Ascending,
    };
    app.count_devices(context, &query).await
}

fn signing_in(email: &str, password: &str, code: Option<&str>) -> SignIn {
    SignIn {
        email: email.to_owned(),
        password: Password::typed(password.to_owned()),
        totp_code: code.map(ToOwned::to_owned),
        origin: from(1),
    }
}

fn user_id(context: &Context) -> UserId {
    match context.actor {
        Actor::User { id, .. } => id,
        _ => panic!("a person"),
    }
}

fn email_of(tenant: TenantId, role: Role) -> String {
    format!("{}@{tenant}.example", role.name())
}

fn password() -> Password {
    Password::typed(Office::PASSWORD.to_owned())
}

/// The authenticator of somebody who has just set it up, and their recovery codes.
async fn authenticator(office: &Office, context: &Context) -> (Totp, Vec<String>) {
    let setup = office
        .app
        .begin_totp(context, password(), None)
        .await
        .unwrap();
    let secret = Secret::try_from_base32(&setup.secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let codes = office
        .app
        .confirm_totp(context, &code(office, &totp))
        .await
        .unwrap();
    (totp, codes)
}

fn code(office: &Office, totp: &Totp) -> String {
    let seconds = office.clock.now().as_second();
    totp.generate(u64::try_from(seconds).unwrap()).to_string()
}

fn step(office: &Office) {
    office.clock.advance(SignedDuration::from_secs(30));
}

fn invitation(tenant: TenantId, email: &str, role: Role) -> NewInvitation {
    NewInvitation {
        tenant_id: tenant,
        email: email.to_owned(),
        name: "Nowa Osoba".to_owned(),
        role,
        language: Language::Pl,
        clients: None,
    }
}

fn token_in(link: &str) -> LinkToken {
    let digits = link.split_once('#').unwrap().1;
    let bytes: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect();
    LinkToken::from_bytes(bytes.try_into().unwrap())
}

async fn audit(office: &Office, tenant: TenantId) -> Vec<AuditEvent> {
    let shell = Context::command_line();
    let query = AuditQuery {
        tenant_id: Some(tenant),
        filter: AuditFilter::default(),
    };
    let page = PageRequest {
        limit: 500,
        after: None,
    };
    let found = office
        .app
        .list_audit_events(&shell, &query, &page)
        .await
        .unwrap();
    found.items
}

async fn last_action(office: &Office, tenant: TenantId) -> (String, String) {
    let events = audit(office, tenant).await;
    (events[0].action.clone(), events[0].result.clone())
}

on_both_engines! {
    async fn owner_does_nothing_before_there_is_a_second_factor(database: Database) {
        let office = Office::open_with(database, strict()).await;
        let app = &office.app;
        for role in Role::ALL {
            let person = office.person(office.bakery, role).await;
            let result = count(app, &person).await;
            assert_eq!(result.is_err(), role.needs_second_factor(), "{role:?}");
            for permission in Permission::ALL {
                let may = !role.needs_second_factor()
                    && role.may(*permission)
                    && *permission != Permission::ManageTenants;
                assert_eq!(person.may(*permission), may, "{role:?} {permission:?}");
            }
        }
        let email = email_of(office.bakery, Role::Owner);
        let (_, owner) = app.sign_in(signing_in(&email, Office::PASSWORD, None)).await.unwrap();
        let refused = app.invite_user(&owner.context, invitation(office.bakery, "a@b.example", Role::Admin));
        assert_eq!(problem(refused.await.map(|_| ())), Problem::TotpSetupRequired);
        let (totp, _) = authenticator(&office, &owner.context).await;
        step(&office);
        let with_code = signing_in(&email, Office::PASSWORD, Some(&code(&office, &totp)));
        let (_, owner) = app.sign_in(with_code).await.unwrap();
        count(app, &owner.context).await.unwrap();
        let refused = app.disable_totp(&owner.context, "000000").await;
        assert_eq!(problem(refused), Problem::TotpMandatory);
    }

    async fn code_counts_once_and_may_be_one_step_off(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let person = office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        let (totp, _) = authenticator(&office, &person).await;
        let sign_in = async |code: Option<&str>| {
            app.sign_in(signing_in(&email, Office::PASSWORD, code)).await.map(|_| ())
        };
        assert_eq!(problem(sign_in(None).await), Problem::TotpRequired);
        assert_eq!(problem(sign_in(Some(" ")).await), Problem::TotpRequired);
        let used = code(&office, &totp);
        assert_eq!(problem(sign_in(Some(&used)).await), Problem::TotpInvalid, "seen at the set-up");
        step(&office);
        step(&office);
        let at = |steps: i64| {
            let seconds = office.clock.now().as_second() + 30 * steps;
            totp.generate(u64::try_from(seconds).unwrap()).to_string()
        };
        let (early, now, late, too_early) = (at(1), at(0), at(-1), at(2));
        assert_eq!(problem(sign_in(Some(&too_early)).await), Problem::TotpInvalid);
        sign_in(Some(&late)).await.unwrap();
        let spaced = format!(" {} {} ", &now[..3], &now[3..]);
        sign_in(Some(&spaced)).await.unwrap();
        assert_eq!(problem(sign_in(Some(&now)).await), Problem::TotpInvalid, "twice");
        assert_eq!(problem(sign_in(Some(&late)).await), Problem::TotpInvalid, "older than the last");
        sign_in(Some(&early)).await.unwrap();
        assert_eq!(problem(sign_in(Some("12345x")).await), Problem::TotpInvalid);
    }

    async fn recovery_code_counts_once_and_new_ones_end_the_old(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let person = office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        let (totp, codes) = authenticator(&office, &person).await;
        assert_eq!(codes.len(), 10);
        let sign_in = async |code: &str| {
            app.sign_in(signing_in(&email, Office::PASSWORD, Some(code))).await.map(|(_, s)| s)
        };
        let shouted = codes[0].to_uppercase().replace('-', " ");
        let signed_in = sign_in(&shouted).await.unwrap();
        assert_eq!(app.recovery_codes_left(&signed_in.user).await.unwrap(), Some(9));
        assert_eq!(problem(sign_in(&codes[0]).await), Problem::TotpInvalid);
        step(&office);
        let fresh = code(&office, &totp);
        let renewed = app.renew_recovery_codes(&signed_in.context, &fresh).await.unwrap();
        assert_eq!(problem(sign_in(&codes[1]).await), Problem::TotpInvalid, "replaced");
        sign_in(&renewed[0]).await.unwrap();
    }

    async fn replacing_a_second_factor_needs_the_one_that_there_is(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let person = office.person(office.bakery, Role::Technician).await;
        let wrong = app.begin_totp(&person, Password::typed("wrong".to_owned()), None).await;
        assert_eq!(field(wrong.map(|_| ())), ("password", FieldCode::Wrong));
        let (totp, _) = authenticator(&office, &person).await;
        let without = app.begin_totp(&person, password(), None).await;
        assert_eq!(problem(without.map(|_| ())), Problem::TotpRequired);
        step(&office);
        let setup = app.begin_totp(&person, password(), Some(code(&office, &totp))).await;
        assert!(setup.is_ok());
        let email = email_of(office.bakery, Role::Technician);
        step(&office);
        let old = signing_in(&email, Office::PASSWORD, Some(&code(&office, &totp)));
        app.sign_in(old).await.expect("the old one counts until the new one is confirmed");
    }

    async fn stored_second_factor_is_sealed(database: Database) {
        let office = Office::open(database).await;
        let person = office.person(office.bakery, Role::Technician).await;
        let setup = office.app.begin_totp(&person, password(), None).await.unwrap();
        let secret = Secret::try_from_base32(&setup.secret).unwrap();
        let scope = Scope::one(office.bakery);
        let user = office.store().user(&scope, user_id(&person)).await.unwrap().unwrap();
        let sealed = user.totp.pending.unwrap();
        let plain = secret.as_bytes();
        assert!(!sealed.windows(plain.len()).any(|window| window == plain));
        // Moved to somebody else's row, it does not open.
        let other = office.person(office.bakery, Role::Admin).await;
        let transaction = office.store().begin(&scope).await.unwrap();
        let mut thief = transaction.lock_user(&scope, user_id(&other)).await.unwrap().unwrap();
        thief.totp.pending = Some(sealed);
        transaction.update_user(&thief).await.unwrap();
        transaction.commit().await.unwrap();
        let result = office.app.confirm_totp(&other, "000000").await;
        assert!(matches!(result, Err(AppError::Secrets(_))), "{result:?}");
    }

    async fn invitation_lets_in_once(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let new = invitation(office.bakery, "nowa@bakery.example", Role::Technician);
        let (id, issued) = app.invite_user(&owner, new).await.unwrap();
        assert!(issued.delivery == Delivery::Mailed && issued.link().is_none());
        let mail = office.mailer.take().pop().unwrap();
        assert_eq!((mail.to.as_str(), mail.language), ("nowa@bakery.example", Language::Pl));
        let link = link_in(&mail).to_owned();
        assert!(link.starts_with("https://rmm.example.com/invitation#"), "{link}");
        let early = signing_in("nowa@bakery.example", "", None);
        assert_eq!(problem(app.sign_in(early).await.map(|_| ())), Problem::InvalidCredentials);

        let token = token_in(&link);
        let whose = app.read_link(UserLinkKind::Invitation, &token).await.unwrap();
        assert_eq!(whose.tenant, "Piekarnia Zdrój");
        let accept = async |password: &str| {
            app.accept_invitation(&token, password.to_owned(), from(9)).await.map(|(_, s)| s)
        };
        assert_eq!(field(accept("short").await), ("password", FieldCode::TooShort));
        assert_eq!(field(accept("Nowa Osoba 1").await), ("password", FieldCode::TooEasy));
        let signed_in = accept("a long enough password").await.unwrap();
        assert_eq!((signed_in.user.id, signed_in.user.state), (id, UserState::Active));
        assert_eq!(problem(accept("another long password").await), Problem::LinkUnknown);
        let again = signing_in("NOWA@bakery.example", "a long enough password", None);
        app.sign_in(again).await.unwrap();
    }

    async fn invitation_ends_and_a_new_one_replaces_it(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let new = invitation(office.bakery, "nowa@bakery.example", Role::Technician);
        let (id, _) = app.invite_user(&owner, new.clone()).await.unwrap();
        let first = token_in(link_in(&office.mailer.take()[0]));
        assert_eq!(field(app.invite_user(&owner, new).await.map(|_| ())), ("email", FieldCode::Taken));
        office.clock.advance(SignedDuration::from_hours(7 * 24));
        let read = async |token| app.read_link(UserLinkKind::Invitation, token).await.map(|_| ());
        assert_eq!(problem(read(&first).await), Problem::LinkExpired);
        office.mailer.break_down();
        let owner = office.sign_in_again(office.bakery, Role::Owner).await;
        let issued = app.renew_invitation(&owner, id).await.unwrap();
        let link = issued.link().expect("a mail that was not taken is handed over by hand");
        assert_eq!(problem(read(&first).await), Problem::LinkUnknown);
        read(&token_in(link)).await.unwrap();
        let other_kind = app.read_link(UserLinkKind::PasswordReset, &token_in(link)).await;
        assert_eq!(problem(other_kind), Problem::LinkUnknown);
    }

    async fn forgotten_password_is_replaced_by_mail_and_nobody_learns_who_has_an_account(
        database: Database
    ) {
        let office = Office::open(database).await;
        let app = &office.app;
        office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        app.request_password_reset("nobody@bakery.example", from(1)).unwrap();
        app.request_password_reset(&email, from(1)).unwrap();
        let mails = office.wait_for_mails(1).await;
        assert_eq!(mails.len(), 1, "nobody gets no mail");
        let link = link_in(&mails[0]).to_owned();
        assert!(link.starts_with("https://rmm.example.com/new-password#"), "{link}");
        let signed_in = app.sign_in(signing_in(&email, Office::PASSWORD, None)).await.unwrap();
        let token = token_in(&link);
        app.reset_password(&token, "an entirely new password".to_owned(), from(1)).await.unwrap();
        let ended = app.resume(&signed_in.0, from(1)).await;
        assert_eq!(problem(ended), Problem::NotSignedIn, "every session has ended");
        let old = app.sign_in(signing_in(&email, Office::PASSWORD, None)).await;
        assert_eq!(problem(old.map(|_| ())), Problem::InvalidCredentials);
        app.sign_in(signing_in(&email, "an entirely new password", None)).await.unwrap();
        let twice = app.reset_password(&token, "yet another password".to_owned(), from(1)).await;
        assert_eq!(problem(twice), Problem::LinkUnknown);
    }

    async fn nobody_gives_or_touches_a_wider_role(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let admin = office.person(office.bakery, Role::Admin).await;
        let new = |role| invitation(office.bakery, "nowa@bakery.example", role);
        let refused = app.invite_user(&admin, new(Role::Owner)).await;
        assert_eq!(field(refused.map(|_| ())), ("role", FieldCode::NotAllowed));
        let token = NewApiToken {
            name: "Program".to_owned(),
            tenant_id: office.bakery,
            role: Role::Owner,
            clients: None,
            expires_in_days: 1,
        };
        let refused = app.create_api_token(&admin, token).await;
        assert_eq!(field(refused.map(|_| ())), ("role", FieldCode::NotAllowed));
        let target = user_id(&owner);
        assert_eq!(problem(app.delete_user(&admin, target).await), Problem::Forbidden);
        assert_eq!(problem(app.reset_second_factor(&admin, target).await), Problem::Forbidden);
        let reset = app.create_password_reset(&admin, target).await;
        assert_eq!(problem(reset.map(|_| ())), Problem::Forbidden);
        assert_eq!(last_action(&office, office.bakery).await.1, "forbidden", "refusals are audited");
        let (id, _) = app.invite_user(&admin, new(Role::Technician)).await.unwrap();
        let widened = UserChange { role: Some(Role::Owner), ..UserChange::default() };
        assert_eq!(field(app.update_user(&admin, id, widened).await), ("role", FieldCode::NotAllowed));
    }

    async fn tenant_keeps_an_owner_and_nobody_changes_themselves(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let provider = office.person(office.provider, Role::Owner).await;
        let id = user_id(&owner);
        let change = UserChange { state: Some(UserState::Disabled), ..UserChange::default() };
        assert_eq!(problem(app.update_user(&owner, id, change.clone()).await), Problem::OwnAccount);
        assert_eq!(problem(app.delete_user(&owner, id).await), Problem::OwnAccount);
        assert_eq!(problem(app.update_user(&provider, id, change.clone()).await), Problem::LastOwner);
        let demoted = UserChange { role: Some(Role::Admin), ..UserChange::default() };
        assert_eq!(problem(app.update_user(&provider, id, demoted).await), Problem::LastOwner);
        assert_eq!(problem(app.delete_user(&provider, id).await), Problem::LastOwner);
        let second = office.person_named(office.bakery, Role::Owner, "second").await;
        app.update_user(&provider, id, change).await.unwrap();
        assert_eq!(problem(app.delete_user(&provider, user_id(&second)).await), Problem::LastOwner);
        app.delete_user(&provider, id).await.unwrap();
    }

    async fn disabled_person_is_out_at_once(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let person = office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        let (token, _) = app.sign_in(signing_in(&email, Office::PASSWORD, None)).await.unwrap();
        let state = |state| UserChange { state: Some(state), ..UserChange::default() };
        app.update_user(&owner, user_id(&person), state(UserState::Disabled)).await.unwrap();
        assert_eq!(problem(app.resume(&token, from(1)).await), Problem::NotSignedIn);
        let again = app.sign_in(signing_in(&email, Office::PASSWORD, None)).await;
        assert_eq!(problem(again.map(|_| ())), Problem::InvalidCredentials);
        app.update_user(&owner, user_id(&person), state(UserState::Active)).await.unwrap();
        app.sign_in(signing_in(&email, Office::PASSWORD, None)).await.unwrap();
        assert_eq!(problem(app.resume(&token, from(1)).await), Problem::NotSignedIn, "old session");
    }

    async fn limited_person_sees_the_chosen_clients_alone(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.provider, Role::Owner).await;
        office.device(office.bakery, "till").await;
        office.device(office.printer, "press").await;
        office.device(office.provider, "desk").await;
        let technician = office.person(office.provider, Role::Technician).await;
        assert_eq!(count(app, &technician).await.unwrap(), 3);
        let limit = |clients| UserChange { clients: Some(clients), ..UserChange::default() };
        let id = user_id(&technician);
        let none = app.update_user(&owner, id, limit(Some(Vec::new()))).await;
        assert_eq!(field(none), ("client_ids", FieldCode::Required));
        let unknown = app.update_user(&owner, id, limit(Some(vec![TenantId(uuid::Uuid::nil())]))).await;
        assert_eq!(field(unknown), ("client_ids", FieldCode::Unknown));
        let changed = app.update_user(&owner, id, limit(Some(vec![office.printer]))).await.unwrap();
        assert_eq!(changed.clients, [(office.printer, "Drukarnia".to_owned())]);
        let technician = office.sign_in_again(office.provider, Role::Technician).await;
        assert_eq!(technician.scope, Scope::one(office.printer));
        assert_eq!(count(app, &technician).await.unwrap(), 1);
        let client_owner = office.person(office.bakery, Role::Owner).await;
        let client = office.person(office.bakery, Role::Technician).await;
        let refused = app.update_user(&client_owner, user_id(&client), limit(Some(vec![office.bakery])));
        assert_eq!(field(refused.await), ("client_ids", FieldCode::NotAllowed));
    }

    async fn watching_keeps_no_session_alive(database: Database) {
        let office = Office::open(database).await;
        office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        let (token, _) = office.app.sign_in(signing_in(&email, Office::PASSWORD, None)).await.unwrap();
        for _ in 0..2 {
            office.clock.advance(SignedDuration::from_hours(5));
            office.app.recognise(&token, from(1)).await.unwrap();
        }
        office.clock.advance(SignedDuration::from_hours(5));
        assert_eq!(problem(office.app.recognise(&token, from(1)).await), Problem::NotSignedIn);
    }

    async fn a_changed_profile_is_written_down_and_an_unchanged_one_is_not(database: Database) {
        let office = Office::open(database).await;
        let person = office.person(office.bakery, Role::ClientView).await;
        let change = async || {
            let polish = Some(Language::Pl);
            office.app.update_profile(&person, polish, ColorScheme::Dark).await.unwrap();
            audit(&office, office.bakery).await
        };
        let events = change().await;
        assert_eq!((events[0].action.as_str(), events[0].result.as_str()), ("update_profile", "succeeded"));
        assert_eq!(change().await.len(), events.len());
    }

    async fn failed_sign_ins_are_written_down_without_what_was_typed(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        office.person(office.bakery, Role::Technician).await;
        let email = email_of(office.bakery, Role::Technician);
        let wrong = app.sign_in(signing_in(&email, "wrong", None)).await;
        assert_eq!(problem(wrong.map(|_| ())), Problem::InvalidCredentials);
        let event = audit(&office, office.bakery).await.remove(0);
        assert_eq!((event.action.as_str(), event.result.as_str()), ("sign_in", "invalid_credentials"));
        assert_eq!(event.address.as_deref(), Some("192.0.2.1"));
        assert_eq!(event.request_id.as_deref(), Some("request"));
        let typo = app.sign_in(signing_in("my secret password", "x", None)).await;
        assert_eq!(problem(typo.map(|_| ())), Problem::InvalidCredentials);
        let event = audit(&office, office.provider).await.remove(0);
        assert_eq!((event.actor_kind.as_str(), event.target_name), ("unknown", None));
        assert!(!format!("{:?}", audit(&office, office.provider).await).contains("secret password"));
    }

    async fn api_token_does_what_its_role_may_until_it_ends(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.provider, Role::Owner).await;
        office.device(office.bakery, "till").await;
        office.device(office.printer, "press").await;
        let new = |clients, days| NewApiToken {
            name: "Program".to_owned(),
            tenant_id: office.provider,
            role: Role::Technician,
            clients,
            expires_in_days: days,
        };
        let refused = app.create_api_token(&owner, new(None, 367)).await;
        assert_eq!(field(refused.map(|_| ())), ("expires_in_days", FieldCode::OutOfRange));
        let (token, secret) = app.create_api_token(&owner, new(Some(vec![office.bakery]), 1)).await.unwrap();
        let context = app.authenticate_api_token(&secret, from(7)).await.unwrap();
        assert_eq!(count(app, &context).await.unwrap(), 1);
        assert!(context.may(Permission::ScanDevices) && !context.may(Permission::ManageUsers));
        assert_eq!(problem(app.list_own_sessions(&context).await), Problem::UserRequired);
        let page = PageRequest { limit: 10, after: None };
        let seen = app.list_api_tokens(&owner, None, &page).await.unwrap().items.remove(0);
        assert_eq!(seen.record.last_used_address.as_deref(), Some("192.0.2.7"));
        office.clock.advance(SignedDuration::from_hours(24));
        let over = app.authenticate_api_token(&secret, from(7)).await;
        assert_eq!(problem(over), Problem::NotSignedIn);
        let owner = office.sign_in_again(office.provider, Role::Owner).await;
        let (second, secret) = app.create_api_token(&owner, new(None, 30)).await.unwrap();
        app.revoke_api_token(&owner, second.record.id).await.unwrap();
        assert_eq!(problem(app.authenticate_api_token(&secret, from(7)).await), Problem::NotSignedIn);
        assert_ne!(token.record.id, second.record.id);
    }

    async fn audit_shows_every_kind_of_tampering(database: Database) {
        let office = Office::open(database).await;
        for number in 0..5 {
            office.person_named(office.bakery, Role::Technician, &format!("p{number}")).await;
        }
        let verify = async || {
            let shell = Context::command_line();
            office.app.verify_audit(&shell, office.bakery).await.unwrap()
        };
        let whole = verify().await;
        assert!(whole.broken.is_none() && whole.events >= 10, "{whole:?}");
        let tamper = async |statement: &str| {
            office
                .sql(
                    "CREATE TABLE kept_events AS SELECT * FROM audit_events;
                     CREATE TABLE kept_chains AS SELECT * FROM audit_chains;",
                )
                .await;
            office.sql(statement).await;
            let found = verify().await.broken;
            office
                .sql(
                    "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept_events;
                     DELETE FROM audit_chains; INSERT INTO audit_chains SELECT * FROM kept_chains;
                     DROP TABLE kept_events; DROP TABLE kept_chains;",
                )
                .await;
            assert_eq!(verify().await.broken, None);
            found
        };
        let found = tamper("UPDATE audit_events SET actor_name = 'x' WHERE sequence = 3").await;
        assert_eq!(found, Some(AuditBreak::Changed(3)));
        let found = tamper("DELETE FROM audit_events WHERE sequence = 4").await;
        assert_eq!(found, Some(AuditBreak::Missing(4)));
        let found = tamper("DELETE FROM audit_events WHERE sequence = 1").await;
        assert_eq!(found, Some(AuditBreak::Missing(1)));
        let last = whole.last_sequence;
        let found = tamper(&format!("DELETE FROM audit_events WHERE sequence = {last}")).await;
        assert_eq!(found, Some(AuditBreak::Missing(last)));
        // Whoever cuts the end off and moves the end of the chain lacks the key of the seal.
        let cut = format!(
            "DELETE FROM audit_events WHERE sequence = {last};
             UPDATE audit_chains SET last_sequence = {last} - 1, last_hash =
                 (SELECT hash FROM audit_events e WHERE e.tenant_id = audit_chains.tenant_id
                  ORDER BY sequence DESC LIMIT 1)"
        );
        assert_eq!(tamper(&cut).await, Some(AuditBreak::Seal));
        let found = tamper("DELETE FROM audit_chains; DELETE FROM audit_events").await;
        assert_eq!(found, Some(AuditBreak::Seal), "taking everything away shows too");

        // What was cut off stays broken: later events do not make it look right again.
        office.sql(&cut).await;
        office.person_named(office.bakery, Role::Technician, "later").await;
        assert_eq!(verify().await.broken, Some(AuditBreak::Seal));
    }

    async fn audit_forgets_what_is_old_and_stays_verifiable(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let keep = |days| TenantChange { audit_retention_days: Some(days), ..TenantChange::default() };
        let refused = app.update_tenant(&owner, office.bakery, keep(Some(6))).await;
        assert_eq!(field(refused), ("audit_retention_days", FieldCode::OutOfRange));
        app.update_tenant(&owner, office.bakery, keep(Some(30))).await.unwrap();
        let before = audit(&office, office.bakery).await.len();
        office.clock.advance(SignedDuration::from_hours(31 * 24));
        office.person(office.bakery, Role::Technician).await;
        app.keep_house().await;
        let events = audit(&office, office.bakery).await;
        assert_eq!(events[0].action, "prune_audit");
        assert!(events.len() < before + 2, "{} of {before}", events.len());
        let found = app.verify_audit(&Context::command_line(), office.bakery).await.unwrap();
        assert_eq!(found.broken, None);
        assert!(found.first_sequence > 1 && found.events == events.len() as u64);
        app.keep_house().await;
        assert_eq!(audit(&office, office.bakery).await.len(), events.len(), "nothing more to forget");
    }

    async fn deleting_a_tenant_leaves_nothing_behind(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let provider = office.person(office.provider, Role::Owner).await;
        let limited = office.person(office.provider, Role::Technician).await;
        let change = UserChange { clients: Some(Some(vec![office.bakery])), ..UserChange::default() };
        app.update_user(&provider, user_id(&limited), change).await.unwrap();
        let owner = office.person(office.bakery, Role::Owner).await;
        authenticator(&office, &owner).await;
        let agent = office.device(office.bakery, "till").await;
        let other = office.device(office.printer, "press").await;
        let action = ActionRequest {
 breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::Scan,
            target: ActionTarget::Devices(vec![agent.device_id, other.device_id]),
            when: When::Now,
            deadline: None,
            idempotency_key: "both".to_owned(),
        };
        app.create_action(&provider, action).await.unwrap();
        let task = agents::take_tasks(app, &agent, 0).await.unwrap().tasks[0].id;
        let mut log = agents::begin_task_log(app, &agent, task).await.unwrap();
        log.write(b"what happened").await.unwrap();
        log.finish().await.unwrap();
        let group = |name: &str, parent_id| NewGroup {
            tenant_id: office.bakery,
            name: name.to_owned(),
            parent_id,
        };
        let outer = app.create_group(&owner, group("Warsaw", None)).await.unwrap();
        app.create_group(&owner, group("Servers", Some(outer.record.id))).await.unwrap();
        let certificate = agents::Certificate {
            fingerprint: [9; 32],
            serial: vec![1],
            not_before: office.clock.now(),
            not_after: office.clock.now() + SignedDuration::from_hours(1),
        };
        agents::record_certificate(app, &agent, certificate).await.unwrap();
        assert_eq!(agents::authenticate(app, [9; 32]).await.unwrap(), Some(agent));
        let delete = async |name: &str| app.delete_tenant(&provider, office.bakery, name).await;
        assert_eq!(field(delete("piekarnia").await), ("name", FieldCode::Mismatch));
        let own = app.delete_tenant(&provider, office.provider, "Latarnik").await;
        assert_eq!(problem(own), Problem::ProviderStays);
        let tenant = delete("Piekarnia Zdrój").await.unwrap();
        assert!(tenant.record.deletion.unwrap().rows > 20);
        assert_eq!(problem(delete("Piekarnia Zdrój").await), Problem::TenantBeingDeleted);
        let shut_out = app.sign_in(signing_in(&email_of(office.bakery, Role::Owner), Office::PASSWORD, Some("0"))).await;
        assert!(shut_out.is_err());
        let certificate = agents::authenticate(app, [9; 32]).await.unwrap();
        assert_eq!(certificate, None, "agents are shut out at once");
        app.keep_house().await;
        for table in office.store().tables().await.unwrap() {
            let left = office.rows_naming(&table.name, office.bakery).await;
            assert_eq!(left, 0, "{} still has rows of the tenant", table.name);
        }
        assert_eq!(problem(app.read_tenant(&provider, office.bakery).await), Problem::NotFound);
        let event = audit(&office, office.provider).await.remove(0);
        assert_eq!(event.action, "delete_tenant");
        assert_eq!(event.target_name.as_deref(), Some("Piekarnia Zdrój"));
        let found = app.verify_audit(&Context::command_line(), office.provider).await.unwrap();
        assert_eq!(found.broken, None);
        assert_eq!(count(app, &provider).await.unwrap(), 1, "the other client's stays");
    }

    async fn master_key_rotates_while_servers_run(database: Database) {
        use latarnik_app::{MasterKey, MasterKeySource};
        let office = Office::open(database).await;
        let person = office.person(office.bakery, Role::Technician).await;
        let (totp, _) = authenticator(&office, &person).await;
        let next = MasterKey::new([43; 32]);
        let rotated = office.app.rotate_master_key(&next).await.unwrap();
        assert!(rotated >= 2);
        step(&office);
        let email = email_of(office.bakery, Role::Technician);
        let sign_in = signing_in(&email, Office::PASSWORD, Some(&code(&office, &totp)));
        office.app.sign_in(sign_in).await.expect("a running server goes on");
        // A restarted one with the old key says what is wrong.
        let restarted = |key: [u8; 32]| {
            struct Source([u8; 32]);
            impl MasterKeySource for Source {
                fn load(&self) -> Result<MasterKey, Box<dyn std::error::Error + Send + Sync>> {
                    Ok(MasterKey::new(self.0))
                }
            }
            latarnik_app::App::new(latarnik_app::Settings {
                master_key: std::sync::Arc::new(Source(key)),
                ..latarnik_testkit::settings(
                    office.store().clone(),
                    office.clock.clone(),
                    std::sync::Arc::new(latarnik_testkit::TestTokenFormat),
                )
            })
        };
        let error = restarted([42; 32]).unlock_secrets().await.unwrap_err().to_string();
        assert!(error.contains(&next.id()), "{error}");
        let server = restarted([43; 32]);
        server.unlock_secrets().await.unwrap();
        step(&office);
        let sign_in = signing_in(&email, Office::PASSWORD, Some(&code(&office, &totp)));
        server.sign_in(sign_in).await.expect("what was sealed before opens after");
        // The old server makes no key that only the old master key opens.
        let shell = Context::command_line();
        let tenant = server.create_tenant(&shell, "Nowy", None).await.unwrap().record.id;
        let late = office.app.invite_user(&shell, invitation(tenant, "a@b.example", Role::Owner)).await;
        assert!(matches!(late, Err(AppError::Secrets(_))), "{:?}", late.map(|_| ()));
        server.invite_user(&shell, invitation(tenant, "a@b.example", Role::Owner)).await.unwrap();
    }

    async fn text_from_outside_stays_text(database: Database) {
        let office = Office::open(database).await;
        let app = &office.app;
        let owner = office.person(office.bakery, Role::Owner).await;
        let hostile = [
            "'; DROP TABLE users; --",
            "<script>alert(1)</script>",
            "{{7*7}} ${7*7} %s %n",
            "100% _ \\ \"",
        ];
        for (number, name) in hostile.into_iter().enumerate() {
            let new = NewInvitation {
                name: name.to_owned(),
                ..invitation(office.bakery, &format!("p{number}@bakery.example"), Role::Technician)
            };
            let (id, _) = app.invite_user(&owner, new).await.unwrap();
            assert_eq!(app.read_user(&owner, id).await.unwrap().record.name, name);
            let filter = UserFilter { search: Some(name.to_owned()) };
            let page = PageRequest { limit: 10, after: None };
            let found = app.list_users(&owner, None, &filter, &page).await.unwrap();
            assert_eq!(found.items.len(), 1, "{name}");
        }
        for email in ["оwner@bakery.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example"] {
            let refused = app.invite_user(&owner, invitation(office.bakery, email, Role::Technician));
            assert_eq!(field(refused.await.map(|_| ())), ("email", FieldCode::Malformed), "{email}");
        }
    }
}
