//! How the parts are put together.

use crate::{
    configuration::{Configuration, MasterKeyPlace},
    mail::SmtpMailer,
    master_key,
    openid::HttpOpenidClient,
    system::{SystemClock, SystemRandomness},
};
use anyhow::Context;
use latarnik_app::{AgentSettings, App, Mailer, Settings, SignInSettings};
use latarnik_gateway::{Authorities, EnrollmentTokenFormat};
use latarnik_model::Clock;
use latarnik_store::{ConnectOptions, Store};
use std::{fs, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

/// The application on its database, with the authorities that agents trust.
pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) authorities: Arc<Authorities>,
}

/// Where others reach this server.
pub(crate) struct Addresses {
    /// Agents: HOST:PORT.
    pub(crate) gateway: String,
    /// Browsers: a URL.
    pub(crate) console: String,
}

/// Opens database, keys and authorities; makes them on the first start.
pub(crate) async fn open(
    configuration: &Configuration,
    addresses: Addresses,
) -> anyhow::Result<Parts> {
    let folder = &configuration.data_folder;
    // Whoever reads the database reads every tenant: nobody but the server gets in.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create the data folder {}", folder.display()))?;
    let options = ConnectOptions {
        address: configuration.database.address.0.clone(),
        max_connections: configuration.database.max_connections,
    };
    let store = Store::connect(&options).await.with_context(|| {
        format!(
            "cannot open the database {}",
            configuration.database.address.redacted()
        )
    })?;
    let authorities = Authorities::open_or_create(&folder.join("authority"), SystemClock.now())
        .context("cannot open the certificate authority")?;
    let authorities = Arc::new(authorities);
    let place = Arc::new(configuration.secrets.master_key.clone());
    master_key::prepare(&place, &SystemRandomness)?;
    let app = App::new(Settings {
        store,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        token_format: Arc::new(EnrollmentTokenFormat {
            address: addresses.gateway,
            authorities: authorities.clone(),
        }),
        agents: AgentSettings::default(),
        sign_in: SignInSettings {
            console_url: addresses.console,
            require_second_factor: configuration.sign_in.require_second_factor,
        },
        mailer: mailer(configuration)?,
        openid: Some(Arc::new(HttpOpenidClient::new()?)),
        master_key: place.clone(),
    });
    finish_rotation(&app, &place).await?;
    app.unlock_secrets()
        .await
        .context("cannot unlock the secrets in the database")?;
    app.provider()
        .await
        .context("cannot prepare the provider tenant")?;
    Ok(Parts { app, authorities })
}

fn mailer(configuration: &Configuration) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(mail) = &configuration.mail else {
        return Ok(None);
    };
    let mailer = SmtpMailer::new(mail).map_err(anyhow::Error::msg)?;
    Ok(Some(Arc::new(mailer)))
}

/// A rotation that was cut off after the database was wrapped: the new key takes its place now.
async fn finish_rotation(app: &App, place: &MasterKeyPlace) -> anyhow::Result<()> {
    if let MasterKeyPlace::DataFolder(path) = place
        && let Some(next) = master_key::cut_off(path)?
        && app.is_sealed_with(&next).await? == Some(true)
    {
        master_key::take_over(path)?;
        tracing::info!("finished a rotation of the master key that was cut off");
    }
    Ok(())
}

/// Where a running server says how to reach it.
pub(crate) fn server_file(data_folder: &Path) -> std::path::PathBuf {
    data_folder.join("server.json")
}
