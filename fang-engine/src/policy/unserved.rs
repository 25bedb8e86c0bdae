//! What to say of task types that no pool serves.

use fang_core::Mode;
use fang_core::store::{Unserved, UnservedType};
use std::collections::HashSet;

/// The most that is told. Anyone who can insert can make task types up.
const MAX_TOLD: usize = 100;

/// The task types that were told already, each with the mode of its tasks.
#[derive(Debug, Default)]
pub struct Told(HashSet<UnservedType>);

impl Told {
    /// The lines for the log: one for each task type that is new.
    ///
    /// ```
    /// use fang_core::Mode;
    /// use fang_core::store::{Unserved, UnservedType};
    /// use fang_engine::policy::unserved::Told;
    ///
    /// let unserved = vec![UnservedType { task_type: "mials".into(), mode: Mode::Asynk }];
    /// let served = vec!["news".into(), "mails".into()];
    /// let found = Unserved { unserved, served, ..Unserved::default() };
    /// let mut told = Told::default();
    /// assert!(told.news(&found)[0].ends_with(r#"the most similar task type with a pool is "mails""#));
    /// assert!(told.news(&found).is_empty());
    /// ```
    pub fn news(&mut self, found: &Unserved) -> Vec<String> {
        let mut is_news = |unserved: &&UnservedType| {
            !self.0.contains(*unserved) && self.0.len() < MAX_TOLD && self.0.insert((*unserved).clone())
        };
        let news: Vec<&UnservedType> = found.unserved.iter().filter(|unserved| is_news(unserved)).collect();
        news.into_iter().map(|unserved| line(unserved, &found.served)).collect()
    }
}

fn line(unserved: &UnservedType, served: &[String]) -> String {
    let UnservedType { task_type, mode } = unserved;
    let (tasks, pool) = match mode {
        Mode::Any => ("tasks", "pool"),
        Mode::Asynk => ("async tasks", "async pool"),
        Mode::Blocking => ("blocking tasks", "blocking pool"),
    };
    let hint = match most_like(task_type, served) {
        Some(same) if same == task_type => "; only pools of the other mode serve it".to_owned(),
        Some(like) => format!("; the most similar task type with a pool is {like:?}"),
        None => String::new(),
    };
    format!(
        "{tasks} of the task type {task_type:?} have been due for over a minute, and no running {pool} serves it{hint}"
    )
}

fn most_like<'a>(name: &str, names: &'a [String]) -> Option<&'a String> {
    let similarity = |other: &str| strsim::normalized_damerau_levenshtein(name, other);
    names.iter().max_by(|one, other| similarity(one).total_cmp(&similarity(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(unserved: &[(&str, Mode)], served: &[&str]) -> Unserved {
        let unserved =
            unserved.iter().map(|(name, mode)| UnservedType { task_type: (*name).to_owned(), mode: *mode });
        let served = served.iter().map(|name| (*name).to_owned()).collect();
        Unserved { unserved: unserved.collect(), served, ..Unserved::default() }
    }

    #[test]
    fn each_task_type_is_told_once_for_each_mode() {
        let mut told = Told::default();
        let both = found(&[("mials", Mode::Asynk), ("mials", Mode::Blocking)], &[]);
        let lines = told.news(&both);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains(r#"async tasks of the task type "mials""#), "{lines:?}");
        assert!(lines[1].ends_with("no running blocking pool serves it"), "{lines:?}");
        assert_eq!(told.news(&found(&[("mials", Mode::Asynk), ("new", Mode::Any)], &[])).len(), 1);
    }

    #[test]
    fn the_most_similar_name_is_told() {
        let served = ["m", "news", "mail", "mails-urgent", "reports"];
        for (name, like) in [("mials", "mail"), ("Mails-Urgent", "mails-urgent"), ("report", "reports")] {
            let lines = Told::default().news(&found(&[(name, Mode::Any)], &served));
            assert!(lines[0].ends_with(&format!("with a pool is {like:?}")), "{lines:?}");
        }
    }

    #[test]
    fn a_task_type_that_only_the_other_mode_serves_is_told_as_such() {
        let lines = Told::default().news(&found(&[("mails", Mode::Asynk)], &["mials", "mails"]));
        assert!(lines[0].ends_with("no running async pool serves it; only pools of the other mode serve it"));
    }

    #[test]
    fn made_up_task_types_do_not_fill_the_log() {
        let names: Vec<String> = (0..500).map(|n| format!("made up {n}")).collect();
        let unserved: Vec<_> = names.iter().map(|name| (name.as_str(), Mode::Any)).collect();
        assert_eq!(Told::default().news(&found(&unserved, &["mails"])).len(), MAX_TOLD);
    }
}
