use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const DEVICE: PolicyScope = PolicyScope::Device(DeviceId(Uuid::from_u128(1)));
const GROUP: PolicyScope = PolicyScope::Group(GroupId(Uuid::from_u128(2)));

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * 24 * 3600).unwrap()
}

fn names() -> UpdateNames<'static> {
    UpdateNames {
        id: UpdateId(Uuid::from_u128(9)),
        kb: Some("KB5034441"),
        package: None,
    }
}

/// Offered on day 0.
fn offer(category: UpdateCategory) -> Offer<'static> {
    Offer {
        names: names(),
        category,
        first_offered_at: day(0),
        state: UpdateState::Offered,
        since: day(0),
        failures: 0,
    }
}

fn automatic(category: UpdateCategory, after_days: u16) -> UpdatePolicy {
    UpdatePolicy {
        categories: [(category, CategoryRule::Automatic { after_days })].into(),
        ..UpdatePolicy::default()
    }
}

fn on(update: UpdateRef, verdict: UpdateVerdict) -> Vec<UpdateDecision> {
    vec![UpdateDecision { update, verdict }]
}

fn kb() -> UpdateRef {
    UpdateRef::parse("kb", "5034441").unwrap()
}

fn scope<'a>(
    scope: PolicyScope,
    policy: Option<&'a UpdatePolicy>,
    decisions: &'a [UpdateDecision],
) -> ScopeRules<'a> {
    ScopeRules {
        scope,
        policy,
        decisions,
    }
}

fn answer(rules: Vec<ScopeRules<'_>>, on_day: i64) -> (PolicyVerdict, Option<PolicyScope>) {
    let offer = offer(UpdateCategory::Security);
    let answer = UpdateRules(rules).decide(&offer, RingAccess::NoRings, day(on_day));
    (answer.verdict, answer.scope)
}

#[test]
fn nothing_installs_by_itself_unless_a_policy_says_so() {
    for category in UpdateCategory::ALL {
        let offer = offer(category);
        let answer = UpdateRules::default().decide(&offer, RingAccess::NoRings, day(1000));
        assert_eq!(answer.verdict, PolicyVerdict::Manual);
        assert_eq!(answer.scope, None);
    }
    let drivers = automatic(UpdateCategory::Driver, 0);
    let rules = vec![scope(PolicyScope::Tenant, Some(&drivers), &[])];
    assert_eq!(
        answer(rules, 5).0,
        PolicyVerdict::Manual,
        "another category"
    );
}

#[test]
fn an_automatic_update_waits_for_its_deferral_from_the_first_offer() {
    let policy = automatic(UpdateCategory::Security, 3);
    let rules = || vec![scope(PolicyScope::Tenant, Some(&policy), &[])];
    assert_eq!(
        answer(rules(), 2).0,
        PolicyVerdict::Held(HeldBy::Deferral(day(3)))
    );
    assert_eq!(
        answer(rules(), 3),
        (
            PolicyVerdict::Due(DueBecause::Automatic),
            Some(PolicyScope::Tenant)
        )
    );
}

#[test]
fn the_narrowest_scope_that_speaks_of_a_category_decides_it() {
    let tenant = automatic(UpdateCategory::Security, 0);
    let mut group = UpdatePolicy::default();
    let device = UpdatePolicy {
        ring: Some(1),
        ..UpdatePolicy::default()
    };
    let with = |group: &UpdatePolicy| {
        answer(
            vec![
                scope(DEVICE, Some(&device), &[]),
                scope(GROUP, Some(group), &[]),
                scope(PolicyScope::Tenant, Some(&tenant), &[]),
            ],
            1,
        )
    };
    let due = PolicyVerdict::Due(DueBecause::Automatic);
    assert_eq!(with(&group), (due, Some(PolicyScope::Tenant)));
    group
        .categories
        .insert(UpdateCategory::Security, CategoryRule::Manual);
    assert_eq!(with(&group), (PolicyVerdict::Manual, Some(GROUP)));
}

#[test]
fn a_narrower_approval_beats_a_wider_block_and_at_one_level_the_block_wins() {
    let approve = on(kb(), UpdateVerdict::Approve);
    let block = on(UpdateRef::UpdateId(names().id), UpdateVerdict::Block);
    let both = [approve.clone(), block.clone()].concat();
    let due = PolicyVerdict::Due(DueBecause::Approved);
    let of = |device: &[UpdateDecision], tenant: &[UpdateDecision]| {
        answer(
            vec![
                scope(DEVICE, None, device),
                scope(PolicyScope::Tenant, None, tenant),
            ],
            0,
        )
    };
    assert_eq!(of(&approve, &block), (due, Some(DEVICE)));
    assert_eq!(of(&block, &approve), (PolicyVerdict::Blocked, Some(DEVICE)));
    assert_eq!(of(&both, &[]), (PolicyVerdict::Blocked, Some(DEVICE)));
    assert_eq!(
        of(&[], &both),
        (PolicyVerdict::Blocked, Some(PolicyScope::Tenant))
    );
}

