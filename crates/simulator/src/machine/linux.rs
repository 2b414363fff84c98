//! Debian and Ubuntu servers.

use super::{Care, Names, before};
use crate::random::Random;
use jiff::Timestamp;
use latarnik_model::{OsFamily, RestartBehavior, UpdateCategory, UpdateSource};
use latarnik_protocol::{Facts, Update};

struct Distribution {
    name: &'static str,
    version: &'static str,
    /// What its security updates add to a package's version.
    suffix: &'static str,
}

const DISTRIBUTIONS: [Distribution; 4] = [
    Distribution {
        name: "Debian GNU/Linux 12 (bookworm)",
        version: "12.12",
        suffix: "+deb12u",
    },
    Distribution {
        name: "Debian GNU/Linux 13 (trixie)",
        version: "13.2",
        suffix: "+deb13u",
    },
    Distribution {
        name: "Ubuntu 22.04.5 LTS",
        version: "22.04",
        suffix: "ubuntu0.22.04.",
    },
    Distribution {
        name: "Ubuntu 24.04.3 LTS",
        version: "24.04",
        suffix: "ubuntu0.24.04.",
    },
];

/// Package, summary, version, size in bytes.
const PACKAGES: [(&str, &str, &str, u64); 40] = [
    (
        "openssl",
        "Secure Sockets Layer toolkit - cryptographic utility",
        "3.0.17-1",
        1_430_000,
    ),
    (
        "libssl3",
        "Secure Sockets Layer toolkit - shared libraries",
        "3.0.17-1",
        2_020_000,
    ),
    (
        "curl",
        "command line tool for transferring data with URL syntax",
        "7.88.1-10",
        316_000,
    ),
    (
        "libcurl4",
        "easy-to-use client-side URL transfer library",
        "7.88.1-10",
        390_000,
    ),
    (
        "linux-image-amd64",
        "Linux for 64-bit PCs (meta-package)",
        "6.1.158-1",
        68_900_000,
    ),
    (
        "openssh-server",
        "secure shell (SSH) server",
        "1:9.2p1-2",
        456_000,
    ),
    (
        "openssh-client",
        "secure shell (SSH) client",
        "1:9.2p1-2",
        992_000,
    ),
    (
        "systemd",
        "system and service manager",
        "252.39-1",
        3_030_000,
    ),
    (
        "libsystemd0",
        "systemd utility library",
        "252.39-1",
        333_000,
    ),
    (
        "libc6",
        "GNU C Library: Shared libraries",
        "2.36-9",
        2_760_000,
    ),
    ("libc-bin", "GNU C Library: Binaries", "2.36-9", 607_000),
    (
        "libgnutls30",
        "GNU TLS library - main runtime library",
        "3.7.9-2",
        1_410_000,
    ),
    (
        "libexpat1",
        "XML parsing C library - runtime library",
        "2.5.0-1",
        98_000,
    ),
    ("libxml2", "GNOME XML library", "2.9.14+dfsg-1.3", 687_000),
    (
        "nginx",
        "small, powerful, scalable web/proxy server",
        "1.22.1-9",
        527_000,
    ),
    (
        "postgresql-15",
        "The World's Most Advanced Open Source Relational Database",
        "15.14-0",
        16_800_000,
    ),
    ("libpq5", "PostgreSQL C client library", "15.14-0", 192_000),
    (
        "mariadb-server",
        "MariaDB database server binaries",
        "1:10.11.14-0",
        11_400_000,
    ),
    ("bind9-host", "DNS Lookup Utility", "1:9.18.41-1", 53_000),
    (
        "bind9-libs",
        "Shared Libraries used by BIND 9",
        "1:9.18.41-1",
        1_180_000,
    ),
    (
        "python3.11",
        "Interactive high-level object-oriented language",
        "3.11.2-6",
        573_000,
    ),
    (
        "sudo",
        "Provide limited super user privileges to specific users",
        "1.9.13p3-1",
        1_890_000,
    ),
    (
        "git",
        "fast, scalable, distributed revision control system",
        "1:2.39.5-0",
        7_250_000,
    ),
    (
        "vim",
        "Vi IMproved - enhanced vi editor",
        "2:9.0.1378-2",
        1_560_000,
    ),
    (
        "vim-common",
        "Vi IMproved - Common files",
        "2:9.0.1378-2",
        125_000,
    ),
    (
        "tzdata",
        "time zone and daylight-saving time data",
        "2026b-0",
        296_000,
    ),
    (
        "ca-certificates",
        "Common CA certificates",
        "20230311",
        153_000,
    ),
    ("apache2", "Apache HTTP Server", "2.4.65-1", 222_000),
    (
        "php8.2-fpm",
        "server-side, HTML-embedded scripting language (FPM-CGI)",
        "8.2.29-1",
        1_670_000,
    ),
    (
        "docker.io",
        "Linux container runtime",
        "20.10.24+dfsg1-1",
        36_200_000,
    ),
    (
        "containerd",
        "open and reliable container runtime",
        "1.6.20~ds1-1",
        25_900_000,
    ),
    (
        "libglib2.0-0",
        "GLib library of C routines",
        "2.74.6-2",
        1_400_000,
    ),
    (
        "libtiff6",
        "Tag Image File Format (TIFF) library",
        "4.5.0-6",
        316_000,
    ),
    ("libpng16-16", "PNG library - runtime", "1.6.39-2", 276_000),
    (
        "rsync",
        "fast, versatile, remote (and local) file-copying tool",
        "3.2.7-1",
        417_000,
    ),
    ("wget", "retrieves files from the web", "1.21.3-1", 937_000),
    (
        "gnupg",
        "GNU privacy guard - a free PGP replacement",
        "2.2.40-1.1",
        846_000,
    ),
    (
        "base-files",
        "Debian base system miscellaneous files",
        "12.4",
        70_800,
    ),
    (
        "intel-microcode",
        "Processor microcode firmware for Intel CPUs",
        "3.20250812.1",
        13_100_000,
    ),
    (
        "libpam-modules",
        "Pluggable Authentication Modules for PAM",
        "1.5.2-6",
        291_000,
    ),
];

