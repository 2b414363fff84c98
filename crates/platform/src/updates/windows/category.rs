//! What kind of update it is. Microsoft's classifications are categories with fixed identifiers;
//! their names are translated and never looked at. Source of the identifiers: Microsoft's list of
//! WSUS classification GUIDs, see `docs/windows.md`.

use latarnik_model::UpdateCategory;
use windows::core::GUID;

const CLASSIFICATIONS: [(GUID, UpdateCategory); 10] = [
    (
        GUID::from_u128(0xe6cf1350_c01b_414d_a61f_263d14d133b4),
        UpdateCategory::Critical,
    ),
    (
        GUID::from_u128(0x0fa1201d_4330_4fa8_8ae9_b877473b6441),
        UpdateCategory::Security,
    ),
    (
        GUID::from_u128(0xe0789628_ce08_4437_be74_2495b842f43b),
        UpdateCategory::Definition,
    ),
    (
        GUID::from_u128(0x28bc880e_0592_4cbf_8f95_c79b17911d5f),
        UpdateCategory::UpdateRollup,
    ),
    (
        GUID::from_u128(0x68c5b0a3_d1a6_4553_ae49_01d3a7827828),
        UpdateCategory::ServicePack,
    ),
    (
        GUID::from_u128(0xb54e7d24_7add_428f_8b75_90a396fa584f),
        UpdateCategory::FeaturePack,
    ),
    (
        GUID::from_u128(0x3689bdc8_b205_4af4_8d4a_a63924c5e9d5),
        UpdateCategory::FeatureUpdate,
    ),
    (
        GUID::from_u128(0xebfc1fc5_71a4_4f7b_9aca_3b9a503104a0),
        UpdateCategory::Driver,
    ),
    (
        GUID::from_u128(0xb4832bd8_e735_4761_8daf_37f882276dab),
        UpdateCategory::Tool,
    ),
    // "Updates": what is neither critical nor about security.
    (
        GUID::from_u128(0xcd5ffd1e_e932_4e3a_bf74_18bf0b1bbd83),
        UpdateCategory::Optional,
    ),
];

/// How Windows Update itself presents an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presentation {
    /// A driver.
    Driver,
    /// Shown for whoever looks for it (`BrowseOnly`).
    Optional,
    /// Meant for every machine.
    Ordinary,
}

/// A driver and a new release of Windows are that, however they are presented; of the rest, what
/// is offered as optional is optional.
pub(super) fn category(presentation: Presentation, categories: &[String]) -> UpdateCategory {
    let classification = CLASSIFICATIONS
        .iter()
        .find(|(id, _)| {
            categories
                .iter()
                .any(|category| parse(category) == Some(*id))
        })
        .map(|(_, category)| *category);
    match (presentation, classification) {
        (Presentation::Driver, _) => UpdateCategory::Driver,
        (_, Some(UpdateCategory::FeatureUpdate)) => UpdateCategory::FeatureUpdate,
        (Presentation::Optional, _) => UpdateCategory::Optional,
        (Presentation::Ordinary, classification) => classification.unwrap_or(UpdateCategory::Other),
    }
}

fn parse(text: &str) -> Option<GUID> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, '{' | '}' | '-'))
        .collect();
    (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok().map(GUID::from_u128))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECURITY: &str = "0FA1201D-4330-4FA8-8AE9-B877473B6441";

    fn of(presentation: Presentation, categories: &[&str]) -> UpdateCategory {
        let categories: Vec<_> = categories.iter().map(|&c| c.to_owned()).collect();
        category(presentation, &categories)
    }

    #[test]
    fn the_classification_counts_among_products_and_in_any_spelling() {
        let product = "72e7624a-5b00-45d2-b92f-e561c0a6a160";
        let spelled = format!("{{{}}}", SECURITY.to_lowercase());
        assert_eq!(
            of(Presentation::Ordinary, &[product, SECURITY]),
            UpdateCategory::Security
        );
        assert_eq!(
            of(Presentation::Ordinary, &[&spelled]),
            UpdateCategory::Security
        );
        assert_eq!(
            of(Presentation::Ordinary, &[product, "x"]),
            UpdateCategory::Other
        );
    }

    #[test]
    fn presentation_overrides_the_classification() {
        assert_eq!(
            of(Presentation::Optional, &[SECURITY]),
            UpdateCategory::Optional
        );
        assert_eq!(
            of(Presentation::Driver, &[SECURITY]),
            UpdateCategory::Driver
        );
        let upgrade = "3689BDC8-B205-4AF4-8D4A-A63924C5E9D5";
        assert_eq!(
            of(Presentation::Optional, &[upgrade]),
            UpdateCategory::FeatureUpdate
        );
    }
}
