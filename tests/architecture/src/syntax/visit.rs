//! The walk over one parsed file.

use super::{ModuleDeclaration, Named, PublicFunction, Returns, Scope, Syntax};
use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, UseTree};

/// Collects into [`Syntax`].
#[derive(Default)]
pub(super) struct Visitor {
    pub(super) found: Syntax,
    /// Lines of inline test modules.
    pub(super) test_lines: usize,
    /// How many items around this place are compiled for tests only.
    tests_around: usize,
    /// The inline modules around this place.
    modules_around: Vec<String>,
}

/// A path that the tokens of a macro are spelling.
struct Spelled {
    name: String,
    span: Span,
    /// Colons seen since the last segment.
    colons: usize,
}

impl Visitor {
    fn scope(&self) -> Scope {
        if self.tests_around > 0 {
            Scope::Test
        } else {
            Scope::Always
        }
    }

    fn named(&self, name: String, span: Span) -> Named {
        Named {
            name,
            line: span.start().line,
            scope: self.scope(),
        }
    }

    fn path(&mut self, name: String, span: Span) {
        let named = self.named(name, span);
        self.found.paths.push(named);
    }

    fn macro_call(&mut self, path: &str, span: Span) {
        let last = path.rsplit("::").next().unwrap_or(path);
        let named = self.named(last.to_owned(), span);
        self.found.macros.push(named);
    }

    fn inside(&mut self, attributes: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let test = usize::from(attributes.iter().any(is_test));
        self.tests_around += test;
        walk(self);
        self.tests_around -= test;
    }

