//! Windows workstations and servers, with updates as Windows Update offers them.

mod catalogue;

pub(super) use catalogue::{definition_update, driver_update};

use super::{Care, Names};
use crate::random::Random;
use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::Offset,
};
use latarnik_model::OsFamily;
use latarnik_protocol::{Facts, Update};

/// The language of titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Polish,
    English,
}

struct Release {
    os_name: &'static str,
    /// As it stands in titles.
    product: &'static str,
    build: u32,
    framework: &'static str,
    is_server: bool,
    cumulative_mb: u64,
    /// Of a hundred machines, together with those before.
    share_to: u64,
}

const RELEASES: [Release; 8] = [
    workstation(
        "Microsoft Windows 11 Pro",
        "Windows 11 Version 24H2",
        26100,
        2_900,
        30,
    ),
    workstation(
        "Microsoft Windows 11 Pro",
        "Windows 11 Version 25H2",
        26200,
        3_100,
        45,
    ),
    workstation(
        "Microsoft Windows 11 Enterprise",
        "Windows 11 Version 23H2",
        22631,
        830,
        55,
    ),
    workstation(
        "Microsoft Windows 10 Pro",
        "Windows 10 Version 22H2",
        19045,
        760,
        75,
    ),
    server(
        "Microsoft Windows Server 2019 Standard",
        "Windows Server 2019",
        17763,
        680,
        82,
    ),
    server(
        "Microsoft Windows Server 2022 Standard",
        "Windows Server 2022",
        20348,
        410,
        93,
    ),
    server(
        "Microsoft Windows Server 2022 Datacenter",
        "Windows Server 2022",
        20348,
        410,
        95,
    ),
    server(
        "Microsoft Windows Server 2025 Standard",
        "Windows Server 2025",
        26100,
        2_700,
        100,
    ),
];

const fn workstation(
    os_name: &'static str,
    product: &'static str,
    build: u32,
    cumulative_mb: u64,
    share_to: u64,
) -> Release {
    let framework = "3.5 and 4.8.1";
    Release {
        os_name,
        product,
        build,
        framework,
        is_server: false,
        cumulative_mb,
        share_to,
    }
}

const fn server(
    os_name: &'static str,
    product: &'static str,
    build: u32,
    cumulative_mb: u64,
    share_to: u64,
) -> Release {
    let framework = "3.5 and 4.8";
    Release {
        os_name,
        product,
        build,
        framework,
        is_server: true,
        cumulative_mb,
        share_to,
    }
}

/// A machine and what it is offered.
pub(super) fn make(
    random: &mut Random,
    names: &mut Names,
    care: Care,
    now: Timestamp,
) -> (Facts, Vec<Update>) {
    let share = random.below(100);
    let release = RELEASES
        .iter()
        .find(|release| share < release.share_to)
        .expect("the last share is 100");
    let language = if random.percent(70) {
        Language::Polish
    } else {
        Language::English
    };
    let months_behind = match care {
        Care::Good => 0,
        Care::Usual => 1,
        Care::Poor => random.between(2, 9),
    };
    let hostname = if release.is_server {
        names.windows_server(random)
    } else {
        names.workstation(random)
    };
    let patch_level = 8_000 - 190 * months_behind;
    let facts = Facts {
        hostname,
        os_family: OsFamily::Windows,
        os_name: release.os_name.to_owned(),
        os_version: format!("10.0.{}.{patch_level}", release.build),
        architecture: "x86_64".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        time_zone: (!random.percent(3)).then(|| "Europe/Warsaw".to_owned()),
    };
    (facts, offered(random, release, language, care, now))
}

fn offered(
    random: &mut Random,
    release: &Release,
    language: Language,
    care: Care,
    now: Timestamp,
) -> Vec<Update> {
    let mut updates = Vec::new();
    if random.percent(if care == Care::Good { 30 } else { 80 }) {
        updates.push(definition_update(now));
    }
    if care == Care::Good {
        return updates;
    }
    let months = release_days(now, if care == Care::Poor { 4 } else { 1 });
    for (age, day) in months.into_iter().enumerate() {
        if age == 0 {
            updates.push(in_both(language, |language| {
                catalogue::cumulative(release, language, day)
            }));
            updates.push(catalogue::removal_tool(day));
        }
        if random.percent(if age == 0 { 60 } else { 40 }) {
            updates.push(in_both(language, |language| {
                catalogue::framework(release, language, day)
            }));
        }
        if release.is_server && random.percent(35) {
            updates.push(catalogue::sql_server(day));
        }
    }
    if random.percent(35) {
        updates.push(in_both(language, |language| {
            catalogue::preview(release, language, now)
        }));
    }
    let drivers = match (release.is_server, care) {
        (true, _) => 0,
        (false, Care::Poor) => random.between(3, 9),
        (false, _) => random.below(3),
    };
    updates.extend((0..drivers).map(|_| driver_update(random, now)));
    if !release.is_server && release.build < 26200 && random.percent(40) {
        updates.push(catalogue::feature_update(now));
    }
    updates
}

/// An update of a machine in this language, with its titles in both, as agents ask Windows for them.
fn in_both(language: Language, offer: impl Fn(Language) -> Update) -> Update {
    let title = |language| offer(language).title;
    let titles = [
        ("en".to_owned(), title(Language::English)),
        ("pl".to_owned(), title(Language::Polish)),
    ];
    Update {
        titles: Some(titles.into()),
        ..offer(language)
    }
}

/// The last second Tuesdays, the latest first.
fn release_days(now: Timestamp, count: usize) -> Vec<Date> {
    let today = Offset::UTC.to_datetime(now).date();
    let mut days = Vec::with_capacity(count);
    let mut month = today.first_of_month();
    while days.len() < count {
        match month.nth_weekday_of_month(2, Weekday::Tuesday) {
            Ok(day) if day <= today => days.push(day),
            Ok(_) => {}
            Err(_) => break,
        }
        let Ok(last_of_previous) = month.yesterday() else {
            break;
        };
        month = last_of_previous.first_of_month();
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_days_are_the_second_tuesdays_up_to_today() {
        let days = |now: &str| release_days(now.parse().unwrap(), 2);
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(
            days("2026-11-23T12:00:00Z"),
            [date("2026-11-10"), date("2026-10-13")]
        );
        assert_eq!(
            days("2026-01-01T00:00:00Z"),
            [date("2025-12-09"), date("2025-11-11")]
        );
    }

    #[test]
    fn one_update_has_one_id_in_both_languages() {
        let day = "2026-11-10".parse().unwrap();
        let [polish, english] = [Language::Polish, Language::English]
            .map(|language| catalogue::cumulative(&RELEASES[0], language, day));
        assert_eq!(polish.key, english.key);
        assert_ne!(polish.title, english.title);
    }
}
