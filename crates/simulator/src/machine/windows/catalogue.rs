//! The updates that Windows Update offers. Equal updates on different machines have equal ids.

use super::{Language, Release};
use crate::random::Random;
use jiff::{Timestamp, civil::Date, tz::Offset};
use latarnik_model::{RestartBehavior, Severity, UpdateCategory, UpdateSource};
use latarnik_protocol::Update;
use uuid::Uuid;

/// Vendor, class and version of drivers, size in bytes.
const DRIVERS: [(&str, &str, &str, u64); 12] = [
    ("Intel Corporation", "Display", "31.0.101.5592", 412_000_000),
    ("Intel Corporation", "Bluetooth", "23.60.0.1", 18_400_000),
    ("Intel", "net", "12.19.2.60", 1_240_000),
    ("Intel", "System", "2406.5.5.0", 3_020_000),
    (
        "Realtek Semiconductor Corp.",
        "MEDIA",
        "6.0.9652.1",
        96_300_000,
    ),
    ("Realtek", "Net", "10.72.705.2024", 1_010_000),
    (
        "Advanced Micro Devices, Inc.",
        "Display",
        "31.0.24019.1003",
        655_000_000,
    ),
    ("NVIDIA", "Display", "32.0.15.6094", 803_000_000),
    ("Dell, Inc.", "Firmware", "1.21.0", 27_700_000),
    ("HP Inc.", "Firmware", "2.14.0.0", 24_100_000),
    ("Lenovo Ltd.", "Firmware", "1.38.0.0", 19_900_000),
    ("Synaptics", "Mouse", "19.5.35.2", 5_510_000),
];

/// Signatures of the protection program: new ones every few hours.
pub(in crate::machine) fn definition_update(now: Timestamp) -> Update {
    let day = Offset::UTC.to_datetime(now);
    let version = format!(
        "1.4{}.{}.0",
        21 + day.month(),
        day.day_of_year() * 4 + i16::from(day.hour() / 6)
    );
    Offer {
        title: format!(
            "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version \
             {version}) - Current Channel (Broad)"
        ),
        kb: Some(2_267_602),
        category: UpdateCategory::Definition,
        severity: None,
        size_bytes: 1_180_000_000,
        released: day.date(),
        restart: RestartBehavior::Never,
    }
    .into()
}

/// A driver of the usual vendors.
pub(in crate::machine) fn driver_update(random: &mut Random, now: Timestamp) -> Update {
    let (vendor, class, version, size_bytes) = random.pick(&DRIVERS);
    Offer {
        title: format!("{vendor} - {class} - {version}"),
        kb: None,
        category: UpdateCategory::Driver,
        severity: None,
        size_bytes: *size_bytes,
        released: days_before(now, 30 + 7 * (version.len() as i64)),
        restart: RestartBehavior::CanRequest,
    }
    .into()
}

pub(super) fn cumulative(release: &Release, language: Language, day: Date) -> Update {
    let (month, product) = (month(day), release.product);
    let kb = monthly_kb(product, day);
    let title = match (language, release.is_server) {
        (Language::Polish, false) => format!(
            "{month} Zbiorcza aktualizacja systemu {product} dla komputerów z procesorem x64 (KB{kb})"
        ),
        (Language::Polish, true) => format!(
            "{month} Zbiorcza aktualizacja systemu operacyjnego {product} dla komputerów z \
             procesorem x64 (KB{kb})"
        ),
        (Language::English, false) => {
            format!("{month} Cumulative Update for {product} for x64-based Systems (KB{kb})")
        }
        (Language::English, true) => format!(
            "{month} Cumulative Update for {product} operating system for x64-based Systems \
             (KB{kb})"
        ),
    };
    Offer {
        title,
        kb: Some(kb),
        category: UpdateCategory::Security,
        severity: Some(Severity::Critical),
        size_bytes: release.cumulative_mb * 1_048_576,
        released: day,
        restart: RestartBehavior::Always,
    }
    .into()
}

pub(super) fn framework(release: &Release, language: Language, day: Date) -> Update {
    let (month, product, framework) = (month(day), release.product, release.framework);
    let kb = monthly_kb(&format!(".NET {product}"), day);
    let title = match language {
        Language::Polish => format!(
            "{month} Zbiorcza aktualizacja programu .NET Framework {framework} systemu {product} \
             dla komputerów z procesorem x64 (KB{kb})"
        ),
        Language::English => format!(
            "{month} Cumulative Update for .NET Framework {framework} for {product} for x64 (KB{kb})"
        ),
    };
    Offer {
        title,
        kb: Some(kb),
        category: UpdateCategory::Security,
        severity: Some(Severity::Important),
        size_bytes: 72_000_000,
        released: day,
        restart: RestartBehavior::CanRequest,
    }
    .into()
}

