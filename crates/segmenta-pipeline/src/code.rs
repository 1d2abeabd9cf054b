//! The stable codes of diagnostics.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $id:literal $name:literal $text:literal;)+) => {
        /// What kind of mistake a diagnostic reports. `S0xx` syntax, `S1xx` shape, `S2xx` references,
        /// `S3xx` types and labels, `S4xx` practice, `S5xx` environment, `S7xx` plugins.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $text] $variant,)+
        }

        impl Code {
            /// Every code, in ascending order.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The code users see and search for: `S102`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $id,)+ }
            }

            /// The same in words: `unknown-key`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// What the code means and what to do, in a few sentences.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    Syntax "S001" "syntax"
        "The file is not TOML. Nothing else of it is checked until it is.";
    DuplicateKey "S002" "duplicate-key"
        "A key or table stands twice. Named things are keyed tables, so each name can be used once.";
    MissingKey "S101" "missing-key"
        "A table lacks a key it cannot do without.";
    UnknownKey "S102" "unknown-key"
        "A key that nothing reads. It would be ignored silently, so it is an error; free notes belong in `[meta]` or in a comment.";
    WrongType "S103" "wrong-type"
        "A value has another TOML type than its key takes: text for a number, one value for a list.";
    InvalidName "S104" "invalid-name"
        "Names become SQL identifiers and columns: a lower-case letter, then lower-case letters, digits and `_`, at most 63 characters.";
    DuplicateName "S105" "duplicate-name"
        "Two things share a name. Sources, tables, features and criteria share one namespace, because a reference is only a name.";
    DuplicateColumn "S106" "duplicate-column"
        "Two things would produce one column of the profile. Columns of the entity's source, features, criteria, schemes and the valuation share one namespace.";
    ConflictingKeys "S107" "conflicting-keys"
        "Keys that cannot stand together, or a key that needs another one beside it.";
    UnknownChoice "S108" "unknown-choice"
        "The value is not one of the words its key takes.";
    OutOfRange "S109" "out-of-range"
        "A number lies outside what its key allows.";
    EmptyValue "S110" "empty-value"
        "Empty text, an empty list or a condition without content. An empty condition never means everyone: leave the key out for that.";
    BadDuration "S111" "bad-duration"
        "A duration is a whole number and a unit: `\"36 months\"`, `\"40 days\"`, `\"5 minutes\"`.";
    BadRate "S115" "bad-rate"
        "A rate is a share of one, written `\"5%\"` or `0.05`. A bare `5` would mean 500 %, so it is refused.";
    BadColumnType "S116" "bad-column-type"
        "Column types are `bool`, `int8` to `int64`, `float32`, `float64`, `decimal(p,s)`, `string`, `date` and `timestamp`; a `?` at the end allows null.";
    BadPattern "S117" "bad-pattern"
        "The regular expression of `matches` cannot be read.";
    BadExpression "S118" "bad-expression"
        "The SQL cannot be read.";
    ForbiddenSql "S119" "forbidden-sql"
        "The SQL means something that is not allowed there. The clock and randomness would make a run unrepeatable: use `as_of()`. Subqueries belong into a `[tables.X]`.";
    NotAvailable "S120" "not-available"
        "The key is known, but what it asks for is not part of this version.";
    BadSchedule "S121" "bad-schedule"
        "The schedule's cron line or time zone cannot be read.";
    UnknownName "S201" "unknown-name"
        "A reference to a source, table, criterion, scheme or other named thing that the file does not have.";
    UnknownColumn "S202" "unknown-column"
        "An expression or key names a column that is not there. Only columns that can be known without data are checked.";
    UnknownParam "S204" "unknown-param"
        "A `${params.x}` or `--param` names a param that `[params]` does not declare.";
    BadParamValue "S205" "bad-param-value"
        "The value given for a param cannot be read as the type of its default.";
    Cycle "S206" "cycle"
        "Things depend on each other in a circle, so none of them can be computed first.";
    WrongKind "S207" "wrong-kind"
        "The name exists, but names another kind of thing than is needed here.";
    BadPlaceholder "S209" "bad-placeholder"
        "A `${…}` that is not `${params.x}`, `${env.X}` or `${env.X:-default}`. Write `$${` for the two characters themselves.";
    ColumnTypeMismatch "S301" "column-type-mismatch"
        "A column has a type that its place cannot use: text where a number is needed, a number where a date is.";
    UnknownLabel "S305" "unknown-label"
        "A label or value that the criterion, scheme or column never has. The condition could never hold.";
    SegmentWithoutTerms "S306" "segment-without-terms"
        "Some customers would get no terms. Every segment needs an entry under `[strategy.segments]`, or `[strategy]` a `default`.";
    StrategicScheme "S307" "strategic-scheme"
        "A pipeline has exactly one scheme of kind `strategic`; any number may be `operational`.";
    NoTimeColumn "S420" "no-time-column"
        "A source without a time column gives a backfill today's rows. Add `event_time`, `known_at` or `validity`, or accept it with `timeless = true`.";
    LongPaymentTerm "S421" "long-payment-term"
        "A payment term of more than 60 days without `max_payment_days`. Directive 2011/7/EU allows more than 60 days between businesses only when expressly agreed.";
    UselessRefit "S422" "useless-refit"
        "`refit`, `max_age` or `on_stale` on a criterion that has no model: it has no effect.";
    UnsetVariable "S501" "unset-variable"
        "An environment variable without a default is not set. Give it one: `${env.X:-default}`.";
    UnknownPlugin "S701" "unknown-plugin"
        "No installed plugin provides the criterion.";
    InvalidOption "S702" "invalid-option"
        "A plugin option is missing, has the wrong type or lies outside what the plugin's schema allows.";
    InvalidInput "S704" "invalid-input"
        "A plugin input is missing, is not one the plugin has, or gets a list where it takes one column.";
    RejectedByPlugin "S705" "rejected-by-plugin"
        "The plugin looked at its options and inputs and refused them.";
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
