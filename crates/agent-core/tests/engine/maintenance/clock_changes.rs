//! The nights on which clocks change, in Warsaw, by the clocks of the agent and the gateway.

use super::*;
use crate::harness::{WrongClock, system_now};
use jiff::tz::Offset;
use std::sync::{Arc, Mutex};

/// A night on which clocks change at one in the morning by universal time.
#[derive(Debug, Clone, Copy)]
enum Night {
    /// 02:00 to 03:00 is skipped.
    Spring,
    /// 02:00 to 03:00 comes twice.
    Autumn,
}

/// The next of those nights, and the instant of the change.
fn change(night: Night) -> Timestamp {
    let warsaw = jiff::tz::db().get("Europe/Warsaw").unwrap();
    let after = match night {
        Night::Spring => Offset::constant(2),
        Night::Autumn => Offset::constant(1),
    };
    // Time only goes forward here, and the agent is there an hour before the evening's window.
    let found = warsaw
        .following(system_now() + 48.hours())
        .find(|change| change.offset() == after)
        .unwrap()
        .timestamp();
    assert_eq!(found.as_second() % 86_400, 3600, "{found}");
    found
}

/// A daily window by the device's own clock.
fn by_local_clock(start_time: &str, minutes: i64) -> Value {
    let mut window = daily(Timestamp::UNIX_EPOCH, minutes);
    let definition = window["definition"].as_object_mut().unwrap();
    definition.insert("start_time".to_owned(), json!(start_time));
    definition.remove("time_zone");
    window
}

/// An agent in Warsaw at that time, with a gateway to which it has spoken.
async fn in_warsaw(now: Timestamp, window: Value) -> (Gateway, Agent) {
    let days = 400;
    let validity = Validity {
        from: -1,
        until: days,
    };
    let gateway = Gateway::with(Authority::new(), &["127.0.0.1"], &validity).await;
    let ahead = now.duration_since(system_now());
    {
        let mut script = gateway.script();
        script.ahead = ahead;
        script.certificate_life = Some(std::time::Duration::from_secs(
            days.cast_unsigned() * 86_400,
        ));
    }
    gateway.set_config(wanted(&[window], &[]));
    let agent = Agent::enrolled_with(&gateway, WrongClock(ahead)).await;
    agent.machine.moves_to(Some("Europe/Warsaw"));
    (gateway, agent)
}

/// Every update takes so long. Tells when each began.
fn takes(gateway: &Gateway, agent: &Agent, minutes: i64) -> Arc<Mutex<Vec<Timestamp>>> {
    let begun = Arc::<Mutex<Vec<_>>>::default();
    let (clock, server, times) = (agent.clock.clone(), gateway.clock_hand(), begun.clone());
    agent.machine.on_each(move |_| {
        let now = latarnik_model::Clock::now(&*clock);
        times.lock().unwrap().push(now);
        let by = SignedDuration::from_mins(minutes);
        clock.advance(by);
        server(by);
    });
    begun
}

#[tokio::test]
async fn a_window_over_the_change_lasts_as_long_as_it_says() {
    // From 22:00, six hours; the next one begins with the next evening.
    for (night, to_change, to_next) in [(Night::Spring, 4, 23), (Night::Autumn, 5, 25)] {
        let start = change(night) - to_change.hours();
        let next = start + to_next.hours();
        let window = by_local_clock("22:00", 360);
        let (gateway, mut agent) = in_warsaw(start - 60.minutes(), window).await;
        let keys = ["a", "b", "c", "d", "e", "f", "g"];
        offer(&agent, &keys);
        let begun = takes(&gateway, &agent, 75);
        agent.start();
        let id = gateway.add(&install_in_window(&keys));
        told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
        cut_off(&gateway, &agent).await;
        reach(&gateway, &agent, start - 30.seconds());
        looks(&agent).await;
        assert_eq!(installed(&agent), [""; 0], "{night:?}");
        reach(&gateway, &agent, start);
        waits(&agent, id, (Some(next), WaitReason::Window)).await;
        // The fifth begins five hours after the start: on the wall clock at 04:00 in spring, when a
        // window by that clock would be over, and at 02:00 for the second time in autumn. When it
        // ends the window is over, also by a clock that would have gone on for another hour.
        assert_eq!(installed(&agent), keys[..5], "{night:?}");
        for (number, at) in (0..).zip(&*begun.lock().unwrap()) {
            let late = at.duration_since(start + (75 * number).minutes());
            assert!(
                (0..60).contains(&late.as_secs()),
                "{night:?}, {number}: {at}"
            );
        }
        reach(&gateway, &agent, next - 30.seconds());
        looks(&agent).await;
        assert_eq!(installed(&agent).len(), 5, "{night:?}");
        reach(&gateway, &agent, next);
        when(|| (installed(&agent) == keys).then_some(())).await;
    }
}

#[tokio::test]
async fn a_window_from_a_time_that_is_skipped_or_comes_twice_opens_once() {
    // From 02:30, one hour, in minutes after the change: the start that night, and the next one.
    for (night, starts, next) in [(Night::Spring, 0, 1410), (Night::Autumn, -30, 1470)] {
        let change = change(night);
        let (start, next) = (change + starts.minutes(), change + next.minutes());
        let end = start + 60.minutes();
        let window = by_local_clock("02:30", 60);
        let (gateway, mut agent) = in_warsaw(start - 60.minutes(), window).await;
        takes(&gateway, &agent, 50);
        agent.start();
        let first = gateway.add(&install_in_window(&["a"]));
        let second = gateway.add(&install_in_window(&["b"]));
        for id in [first, second] {
            told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
        }
        cut_off(&gateway, &agent).await;
        reach(&gateway, &agent, start - 30.seconds());
        looks(&agent).await;
        assert_eq!(installed(&agent), [""; 0], "{night:?}");
        reach(&gateway, &agent, start);
        // Ten minutes are left after the first one.
        waits(&agent, second, (Some(next), WaitReason::LongerWindow)).await;
        assert_eq!(installed(&agent), ["a"], "{night:?}");
        reach(&gateway, &agent, end - 30.seconds());
        looks(&agent).await;
        update_is_open(&agent, true).await;
        reach(&gateway, &agent, end);
        update_is_open(&agent, false).await;
        // In autumn this is half an hour into the second 02:30.
        reach(&gateway, &agent, end + 30.minutes());
        looks(&agent).await;
        update_is_open(&agent, false).await;
        reach(&gateway, &agent, next - 30.seconds());
        looks(&agent).await;
        assert_eq!(installed(&agent), ["a"], "{night:?}");
        reach(&gateway, &agent, next);
        when(|| (installed(&agent) == ["a", "b"]).then_some(())).await;
    }
}
