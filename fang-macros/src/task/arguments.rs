//! The arguments of a task: what each is for, and what cannot be one.

use super::Problems;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Meta, Pat, PatType, PathArguments, Signature, Type,
    TypeParamBound, TypeReference,
};

/// The arguments, in order.
#[derive(Default)]
pub(super) struct Arguments(pub(super) Vec<Argument>);

/// An argument.
pub(super) struct Argument {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) role: Role,
    /// The attributes that belong to the field of the struct: those of serde, and docs.
    pub(super) field_attrs: Vec<Attribute>,
    /// The argument as the function has it, without these attributes.
    pub(super) written: PatType,
}

/// Where the value of an argument comes from.
pub(super) enum Role {
    /// It is saved with the task.
    Saved,
    /// The run: `&Run`.
    Run,
    /// A value of the pool: `State<T>`, with its `T`.
    State(Box<Type>),
    /// The queue of the run: `&dyn AsyncQueueable`, `&mut dyn AsyncQueueable` or `&dyn Queueable`.
    Queue { is_mutable: bool },
}

impl Arguments {
    pub(super) fn read(sig: &Signature) -> syn::Result<Self> {
        let (mut all, mut problems) = (Vec::new(), Problems::default());
        for input in &sig.inputs {
            all.extend(problems.note(read(input, sig.asyncness.is_some())));
        }
        problems.report().map(|()| Self(all))
    }

    pub(super) fn saved(&self) -> impl Iterator<Item = &Argument> {
        self.0.iter().filter(|argument| matches!(argument.role, Role::Saved))
    }
}

/// Whether an attribute of serde gives fields other names.
pub(super) fn renames(attr: &Attribute) -> bool {
    let is_rename =
        |token: TokenTree| matches!(token, TokenTree::Ident(name) if name.to_string().starts_with("rename"));
    match &attr.meta {
        Meta::List(list) if attr.path().is_ident("serde") => list.tokens.clone().into_iter().any(is_rename),
        _ => false,
    }
}

impl Argument {
    /// Whether serde saves it under another name.
    pub(super) fn is_renamed(&self) -> bool {
        self.field_attrs.iter().any(renames)
    }

    /// Whether serde is told how to save it.
    pub(super) fn is_of_serde(&self) -> bool {
        self.field_attrs.iter().any(|attr| attr.path().is_ident("serde"))
    }
}

fn read(input: &FnArg, is_async: bool) -> syn::Result<Argument> {
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            let why = "a task is a free function: it has no `self`; move it out of the impl, and take what it needs \
                       as arguments";
            return Err(Error::new_spanned(receiver, why));
        }
    };
    let name = name(&typed.pat)?;
    let role = role(&name, &typed.ty, is_async)?;
    let (field_attrs, other_attrs) = typed.attrs.iter().cloned().partition::<Vec<_>, _>(is_for_the_field);
    if let Some(cfg) = other_attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
        let why = "an argument of a task cannot depend on `cfg`: other programs read it too";
        return Err(Error::new_spanned(cfg, why));
    }
    if let (Some(attr), false) = (field_attrs.first(), matches!(role, Role::Saved)) {
        return Err(Error::new_spanned(attr, "this argument is not saved, so the attribute has no effect"));
    }
    let written = PatType { attrs: other_attrs, ..typed.clone() };
    Ok(Argument { name, ty: (*typed.ty).clone(), role, field_attrs, written })
}

fn is_for_the_field(attr: &Attribute) -> bool {
    attr.path().is_ident("serde") || attr.path().is_ident("doc")
}

/// The name of an argument.
fn name(pat: &Pat) -> syn::Result<Ident> {
    let refuse = |why: &str| Err(Error::new_spanned(pat, why));
    match pat {
        Pat::Ident(ident) if ident.subpat.is_some() || ident.by_ref.is_some() => {
            refuse("give the argument a plain name: it is the name of its field in the saved task")
        }
        Pat::Ident(ident) if ident.ident.unraw() == "type" => {
            refuse("`type` names the kind in the saved task; give the argument another name")
        }
        Pat::Ident(ident) => Ok(ident.ident.clone()),
        Pat::Wild(_) => refuse(
            "give the argument a name, such as `_unused`: it is the name of its field in the saved task",
        ),
        _ => refuse(
            "give the argument a name, which is that of its field in the saved task, and take it apart in the body",
        ),
    }
}

