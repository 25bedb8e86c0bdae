//! The options in the parentheses of `#[fang::task(..)]`.

use super::backoff::Backoff;
use super::cron::Cron;
use super::time::{Keep, Limit};
use super::unique::Unique;
use super::{Problems, literal, renamed};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Expr, ExprArray, ExprLit, Lit, LitInt, LitStr, Path, Token, Type, parenthesized, token};

/// The longest task type, in bytes, as `fang_core::new_task` has it.
const MAX_TASK_TYPE_BYTES: usize = 255;

const ALL: &str = "`task_type`, `kind`, `aliases`, `max_retries`, `timeout`, `expires`, `keep`, `backoff`, `unique`, \
                   `priority`, `cron`, `time_zone`, `missed`, `version` and `upgrade`, for a function `struct_name`, and for \
                   a struct `blocking` and `needs`";

const CRATE: &str = "crate = \"jobs::fang\"";

const STRUCT_NAME: &str = "struct_name = \"Welcome\"";

/// What the options say. What is `None` keeps the default of the traits.
#[derive(Default)]
pub(super) struct Options {
    pub(super) kind: Option<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) task_type: Option<Expr>,
    pub(super) max_retries: Option<Expr>,
    pub(super) timeout: Option<TokenStream>,
    pub(super) expires: Option<TokenStream>,
    pub(super) keep: Option<TokenStream>,
    pub(super) backoff: Option<TokenStream>,
    pub(super) unique: Option<Unique>,
    pub(super) priority: Option<TokenStream>,
    pub(super) scheduled: Option<TokenStream>,
    /// The version of the arguments, with the function that upgrades older ones.
    pub(super) version: Option<(LitInt, Expr)>,
    /// The name of the struct that a function becomes, if that is not its own.
    pub(super) struct_name: Option<Ident>,
    /// The word that makes a blocking task of a struct.
    pub(super) blocking: Option<Ident>,
    /// The types of the values that a struct takes from its pool, with the word before them.
    pub(super) needs: Option<(Ident, Vec<Type>)>,
    /// The path of fang, if that is not `::fang`.
    krate: Option<Path>,
    cron: Cron,
    number: Option<LitInt>,
    upgrade: Option<Expr>,
}

impl Options {
    pub(super) fn read(tokens: TokenStream, saved: &[&Ident]) -> syn::Result<Self> {
        let mut options = Self::default();
        let parser = |input: ParseStream<'_>| options.parse(input);
        parser.parse2(tokens)?;
        if let Some(unique) = &options.unique {
            unique.check(saved)?;
        }
        options.scheduled = options.cron.scheduled()?;
        options.version = options.versioned(saved)?;
        Ok(options)
    }

    /// The code with the path of fang that the options name.
    pub(super) fn renamed(&self, code: TokenStream) -> TokenStream {
        match &self.krate {
            None => code,
            Some(path) => renamed::with_path(code, &path.to_token_stream()),
        }
    }

    /// The name under which a function or struct of this name is saved.
    pub(super) fn kind_of(&self, name: &Ident) -> LitStr {
        self.kind.clone().unwrap_or_else(|| LitStr::new(&name.unraw().to_string(), name.span()))
    }

    /// Checks that no earlier name is there twice, or is the name of today.
    pub(super) fn check_aliases(&self, name: &Ident) -> syn::Result<()> {
        let mut seen = HashSet::from([self.kind_of(name).value()]);
        match self.aliases.iter().find(|alias| !seen.insert(alias.value())) {
            None => Ok(()),
            Some(alias) => Err(Error::new(alias.span(), "the kind has this name already; remove one")),
        }
    }

    /// Checks that the fields by which tasks are unique are saved under their own names.
    pub(super) fn check_unique(&self, may_be_renamed: impl Fn(&Ident) -> bool) -> syn::Result<()> {
        self.unique.as_ref().map_or(Ok(()), |unique| unique.check_names(may_be_renamed))
    }

