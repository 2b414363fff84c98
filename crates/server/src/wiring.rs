//! How the parts are put together.

use crate::{
    configuration::Configuration,
    system::{SystemClock, SystemRandomness},
};
use anyhow::Context;
use latarnik_app::{AgentSettings, App, Settings};
use latarnik_gateway::{Authorities, EnrollmentTokenFormat};
use latarnik_model::Clock;
use latarnik_store::{ConnectOptions, Store};
use std::{fs, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

/// The application on its database, with the authorities that agents trust.
pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) authorities: Arc<Authorities>,
}

/// Opens database and authorities; makes both on the first start.
pub(crate) async fn open(
    configuration: &Configuration,
    gateway_address: String,
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
    let app = App::new(Settings {
        store,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        token_format: Arc::new(EnrollmentTokenFormat {
            address: gateway_address,
            authorities: authorities.clone(),
        }),
        agents: AgentSettings::default(),
    });
    app.provider()
        .await
        .context("cannot prepare the provider tenant")?;
    Ok(Parts { app, authorities })
}

/// Where a running server says how to reach it.
pub(crate) fn server_file(data_folder: &Path) -> std::path::PathBuf {
    data_folder.join("server.json")
}
