//! The option `crate`: another path of fang, for programs that have it as a part of another crate.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};

/// Words before `::fang` that are no part of its path.
const WORDS: [&str; 10] = ["as", "use", "impl", "for", "dyn", "mut", "return", "in", "else", "where"];

/// The code with this path in place of each `::fang`, also in the strings of attributes.
pub(super) fn with_path(code: TokenStream, path: &TokenStream) -> TokenStream {
    let trees: Vec<_> = code.into_iter().collect();
    let mut renamed = TokenStream::new();
    let mut place = 0;
    while let Some(tree) = trees.get(place) {
        let before = place.checked_sub(1).and_then(|before| trees.get(before));
        if is_fang(&trees[place..]) && !before.is_some_and(is_segment) {
            renamed.extend(path.clone());
            place += 3;
            continue;
        }
        renamed.extend([match tree {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), with_path(group.stream(), path));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Literal(literal) => TokenTree::Literal(in_string(literal, path)),
            other => other.clone(),
        }]);
        place += 1;
    }
    renamed
}

fn is_fang(trees: &[TokenTree]) -> bool {
    matches!(
        trees,
        [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(name), ..]
            if first.as_char() == ':' && second.as_char() == ':' && name == "fang"
    )
}

/// Whether a path goes on behind this.
fn is_segment(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Ident(name) if !WORDS.iter().any(|word| name == word))
}

fn in_string(literal: &Literal, path: &TokenStream) -> Literal {
    match literal.to_string().strip_prefix("\"::fang::").and_then(|rest| rest.strip_suffix('"')) {
        Some(rest) => {
            let mut renamed = Literal::string(&format!("{path} :: {rest}"));
            renamed.set_span(literal.span());
            renamed
        }
        None => literal.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn every_path_of_fang_is_replaced_and_no_other() {
        let code = quote! {
            #[serde(crate = "::fang::serde")]
            impl ::fang::Declared for A {
                fn f(a: &dyn ::fang::B, b: our::fang::C) -> ::fang::D { <E as ::fang::F>::g("::fangs") }
            }
        };
        let expected = quote! {
            #[serde(crate = "ours :: fang :: serde")]
            impl ours::fang::Declared for A {
                fn f(a: &dyn ours::fang::B, b: our::fang::C) -> ours::fang::D { <E as ours::fang::F>::g("::fangs") }
            }
        };
        assert_eq!(with_path(code, &quote!(ours::fang)).to_string(), expected.to_string());
    }
}
