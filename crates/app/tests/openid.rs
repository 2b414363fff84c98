//! What a provider of identities says about itself is somebody else's text.

use latarnik_app::{
    App, AppError, Context, OpenidChange, OpenidClient, OpenidClientSettings, OpenidError,
    OpenidFuture, OpenidIdentity, OpenidRequest, OpenidResponse, Problem, Settings,
};
use latarnik_testkit::{Database, Office, TestTokenFormat};
use std::sync::Arc;

/// A provider that sends people to an address of its choice.
struct Misleading(&'static str);

impl OpenidClient for Misleading {
    fn discover(&self, _: String) -> OpenidFuture<'_, String> {
        Box::pin(async { Ok(self.0.to_owned()) })
    }

    fn begin(&self, _: OpenidClientSettings) -> OpenidFuture<'_, OpenidRequest> {
        Box::pin(async {
            Ok(OpenidRequest {
                authorization_url: self.0.to_owned(),
                state: self.0.to_owned(),
                nonce: "nonce".to_owned(),
                pkce_verifier: "verifier".to_owned(),
            })
        })
    }

    fn finish(
        &self,
        _: OpenidClientSettings,
        _: OpenidResponse,
    ) -> OpenidFuture<'_, OpenidIdentity> {
        Box::pin(async { Err(OpenidError::Refused("it vouches for nobody".into())) })
    }
}

#[tokio::test]
async fn provider_sends_nobody_to_an_address_that_a_browser_would_run_or_read_in_the_open() {
    let office = Office::open(Database::sqlite().await).await;
    let shell = Context::command_line();
    let change = OpenidChange {
        issuer: "https://login.example.com".to_owned(),
        client_id: "latarnik".to_owned(),
        client_secret: None,
        domains: vec!["bakery.example".to_owned()],
        role_claim: "groups".to_owned(),
        roles: Vec::new(),
        default_role: None,
        enabled: true,
    };
    office
        .app
        .update_openid(&shell, office.bakery, change)
        .await
        .unwrap();
    for (address, is_usable) in [
        ("https://login.example.com/authorize?client_id=a#b", true),
        ("http://127.0.0.1:8080/authorize?client_id=a", true),
        ("http://localhost/authorize", true),
        ("javascript:alert(1)//https://", false),
        ("JavaScript:alert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
        ("http://login.example.com/authorize", false),
        ("http://localhost.evil.example/authorize", false),
        ("http://127.0.0.1@evil.example/authorize", false),
        ("file:///etc/passwd", false),
        ("//evil.example", false),
        (" https://login.example.com", false),
        ("https://login.example.com/\r\nset-cookie: a=b", false),
        ("", false),
    ] {
        let store = office.store().clone();
        let settings =
            latarnik_testkit::settings(store, office.clock.clone(), Arc::new(TestTokenFormat));
        let app = App::new(Settings {
            openid: Some(Arc::new(Misleading(address))),
            ..settings
        });
        let begun = app.begin_openid("anna@bakery.example").await.map(|_| ());
        let found = app
            .test_openid(&shell, office.bakery, "https://login.example.com")
            .await
            .map(|_| ());
        for answer in [begun, found] {
            let is_refused = matches!(answer, Err(AppError::Refused(Problem::OpenidUnreachable)));
            assert_eq!(answer.is_ok(), is_usable, "{address:?}: {answer:?}");
            assert_eq!(is_refused, !is_usable, "{address:?}");
        }
    }
}
