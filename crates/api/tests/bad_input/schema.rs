//! What the description says of a request: its parameters, the fields of its body, and examples of
//! both.

use crate::calls::Operation;
use latarnik_api::openapi;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Instant,
    /// One of some words.
    Choice,
    Text,
    Number,
    Truth,
    List,
    Object,
}

/// A step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Property(String),
    /// The first item of a list.
    Item,
}

/// A field of a body, however deep.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) path: Vec<Step>,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) may_be_null: bool,
}

impl Field {
    /// The property at the end of the way.
    pub(crate) fn name(&self) -> &str {
        let names = self.path.iter().rev().find_map(|step| match step {
            Step::Property(name) => Some(name.as_str()),
            Step::Item => None,
        });
        names.unwrap_or_default()
    }

    /// Whether it is this property of the body, or lies in it. Of a thing in a list the way is told:
    /// `windows[0].actions`.
    pub(crate) fn lies_in(&self, property: &str) -> bool {
        let property = property.rsplit("].").next().unwrap_or(property);
        let is_it = |step: &Step| matches!(step, Step::Property(name) if name == property);
        self.path.iter().any(is_it)
    }
}

/// A parameter in path, query or header.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) kind: Kind,
}

/// The description of the API.
pub(crate) struct Schemas(Value);

impl Schemas {
    pub(crate) fn read() -> Self {
        Self(serde_json::to_value(openapi()).unwrap())
    }

    pub(crate) fn parameters(&self, operation: &Operation) -> Vec<Parameter> {
        let parameters = operation.description["parameters"].as_array();
        let read = |parameter: &Value| Parameter {
            name: parameter["name"].as_str().unwrap().to_owned(),
            place: parameter["in"].as_str().unwrap().to_owned(),
            kind: self.kind(&parameter["schema"]),
        };
        parameters.into_iter().flatten().map(read).collect()
    }

    /// The schema of an operation's body, if it takes one.
    pub(crate) fn body(&self, operation: &Operation) -> Option<Value> {
        let content = &operation.description["requestBody"]["content"];
        let schema = &content["application/json"]["schema"];
        (!schema.is_null()).then(|| schema.clone())
    }

    /// The statuses that an operation may answer with.
    pub(crate) fn statuses(operation: &Operation) -> BTreeSet<String> {
        let responses = operation.description["responses"].as_object().unwrap();
        responses.keys().cloned().collect()
    }

