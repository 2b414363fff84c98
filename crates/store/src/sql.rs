//! Statements put together piece by piece, values always bound.

use latarnik_model::Scope;
use sea_orm::{DbBackend, Statement, Value};
use std::fmt::Write;

/// A statement with its values. Both engines read `$1`, `$2`, ….
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A statement that begins so.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds text that the program wrote, never text from outside.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        write!(self.text, "${}", self.values.len()).expect("writing to a string");
        self
    }

    /// Adds values, separated by commas; `NULL` when there is none, which equals nothing.
    pub(crate) fn bind_all<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        let mut first = true;
        for value in values {
            if !first {
                self.push(", ");
            }
            first = false;
            self.bind(value);
        }
        if first {
            self.push("NULL");
        }
        self
    }

    /// Adds the condition that `column` lies within the scope.
    pub(crate) fn within(&mut self, column: &str, scope: &Scope) -> &mut Self {
        match scope {
            Scope::Everything => self.push("1 = 1"),
            Scope::Tenants(tenants) => {
                if let [tenant] = tenants.as_slice() {
                    return self.push(column).push(" = ").bind(tenant.0);
                }
                self.push(column)
                    .push(" IN (")
                    .bind_all(tenants.iter().map(|tenant| tenant.0))
                    .push(")")
            }
        }
    }

    /// The finished statement.
    pub(crate) fn statement(self, engine: DbBackend) -> Statement {
        Statement::from_sql_and_values(engine, self.text, self.values)
    }
}

/// A statement with its values in order: `sql!("… $1 …", a, b)`.
macro_rules! sql {
    ($text:expr $(, $value:expr)* $(,)?) => {
        $crate::sql::fixed($text, vec![$(sea_orm::Value::from($value)),*])
    };
}
pub(crate) use sql;

/// A statement whose text is known beforehand.
pub(crate) fn fixed(text: &str, values: Vec<Value>) -> Sql {
    Sql {
        text: text.to_owned(),
        values,
    }
}

/// The pattern of `LIKE … ESCAPE '\\'` for text that contains this, in lower case.
pub(crate) fn contains_pattern(text: &str) -> String {
    let text = text
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{text}%")
}
