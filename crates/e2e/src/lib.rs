//! Tests in which the real gateway and the real agent meet, over real mutual TLS on the loopback
//! interface.
//!
//! The tests are in `tests`; there is nothing here. Neither side's own tests may use the other side,
//! so that each can be understood alone.
