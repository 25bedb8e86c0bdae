//! A function of a type, which cannot be a task.

struct Mailer;

impl Mailer {
    #[fang::task]
    async fn welcome(user: i64) {
        let _ = user;
    }
}

fn main() {}
