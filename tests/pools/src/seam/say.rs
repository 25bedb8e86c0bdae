//! The task of the scenarios over Postgres. Old versions can write its payload too.

use super::{Run, both};
use fang_core::FangError;
use serde::{Deserialize, Serialize};

/// Reports its text. If `hold` is set, it then waits until the test opens the [`Stage`](super::Stage).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Say {
    pub text: String,
    #[serde(default)]
    pub hold: bool,
}

/// A task that ends at once.
pub fn say(text: &str) -> Say {
    Say { text: text.to_owned(), hold: false }
}

/// A task that waits for a permit before it ends.
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
