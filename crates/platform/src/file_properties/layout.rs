//! How a self-relative security descriptor lies in memory:
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/7d4dac05-9cef-4563-a058-f108abecce1d>.
//!
//! Windows' own functions believe the offsets in it, so that one from outside is examined first.

const HEADER_BYTES: usize = 20;
const REVISION: u8 = 1;
const DACL_PRESENT: u16 = 0x0004;
const SACL_PRESENT: u16 = 0x0010;
const DACL_AUTO_INHERIT_REQUEST: u16 = 0x0100;
const SACL_AUTO_INHERIT_REQUEST: u16 = 0x0200;
const DACL_AUTO_INHERITED: u16 = 0x0400;
const SACL_AUTO_INHERITED: u16 = 0x0800;
const SELF_RELATIVE: u16 = 0x8000;

/// Which parts a descriptor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) has_owner: bool,
    pub(super) has_group: bool,
    pub(super) has_dacl: bool,
    pub(super) has_sacl: bool,
    control: u16,
}

impl Layout {
    /// `None` for what is no descriptor, or leads outside of itself.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let control = number_16(bytes, 2)?;
        let offset = |at| number_32(bytes, at).map(|offset| offset as usize);
        let [owner, group, sacl, dacl] = [offset(4)?, offset(8)?, offset(12)?, offset(16)?];
        let is_right = bytes.first() == Some(&REVISION)
            && control & SELF_RELATIVE != 0
            && [owner, group].into_iter().all(|at| is_identity(bytes, at))
            && [sacl, dacl].into_iter().all(|at| is_list(bytes, at));
        is_right.then_some(Self {
            has_owner: owner != 0,
            has_group: group != 0,
            has_dacl: control & DACL_PRESENT != 0,
            has_sacl: control & SACL_PRESENT != 0,
            control,
        })
    }

    /// The control bits with which a list that was inherited is set as such, and does not come out
    /// as one that somebody wrote.
    pub(super) fn control_for_setting(self) -> u16 {
        let mut control = self.control;
        for (inherited, request) in [
            (DACL_AUTO_INHERITED, DACL_AUTO_INHERIT_REQUEST),
            (SACL_AUTO_INHERITED, SACL_AUTO_INHERIT_REQUEST),
        ] {
            if control & inherited != 0 {
                control |= request;
            }
        }
        control
    }
}

/// An identity (SID), or none: 8 bytes, and 4 for each further authority.
fn is_identity(bytes: &[u8], at: usize) -> bool {
    let length = || {
        let authorities = usize::from(*bytes.get(at.checked_add(1)?)?);
        (authorities <= 15).then_some(8 + 4 * authorities)
    };
    at == 0 || (at >= HEADER_BYTES && length().is_some_and(|length| fits(bytes, at, length)))
}

/// A list (ACL), or none: its length is in its header, and its entries fill it at most.
fn is_list(bytes: &[u8], at: usize) -> bool {
    let is_whole = || {
        let length = usize::from(number_16(bytes, at.checked_add(2)?)?);
        let entries = number_16(bytes, at.checked_add(4)?)?;
        if length < 8 || !fits(bytes, at, length) {
            return None;
        }
        let mut position = 8;
        for _ in 0..entries {
            let entry = usize::from(number_16(bytes, at + position + 2)?);
            if entry < 4 || position + entry > length {
                return None;
            }
            position += entry;
        }
        Some(())
    };
    at == 0 || (at >= HEADER_BYTES && is_whole().is_some())
}

fn fits(bytes: &[u8], at: usize, length: usize) -> bool {
    at.checked_add(length).is_some_and(|end| end <= bytes.len())
}

fn number_16(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn number_32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Owner SYSTEM, group Administrators, full control for Everyone: `O:SYG:BAD:AI(A;ID;FA;;;WD)`.
    fn descriptor() -> Vec<u8> {
        let mut bytes = vec![1, 0, 0x04, 0x84];
        for offset in [48_u32, 60, 0, 20] {
            bytes.extend(offset.to_le_bytes());
        }
        bytes.extend([2, 0, 28, 0, 1, 0, 0, 0]);
        bytes.extend([0, 0x10, 20, 0, 0xFF, 0x01, 0x1F, 0]);
        bytes.extend([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        bytes.extend([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
        bytes.extend([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0]);
        bytes
    }

    #[test]
    fn a_descriptor_tells_its_parts() {
        let layout = Layout::of(&descriptor()).unwrap();
        assert!(layout.has_owner && layout.has_group && layout.has_dacl && !layout.has_sacl);
    }

    #[test]
    fn an_inherited_list_is_set_as_inherited() {
        let layout = Layout::of(&descriptor()).unwrap();
        assert_eq!(layout.control_for_setting(), 0x8504);
    }

    #[test]
    fn a_descriptor_that_was_cut_is_none() {
        let whole = descriptor();
        for length in 0..whole.len() {
            assert_eq!(Layout::of(whole.get(..length).unwrap()), None, "{length}");
        }
    }

    #[test]
    fn an_offset_that_leads_outside_is_refused() {
        for (at, offset) in [(4, 70_u32), (8, u32::MAX), (12, 4), (16, 75), (16, 24)] {
            let mut bytes = descriptor();
            bytes.splice(at..at + 4, offset.to_le_bytes());
            assert_eq!(Layout::of(&bytes), None, "{at} {offset}");
        }
    }

    #[test]
    fn entries_that_leave_their_list_are_refused() {
        let mut bytes = descriptor();
        *bytes.get_mut(24).unwrap() = 2;
        assert_eq!(Layout::of(&bytes), None);
    }
}
