//! Every operation of the API, ways to call each, and a bakery to call them on: shared by the tests
//! that call them all.
#![allow(
    dead_code,
    reason = "each of the tests that share this uses another part of it"
)]

pub(crate) mod rows;
pub(crate) mod scene;

use http::Method;
use latarnik_api::openapi;
use serde_json::Value;

/// An operation as its description says it.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) access: String,
    /// All that is said of it.
    pub(crate) description: Value,
}

pub(crate) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                access: operation["x-access"].as_str().unwrap_or("").to_owned(),
                description: operation.clone(),
            });
        }
    }
    operations
}
