//! What an SQL text reads, and what it must not contain.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Ident, ObjectName, ObjectNamePart, Query, Spanned, Statement, Value,
    visit_expressions, visit_relations,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token};

use crate::model::Span;

/// Functions that would make a run depend on when or how often it is done.
const UNREPEATABLE: [&str; 14] = [
    "now",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "today",
    "getdate",
    "sysdate",
    "random",
    "rand",
    "uuid",
    "gen_random_uuid",
    "newid",
];

/// An expression, as far as it can be understood without data. Places are byte ranges of its text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expression {
    /// Every mention of a column, in text order.
    pub(crate) columns: Vec<Mention>,
    /// Every comparison of a column with text.
    pub(crate) comparisons: Vec<Comparison>,
    /// What must not stand there.
    pub(crate) faults: Vec<Fault>,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    /// The name, in lower case unless it was quoted.
    pub(crate) name: String,
    pub(crate) place: Span,
    /// Whether it stood in double quotes, as text does in other languages.
    pub(crate) quoted: bool,
}

/// `column = 'text'`, or one element of `column in (…)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) column: String,
    pub(crate) text: String,
    pub(crate) place: Span,
}

/// Why an SQL text cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    /// What to do instead.
    pub(crate) help: String,
    pub(crate) place: Span,
    /// Whether it cannot be read at all, rather than must not stand there.
    pub(crate) unreadable: bool,
}

/// What a query reads.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Relations {
    /// Every mention of a table, common table expressions left out, in text order.
    pub(crate) tables: Vec<Mention>,
    pub(crate) faults: Vec<Fault>,
}

/// Reads an expression over the columns of one table.
pub(crate) fn expression(text: &str) -> Expression {
    let expr = match parse_expression(text) {
        Ok(expr) => expr,
        Err(fault) => {
            return Expression { faults: vec![fault], ..Expression::default() };
        }
    };
    let mut found = Expression::default();
    let _: ControlFlow<()> = visit_expressions(&expr, |part| {
        found.visit(text, part);
        ControlFlow::Continue(())
    });
    found.columns.sort_by_key(|mention| mention.place.start);
    found.comparisons.sort_by_key(|comparison| comparison.place.start);
    found
}

/// Reads one `SELECT`.
pub(crate) fn query(text: &str) -> Relations {
    match parse_query(text) {
        Ok(query) => relations(text, &query),
        Err(fault) => Relations { faults: vec![fault], ..Relations::default() },
    }
}

/// Whether an expression is the constant null, as a condition that never holds.
pub(crate) fn is_null(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("null")
}

fn parse_expression(text: &str) -> Result<Expr, Fault> {
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text).map_err(|error| unreadable(text, &error))?;
    let expr = parser.parse_expr().map_err(|error| unreadable(text, &error))?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(expr);
    }
    let place = offset(text, next.span.start)..offset(text, next.span.end);
    let message = format!("`{}` is not expected here", next.token);
    Err(Fault { message, help: "the expression ends before it".to_owned(), place, unreadable: true })
}

fn parse_query(text: &str) -> Result<Query, Fault> {
    let statements = Parser::parse_sql(&GenericDialect {}, text).map_err(|error| unreadable(text, &error))?;
    match <[Statement; 1]>::try_from(statements) {
        Ok([Statement::Query(query)]) => Ok(*query),
        _ => Err(Fault {
            message: "the text is not one SELECT".to_owned(),
            help: "a table is the result of a single SELECT".to_owned(),
            place: 0..text.len(),
            unreadable: true,
        }),
    }
}

