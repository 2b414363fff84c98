//! The calculus of maintenance windows against its definition: written the slow and obvious way, in
//! a table of cases worked out by hand, and for whatever text a definition may come as.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should fail at once"
)]

mod definitions;
mod hard_cases;
mod oracle;
mod rules;
mod scopes;
mod totality;
mod verdicts;
