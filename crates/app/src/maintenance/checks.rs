//! Whether what people say about maintenance is usable.

use crate::{AppError, FieldCode, FieldError, text::check_name};
use latarnik_model::{
    BlackoutDefinition, BlackoutDraft, DefinitionFault, DefinitionFaults, FaultKind,
    RecurrenceDraft, WindowDefinition, WindowDraft,
};

/// A week has seven days, and there are fewer kinds of work.
const MOST_NAMES: usize = 7;

/// Gathers the fields that are not usable.
#[derive(Default)]
pub(super) struct Checks(Vec<FieldError>);

impl Checks {
    pub(super) fn name(&mut self, name: &str) {
        if let Err(code) = check_name(name) {
            self.note("name", code);
        }
    }

    pub(super) fn window(&mut self, draft: WindowDraft) -> Option<WindowDefinition> {
        if let RecurrenceDraft::Weekly { days } = &draft.recurrence {
            self.list("days", days);
        }
        self.list("actions", &draft.actions);
        let read = self.read(WindowDefinition::try_from(draft))?;
        self.zone("time_zone", read.time_zone());
        Some(read)
    }

    pub(super) fn blackout(&mut self, draft: BlackoutDraft) -> Option<BlackoutDefinition> {
        self.list("actions", &draft.actions);
        let read = self.read(BlackoutDefinition::try_from(draft))?;
        self.zone("time_zone", read.time_zone());
        Some(read)
    }

    /// Notes a zone that nobody knows.
    pub(super) fn zone(&mut self, field: &'static str, zone: Option<&str>) {
        if zone.is_some_and(|zone| jiff::tz::db().get(zone).is_err()) {
            self.note(field, FieldCode::Unknown);
        }
    }

    /// Notes a list that says the same more often than anybody would.
    fn list(&mut self, field: &'static str, names: &[String]) {
        if names.len() > MOST_NAMES {
            self.note(field, FieldCode::TooLong);
        }
    }

    fn read<T>(&mut self, read: Result<T, DefinitionFaults>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(DefinitionFaults(faults)) => {
                self.0.extend(faults.into_iter().map(field_error));
                None
            }
        }
    }

    fn note(&mut self, field: &'static str, code: FieldCode) {
        self.0.push(FieldError { field, code });
    }

    /// What was read, if nothing is wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, AppError> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(AppError::Invalid(self.0)),
        }
    }
}

fn field_error(fault: DefinitionFault) -> FieldError {
    FieldError {
        field: fault.field,
        code: match fault.kind {
            FaultKind::Required => FieldCode::Required,
            FaultKind::OutOfRange => FieldCode::OutOfRange,
            FaultKind::Unknown => FieldCode::Unknown,
            FaultKind::Malformed => FieldCode::Malformed,
            FaultKind::NotAllowed => FieldCode::NotAllowed,
        },
    }
}
