//! Lists a page at a time: keyset pagination.

use std::fmt;
use uuid::Uuid;

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Most items.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

/// Ascending or descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }

    pub(crate) const fn comparison(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }
}

/// Items of a list, and where they end.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of what was read with one item more than asked for.
    pub(crate) fn new(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
        }
    }
}

/// The place of one item in a sorted list: the value that it is sorted by, and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) key: SortKey,
    pub(crate) id: Uuid,
}

/// A value that a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortKey {
    Text(String),
    Number(i64),
}

/// What kind of value a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Such as a name.
    Text,
    /// Such as an instant.
    Number,
}

impl SortKey {
    pub(crate) fn value(&self) -> sea_orm::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
        }
    }
}

impl Cursor {
    /// Whether it comes from a list that is sorted by values of this kind. Another one does not fit:
    /// PostgreSQL compares no number with a text.
    #[must_use]
    pub const fn is_of(&self, kind: KeyKind) -> bool {
        matches!(
            (&self.key, kind),
            (SortKey::Text(_), KeyKind::Text) | (SortKey::Number(_), KeyKind::Number)
        )
    }
}

/// The text is not a cursor that this program handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.simple();
        match &self.key {
            SortKey::Text(text) => write!(f, "t{id}{text}"),
            SortKey::Number(number) => write!(f, "n{id}{number}"),
        }
    }
}

impl std::str::FromStr for Cursor {
    type Err = InvalidCursor;
    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (kind, rest) = text.split_at_checked(1).ok_or(InvalidCursor)?;
        let (id, key) = rest.split_at_checked(32).ok_or(InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        let key = match kind {
            // No database keeps a NUL, so that no list is sorted by one.
            "t" if !key.contains('\0') => SortKey::Text(key.to_owned()),
            "n" => SortKey::Number(key.parse().map_err(|_| InvalidCursor)?),
            _ => return Err(InvalidCursor),
        };
        Ok(Self { key, id })
    }
}

impl PageRequest {
    /// Adds to a statement that ends in its conditions: where the page begins, its order, and its
    /// length plus one (which tells whether there is a next page).
    pub(crate) fn continue_sql(
        &self,
        sql: &mut crate::sql::Sql,
        key: &str,
        id: &str,
        direction: Direction,
    ) {
        if let Some(after) = &self.after {
            sql.push(" AND (")
                .push(key)
                .push(", ")
                .push(id)
                .push(") ")
                .push(direction.comparison())
                .push(" (")
                .bind(after.key.value())
                .push(", ")
                .bind(after.id)
                .push(")");
        }
        let order = direction.sql();
        sql.push(&format!(" ORDER BY {key} {order}, {id} {order} LIMIT "))
            .bind(i64::from(self.limit) + 1);
    }
}
