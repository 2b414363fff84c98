//! `backup recovery-kit`.

use super::{Session, arguments};
use anyhow::Context as _;
use arguments::KitLanguage;
use jiff::tz::TimeZone;
use latarnik_backup::{
    Clock as _, Generation, SystemClock,
    destinations::{Addressing, FtpSecurity, Settings},
    recovery_kit::{
        FtpEncryption, KeyStanding, KitDestination, KitPlace, Language, OlderRepository,
        RecoveryKit, RepositoryKey, S3Addressing,
    },
};
use std::{fs, path::Path, process::ExitCode};

impl Session {
    pub(super) fn recovery_kit(&self, making: &arguments::MakingKit) -> anyhow::Result<ExitCode> {
        // A kit for a repository that does not open would be worse than none.
        let generations = self.open_all()?;
        let (current, older) = generations.all().split_first().context("nothing is open")?;
        let kit = RecoveryKit {
            made_at: SystemClock.now().to_zoned_datetime(TimeZone::system()),
            organization: making.organization.clone(),
            device: latarnik_backup::hostname(),
            job: self.job.name.clone(),
            repository_id: current.repository.id(),
            keys: vec![key(current)],
            destinations: self.destinations(current.number)?,
            older: older
                .iter()
                .map(|generation| {
                    Ok(OlderRepository {
                        repository_id: generation.repository.id(),
                        key: key(generation),
                        destinations: self.destinations(generation.number)?,
                    })
                })
                .collect::<anyhow::Result<_>>()?,
        };
        let language = match making.language {
            KitLanguage::En => Language::En,
            KitLanguage::Pl => Language::Pl,
        };
        fs::create_dir_all(&making.output)
            .with_context(|| format!("{} cannot be made", making.output.display()))?;
        let page = kit.page(language)?;
        let file = kit.file()?.to_json();
        let written = [
            write(&making.output, "recovery-kit.html", &page)?,
            write(&making.output, "recovery-kit.json", &file)?,
        ];
        self.output.written(&written)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Session {
    /// Where a generation lies.
    fn destinations(&self, generation: u32) -> anyhow::Result<Vec<KitDestination>> {
        let destinations = self.job.destinations.iter().map(|destination| {
            Ok(KitDestination {
                name: destination.name.clone(),
                place: place(self.job.settings_of(&destination.settings, generation))?,
            })
        });
        destinations.collect()
    }
}

/// The password that opened a generation.
fn key(generation: &Generation) -> RepositoryKey {
    RepositoryKey {
        generation: generation.number,
        password: generation.password.clone(),
        standing: KeyStanding::Current,
    }
}

/// Both have the password, so nobody else may read them.
fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    latarnik_platform::private_folder::write_file(&path, text.as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path.display().to_string())
}

fn place(settings: Settings) -> anyhow::Result<KitPlace> {
    Ok(match settings {
        Settings::S3(s3) => KitPlace::S3 {
            endpoint: s3.endpoint,
            bucket: s3.bucket,
            prefix: s3.prefix,
            region: Some(s3.region),
            access_key: s3.access_key_id,
            secret_key: s3.secret_access_key,
            session_token: s3.session_token,
            addressing: match s3.addressing {
                Addressing::Path => S3Addressing::Path,
                Addressing::VirtualHost => S3Addressing::VirtualHost,
            },
            authority: s3.ca_certificate,
        },
        Settings::Sftp(sftp) => KitPlace::Sftp {
            host: sftp.host,
            port: sftp.port,
            user: sftp.user,
            path: sftp.path,
            password: sftp.password,
            private_key: sftp.private_key,
            host_key: sftp.host_key,
        },
        Settings::Ftp(ftp) => KitPlace::Ftp {
            port: ftp.port.unwrap_or(match ftp.security {
                FtpSecurity::Implicit => 990,
                FtpSecurity::None | FtpSecurity::Explicit => 21,
            }),
            host: ftp.host,
            user: ftp.user,
            password: ftp.password,
            path: ftp.path,
            encryption: match ftp.security {
                FtpSecurity::None => FtpEncryption::None,
                FtpSecurity::Explicit => FtpEncryption::Explicit,
                FtpSecurity::Implicit => FtpEncryption::Implicit,
            },
            authority: ftp.ca_certificate,
        },
        Settings::Smb(smb) => {
            let smb = smb.split()?;
            KitPlace::Smb {
                host: smb.server,
                share: smb.share,
                path: smb.path,
                user: smb.user,
                domain: (!smb.domain.is_empty()).then_some(smb.domain),
                password: smb.password,
            }
        }
        Settings::Local(local) => KitPlace::Local {
            path: local.path.display().to_string(),
        },
    })
}
