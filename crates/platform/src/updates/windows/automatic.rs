//! Windows' own automatic updating, at rest while Latarnik does the work.
//!
//! The policy `NoAutoUpdate` is set to 1. What stood there before is kept beside a mark in a key of
//! the agent's own, and put back when the control ends, with a setting or with the agent. A value
//! that is not the agent's 1 any more was set by somebody else meanwhile, and stays.

use windows_registry::{Key, LOCAL_MACHINE, Result, Value};

/// Windows' policies for its automatic updating.
pub(super) const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
const NO_AUTO_UPDATE: &str = "NoAutoUpdate";
/// Outlasts restarts, and the agent's state folder.
const OWN: &str = r"SOFTWARE\Latarnik\UpdateSettings";
const MARK: &str = "NoAutoUpdateIsOurs";
const BEFORE: &str = "NoAutoUpdateBefore";

/// Takes the control or gives it back.
pub(super) fn apply(control: bool) -> Result<()> {
    match control {
        true => take(),
        false => give_back(),
    }
}

fn take() -> Result<()> {
    let policy = LOCAL_MACHINE.create(POLICY)?;
    let found = policy.get_value(NO_AUTO_UPDATE).ok();
    if found.as_ref().is_some_and(is_ours) {
        // Set by an earlier call, or by somebody who wants the same and keeps it.
        return Ok(());
    }
    // Before the value changes, so that what happens in between is no more than a mark too many.
    let own = own()?;
    match &found {
        Some(value) => own.set_value(BEFORE, value)?,
        None => forget(&own, BEFORE)?,
    }
    own.set_u32(MARK, 1)?;
    policy.set_u32(NO_AUTO_UPDATE, 1)
}

fn give_back() -> Result<()> {
    let Ok(own) = LOCAL_MACHINE.options().read().write().open(OWN) else {
        return Ok(());
    };
    if own.get_value(MARK).is_err() {
        return Ok(());
    }
    if let Ok(policy) = LOCAL_MACHINE.options().read().write().open(POLICY)
        && policy
            .get_value(NO_AUTO_UPDATE)
            .is_ok_and(|value| is_ours(&value))
    {
        match own.get_value(BEFORE) {
            Ok(before) => policy.set_value(NO_AUTO_UPDATE, &before)?,
            Err(_) => policy.remove_value(NO_AUTO_UPDATE)?,
        }
    }
    forget(&own, BEFORE)?;
    forget(&own, MARK)
}

fn is_ours(value: &Value) -> bool {
    *value == Value::from(1_u32)
}

/// The key that remembers what the agent changed.
pub(super) fn own() -> Result<Key> {
    LOCAL_MACHINE.create(OWN)
}

/// Whether a value of this name is in that key.
pub(super) fn is_kept(name: &str) -> bool {
    LOCAL_MACHINE
        .open(OWN)
        .is_ok_and(|own| own.get_type(name).is_ok())
}

/// Removes a value that may be missing.
pub(super) fn forget(key: &Key, name: &str) -> Result<()> {
    match key.get_type(name) {
        Ok(_) => key.remove_value(name),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The registry is one; tests that change it go one after the other.
    struct Policy(
        #[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>,
    );

    impl Policy {
        fn standing_at(value: Option<Value>) -> Self {
            static TURN: Mutex<()> = Mutex::new(());
            let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = LOCAL_MACHINE.remove_tree(POLICY);
            let _ = LOCAL_MACHINE.remove_tree(OWN);
            let policy = Self(turn);
            if let Some(value) = value {
                policy.set(&value);
            }
            policy
        }

        fn set(&self, value: &Value) {
            let key = LOCAL_MACHINE.create(POLICY).unwrap();
            key.set_value(NO_AUTO_UPDATE, value).unwrap();
        }

        fn stands_at(&self) -> Option<Value> {
            let key = LOCAL_MACHINE.open(POLICY).ok()?;
            key.get_value(NO_AUTO_UPDATE).ok()
        }
    }

    #[test]
    fn what_stood_there_before_comes_back() {
        let text = Value::from("0");
        for before in [None, Some(Value::from(0_u32)), Some(text)] {
            let policy = Policy::standing_at(before.clone());
            apply(true).unwrap();
            apply(true).unwrap();
            assert_eq!(policy.stands_at(), Some(Value::from(1_u32)));
            apply(false).unwrap();
            assert_eq!(policy.stands_at(), before);
            apply(false).unwrap();
            assert_eq!(policy.stands_at(), before);
        }
    }

    #[test]
    fn an_administrators_own_policy_is_not_taken_back() {
        let policy = Policy::standing_at(Some(Value::from(1_u32)));
        apply(true).unwrap();
        apply(false).unwrap();
        assert_eq!(policy.stands_at(), Some(Value::from(1_u32)));
    }

    #[test]
    fn what_somebody_changed_meanwhile_stays() {
        let policy = Policy::standing_at(None);
        apply(true).unwrap();
        policy.set(&Value::from(0_u32));
        apply(false).unwrap();
        assert_eq!(policy.stands_at(), Some(Value::from(0_u32)));
    }

    #[test]
    fn what_somebody_changed_under_control_is_overruled_and_comes_back_later() {
        let policy = Policy::standing_at(None);
        apply(true).unwrap();
        policy.set(&Value::from(0_u32));
        apply(true).unwrap();
        assert_eq!(policy.stands_at(), Some(Value::from(1_u32)));
        apply(false).unwrap();
        assert_eq!(policy.stands_at(), Some(Value::from(0_u32)));
    }

    #[test]
    fn without_control_nothing_is_touched() {
        let policy = Policy::standing_at(Some(Value::from(1_u32)));
        apply(false).unwrap();
        assert_eq!(policy.stands_at(), Some(Value::from(1_u32)));
        assert!(LOCAL_MACHINE.open(OWN).is_err());
    }
}