fn relations(text: &str, query: &Query) -> Relations {
    let mut found = Relations::default();
    let own: Vec<_> =
        query.with.iter().flat_map(|with| &with.cte_tables).map(|table| name_of(&table.alias.name)).collect();
    let _: ControlFlow<()> = visit_relations(query, |relation| {
        match relation.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => {
                let mention = mention(text, ident);
                if !own.contains(&mention.name) {
                    found.tables.push(mention);
                }
            }
            _ => found.faults.push(forbidden(
                format!("`{relation}` is not a source or table"),
                "tables are read by their names alone",
                place_of(text, relation.span().start, relation.span().end),
            )),
        }
        ControlFlow::Continue(())
    });
    let _: ControlFlow<()> = visit_expressions(query, |part| {
        found.faults.extend(unrepeatable(text, part));
        ControlFlow::Continue(())
    });
    found.tables.sort_by_key(|mention| mention.place.start);
    found
}

impl Expression {
    fn visit(&mut self, text: &str, part: &Expr) {
        match part {
            Expr::Identifier(ident) => self.columns.push(mention(text, ident)),
            Expr::CompoundIdentifier(idents) => self.faults.push(qualified(text, idents)),
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                let place = place_of(text, part.span().start, part.span().end);
                self.faults.push(forbidden("a subquery cannot stand here".to_owned(), "make it a `[tables.X]`", place));
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                self.compare(text, left, std::slice::from_ref(right.as_ref()));
                self.compare(text, right, std::slice::from_ref(left.as_ref()));
            }
            Expr::InList { expr, list, .. } => self.compare(text, expr, list),
            Expr::Case { operand: Some(operand), conditions, .. } => {
                let values: Vec<_> = conditions.iter().map(|CaseWhen { condition, .. }| condition.clone()).collect();
                self.compare(text, operand, &values);
            }
            _ => self.faults.extend(unrepeatable(text, part)),
        }
    }

    fn compare(&mut self, text: &str, column: &Expr, values: &[Expr]) {
        let Expr::Identifier(ident) = column else {
            return;
        };
        for value in values {
            if let Expr::Value(value) = value
                && let Value::SingleQuotedString(literal) = &value.value
            {
                let place = place_of(text, value.span.start, value.span.end);
                self.comparisons.push(Comparison { column: name_of(ident), text: literal.clone(), place });
            }
        }
    }
}

fn unrepeatable(text: &str, part: &Expr) -> Option<Fault> {
    let Expr::Function(function) = part else {
        return None;
    };
    let name = function_name(&function.name)?;
    UNREPEATABLE.contains(&name.as_str()).then(|| {
        let place = place_of(text, function.name.span().start, function.name.span().end);
        let help = match name.as_str() {
            "random" | "rand" | "uuid" | "gen_random_uuid" | "newid" => "a run must be repeatable",
            _ => "use `as_of()`, the run's fixed instant",
        };
        forbidden(format!("`{name}` gives another value in every run"), help, place)
    })
}

fn function_name(name: &ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => Some(ident.value.to_lowercase()),
        _ => None,
    }
}

fn qualified(text: &str, idents: &[Ident]) -> Fault {
    let whole: Vec<_> = idents.iter().map(|ident| ident.value.as_str()).collect();
    let place = match idents {
        [first, .., last] => place_of(text, first.span.start, last.span.end),
        _ => 0..text.len(),
    };
    forbidden(format!("`{}` names a table", whole.join(".")), "columns are named without their table", place)
}

fn forbidden(message: String, help: &str, place: Span) -> Fault {
    Fault { message, help: help.to_owned(), place, unreadable: false }
}

fn unreadable(text: &str, error: &ParserError) -> Fault {
    let full = match error {
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply",
    };
    let (message, place) = match full.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, location(place).map(|location| offset(text, location))),
        None => (full, None),
    };
    let place = match place.and_then(|start| Some((start, text.get(start..)?.chars().next()?))) {
        Some((start, first)) => start..start + first.len_utf8(),
        None => 0..text.len(),
    };
    let message = message
        .trim_start_matches("sql parser error: ")
        .replace("Expected:", "expected")
        .replace("found: EOF", "found the end");
    Fault { message: format!("the SQL cannot be read: {message}"), help: "here".to_owned(), place, unreadable: true }
}