#[test]
fn the_deadline_ends_deferral_and_rings_but_neither_a_block_nor_a_stop() {
    let policy = UpdatePolicy {
        deadline: Some(UpdateDeadline::Days { days: 14 }),
        ..automatic(UpdateCategory::Security, 30)
    };
    let block = on(kb(), UpdateVerdict::Block);
    let offer = offer(UpdateCategory::Security);
    let decide = |decisions: &[UpdateDecision], ring, on_day| {
        UpdateRules(vec![scope(PolicyScope::Tenant, Some(&policy), decisions)]).decide(
            &offer,
            ring,
            day(on_day),
        )
    };
    let early = decide(&[], RingAccess::NoRings, 13);
    assert_eq!(
        early.verdict,
        PolicyVerdict::Held(HeldBy::Deferral(day(14))),
        "the deadline comes before the end of the deferral"
    );
    assert_eq!(early.deadline_at, Some(day(14)));
    let due = PolicyVerdict::Due(DueBecause::Deadline);
    assert_eq!(decide(&[], RingAccess::Waiting, 14).verdict, due);
    let stopped = PolicyVerdict::Held(HeldBy::Stopped);
    assert_eq!(decide(&[], RingAccess::Stopped, 90).verdict, stopped);
    let blocked = decide(&block, RingAccess::NoRings, 90);
    assert_eq!(
        (blocked.verdict, blocked.deadline_at),
        (PolicyVerdict::Blocked, None)
    );
}

#[test]
fn a_narrower_scope_can_do_without_the_deadline_of_a_wider_one() {
    let tenant = UpdatePolicy {
        deadline: Some(UpdateDeadline::Days { days: 14 }),
        ..automatic(UpdateCategory::Security, 30)
    };
    let device = UpdatePolicy {
        deadline: Some(UpdateDeadline::None),
        ..UpdatePolicy::default()
    };
    let rules = UpdateRules(vec![
        scope(DEVICE, Some(&device), &[]),
        scope(PolicyScope::Tenant, Some(&tenant), &[]),
    ]);
    let answer = rules.decide(
        &offer(UpdateCategory::Security),
        RingAccess::NoRings,
        day(20),
    );
    assert_eq!(
        answer.verdict,
        PolicyVerdict::Held(HeldBy::Deferral(day(30)))
    );
    assert_eq!(answer.deadline_at, None);
}

#[test]
fn rings_hold_what_installs_by_itself_and_not_what_somebody_approved() {
    let policy = automatic(UpdateCategory::Security, 0);
    let approve = on(kb(), UpdateVerdict::Approve);
    let offer = offer(UpdateCategory::Security);
    let decide = |decisions: &[UpdateDecision], ring| {
        UpdateRules(vec![scope(PolicyScope::Tenant, Some(&policy), decisions)])
            .decide(&offer, ring, day(1))
            .verdict
    };
    assert_eq!(
        decide(&[], RingAccess::Waiting),
        PolicyVerdict::Held(HeldBy::Ring)
    );
    assert_eq!(
        decide(&[], RingAccess::Open),
        PolicyVerdict::Due(DueBecause::Automatic)
    );
    for ring in [RingAccess::Waiting, RingAccess::Stopped] {
        assert_eq!(
            decide(&approve, ring),
            PolicyVerdict::Due(DueBecause::Approved)
        );
    }
}

#[test]
fn what_failed_is_tried_once_a_day_and_after_three_failures_left_to_people() {
    let policy = automatic(UpdateCategory::Security, 0);
    let rules = UpdateRules(vec![scope(PolicyScope::Tenant, Some(&policy), &[])]);
    let failed = |failures| Offer {
        state: UpdateState::Failed,
        since: day(5),
        failures,
        ..offer(UpdateCategory::Security)
    };
    let decide = |failures, on_day| {
        rules
            .decide(&failed(failures), RingAccess::NoRings, day(on_day))
            .verdict
    };
    assert_eq!(decide(1, 5), PolicyVerdict::Held(HeldBy::Retry(day(6))));
    assert_eq!(decide(2, 6), PolicyVerdict::Due(DueBecause::Automatic));
    assert_eq!(decide(3, 900), PolicyVerdict::Held(HeldBy::Failures));
}

#[test]
fn what_a_task_has_in_hand_is_not_asked_for_twice() {
    let approve = on(kb(), UpdateVerdict::Approve);
    let rules = UpdateRules(vec![scope(PolicyScope::Tenant, None, &approve)]);
    for state in UpdateState::ALL {
        let offer = Offer {
            state,
            ..offer(UpdateCategory::Driver)
        };
        let verdict = rules.decide(&offer, RingAccess::NoRings, day(9)).verdict;
        let expected = match state {
            UpdateState::Offered | UpdateState::Downloaded | UpdateState::Failed => {
                PolicyVerdict::Due(DueBecause::Approved)
            }
            _ => PolicyVerdict::Held(HeldBy::InHand),
        };
        assert_eq!(verdict, expected, "{state:?}");
    }
}

