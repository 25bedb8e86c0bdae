use fang::{FangError, Middleware, Next, Run};

/// Stands for a process that dies between the commit of a run and its end.
pub struct Dies;

impl Middleware for Dies {
    async fn call(&self, _: &Run, next: Next<'_>) -> Result<(), FangError> {
        next.run().await?;
        Err(FangError::new("the process dies"))
    }
}