fn role(name: &Ident, ty: &Type, is_async: bool) -> syn::Result<Role> {
    match ty {
        Type::Reference(reference) => borrowed(name, reference, is_async),
        Type::Group(group) => role(name, &group.elem, is_async),
        Type::Paren(paren) => role(name, &paren.elem, is_async),
        _ if is_of_user(ty) => owns_its_data(ty).map(|()| Role::Saved),
        _ if is_run(ty) => {
            let why = format!(
                "a task takes its run as `{name}: &Run`; for a type of yours with that name, write its path, such as \
                 `self::Run`"
            );
            Err(Error::new_spanned(ty, why))
        }
        _ => match state(ty) {
            Some(value) => Ok(Role::State(Box::new(value))),
            None => owns_its_data(ty).map(|()| Role::Saved),
        },
    }
}

fn borrowed(name: &Ident, reference: &TypeReference, is_async: bool) -> syn::Result<Role> {
    let refuse = |why: String| Err(Error::new_spanned(reference, why));
    let is_mutable = reference.mutability.is_some();
    match &*reference.elem {
        elem if state(elem).is_some() && !is_of_user(elem) => {
            refuse(format!("take the state by value, as `{name}: {}`", shown(elem)))
        }
        elem if is_run(elem) && !is_of_user(elem) => match is_mutable {
            true => refuse(format!("a task takes its run as `{name}: &Run`")),
            false => Ok(Role::Run),
        },
        elem => match queue(elem) {
            Some("AsyncQueueable") if is_async => Ok(Role::Queue { is_mutable }),
            Some("Queueable") if !is_async && !is_mutable => Ok(Role::Queue { is_mutable }),
            Some(_) if is_async => {
                refuse(format!("an async task takes its queue as `{name}: &dyn AsyncQueueable`"))
            }
            Some(_) => refuse(format!("a blocking task takes its queue as `{name}: &dyn Queueable`")),
            None => refuse(format!(
                "an argument is saved with the task, so it owns its data; take `{name}: {}`",
                owned(elem)
            )),
        },
    }
}

/// The type to take in place of a reference to this one.
fn owned(elem: &Type) -> String {
    match elem {
        Type::Slice(slice) => format!("Vec<{}>", shown(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        elem => shown(elem),
    }
}

fn shown(ty: &Type) -> String {
    ty.to_token_stream()
        .to_string()
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
        .replace(" :: ", "::")
}

fn last(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn is_run(ty: &Type) -> bool {
    last(ty).is_some_and(|last| last.ident == "Run")
}

/// Whether the path of a type begins in the crate of the user, so that a `Run` or `State` there is a type of theirs.
/// One in a module `fang` is not: the option `crate` names such a path.
fn is_of_user(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let segments = &path.path.segments;
    let begins_here = segments.first().is_some_and(|first| {
        segments.len() > 1 && ["crate", "self", "super"].iter().any(|word| first.ident == word)
    });
    begins_here && segments.iter().rev().nth(1).is_none_or(|module| module.ident != "fang")
}

/// The `T` of a `State<T>`.
fn state(ty: &Type) -> Option<Type> {
    let segment = last(ty).filter(|last| last.ident == "State")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(value)) if arguments.args.len() == 1 => Some(value.clone()),
        _ => None,
    }
}

/// The name of the trait of queues that this is the trait object of.
fn queue(ty: &Type) -> Option<&'static str> {
    let ty = match ty {
        Type::Paren(paren) => &*paren.elem,
        ty => ty,
    };
    let Type::TraitObject(object) = ty else { return None };
    object.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let name = &bound.path.segments.last()?.ident;
            ["AsyncQueueable", "Queueable"].into_iter().find(|queue| name == queue)
        }
        _ => None,
    })
}

/// Refuses types that borrow, or that only a caller could choose.
fn owns_its_data(ty: &Type) -> syn::Result<()> {
    if let Type::ImplTrait(_) | Type::TraitObject(_) = ty {
        let why = "an argument is saved with the task and read back, so it needs a type of its own: a struct or an enum";
        return Err(Error::new_spanned(ty, why));
    }
    match borrow_in(ty.to_token_stream()) {
        Some(_) => Err(Error::new_spanned(
            ty,
            "an argument is saved with the task, so it owns its data; take it without references and lifetimes, such \
             as `String` for `&str`",
        )),
        None => Ok(()),
    }
}

/// The first reference, or lifetime other than `'static`, in a type.
fn borrow_in(tokens: TokenStream) -> Option<()> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next_is_static =
            tokens.peek().is_some_and(|next| matches!(next, TokenTree::Ident(ident) if ident == "static"));
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => return Some(()),
            TokenTree::Punct(punct) if punct.as_char() == '\'' && !next_is_static => return Some(()),
            TokenTree::Group(group) => {
                if let Some(found) = borrow_in(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

impl Argument {
    /// The field of the struct.
    pub(super) fn field(&self) -> TokenStream {
        let Self { name, ty, field_attrs, .. } = self;
        quote!(#(#field_attrs)* #name: #ty)
    }
}