    fn parse(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let (mut seen, mut problems) = (HashSet::new(), Problems::default());
        while !input.is_empty() {
            let is_crate = input.peek(Token![crate]);
            let name = if is_crate { input.call(Ident::parse_any) } else { input.parse() };
            let name: Ident = name.map_err(|error| {
                Error::new(error.span(), format!("expected the name of an option; the options are {ALL}"))
            })?;
            if !seen.insert(name.to_string()) {
                return Err(Error::new(name.span(), format!("`{name}` is there twice; remove one")));
            }
            if name == "blocking" {
                self.blocking = Some(name);
            } else if name == "needs" {
                self.needs = Some(needs(name, input)?);
            } else if name == "unique" {
                self.unique = Some(Unique::read(input)?);
            } else {
                let value = value(&name, input)?;
                problems.note(self.set(&name, value));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        problems.report()
    }

    fn versioned(&mut self, saved: &[&Ident]) -> syn::Result<Option<(LitInt, Expr)>> {
        let (number, upgrade) = match (self.number.take(), self.upgrade.take()) {
            (Some(number), Some(upgrade)) => (number, upgrade),
            (Some(number), None) => {
                let why = "name the function that upgrades older arguments: `upgrade = upgrade_welcome`";
                return Err(Error::new(number.span(), why));
            }
            (None, Some(upgrade)) => {
                return Err(Error::new_spanned(upgrade, "say which version it upgrades to: `version = 2`"));
            }
            (None, None) => return Ok(None),
        };
        match saved.iter().find(|name| **name == "version") {
            Some(name) => {
                let why = "`version` is the version of the arguments in the saved task; give the argument another name";
                Err(Error::new(name.span(), why))
            }
            None => Ok(Some((number, upgrade))),
        }
    }

    fn set(&mut self, name: &Ident, value: Expr) -> syn::Result<()> {
        match name.to_string().as_str() {
            "kind" => self.kind = Some(kind(&value, "kind = \"welcome\"")?),
            "aliases" => self.aliases = aliases(&value)?,
            "task_type" => self.task_type = Some(task_type(value)?),
            "max_retries" => self.max_retries = Some(number(value)?),
            "timeout" => self.timeout = Some(literal::read::<Limit>(&value, "timeout = \"30s\"")?),
            "expires" => self.expires = Some(literal::read::<Limit>(&value, "expires = \"1h\"")?),
            "keep" => self.keep = Some(literal::read::<Keep>(&value, "keep = \"7 days\"")?),
            "backoff" => {
                let example = "backoff = \"exponential(1s, max = 1h, jitter)\"";
                self.backoff = Some(literal::read::<Backoff>(&value, example)?);
            }
            "crate" => {
                self.krate =
                    Some(literal::only_string(&value, CRATE).and_then(|path| literal::said(&path, CRATE))?)
            }
            "struct_name" => {
                let name = literal::only_string(&value, STRUCT_NAME);
                self.struct_name = Some(name.and_then(|name| literal::said(&name, STRUCT_NAME))?);
            }
            "priority" => self.priority = Some(priority(&value)?),
            "cron" => self.cron.pattern = Some(value),
            "time_zone" => self.cron.time_zone = Some(value),
            "missed" => self.cron.missed = Some(value),
            "version" => self.number = Some(version(&value)?),
            "upgrade" => self.upgrade = Some(value),
            _ => {
                return Err(Error::new(
                    name.span(),
                    format!("unknown option `{name}`; the options are {ALL}"),
                ));
            }
        }
        Ok(())
    }
}

fn value(name: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    if !input.peek(Token![=]) {
        return Err(Error::new(name.span(), format!("write `{name} = ..`; the options are {ALL}")));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Reads the types after the word `needs`.
fn needs(name: Ident, input: ParseStream<'_>) -> syn::Result<(Ident, Vec<Type>)> {
    if !input.peek(token::Paren) {
        let why = "name the types of the values that the task takes from its pool: `needs(Mailer)`";
        return Err(Error::new(name.span(), why));
    }
    let content;
    parenthesized!(content in input);
    let types = content.parse_terminated(Type::parse, Token![,])?;
    Ok((name, types.into_iter().collect()))
}

fn kind(value: &Expr, example: &str) -> syn::Result<LitStr> {
    let string = literal::only_string(value, example)?;
    match string.value().is_empty() {
        true => Err(Error::new(string.span(), "the name of a kind cannot be empty")),
        false => Ok(string),
    }
}

fn aliases(value: &Expr) -> syn::Result<Vec<LitStr>> {
    let example = "aliases = [\"greet\"]";
    let Expr::Array(ExprArray { elems, .. }) = value else {
        return Err(Error::new_spanned(
            value,
            format!("write the names that the kind had before: `{example}`"),
        ));
    };
    elems.iter().map(|elem| kind(elem, example)).collect()
}

fn task_type(value: Expr) -> syn::Result<Expr> {
    if let Some(string) = literal::string(&value) {
        let text = string.value();
        if text.is_empty() || text.len() > MAX_TASK_TYPE_BYTES || text.contains('\0') {
            let why = format!("a task type has 1 to {MAX_TASK_TYPE_BYTES} bytes and no NUL");
            return Err(Error::new(string.span(), why));
        }
    }
    Ok(value)
}

fn number(value: Expr) -> syn::Result<Expr> {
    match literal::string(&value) {
        Some(string) => Err(Error::new(string.span(), "write a number: `max_retries = 5`")),
        None => Ok(value),
    }
}

/// A version: 2 or more, since 1 is that of arguments without a version.
fn version(value: &Expr) -> syn::Result<LitInt> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_parse::<u32>()? >= 2 => {
            Ok(number.clone())
        }
        _ => Err(Error::new_spanned(
            value,
            "a version is a number from 2: arguments saved without a version have 1",
        )),
    }
}

fn priority(value: &Expr) -> syn::Result<TokenStream> {
    match literal::string(value) {
        None => Ok(value.to_token_stream()),
        Some(string) => literal::word(
            string,
            &[
                ("urgent", quote!(::fang::Priority::Urgent)),
                ("high", quote!(::fang::Priority::High)),
                ("normal", quote!(::fang::Priority::Normal)),
                ("low", quote!(::fang::Priority::Low)),
            ],
        ),
    }
}
