//! Finds in a source file what each change is about, and plans the switches.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Context as _;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Signature};

use crate::mutant::{Genre, Mutant, Place, Span};
use crate::outcome::Outcome;
use crate::text::Plan;

/// Why a change has no switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// It stands where the compiler computes, which cannot ask for a switch.
    Constant,
    /// `||` beside `let`: no compiler takes it.
    BesideLet,
    /// A switch cannot be written there: another return type that is not named, a guard with `let`.
    Form,
}

impl Unfit {
    /// What becomes of a change without a switch.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::BesideLet => Outcome::Unviable,
            Self::Constant | Self::Form => Outcome::Unswitchable,
        }
    }
}

/// A file with the plan of its switches.
#[derive(Debug)]
pub struct Source {
    /// What is to be written.
    pub plan: Plan,
    /// The changes that have no switch.
    pub unfit: BTreeMap<usize, Unfit>,
}

/// Plans switches for `mutants` of the file with this text. Functions are computed at run time,
/// also those that are `const`, but for those whose name is in `constant`.
///
/// # Errors
///
/// If the text is no Rust, or lies otherwise than the changes say.
pub fn plan(
    text: &str,
    mutants: &BTreeMap<usize, &Mutant>,
    constant: &BTreeSet<String>,
) -> anyhow::Result<Source> {
    let parsed = syn::parse_file(text)?;
    let lines = Lines::of(text);
    let mut wanted = BTreeMap::<_, Vec<_>>::new();
    for (number, mutant) in mutants {
        let range = lines.range(mutant.span).with_context(|| mutant.name.clone())?;
        wanted.entry((mutant.genre, range.start)).or_default().push((*number, *mutant, range));
    }
    let source = Source { plan: Plan::default(), unfit: BTreeMap::new() };
    let mut finder = Finder { text, wanted, constant, is_constant: false, whole: None, source };
    finder.visit_file(&parsed);
    let unfound = finder.wanted.into_values().flatten().next();
    if let Some((_, mutant, _)) = unfound {
        anyhow::bail!("{} is not found", mutant.name);
    }
    Ok(finder.source)
}

/// Where the lines of a text begin.
struct Lines<'a>(Vec<(usize, &'a str)>);

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let mut start = 0;
        let line = |line: &'a str| {
            start += line.len();
            (start - line.len(), line)
        };
        Self(text.split_inclusive('\n').map(line).collect())
    }

    fn byte(&self, place: Place) -> Option<usize> {
        let (start, line) = self.0.get(place.line.checked_sub(1)?)?;
        let mut characters = line.char_indices().map(|(byte, _)| byte).chain([line.len()]);
        Some(start + characters.nth(place.column.checked_sub(1)?)?)
    }

    fn range(&self, span: Span) -> Option<Range<usize>> {
        Some(self.byte(span.start)?..self.byte(span.end)?)
    }
}

type Found<'a> = Vec<(usize, &'a Mutant, Range<usize>)>;

struct Finder<'a> {
    text: &'a str,
    wanted: BTreeMap<(Genre, usize), Found<'a>>,
    constant: &'a BTreeSet<String>,
    is_constant: bool,
    /// The whole of nested binary operators without parentheses: replacing one can make another
    /// bind first, as it would in the text.
    whole: Option<Range<usize>>,
    source: Source,
}

