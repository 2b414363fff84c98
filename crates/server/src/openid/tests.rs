//! Sign-ins through a provider that runs here: discovery, keys and tokens over real HTTP.

mod provider;

use super::HttpOpenidClient;
use latarnik_app::{
    App, AppError, Context, NewUser, OpenidBrowser, OpenidChange, OpenidReturn, Origin, Password,
    Problem, Settings, SignedIn,
};
use latarnik_model::{Role, SignInMethod, UserState};
use latarnik_testkit::{Database, Office, TestTokenFormat, on_both_engines};
use provider::{Claims, Provider};
use std::sync::Arc;

/// A bakery that signs in through a provider of its own.
struct Bakery {
    office: Office,
    app: App,
    provider: Provider,
}

impl Bakery {
    async fn open(database: Database) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let office = Office::open(database).await;
        let provider = Provider::start().await;
        let app = App::new(Settings {
            openid: Some(Arc::new(HttpOpenidClient::new().unwrap())),
            ..latarnik_testkit::settings(
                office.store().clone(),
                office.clock.clone(),
                Arc::new(TestTokenFormat),
            )
        });
        let bakery = Self {
            office,
            app,
            provider,
        };
        bakery.set_up(None).await;
        bakery
    }

    async fn set_up(&self, default_role: Option<Role>) {
        let change = OpenidChange {
            issuer: self.provider.issuer.clone(),
            client_id: provider::CLIENT_ID.to_owned(),
            client_secret: Some(provider::CLIENT_SECRET.to_owned()),
            domains: vec!["Bakery.example".to_owned()],
            role_claim: "groups".to_owned(),
            roles: vec![
                ("rmm-admins".to_owned(), Role::Admin),
                ("rmm-technicians".to_owned(), Role::Technician),
            ],
            default_role,
            enabled: true,
        };
        let shell = Context::command_line();
        self.app
            .update_openid(&shell, self.office.bakery, change)
            .await
            .unwrap();
    }

    async fn person(&self, email: &str) {
        let user = NewUser {
            tenant_id: self.office.bakery,
            email: email.to_owned(),
            name: "Anna".to_owned(),
            role: Role::ClientView,
            password: Password::typed(Office::PASSWORD.to_owned()),
        };
        let shell = Context::command_line();
        self.app.create_user(&shell, user).await.unwrap();
    }

    /// Goes to the provider and back, as a browser does.
    async fn visit(&self, claims: Claims) -> OpenidReturn {
        let (url, browser) = self.app.begin_openid("anna@bakery.example").await.unwrap();
        let (state, code) = self.provider.consent(&url, claims);
        coming_back(state, code, browser)
    }

    async fn sign_in(&self, claims: Claims) -> Result<SignedIn, AppError> {
        let back = self.visit(claims).await;
        self.app
            .finish_openid(back)
            .await
            .map(|(_, signed_in)| signed_in)
    }
}

fn coming_back(state: String, code: String, browser: OpenidBrowser) -> OpenidReturn {
    OpenidReturn {
        state,
        code,
        browser,
        totp_code: None,
        origin: Origin::default(),
    }
}

fn problem<T>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was let through"),
    }
}

