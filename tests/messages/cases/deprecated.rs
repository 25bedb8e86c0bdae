//! Uses of a task that is deprecated. What the attribute makes of it warns nowhere.

#![deny(deprecated, warnings)]

#[fang::task(aliases = ["older"], version = 2, upgrade = |_, fields| fields)]
#[deprecated = "say `welcome`"]
async fn asynk(_user: i64) {}

#[fang::task]
#[deprecated]
fn blocking(_user: i64) {}

#[derive(serde::Serialize, serde::Deserialize, fang::Task)]
#[deprecated]
struct Struct;

#[allow(deprecated)]
impl fang::Perform for Struct {
    type Error = String;

    async fn perform(&self, _: &fang::Run) -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    let _ = fang::NewTask::from(Struct);
    let _ = asynk(7);
    let _ = blocking(7);
    blocking::call(7);
}
