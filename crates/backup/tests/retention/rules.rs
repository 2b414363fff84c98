//! Rules as people write them.

use crate::rules;
use latarnik_backup::retention::{
    KeepRulesDraft, RetentionRules, RetentionRulesDraft, RuleFaultCode, Within,
};

#[test]
fn rules_are_written_as_they_are_read() {
    let toml = "[full]\nlast = 2\nmonthly = 12\nyearly = 10\n\n[incremental]\ndaily = 14\nweekly = 8\nwithin = \"1y6m2d12h\"\n";
    let read = rules(toml);
    assert_eq!(toml::to_string(&read).unwrap(), toml);
    let json = serde_json::to_string(&read).unwrap();
    assert_eq!(
        json,
        r#"{"full":{"last":2,"monthly":12,"yearly":10},"incremental":{"daily":14,"weekly":8,"within":"1y6m2d12h"}}"#
    );
    assert_eq!(serde_json::from_str::<RetentionRules>(&json).unwrap(), read);
}

#[test]
fn rules_that_are_left_out_are_none() {
    assert_eq!(rules(""), RetentionRules::default());
    assert!(rules("[full]\nlast = 1").incremental.is_empty());
}

#[test]
fn unknown_fields_are_refused() {
    for toml in [
        "hourly = 3",
        "[full]\nhourly = 3",
        "[incremental]\nkeep_last = 3",
        "[differential]\nlast = 3",
    ] {
        let error = toml::from_str::<RetentionRules>(toml).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}

#[test]
fn every_fault_is_named_with_its_field() {
    let draft = RetentionRulesDraft {
        full: KeepRulesDraft {
            last: Some(0),
            yearly: Some(-1),
            ..Default::default()
        },
        incremental: KeepRulesDraft {
            daily: Some(100_001),
            weekly: Some(i64::MAX),
            monthly: Some(100_000),
            within: Some("a week".to_owned()),
            ..Default::default()
        },
    };
    let faults = RetentionRules::try_from(draft).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "invalid retention rules: full.last (out_of_range), full.yearly (out_of_range), \
         incremental.daily (out_of_range), incremental.weekly (out_of_range), \
         incremental.within (malformed)"
    );
    assert_eq!(
        serde_json::to_string(&faults.0[0]).unwrap(),
        r#"{"field":"full.last","code":"out_of_range"}"#
    );
}

#[test]
fn durations_are_those_of_restic() {
    for (text, written) in [
        ("2y5m7d3h", "2y5m7d3h"),
        ("3h7d", "7d3h"),
        ("14d", "14d"),
        ("0y1m", "1m"),
        ("007d", "7d"),
        ("10000d", "10000d"),
    ] {
        assert_eq!(text.parse::<Within>().unwrap().to_string(), written);
    }
    use RuleFaultCode::{Malformed, OutOfRange};
    for (text, code) in [
        ("", Malformed),
        ("d", Malformed),
        ("7", Malformed),
        ("7w", Malformed),
        ("7D", Malformed),
        ("7d7d", Malformed),
        ("7 d", Malformed),
        (" 7d", Malformed),
        ("-7d", Malformed),
        ("1.5d", Malformed),
        ("7d1", Malformed),
        ("٧d", Malformed),
        ("P7D", Malformed),
        ("0d", OutOfRange),
        ("0y0m0d0h", OutOfRange),
        ("10001d", OutOfRange),
        ("99999999999999999999d", OutOfRange),
    ] {
        assert_eq!(text.parse::<Within>(), Err(code), "{text}");
    }
}
