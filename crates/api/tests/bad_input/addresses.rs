//! E-mail addresses that look like somebody else's, and such that carry more than an address.

use crate::{
    calls::scene::Answer,
    desk::{Case, Desk, check, code},
};
use axum::body::Body;
use http::{Request, StatusCode, header};
use latarnik_app::Context;
use latarnik_model::Role;
use latarnik_testkit::{Office, link_in, on_both_engines};
use serde_json::{Value, json};

/// The same account: who writes it so means the same person.
fn same(address: &str) -> Vec<String> {
    let (name, domain) = address.split_once('@').unwrap();
    vec![
        address.to_owned(),
        address.to_uppercase(),
        format!("{}@{}", name.to_uppercase(), domain),
        format!("  {address}"),
        format!("{address}\t "),
        format!("\u{a0}{address}\u{3000}"),
    ]
}

/// No addresses, however much they look like `anna.kowalska@…`.
fn look_alikes(domain: &str) -> Vec<String> {
    let addresses = [
        // Cyrillic letters, one at a time and all together.
        "аnna.kowalska@D",
        "anna.kоwalska@D",
        "аппа.kowalska@D",
        "anna.kowalska@Dе",
        // Full-width letters, at sign and stop; fractions of them.
        "ａnna.kowalska@D",
        "anna.kowalska＠D",
        "anna.kowalska﹫D",
        "anna．kowalska@D",
        "anna。kowalska@D",
        // Letters that become others in upper or lower case: dotless i, long s, Kelvin.
        "anna.\u{212a}owalska@D",
        "anna.kowalſka@D",
        "ânna.kowalska@D",
        "anna\u{301}.kowalska@D",
        // Nothing to see.
        "anna\u{200b}.kowalska@D",
        "anna.kowalska\u{200d}@D",
        "\u{feff}anna.kowalska@D",
        "anna.kow\u{ad}alska@D",
        "\u{202e}anna.kowalska@D",
        "anna.kowalska@\u{2060}D",
        "anna.kowalska@D\u{200e}",
        // Another way to write the same mailbox, for some mail servers.
        "\"anna.kowalska\"@D",
        "anna.kowalska(comment)@D",
        "anna.kowalska @D",
        "anna .kowalska@D",
        "anna..kowalska@D",
        ".anna.kowalska@D",
        "anna.kowalska.@D",
        "anna.kowalska@D.",
        "anna.kowalska@.D",
        "anna.kowalska@[192.0.2.1]",
        "Anna <anna.kowalska@D>",
        "<anna.kowalska@D>",
        "mailto:anna.kowalska@D?bcc=all@example.com",
        "anna.kowalska@D,eve@example.com",
        "anna.kowalska@D;eve@example.com",
        "eve@example.com,anna.kowalska@D",
        "anna.kowalska@D eve@example.com",
        "anna.kowalska@eve.example@D",
        // Headers of a mail, and commands of its transport.
        "anna.kowalska@D\r\nBcc: all@example.com",
        "anna.kowalska@D\nBcc: all@example.com",
        "anna.kowalska@D\rBcc: all@example.com",
        "anna.kowalska@D%0d%0aBcc: all@example.com",
        "anna.kowalska\r\n@D",
        "anna.kowalska@D\0",
        "anna.kowalska\0@D",
        "anna.kowalska@D>\r\nRCPT TO:<eve@example.com",
        "anna.kowalska@D\u{2028}Bcc: all@example.com",
        "anna.kowalska@D\u{85}Bcc: all@example.com",
        "=?utf-8?q?anna.kowalska=40D?=",
        "anna.kowalska",
        "@D",
        "@",
        "",
    ];
    addresses
        .map(|address| address.replace('D', domain))
        .to_vec()
}

/// Addresses of their own, however near.
fn others(domain: &str) -> Vec<String> {
    let addresses = [
        "anna.kowalska+rmm@D",
        "annakowalska@D",
        "anna-kowalska@D",
        "anna_kowalska@D",
        "anna.kowa1ska@D",
        "anna.kowalska%@D",
        "anna.kowalska@xn--D-xla",
        "'or'1'='1@D",
        "`reboot`@D",
        "{anna}|$anna@D",
    ];
    addresses
        .map(|address| address.replace('D', domain))
        .to_vec()
}

struct Post<'a>(&'a Desk);

impl Post<'_> {
    /// Sends an address without anybody's session.
    async fn send(&self, path: &str, body: Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.0.answer(request).await;
        assert_eq!(
            check(&answer),
            Ok(()),
            "{body}: {} {}",
            answer.status,
            answer.text
        );
        answer
    }

    async fn sign_in(&self, address: &str) -> Answer {
        let body = json!({"email": address, "password": Office::PASSWORD});
        self.send("/api/v1/session", body).await
    }

    async fn ask_for_password(&self, address: &str) {
        let answer = self
            .send("/api/v1/password-resets", json!({"email": address}))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::ACCEPTED,
            "{address:?}: {}",
            answer.text
        );
    }

    /// What became of an invitation.
    async fn invite(&self, address: &str) -> Answer {
        let desk = self.0;
        let operation = desk.operation("create_user");
        let row = desk
            .rows
            .iter()
            .find(|row| row.operation == "create_user")
            .unwrap();
        let fresh = desk.scene.empty();
        let case = Case {
            operation,
            row,
            what: format!("{address:?}"),
        };
        let mut body = desk.body(operation, row, &fresh);
        body["email"] = json!(address);
        desk.send_json(&case, &fresh, body.to_string()).await
    }
}

