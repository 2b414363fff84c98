//! Fingerprints against their definition.

use rustic_cdc::{Polynom as _, Polynom64, Rabin64, RollingHash64 as _};

/// Those of restic's documentation, and another one.
const POLYNOMS: [Polynom64; 2] = [0x003D_A335_8B4D_C173, 0x0025_B468_0CB7_2B3F];

/// The last bytes as a polynomial, divided: the definition, without tables.
fn slowly(bytes: &[u8], polynom: Polynom64) -> Polynom64 {
    bytes.iter().fold(0, |hash: Polynom64, byte| {
        ((hash << 8) | Polynom64::from(*byte)).modulo(&polynom)
    })
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn degrees_and_remainders() {
    for (polynom, degree) in [(0_u64, -1), (1, 0), (0x7f, 6), (0x80, 7), (u64::MAX, 63)] {
        assert_eq!(polynom.degree(), degree);
    }
    // x^4 + x + 1 is (x^2 + x) (x^2 + x + 1) + 1.
    for (number, divisor, rest) in [
        (0b10011_u64, 0b111, 1),
        (0b110, 0b11, 0),
        (0b101, 0b1000, 5),
    ] {
        assert_eq!(number.modulo(&divisor), rest);
    }
}

#[test]
fn a_fingerprint_is_that_of_the_last_bytes() {
    let bytes = noise(5_000);
    for polynom in POLYNOMS {
        for window_bits in [5, 6] {
            let window = 1 << window_bits;
            let mut rabin = Rabin64::new_with_polynom(window_bits, &polynom);
            for (place, byte) in bytes.iter().enumerate() {
                rabin.slide(*byte);
                let first = (place + 1_usize).saturating_sub(window);
                let last = bytes.get(first..=place).unwrap();
                assert_eq!(rabin.hash, slowly(last, polynom));
            }
        }
    }
}

#[test]
fn after_a_reset_nothing_is_left_of_what_was_before() {
    let bytes = noise(300);
    let polynom = 0x003D_A335_8B4D_C173;
    for before in [0, 10, 64, 150] {
        let mut rabin = Rabin64::new_with_polynom(6, &polynom);
        for byte in bytes.iter().take(before) {
            rabin.slide(*byte);
        }
        let mut rest = bytes.iter().skip(before).copied();
        assert_eq!(rabin.reset_and_prefill_window(&mut rest), 63);
        assert_eq!(rest.next(), bytes.get(before + 63).copied());
        let taken = bytes.get(before..before + 63).unwrap();
        assert_eq!(rabin.hash, slowly(taken, polynom));
    }
    let mut rabin = Rabin64::new_with_polynom(6, &polynom);
    assert_eq!(rabin.reset_and_prefill_window(&mut noise(7).into_iter()), 7);
    assert_eq!(rabin.hash, slowly(&noise(7), polynom));
}

#[test]
fn tables_of_many_polynoms_are_not_mixed_up() {
    let bytes = noise(64);
    for _ in 0..2 {
        for number in 0..20_u64 {
            let polynom = (1 << 53) | (number << 20) | 1;
            let mut rabin = Rabin64::new_with_polynom(6, &polynom);
            bytes.iter().for_each(|byte| rabin.slide(*byte));
            assert_eq!(rabin.hash, slowly(&bytes, polynom));
        }
    }
}