on_both_engines! {
    async fn known_person_gets_in_with_the_mapped_role(database: Database) {
        let bakery = Bakery::open(database).await;
        bakery.person("anna@bakery.example").await;
        let claims = Claims::of("Anna@bakery.example").with_groups(&["x", "rmm-technicians"]);
        let signed_in = bakery.sign_in(claims).await.unwrap();
        assert_eq!((signed_in.user.role, signed_in.method), (Role::Technician, SignInMethod::Openid));
        let plain = bakery.sign_in(Claims::of("anna@bakery.example")).await.unwrap();
        assert_eq!(plain.user.role, Role::Technician, "without a value the role stays");
    }

    async fn new_person_gets_an_account_only_by_a_role(database: Database) {
        let bakery = Bakery::open(database).await;
        let nobody = bakery.sign_in(Claims::of("nowa@bakery.example")).await;
        assert_eq!(problem(nobody), Problem::OpenidNoAccess);
        let claims = Claims::of("nowa@bakery.example").with_groups(&["rmm-admins"]);
        let signed_in = bakery.sign_in(claims).await.unwrap();
        assert_eq!(signed_in.user.role, Role::Admin);
        assert_eq!(signed_in.user.tenant_id, bakery.office.bakery);
        assert_eq!((signed_in.user.state, signed_in.user.password_hash), (UserState::Active, None));
        bakery.set_up(Some(Role::ClientView)).await;
        let signed_in = bakery.sign_in(Claims::of("druga@bakery.example")).await.unwrap();
        assert_eq!(signed_in.user.role, Role::ClientView);
    }

    async fn provider_vouches_for_its_own_people_alone(database: Database) {
        let bakery = Bakery::open(database).await;
        bakery.set_up(Some(Role::ClientView)).await;
        let unverified = Claims::of("anna@bakery.example").unverified();
        assert_eq!(problem(bakery.sign_in(unverified).await), Problem::OpenidNoAccess);
        let elsewhere = Claims::of("anna@printer.example");
        assert_eq!(problem(bakery.sign_in(elsewhere).await), Problem::OpenidNoAccess);
        // Somebody of another tenant, whatever their address.
        let shell = Context::command_line();
        let user = NewUser {
            tenant_id: bakery.office.printer,
            email: "jan@bakery.example".to_owned(),
            name: "Jan".to_owned(),
            role: Role::Owner,
            password: Password::typed(Office::PASSWORD.to_owned()),
        };
        bakery.app.create_user(&shell, user).await.unwrap();
        let stranger = bakery.sign_in(Claims::of("jan@bakery.example")).await;
        assert_eq!(problem(stranger), Problem::OpenidNoAccess);
        let look_alike = bakery.app.begin_openid("anna@bаkery.example").await;
        assert_eq!(problem(look_alike), Problem::OpenidUnknown);
        let unknown = bakery.app.begin_openid("anna@elsewhere.example").await;
        assert_eq!(problem(unknown), Problem::OpenidUnknown);
    }

    async fn return_counts_once_in_its_own_browser(database: Database) {
        let bakery = Bakery::open(database).await;
        bakery.person("anna@bakery.example").await;
        let claims = || Claims::of("anna@bakery.example");
        let back = bakery.visit(claims()).await;
        let other_browser = OpenidReturn {
            browser: OpenidBrowser::from_bytes([0; 32]),
            ..back.clone()
        };
        assert_eq!(problem(bakery.app.finish_openid(other_browser).await), Problem::OpenidRefused);
        let other_state = OpenidReturn { state: "guessed".to_owned(), ..back.clone() };
        assert_eq!(problem(bakery.app.finish_openid(other_state).await), Problem::OpenidRefused);
        let other_code = OpenidReturn { code: "guessed".to_owned(), ..back.clone() };
        assert_eq!(problem(bakery.app.finish_openid(other_code).await), Problem::OpenidRefused);
        bakery.app.finish_openid(back.clone()).await.unwrap();
        assert_eq!(problem(bakery.app.finish_openid(back).await), Problem::OpenidRefused);
        // The code of one sign-in in another: PKCE and nonce do not fit.
        let (first, second) = (bakery.visit(claims()).await, bakery.visit(claims()).await);
        let mixed = OpenidReturn { code: first.code, ..second };
        assert_eq!(problem(bakery.app.finish_openid(mixed).await), Problem::OpenidRefused);
        let late = bakery.visit(claims()).await;
        bakery.office.clock.advance(jiff::SignedDuration::from_mins(10));
        assert_eq!(problem(bakery.app.finish_openid(late).await), Problem::OpenidRefused);
    }

    async fn forged_statements_are_refused(database: Database) {
        let bakery = Bakery::open(database).await;
        bakery.person("anna@bakery.example").await;
        let claims = || Claims::of("anna@bakery.example");
        for forged in [
            claims().signed_by_another_key(),
            claims().for_audience("another-client"),
            claims().issued_by("https://elsewhere.example.com"),
            claims().over(),
            claims().with_nonce("another"),
        ] {
            let name = forged.fault.unwrap_or_default();
            assert_eq!(problem(bakery.sign_in(forged).await), Problem::OpenidRefused, "{name}");
        }
        bakery.sign_in(claims()).await.unwrap();
    }

    async fn second_factor_is_asked_for_here_too(database: Database) {
        let bakery = Bakery::open(database).await;
        bakery.person("anna@bakery.example").await;
        let claims = || Claims::of("anna@bakery.example");
        let signed_in = bakery.sign_in(claims()).await.unwrap();
        let password = Password::typed(Office::PASSWORD.to_owned());
        let setup = bakery.app.begin_totp(&signed_in.context, password, None).await.unwrap();
        let secret = totp_rs::Secret::try_from_base32(&setup.secret).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = || {
            let now = latarnik_model::Clock::now(&*bakery.office.clock);
            totp.generate(u64::try_from(now.as_second()).unwrap()).to_string()
        };
        bakery.app.confirm_totp(&signed_in.context, &code()).await.unwrap();
        bakery.office.clock.advance(jiff::SignedDuration::from_secs(30));
        let back = bakery.visit(claims()).await;
        let first = bakery.app.finish_openid(back.clone()).await;
        assert_eq!(problem(first), Problem::TotpRequired);
        let wrong = OpenidReturn { totp_code: Some("000000".to_owned()), ..back.clone() };
        assert_eq!(problem(bakery.app.finish_openid(wrong).await), Problem::TotpInvalid);
        let right = OpenidReturn { totp_code: Some(code()), ..back };
        bakery.app.finish_openid(right).await.expect("the provider's statement still counts");
    }

    async fn provider_that_is_gone_or_none_has_a_code(database: Database) {
        let bakery = Bakery::open(database).await;
        let (shell, tenant) = (Context::command_line(), bakery.office.bakery);
        let issuer = bakery.provider.issuer.clone();
        let found = bakery.app.test_openid(&shell, tenant, &issuer).await.unwrap();
        assert!(found.ends_with("/authorize"), "{found}");
        let wrong = bakery.app.test_openid(&shell, tenant, &format!("{issuer}/wrong")).await;
        assert_eq!(problem(wrong), Problem::OpenidUnreachable);
        bakery.provider.stop().await;
        let gone = bakery.app.begin_openid("anna@bakery.example").await;
        assert_eq!(problem(gone), Problem::OpenidUnreachable);
    }

    async fn client_secret_is_sealed_and_never_shown(database: Database) {
        let bakery = Bakery::open(database).await;
        let shell = Context::command_line();
        let record = bakery.app.read_openid(&shell, bakery.office.bakery).await.unwrap();
        let sealed = record.client_secret.unwrap();
        let secret = provider::CLIENT_SECRET.as_bytes();
        assert!(!sealed.windows(secret.len()).any(|window| window == secret));
        assert_eq!(record.domains, ["bakery.example"]);
        let other = OpenidChange {
            issuer: bakery.provider.issuer.clone(),
            client_id: "x".to_owned(),
            client_secret: None,
            domains: vec!["bakery.example".to_owned()],
            role_claim: "groups".to_owned(),
            roles: Vec::new(),
            default_role: None,
            enabled: true,
        };
        let taken = bakery.app.update_openid(&shell, bakery.office.printer, other).await;
        assert!(matches!(taken, Err(AppError::Invalid(_))), "a domain belongs to one tenant");
    }
}