on_both_engines! {
    async fn addresses_that_look_alike_are_nobody_and_open_nothing(database: Database) {
        let desk = Desk::open(database).await;
        let office = &desk.scene.office;
        let post = Post(&desk);
        let domain = format!("{}.example", office.bakery);
        let address = format!("anna.kowalska@{domain}");
        office.person_named(office.bakery, Role::Technician, "anna.kowalska").await;
        office.mailer.take();

        for typed in same(&address) {
            assert_eq!(post.sign_in(&typed).await.status, StatusCode::OK, "{typed:?}");
            let invited = post.invite(&typed).await;
            assert_eq!(invited.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
            assert!(invited.text.contains("taken"), "{typed:?}: {}", invited.text);
        }
        for typed in look_alikes(&domain) {
            assert_eq!(code(&post.sign_in(&typed).await), "invalid_credentials", "{typed:?}");
            let invited = post.invite(&typed).await;
            assert_eq!(invited.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}: {}", invited.text);
            assert!(invited.text.contains("\"field\":\"email\""), "{typed:?}: {}", invited.text);
            post.ask_for_password(&typed).await;
            let openid = post.send("/api/v1/openid-sign-ins", json!({"email": typed})).await;
            assert_eq!(code(&openid), "openid_unknown", "{typed:?}");
        }
        assert!(office.mailer.take().is_empty(), "nobody gets a mail");

        for typed in same(&address) {
            office.clock.advance(jiff::SignedDuration::from_hours(1));
            post.ask_for_password(&typed).await;
            let mails = office.wait_for_mails(1).await;
            assert_eq!(mails.len(), 1, "and there is one for each that was asked for");
            assert_eq!(mails[0].to.as_str(), address, "the mail goes where the account is");
            assert!(link_in(&mails[0]).starts_with("https://rmm.example.com/new-password#"));
        }
        desk.close("addresses that look alike").await;
    }

    async fn addresses_that_are_near_are_accounts_of_their_own(database: Database) {
        let desk = Desk::open(database).await;
        let office = &desk.scene.office;
        let post = Post(&desk);
        let domain = format!("{}.example", office.bakery);
        office.person_named(office.bakery, Role::Technician, "anna.kowalska").await;
        office.mailer.take();
        let before = post.sign_in(&format!("anna.kowalska@{domain}")).await;
        let anna: Value = serde_json::from_str(&before.text).unwrap();
        for address in others(&domain) {
            assert_eq!(code(&post.sign_in(&address).await), "invalid_credentials", "{address}");
            let invited = post.invite(&address).await;
            assert_eq!(invited.status, StatusCode::CREATED, "{address}: {}", invited.text);
            let invited: Value = serde_json::from_str(&invited.text).unwrap();
            assert_eq!(invited["user"]["email"], address.as_str());
            assert_ne!(invited["user"]["id"], anna["user"]["id"]);
            let mails = office.mailer.take();
            assert_eq!(mails[0].to.as_str(), address);
            let link = link_in(&mails[0]).rsplit_once('#').unwrap().1;
            let body = json!({"token": link, "password": "another horse battery"});
            let accepted = post.send("/api/v1/invitations/accept", body).await;
            let accepted: Value = serde_json::from_str(&accepted.text).unwrap();
            assert_eq!(accepted["user"]["email"], address.as_str());
            // Anna's password opens hers alone.
            assert_eq!(code(&post.sign_in(&address).await), "invalid_credentials", "{address}");
        }
        let after = post.sign_in(&format!("anna.kowalska@{domain}")).await;
        let after: Value = serde_json::from_str(&after.text).unwrap();
        assert_eq!(after["user"]["id"], anna["user"]["id"]);
        desk.close("addresses that are near").await;
    }

    async fn accounts_made_on_the_server_have_addresses_too(database: Database) {
        let office = Office::open(database).await;
        let shell = Context::command_line();
        let domain = format!("{}.example", office.bakery);
        office.person_named(office.bakery, Role::Technician, "anna.kowalska").await;
        let new = |email: String| latarnik_app::NewUser {
            tenant_id: office.bakery,
            email,
            name: "Anna".to_owned(),
            role: Role::Technician,
            password: latarnik_app::Password::typed(Office::PASSWORD.to_owned()),
        };
        let taken = same(&format!("anna.kowalska@{domain}"));
        for email in look_alikes(&domain).into_iter().chain(taken) {
            let made = office.app.create_user(&shell, new(email.clone())).await;
            assert_eq!(made.unwrap_err().code(), "validation_failed", "{email:?}");
        }
    }
}