impl<'a> Finder<'a> {
    /// The changes of this genre that begin here, each with its range. Those that cannot be
    /// switched are noted instead.
    fn take(&mut self, genre: Genre, start: usize, form: Option<Unfit>) -> Found<'a> {
        let found = self.wanted.remove(&(genre, start)).unwrap_or_default();
        let unfit = if self.is_constant { Some(Unfit::Constant) } else { form };
        if let Some(unfit) = unfit {
            self.source.unfit.extend(found.iter().map(|(number, ..)| (*number, unfit)));
            return Vec::new();
        }
        found
    }

    /// In place of the expression at `whole`, the same with what is changed within it.
    fn choose(&mut self, genre: Genre, start: usize, whole: &Range<usize>, form: Option<Unfit>) {
        for (number, mutant, range) in self.take(genre, start, form) {
            let before = &self.text[whole.start..range.start];
            let after = &self.text[range.end..whole.end];
            let text = format!("{before} {} {after}", mutant.replacement);
            self.source.plan.choose(whole.clone(), number, text);
        }
    }

    fn constant(&mut self, within: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.is_constant, true);
        within(self);
        self.is_constant = before;
    }

    fn function(
        &mut self,
        signature: &Signature,
        block: &syn::Block,
        within: impl FnOnce(&mut Self),
    ) {
        let mut is_constant = false;
        if let Some(word) = &signature.constness {
            is_constant = self.constant.contains(&signature.ident.to_string());
            if !is_constant {
                self.source.plan.remove(word.span().byte_range());
            }
        }
        let outer = std::mem::replace(&mut self.is_constant, is_constant);
        if let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) {
            let body = first.span().byte_range().start..last.span().byte_range().end;
            let unnamed = matches!(&signature.output, syn::ReturnType::Type(_, returned)
                if matches!(**returned, syn::Type::ImplTrait(_)));
            let form = unnamed.then_some(Unfit::Form);
            for (number, mutant, _) in self.take(Genre::FnValue, body.start, form) {
                self.source.plan.end_early(body.clone(), number, &mutant.replacement);
            }
        }
        within(self);
        self.is_constant = outer;
    }
}

/// Whether `let` stands among the operands of `&&`.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn assigns(operator: &BinOp) -> bool {
    use BinOp::*;
    matches!(
        operator,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        let whole = self.whole.take();
        self.whole = match expression {
            Expr::Binary(_) if has_let(expression) => None,
            Expr::Binary(_) => whole.or_else(|| Some(expression.span().byte_range())),
            _ => None,
        };
        visit::visit_expr(self, expression);
        self.whole = None;
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let start = binary.op.span().byte_range().start;
        let whole = self.whole.take();
        match &whole {
            Some(whole) => self.choose(Genre::BinaryOperator, start, whole, None),
            None => drop(self.take(Genre::BinaryOperator, start, Some(Unfit::BesideLet))),
        }
        let within = whole.filter(|_| !assigns(&binary.op));
        for operand in [&binary.left, &binary.right] {
            self.whole = within.clone();
            self.visit_expr(operand);
        }
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let whole = unary.span().byte_range();
        self.choose(Genre::UnaryOperator, whole.start, &whole, None);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let end = arm.pat.span().byte_range().end;
        for (number, ..) in self.take(Genre::MatchArm, arm.span().byte_range().start, None) {
            self.source.plan.skip_arm(end, number);
        }
        if let Some((_, guard)) = &arm.guard {
            let whole = guard.span().byte_range();
            let form = has_let(guard).then_some(Unfit::Form);
            self.choose(Genre::MatchArmGuard, whole.start, &whole, form);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, value: &'ast syn::ExprStruct) {
        let whole = value.span().byte_range();
        for field in &value.fields {
            let start = field.span().byte_range().start;
            self.choose(Genre::StructField, start, &whole, None);
        }
        visit::visit_expr_struct(self, value);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block, |finder| visit::visit_item_fn(finder, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block, |finder| visit::visit_impl_item_fn(finder, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let Some(block) = &item.default else { return };
        self.function(&item.sig, block, |finder| visit::visit_trait_item_fn(finder, item));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(|finder| visit::visit_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(|finder| visit::visit_item_static(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(|finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        self.constant(|finder| visit::visit_trait_item_const(finder, item));
    }

    fn visit_expr_const(&mut self, block: &'ast syn::ExprConst) {
        self.constant(|finder| visit::visit_expr_const(finder, block));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.constant(|finder| visit::visit_type_array(finder, array));
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
        self.constant(|finder| finder.visit_expr(&repeat.len));
    }
}
