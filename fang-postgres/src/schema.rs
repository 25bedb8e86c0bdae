use fang_core::StoreError;

/// The Postgres schema that holds the tables. Without a name the search path decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema(Option<String>);

/// The error for a name that no schema can have.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no name for a schema; use 1 to 63 bytes without control characters")]
pub struct SchemaNameError(String);

impl Schema {
    /// The schema of this name.
    ///
    /// # Errors
    /// [`SchemaNameError`] when the name is empty, longer than 63 bytes or has control characters.
    pub fn named(name: &str) -> Result<Self, SchemaNameError> {
        if name.is_empty() || name.len() > 63 || name.chars().any(char::is_control) {
            return Err(SchemaNameError(name.to_owned()));
        }
        Ok(Self(Some(name.to_owned())))
    }

    /// The schema of this name, if the application chose one.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when no schema can have this name.
    pub fn chosen(name: Option<&str>) -> Result<Self, StoreError> {
        let named = name.map(Self::named).transpose();
        named.map(Option::unwrap_or_default).map_err(|error| StoreError::Schema { reason: error.to_string() })
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Its name as an SQL identifier.
    pub fn quoted(&self) -> Option<String> {
        self.name().map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
    }

    /// Puts the schema before every table and type of fang. A name cannot be bound as a parameter, and setting the
    /// search path would change the application's own transaction.
    pub fn qualify(&self, sql: &str) -> String {
        let Some(schema) = self.quoted() else { return sql.to_owned() };
        let mut out = String::with_capacity(sql.len() + 256);
        let mut rest = sql;
        while let Some(at) = rest.find("fang_") {
            let (before, name) = rest.split_at(at);
            out.push_str(before);
            // The name of an index would be qualified as well, but no statement names one.
            out.push_str(&schema);
            out.push('.');
            out.push_str("fang_");
            rest = &name["fang_".len()..];
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_qualified_only_when_the_schema_is_named() {
        let sql = "UPDATE fang_tasks t SET state = 'new'::fang_task_state";
        assert_eq!(Schema::default().qualify(sql), sql);
        assert_eq!(
            Schema::named("it's \"odd\"").unwrap().qualify(sql),
            "UPDATE \"it's \"\"odd\"\"\".fang_tasks t SET state = 'new'::\"it's \"\"odd\"\"\".fang_task_state"
        );
    }

    #[test]
    fn a_name_that_could_end_a_comment_is_refused() {
        for name in ["", "a\nb", "a\0b", &"x".repeat(64)] {
            assert!(Schema::named(name).is_err(), "{name:?}");
        }
    }
}