/// `1, Column: 12` of a parser message.
fn location(place: &str) -> Option<Location> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
}

fn mention(text: &str, ident: &Ident) -> Mention {
    let place = place_of(text, ident.span.start, ident.span.end);
    Mention { name: name_of(ident), place, quoted: ident.quote_style.is_some() }
}

fn name_of(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

fn place_of(text: &str, start: Location, end: Location) -> Span {
    let start = offset(text, start);
    let end = offset(text, end).max(start);
    if end == start { 0..text.len() } else { start..end }
}

/// Byte offset of a line and column, both counted from 1, the column in characters.
fn offset(text: &str, location: Location) -> usize {
    let (Some(line), Some(column)) = (location.line.checked_sub(1), location.column.checked_sub(1)) else {
        return 0;
    };
    let start: usize = text.split_inclusive('\n').take(line as usize).map(str::len).sum();
    let within = text[start..].char_indices().nth(column as usize);
    within.map_or(text.len(), |(at, _)| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Vec<String> {
        let found = expression(text);
        assert_eq!(found.faults, [], "{text}");
        found.columns.into_iter().map(|mention| mention.name).collect()
    }

    fn faults(text: &str) -> Vec<String> {
        expression(text).faults.into_iter().map(|fault| text[fault.place].to_owned()).collect()
    }

    #[test]
    fn columns_are_found_in_text_order_and_folded_to_lower_case() {
        assert_eq!(columns("Quantity * unit_price + \"Odd\""), ["quantity", "unit_price", "Odd"]);
        assert_eq!(columns("avg(case when channel = 'web' then 1.0 else 0.0 end)"), ["channel"]);
        assert_eq!(columns("count(distinct category)"), ["category"]);
        assert_eq!(columns("count(*)"), [""; 0]);
        assert_eq!(columns("as_of() - interval '30 days' > date '2020-01-01'"), [""; 0]);
        assert_eq!(columns("extract(year from signup_date)"), ["signup_date"]);
    }

    #[test]
    fn texts_compared_with_a_column_are_placed() {
        let text = "rfm in ('a', 'ő b') and 'x' <> y and z || 'k' > 'l'";
        let found: Vec<_> = expression(text)
            .comparisons
            .into_iter()
            .map(|found| (found.column, found.text, text[found.place].to_owned()))
            .collect();
        let expected = [("rfm", "a", "'a'"), ("rfm", "ő b", "'ő b'"), ("y", "x", "'x'")];
        assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn clock_randomness_subqueries_and_table_names_are_faults() {
        assert_eq!(faults("a > now()"), ["now"]);
        assert_eq!(faults("a > CURRENT_DATE"), ["CURRENT_DATE"]);
        assert_eq!(faults("current_timestamp > a and random() < 0.5"), ["current_timestamp", "random"]);
        assert_eq!(faults("orders.a > 1"), ["orders.a"]);
        assert_eq!(faults("a in (select 1)").len(), 1);
        assert_eq!(faults("exists (select 1)").len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_placed() {
        assert_eq!(faults("a > 1 b"), ["b"]);
        assert!(expression("a >").faults[0].unreadable);
        assert!(expression("a = 'x").faults[0].unreadable);
    }

    #[test]
    fn a_query_reads_its_tables_but_not_its_own() {
        let found = query("with recent as (select * from orders) select * from recent join Customers using (id)");
        let tables: Vec<_> = found.tables.into_iter().map(|mention| mention.name).collect();
        assert_eq!(tables, ["orders", "customers"]);
        assert!(query("select 1; select 2").faults[0].unreadable);
        assert!(query("drop table a").faults[0].unreadable);
        assert_eq!(query("select now() from a").faults.len(), 1);
        assert_eq!(query("select * from x.y").faults.len(), 1);
    }
}
