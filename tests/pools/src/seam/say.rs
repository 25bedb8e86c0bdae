//! `Say`, the task of the scenarios over Postgres. Its payload has the form that old versions wrote.

use super::{Run, both};
use fang_core::FangError;
use serde::{Deserialize, Serialize};

/// Reports its text to the test. With `hold` it then waits for a permit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Say {
    pub text: String,
    #[serde(default)]
    pub hold: bool,
}

pub fn say(text: &str) -> Say {
    Say { text: text.to_owned(), hold: false }
}

pub fn holding(text: &str) -> Say {
    Say { text: text.to_owned(), hold: true }
}

impl Say {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let stage = run.stage();
        let _under_way = stage.tell(&self.text, run.context());
        if self.hold {
            stage.pass().await;
        }
        Ok(())
    }
}

both!(Say);