    /// Without references; of alternatives, the one that says most.
    fn resolved(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.resolved(self.0.pointer(pointer).unwrap());
        }
        if let Some(alternatives) = schema["oneOf"].as_array() {
            let alternatives = alternatives.iter().filter(|one| one["type"] != "null");
            let says = |one: &Value| one["properties"].as_object().map_or(0, Map::len);
            let resolved = alternatives.map(|one| self.resolved(one));
            return resolved.max_by_key(says).unwrap();
        }
        schema.clone()
    }

    fn may_be_null(schema: &Value) -> bool {
        let null = |one: &Value| one == "null" || one["type"] == "null";
        ["type", "oneOf"]
            .iter()
            .filter_map(|part| schema[*part].as_array())
            .flatten()
            .any(null)
    }

    fn kind(&self, schema: &Value) -> Kind {
        let schema = self.resolved(schema);
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().find(|one| *one != "null").cloned(),
            other => Some(other.clone()),
        };
        match types.as_ref().and_then(Value::as_str) {
            Some("string") if schema["enum"].is_array() => Kind::Choice,
            Some("string") => match schema["format"].as_str() {
                Some("uuid") => Kind::Id,
                Some("date-time") => Kind::Instant,
                _ => Kind::Text,
            },
            Some("integer" | "number") => Kind::Number,
            Some("boolean") => Kind::Truth,
            Some("array") => Kind::List,
            _ => Kind::Object,
        }
    }

    /// All fields of a body.
    pub(crate) fn fields(&self, schema: &Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.collect(schema, &mut Vec::new(), &mut fields);
        fields
    }

    fn collect(&self, schema: &Value, way: &mut Vec<Step>, fields: &mut Vec<Field>) {
        let schema = self.resolved(schema);
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        for (name, property) in properties {
            way.push(Step::Property(name.clone()));
            self.note(property, is_required(&schema, name), way, fields);
            way.pop();
        }
        if schema["items"].is_object() {
            way.push(Step::Item);
            self.note(&schema["items"], true, way, fields);
            way.pop();
        }
    }

    fn note(&self, schema: &Value, required: bool, way: &mut Vec<Step>, fields: &mut Vec<Field>) {
        fields.push(Field {
            path: way.clone(),
            kind: self.kind(schema),
            required,
            may_be_null: Self::may_be_null(schema),
        });
        self.collect(schema, way, fields);
    }

    /// A value that fits, with what is required and nothing else.
    pub(crate) fn example(&self, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        match self.kind(&schema) {
            Kind::Id => json!("0193a1b2-0000-7000-8000-00000000abcd"),
            Kind::Instant => json!("2026-12-24T12:00:00Z"),
            Kind::Choice => schema["enum"][0].clone(),
            Kind::Text => json!("example"),
            Kind::Number => json!(1),
            Kind::Truth => json!(false),
            Kind::List => json!([]),
            Kind::Object => {
                let empty = Map::new();
                let properties = schema["properties"].as_object().unwrap_or(&empty);
                let required = properties
                    .iter()
                    .filter(|(name, _)| is_required(&schema, name))
                    .map(|(name, property)| (name.clone(), self.example(property)));
                Value::Object(required.collect())
            }
        }
    }

    /// A body with what is required and nothing else.
    pub(crate) fn bare(&self, schema: &Value, body: &Value) -> Value {
        let schema = self.resolved(schema);
        let mut bare = body.clone();
        if let Some(bare) = bare.as_object_mut() {
            bare.retain(|name, _| is_required(&schema, name));
        }
        bare
    }

    /// Puts a value into a body, and around it what it needs to stand there.
    pub(crate) fn put(&self, schema: &Value, body: &mut Value, path: &[Step], value: Value) {
        let schema = self.resolved(schema);
        match path.split_first() {
            None => *body = value,
            Some((Step::Property(name), rest)) => {
                if !body.is_object() {
                    *body = self.example(&schema);
                }
                let property = &schema["properties"][name];
                self.put(property, &mut body[name.as_str()], rest, value);
            }
            Some((Step::Item, rest)) => {
                let item = &schema["items"];
                if !matches!(&*body, Value::Array(items) if !items.is_empty()) {
                    *body = json!([self.example(item)]);
                }
                self.put(item, &mut body[0], rest, value);
            }
        }
    }

    /// Takes a field out of a body.
    pub(crate) fn take(&self, schema: &Value, body: &mut Value, path: &[Step]) {
        let Some((Step::Property(name), way)) = path.split_last() else {
            return;
        };
        let around = self.example_at(schema, way);
        // What lies around it has to be there for it to be missing.
        self.put(schema, body, way, around);
        let mut place = body;
        for step in way {
            place = match step {
                Step::Property(name) => &mut place[name.as_str()],
                Step::Item => &mut place[0],
            };
        }
        if let Some(object) = place.as_object_mut() {
            object.remove(name);
        }
    }

    /// A value that fits a place in a body.
    pub(crate) fn example_at(&self, schema: &Value, path: &[Step]) -> Value {
        let mut schema = self.resolved(schema);
        for step in path {
            schema = self.resolved(match step {
                Step::Property(name) => &schema["properties"][name],
                Step::Item => &schema["items"],
            });
        }
        self.example(&schema)
    }

    /// What a body holds at a place, or what could stand there.
    pub(crate) fn inside(&self, schema: &Value, body: &Value, path: &[Step]) -> Value {
        let inside = path.iter().try_fold(body, |body, step| match step {
            Step::Property(name) => body.get(name),
            Step::Item => body.get(0),
        });
        let inside = inside.filter(|inside| !inside.is_null()).cloned();
        inside.unwrap_or_else(|| self.example_at(schema, path))
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|names| names.iter().any(|one| one == name))
}