#[test]
fn an_article_is_the_same_however_it_is_written() {
    for text in ["KB5034441", "kb5034441", " 5034441 "] {
        assert_eq!(UpdateRef::parse("kb", text), Ok(kb()), "{text}");
    }
    for text in ["", "KB", "KB12", "KB50344412345", "KB50E4441", "Kż5034441"] {
        assert_eq!(
            UpdateRef::parse("kb", text),
            Err(InvalidUpdateRef),
            "{text}"
        );
    }
    assert!(kb().names(&UpdateNames {
        kb: Some("5034441"),
        ..names()
    }));
}

#[test]
fn a_package_is_named_in_all_of_its_architectures() {
    let openssl = UpdateRef::parse("package", "openssl").unwrap();
    let package = |name| UpdateNames {
        kb: None,
        package: Some(name),
        ..names()
    };
    assert!(openssl.names(&package("openssl")));
    assert!(openssl.names(&package("openssl:i386")));
    assert!(!openssl.names(&package("openssl-dev")));
    for text in ["", "Openssl", "-x1", "open ssl", "a\0b"] {
        assert_eq!(
            UpdateRef::parse("package", text),
            Err(InvalidUpdateRef),
            "{text}"
        );
    }
}

#[test]
fn a_policy_survives_its_text_form_and_an_empty_one_says_nothing() {
    let policy = UpdatePolicy {
        deadline: Some(UpdateDeadline::Days { days: 14 }),
        ring: Some(2),
        ..automatic(UpdateCategory::UpdateRollup, 7)
    };
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<UpdatePolicy>(&text).unwrap(), policy);
    assert_eq!(
        serde_json::from_str::<UpdatePolicy>("{}").unwrap(),
        UpdatePolicy::default()
    );
}

fn any_policy() -> impl Strategy<Value = Option<UpdatePolicy>> {
    let rule = prop_oneof![
        Just(CategoryRule::Manual),
        (0u16..20).prop_map(|after_days| CategoryRule::Automatic { after_days }),
    ];
    let deadline = prop_oneof![
        Just(UpdateDeadline::None),
        (1u16..30).prop_map(|days| UpdateDeadline::Days { days }),
    ];
    let policy =
        (prop::option::of(rule), prop::option::of(deadline)).prop_map(|(rule, deadline)| {
            UpdatePolicy {
                categories: rule
                    .map(|rule| (UpdateCategory::Security, rule))
                    .into_iter()
                    .collect(),
                deadline,
                ..UpdatePolicy::default()
            }
        });
    prop::option::of(policy)
}

fn any_decisions() -> impl Strategy<Value = Vec<UpdateDecision>> {
    let decision = (any::<bool>(), any::<bool>()).prop_map(|(approve, by_kb)| UpdateDecision {
        update: if by_kb {
            kb()
        } else {
            UpdateRef::UpdateId(UpdateId(Uuid::from_u128(9)))
        },
        verdict: if approve {
            UpdateVerdict::Approve
        } else {
            UpdateVerdict::Block
        },
    });
    prop::collection::vec(decision, 0..3)
}

proptest! {
    /// The rule, written the obvious way: nothing is due that no scope made due.
    #[test]
    fn what_is_due_was_approved_or_is_old_enough(
        levels in prop::collection::vec((any_policy(), any_decisions()), 3),
        on_day in 0i64..40,
        waiting: bool,
    ) {
        let scopes = [DEVICE, GROUP, PolicyScope::Tenant];
        let rules = UpdateRules(
            scopes.into_iter().zip(&levels)
                .map(|(of, (policy, decisions))| scope(of, policy.as_ref(), decisions))
                .collect(),
        );
        let ring = if waiting { RingAccess::Waiting } else { RingAccess::NoRings };
        let answer = rules.decide(&offer(UpdateCategory::Security), ring, day(on_day));

        let decided = levels.iter().map(|(_, decisions)| decisions).find(|d| !d.is_empty());
        let blocked = decided.is_some_and(|d| d.iter().any(|d| d.verdict == UpdateVerdict::Block));
        let rule = levels.iter().find_map(|(policy, _)| {
            policy.as_ref()?.categories.get(&UpdateCategory::Security)
        });
        let deadline = levels.iter().find_map(|(policy, _)| policy.as_ref()?.deadline);
        let overdue = matches!(deadline, Some(UpdateDeadline::Days { days }) if on_day >= days.into());
        let expected = match (decided, rule) {
            (Some(_), _) => !blocked,
            (None, Some(CategoryRule::Automatic { after_days })) => {
                overdue || (on_day >= i64::from(*after_days) && !waiting)
            }
            (None, _) => false,
        };
        prop_assert_eq!(matches!(answer.verdict, PolicyVerdict::Due(_)), expected);
        prop_assert_eq!(answer.verdict == PolicyVerdict::Blocked, blocked);
    }

    #[test]
    fn any_text_names_an_update_or_is_refused(kind in "[a-z_]{0,12}", value in "\\PC{0,300}") {
        if let Ok(update) = UpdateRef::parse(&kind, &value) {
            prop_assert_eq!(UpdateRef::parse(update.kind(), &update.value()), Ok(update));
        }
    }
}
