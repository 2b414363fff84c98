//! What nobody sends who means well: every id, every body, every text of every operation, made from
//! the description of the API. It is refused with a code, or kept and shown as the text that it is;
//! it never ends in an error of the server's own.
//!
//! An operation that is new is tried by what its description says, without a word here.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]
#![expect(clippy::print_stdout, reason = "says how many requests it sends")]

#[path = "bad_input/addresses.rs"]
mod addresses;
#[path = "bad_input/bodies.rs"]
mod bodies;
mod calls;
#[path = "bad_input/desk.rs"]
mod desk;
#[path = "bad_input/downloads.rs"]
mod downloads;
#[path = "bad_input/ids.rs"]
mod ids;
#[path = "bad_input/schema.rs"]
mod schema;
#[path = "bad_input/searches.rs"]
mod searches;
#[path = "bad_input/texts.rs"]
mod texts;
#[path = "bad_input/transport.rs"]
mod transport;
#[path = "bad_input/wire.rs"]
mod wire;
