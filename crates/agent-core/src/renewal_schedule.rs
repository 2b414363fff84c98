//! When a certificate is to be renewed.

use crate::connection::fingerprints;
use jiff::{SignedDuration, Timestamp};
use latarnik_model::DeviceId;
use latarnik_protocol::Trust;

/// When a certificate that was issued and ends then has lived for two thirds of its life.
#[must_use]
pub fn two_thirds(issued_at: Timestamp, expires_at: Timestamp) -> Timestamp {
    let life = expires_at.duration_since(issued_at);
    issued_at.checked_add(life / 3 * 2).unwrap_or(expires_at)
}

/// When a device takes up that the server trusts other authorities than those which came with the
/// device's certificate (in PEM); `None` if they are the same.
///
/// Each device has a fixed place of its own within the time over which the server wants the renewals
/// spread: one that was away does not begin to wait when it comes back.
#[must_use]
pub fn take_up_at(device: DeviceId, authorities: &str, trust: &Trust) -> Option<Timestamp> {
    let known = fingerprints(authorities);
    if known == trust.authorities.iter().copied().collect() {
        return None;
    }
    let spread_ms = u64::from(trust.renewal_spread_seconds) * 1000;
    // The low half of an id is random, whatever the version of the UUID.
    let (_, random) = device.0.as_u64_pair();
    let place_ms = (u128::from(random.rotate_left(8)) * u128::from(spread_ms)) >> 64;
    let place = SignedDuration::from_millis(i64::try_from(place_ms).unwrap_or(0));
    trust.since.checked_add(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_protocol::Fingerprint;
    use uuid::Uuid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn authority() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key);
        certificate.unwrap().pem()
    }

    fn trust(authorities: &[&str]) -> Trust {
        let fingerprints = authorities.iter().flat_map(|pem| fingerprints(pem));
        Trust {
            authorities: fingerprints.collect(),
            since: at("2026-11-23T12:00:00Z"),
            renewal_spread_seconds: 3600,
        }
    }

    fn device(random: u64) -> DeviceId {
        DeviceId(Uuid::from_u64_pair(0x019a_a000_0000_7000, random))
    }

    #[test]
    fn certificate_is_due_at_two_thirds_of_its_life() {
        let (issued, ends) = (at("2026-11-23T12:00:00Z"), at("2027-02-21T12:00:00Z"));
        assert_eq!(two_thirds(issued, ends), at("2027-01-22T12:00:00Z"));
    }

    #[test]
    fn same_authorities_in_another_order_are_nothing_to_take_up() {
        let (one, other) = (authority(), authority());
        let known = format!("{one}{other}");
        assert_eq!(take_up_at(device(7), &known, &trust(&[&other, &one])), None);
    }

    #[test]
    fn new_and_lost_authorities_are_taken_up() {
        let (one, other) = (authority(), authority());
        for (known, now) in [
            (one.clone(), trust(&[&one, &other])),
            (format!("{one}{other}"), trust(&[&other])),
        ] {
            assert!(take_up_at(device(7), &known, &now).is_some());
        }
    }

    #[test]
    fn devices_spread_evenly_and_keep_their_places() {
        let (known, now) = (authority(), trust(&[&authority()]));
        let last = at("2026-11-23T13:00:00Z");
        let mut early = 0;
        for number in 0..1000_u64 {
            let id = device(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let place = take_up_at(id, &known, &now).unwrap();
            assert!(place >= now.since && place < last, "{place}");
            assert_eq!(take_up_at(id, &known, &now), Some(place));
            early += u32::from(place < at("2026-11-23T12:15:00Z"));
        }
        assert!((200..300).contains(&early), "{early} in the first quarter");
    }

    #[test]
    fn without_a_spread_everybody_is_due_at_once() {
        let mut now = trust(&[&authority()]);
        now.renewal_spread_seconds = 0;
        let due = take_up_at(device(u64::MAX), &authority(), &now);
        assert_eq!(due, Some(now.since));
    }

    #[test]
    fn server_that_names_nobody_is_taken_at_its_word_no_more_than_once() {
        let now = Trust {
            authorities: Vec::<Fingerprint>::new(),
            ..trust(&[])
        };
        assert!(take_up_at(device(1), &authority(), &now).is_some());
    }
}
