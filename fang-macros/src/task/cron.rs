//! The options `cron`, `time_zone` and `missed`.

use super::literal;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, Expr, LitStr};

/// When the task is scheduled.
#[derive(Default)]
pub(super) struct Cron {
    pub(super) pattern: Option<Expr>,
    pub(super) time_zone: Option<Expr>,
    pub(super) missed: Option<Expr>,
}

impl Cron {
    /// The `Option<Scheduled>` that the traits want, if there is a cron.
    pub(super) fn scheduled(&self) -> syn::Result<Option<TokenStream>> {
        let Some(pattern) = &self.pattern else {
            return match self.time_zone.as_ref().or(self.missed.as_ref()) {
                Some(lone) => {
                    Err(Error::new_spanned(lone, "this needs a pattern beside it: `cron = \"0 3 * * *\"`"))
                }
                None => Ok(None),
            };
        };
        let mut cron = match literal::string(pattern) {
            Some(string) => {
                check(string)?;
                quote!(::fang::Cron::new(#string))
            }
            None if self.time_zone.is_none() && self.missed.is_none() => pattern.to_token_stream(),
            None => {
                let why =
                    "with `time_zone` or `missed` beside it, `cron` is a string: `cron = \"0 3 * * *\"`";
                return Err(Error::new_spanned(pattern, why));
            }
        };
        if let Some(time_zone) = &self.time_zone {
            cron.extend(quote!(.time_zone(#time_zone)));
        }
        if let Some(missed) = &self.missed {
            let missed = policy(missed)?;
            cron.extend(quote!(.missed(#missed)));
        }
        Ok(Some(quote!(::core::option::Option::Some(
            ::core::convert::Into::<::fang::Scheduled>::into(#cron)
        ))))
    }
}

/// Finds patterns that can be no pattern. The rest is checked when the task is scheduled.
fn check(string: &LitStr) -> syn::Result<()> {
    let text = string.value();
    let fields = text.split_whitespace().count();
    if text.starts_with('@') || (5..=7).contains(&fields) {
        return Ok(());
    }
    let why = format!(
        "a cron pattern has 5 to 7 fields, and this has {fields}; for example `cron = \"0 3 * * *\"`"
    );
    Err(Error::new(string.span(), why))
}

fn policy(missed: &Expr) -> syn::Result<TokenStream> {
    match literal::string(missed) {
        None => Ok(missed.to_token_stream()),
        Some(string) => literal::word(
            string,
            &[("coalesce", quote!(::fang::Missed::Coalesce)), ("skip", quote!(::fang::Missed::Skip))],
        ),
    }
}