pub(super) fn sql_server(day: Date) -> Update {
    let kb = monthly_kb("SQL Server 2022", day);
    Offer {
        title: format!("Security Update for SQL Server 2022 RTM CU (KB{kb})"),
        kb: Some(kb),
        category: UpdateCategory::Security,
        severity: Some(Severity::Important),
        size_bytes: 465_000_000,
        released: day,
        restart: RestartBehavior::CanRequest,
    }
    .into()
}

pub(super) fn removal_tool(day: Date) -> Update {
    Offer {
        title: format!(
            "Windows Malicious Software Removal Tool x64 - v5.{} (KB890830)",
            130 + i32::from(day.month())
        ),
        kb: Some(890_830),
        category: UpdateCategory::Tool,
        severity: None,
        size_bytes: 76_300_000,
        released: day,
        restart: RestartBehavior::CanRequest,
    }
    .into()
}

pub(super) fn preview(release: &Release, language: Language, now: Timestamp) -> Update {
    let (day, product) = (days_before(now, 9), release.product);
    let kb = monthly_kb(&format!("preview {product}"), day);
    let month = month(day);
    let title = match language {
        Language::Polish => format!(
            "{month} Wersja zapoznawcza zbiorczej aktualizacji systemu {product} dla komputerów z \
             procesorem x64 (KB{kb})"
        ),
        Language::English => {
            format!(
                "{month} Cumulative Update Preview for {product} for x64-based Systems (KB{kb})"
            )
        }
    };
    Offer {
        title,
        kb: Some(kb),
        category: UpdateCategory::Optional,
        severity: None,
        size_bytes: release.cumulative_mb * 1_060_000,
        released: day,
        restart: RestartBehavior::Always,
    }
    .into()
}

pub(super) fn feature_update(now: Timestamp) -> Update {
    Offer {
        title: "Windows 11, version 25H2".to_owned(),
        kb: None,
        category: UpdateCategory::FeatureUpdate,
        severity: None,
        size_bytes: 5_420_000_000,
        released: days_before(now, 55),
        restart: RestartBehavior::Always,
    }
    .into()
}

/// What an update is made from. Equal updates on different machines have equal ids.
struct Offer {
    title: String,
    kb: Option<u32>,
    category: UpdateCategory,
    severity: Option<Severity>,
    size_bytes: u64,
    released: Date,
    restart: RestartBehavior,
}

impl From<Offer> for Update {
    fn from(offer: Offer) -> Self {
        // Titles differ by language, ids do not: an update with its own KB is known by it.
        let subject = match offer.kb {
            Some(kb) if kb > 5_000_000 => format!("KB{kb}"),
            _ => offer.title.clone(),
        };
        let mut random = Random::of(&subject);
        let update_id = Uuid::from_u64_pair(random.next(), random.next());
        let revision = random.pick(&[1, 200, 201, 202]);
        Self {
            key: format!("{update_id}:{revision}"),
            source: UpdateSource::WindowsUpdate,
            title: offer.title,
            category: offer.category,
            severity: offer.severity,
            kb: offer.kb.map(|kb| format!("KB{kb}")),
            update_id: Some(update_id.to_string()),
            revision: Some(*revision),
            package: None,
            installed_version: None,
            available_version: None,
            size_bytes: Some(offer.size_bytes),
            released_at: Offset::UTC
                .to_timestamp(offer.released.at(18, 0, 0, 0))
                .ok(),
            restart: offer.restart,
            titles: None,
        }
    }
}

fn month(day: Date) -> String {
    format!("{}-{:02}", day.year(), day.month())
}

/// Article numbers grow with time and differ by product.
fn monthly_kb(product: &str, day: Date) -> u32 {
    let months = (i32::from(day.year()) - 2024) * 12 + i32::from(day.month());
    let number = 5_034_000 + u32::try_from(months.max(0)).unwrap_or(0) * 1_100;
    number + u32::try_from(Random::of(product).below(1_000)).unwrap_or(0)
}

fn days_before(now: Timestamp, days: i64) -> Date {
    let today = Offset::UTC.to_datetime(now).date();
    today
        .checked_sub(jiff::Span::new().days(days))
        .unwrap_or(today)
}