/// A server and what it is offered.
pub(super) fn make(
    random: &mut Random,
    names: &mut Names,
    care: Care,
    now: Timestamp,
) -> (Facts, Vec<Update>) {
    let distribution = random.pick(&DISTRIBUTIONS);
    let updates = match care {
        Care::Good => 0,
        Care::Usual => random.between(1, 9),
        Care::Poor => random.between(15, 60),
    };
    let facts = Facts {
        hostname: names.linux_server(random),
        os_family: OsFamily::Linux,
        os_name: distribution.name.to_owned(),
        os_version: distribution.version.to_owned(),
        architecture: if random.percent(8) {
            "aarch64"
        } else {
            "x86_64"
        }
        .to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        time_zone: Some(
            if random.percent(85) {
                "Europe/Warsaw"
            } else {
                "Etc/UTC"
            }
            .to_owned(),
        ),
    };
    let updates = (0..updates)
        .map(|_| update(random, distribution.suffix, now))
        .collect();
    (facts, updates)
}

/// Something that was published since the last scan.
pub(super) fn package_update(random: &mut Random, now: Timestamp) -> Update {
    update(random, "+deb12u", now)
}

fn update(random: &mut Random, suffix: &str, now: Timestamp) -> Update {
    let (package, summary, version, size_bytes) = random.pick(&PACKAGES);
    let step = random.between(2, 9);
    let available = format!("{version}{suffix}{step}");
    let is_security = random.percent(55);
    let restarts = matches!(
        *package,
        "linux-image-amd64" | "libc6" | "systemd" | "intel-microcode"
    );
    Update {
        key: format!("{package}={available}"),
        source: UpdateSource::Apt,
        title: format!("{package} - {summary}"),
        category: if is_security {
            UpdateCategory::Security
        } else {
            UpdateCategory::Optional
        },
        severity: None,
        kb: None,
        update_id: None,
        revision: None,
        package: Some((*package).to_owned()),
        installed_version: Some(format!("{version}{suffix}{}", step - 1)),
        available_version: Some(available),
        size_bytes: Some(*size_bytes),
        released_at: random
            .percent(80)
            .then(|| before(now, 60 * random.between(6, 24 * 60))),
        restart: if restarts {
            RestartBehavior::Always
        } else {
            RestartBehavior::Unknown
        },
        titles: None,
    }
}
