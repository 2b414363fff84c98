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

    /// Adds the condition that `column`, which is in lower case, contains a text, whatever its case.
    pub(crate) fn contains(&mut self, column: &str, text: &str) -> &mut Self {
        self.push(column)
            .push(" LIKE ")
            .bind(pattern(&text.to_lowercase()))
            .push(" ESCAPE '\\'")
    }

    /// Adds the condition that `column`, which is as people wrote it, contains a text, whatever its
    /// case. Letters beyond ASCII are found as they are typed: SQLite, and PostgreSQL in some
    /// locales, know no other case of them.
    pub(crate) fn contains_name(&mut self, column: &str, text: &str) -> &mut Self {
        self.push("(")
            .contains(&format!("LOWER({column})"), text)
            .push(" OR ")
            .push(column)
            .push(" LIKE ")
            .bind(pattern(text))
            .push(" ESCAPE '\\')")
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

/// The pattern of `LIKE … ESCAPE '\\'` for text that contains this, literally.
fn pattern(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{text}%")
}