    /// What a macro is given is tokens, not syntax: paths are put together from `ident :: ident`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut spelled = None;
        for token in tokens {
            spelled = match token {
                TokenTree::Ident(ident) => Some(self.next_segment(spelled, &ident)),
                TokenTree::Punct(punct) => self.next_punct(spelled, &punct),
                TokenTree::Group(group) => {
                    self.spelled(spelled);
                    self.tokens(group.stream());
                    None
                }
                TokenTree::Literal(literal) => {
                    self.spelled(spelled);
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        let named = self.named(text.value(), literal.span());
                        self.found.literals.push(named);
                    }
                    None
                }
            };
        }
        self.spelled(spelled);
    }

    fn next_segment(&mut self, spelled: Option<Spelled>, ident: &Ident) -> Spelled {
        match spelled {
            Some(start) if start.colons == 2 => Spelled {
                name: format!("{}::{ident}", start.name),
                span: start.span,
                colons: 0,
            },
            ended => {
                self.spelled(ended);
                Spelled {
                    name: ident.to_string(),
                    span: ident.span(),
                    colons: 0,
                }
            }
        }
    }

    fn next_punct(&mut self, spelled: Option<Spelled>, punct: &Punct) -> Option<Spelled> {
        let mut spelled = spelled?;
        let alone = punct.spacing() == Spacing::Alone;
        match punct.as_char() {
            // `name: value` has a colon that stands alone; the first of `::` does not.
            ':' if spelled.colons == 1 || !alone => {
                spelled.colons += 1;
                return Some(spelled);
            }
            // `a != b` has one that does not stand alone.
            '!' if alone => self.macro_call(&spelled.name, spelled.span),
            _ => {}
        }
        self.spelled(Some(spelled));
        None
    }

    fn spelled(&mut self, spelled: Option<Spelled>) {
        if let Some(Spelled { name, span, .. }) = spelled {
            self.path(name, span);
        }
    }

    fn use_tree(&mut self, start: &str, tree: &UseTree) {
        let join = |name: &dyn ToString| {
            if start.is_empty() {
                name.to_string()
            } else {
                format!("{start}::{}", name.to_string())
            }
        };
        match tree {
            UseTree::Path(path) => self.use_tree(&join(&path.ident), &path.tree),
            UseTree::Name(name) => self.path(join(&name.ident), name.ident.span()),
            UseTree::Rename(rename) => self.path(join(&rename.ident), rename.ident.span()),
            UseTree::Glob(glob) => self.path(join(&'*'), glob.star_token.span),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(start, tree);
                }
            }
        }
    }

    fn function(&mut self, signature: &syn::Signature) {
        if self.tests_around > 0 {
            return;
        }
        self.found.functions.push(PublicFunction {
            name: signature.ident.to_string(),
            line: signature.ident.span().start().line,
            returns: returns(&signature.output),
        });
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast Item) {
        self.inside(attributes(item), |this| {
            if let Item::Struct(syn::ItemStruct { ident, .. })
            | Item::Enum(syn::ItemEnum { ident, .. })
            | Item::Trait(syn::ItemTrait { ident, .. })
            | Item::Type(syn::ItemType { ident, .. }) = item
            {
                let named = this.named(ident.to_string(), ident.span());
                this.found.types.push(named);
            }
            visit::visit_item(this, item);
        });
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        let Some((brace, _)) = &item.content else {
            let names = self.modules_around.iter().cloned().chain([name]).collect();
            let declaration = ModuleDeclaration {
                names,
                path: item.attrs.iter().find_map(path_attribute),
                scope: self.scope(),
            };
            self.found.modules.push(declaration);
            return visit::visit_item_mod(self, item);
        };
        if self.tests_around == 1 && item.attrs.iter().any(is_test) {
            let first = item.mod_token.span.start().line;
            self.test_lines += brace.span.close().end().line + 1 - first;
        }
        self.modules_around.push(name);
        visit::visit_item_mod(self, item);
        self.modules_around.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree("", &item.tree);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if is_public(&item.vis) {
            self.function(&item.sig);
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.inside(&item.attrs, |this| {
            if is_public(&item.vis) {
                this.function(&item.sig);
            }
            visit::visit_impl_item_fn(this, item);
        });
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if is_public(&item.vis) {
            for member in &item.items {
                if let syn::TraitItem::Fn(function) = member {
                    self.function(&function.sig);
                }
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            let segments: Vec<String> = path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            self.path(segments.join("::"), first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(last) = call.path.segments.last() {
            self.macro_call(&last.ident.to_string(), last.ident.span());
        }
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        let named = self.named(literal.value(), literal.span());
        self.found.literals.push(named);
    }

    /// No further in than the names: what `#[doc]` and `#[error]` say is prose.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let last = attribute.path().segments.last().map(|last| &last.ident);
        let conditional = match &attribute.meta {
            Meta::List(meta) if meta.path.is_ident("cfg_attr") => idents(meta.tokens.clone()),
            Meta::List(_) | Meta::Path(_) | Meta::NameValue(_) => Vec::new(),
        };
        for ident in last.into_iter().chain(&conditional) {
            let named = self.named(ident.to_string(), ident.span());
            self.found.attributes.push(named);
        }
    }
}

/// Lines of inner documentation that say something; what is included from a file counts as enough.
pub(super) fn doc_lines(attributes: &[Attribute]) -> usize {
    let said = |value: &Expr| match string(value) {
        Some(text) => text.lines().filter(|line| !line.trim().is_empty()).count(),
        None => usize::from(u16::MAX),
    };
    let values = attributes.iter().filter_map(|one| value_of(one, "doc"));
    values.map(said).sum()
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    string(value_of(attribute, "path")?)
}

/// The value of `#[name = value]`.
fn value_of<'a>(attribute: &'a Attribute, name: &str) -> Option<&'a Expr> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => Some(&pair.value),
        Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => None,
    }
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

/// `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`, `#[tokio::test]`, `#[rstest]`.
fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let last = path.segments.last().map(|last| &last.ident);
    if last.is_some_and(|last| last == "test" || last == "rstest") {
        return true;
    }
    let Meta::List(meta) = &attribute.meta else {
        return false;
    };
    let condition = idents(meta.tokens.clone());
    let says = |word: &str| condition.iter().any(|ident| ident == word);
    path.is_ident("cfg") && says("test") && !says("not")
}

fn idents(tokens: TokenStream) -> Vec<Ident> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![ident],
            TokenTree::Group(group) => idents(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
        })
        .collect()
}

fn returns(output: &syn::ReturnType) -> Returns {
    match output {
        syn::ReturnType::Type(_, of) if is_result(of) => Returns::Result,
        syn::ReturnType::Default | syn::ReturnType::Type(..) => Returns::Value,
    }
}

fn is_result(of: &syn::Type) -> bool {
    let syn::Type::Path(path) = of else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    if last.ident == "Result" {
        return true;
    }
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return false;
    };
    last.ident == "Option"
        && arguments
            .args
            .iter()
            .any(|argument| matches!(argument, syn::GenericArgument::Type(of) if is_result(of)))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        // syn's enum is open: what it does not know yet it keeps as tokens.
        _ => &[],
    }
}
