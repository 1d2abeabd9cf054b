//! Published tables from scores to names.

/// A name and the codes (`100r + 10f + m`) that carry it.
pub(crate) type CodeTable<const N: usize> = [(&'static str, &'static str); N];

/// The eleven names over 125 codes of the marketing automation tools.
///
/// # Source
///
/// Spotler Activate help, "RFM segments"; the same table in Squeezely's documentation.
pub(crate) const STANDARD: CodeTable<11> = [
    ("champions", "555 554 544 545 454 455 445"),
    ("loyal", "543 444 435 355 354 345 344 335"),
    (
        "potential_loyalist",
        "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 \
         341 333 323",
    ),
    ("new_customers", "512 511 422 421 412 411 311"),
    ("promising", "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313"),
    ("need_attention", "535 534 443 434 343 334 325 324"),
    ("about_to_sleep", "331 321 312 221 213 231 241 251"),
    (
        "at_risk",
        "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 \
         124",
    ),
    ("cannot_lose_them", "155 154 144 214 215 115 114 113"),
    ("hibernating", "332 322 233 232 223 222 132 123 122 212 211"),
    ("lost", "111 112 121 131 141 151"),
];

/// The five names of PyMC-Marketing for quartile scores; the other 18 codes have none.
///
/// # Source
///
/// PyMC-Marketing, `pymc_marketing.clv.utils.rfm_segments`, default `segment_names`.
pub(crate) const PYMC: CodeTable<5> = [
    ("premium_customer", "334 443 444 344 434 433 343 333"),
    ("repeat_customer", "244 234 232 332 143 233 243"),
    ("top_spender", "424 414 144 314 324 124 224 423 413 133 323 313 134"),
    ("at_risk_customer", "422 223 212 122 222 132 322 312 412 123 214"),
    ("inactive_customer", "411 111 113 114 112 211 311"),
];

/// The name of a code, if the table has one.
pub(crate) fn by_code(table: &[(&str, &str)], [r, f, m]: [u8; 3]) -> Option<String> {
    let code = format!("{r}{f}{m}");
    let mut rows = table.iter();
    rows.find(|(_, codes)| codes.split(' ').any(|known| known == code)).map(|(name, _)| (*name).to_owned())
}

/// One row of the common ten-segment map on recency and frequency.
pub(crate) struct TenSegment {
    name: &'static str,
    recency: [u8; 2],
    frequency: [u8; 2],
}

const fn row(name: &'static str, recency: [u8; 2], frequency: [u8; 2]) -> TenSegment {
    TenSegment { name, recency, frequency }
}

/// Tried in order; every pair of scores is covered.
const TEN_SEGMENTS: [TenSegment; 10] = [
    row("hibernating", [1, 2], [1, 2]),
    row("at_risk", [1, 2], [3, 4]),
    row("cant_lose", [1, 2], [5, 5]),
    row("about_to_sleep", [3, 3], [1, 2]),
    row("need_attention", [3, 3], [3, 3]),
    row("loyal_customers", [3, 4], [4, 5]),
    row("promising", [4, 4], [1, 1]),
    row("new_customers", [5, 5], [1, 1]),
    row("potential_loyalists", [4, 5], [2, 3]),
    row("champions", [5, 5], [4, 5]),
];

impl TenSegment {
    /// The names in their order.
    pub(crate) fn names() -> impl Iterator<Item = String> {
        TEN_SEGMENTS.iter().map(|row| row.name.to_owned())
    }

    /// The name for these recency and frequency scores; the monetary score does not matter.
    pub(crate) fn name([r, f, _]: [u8; 3]) -> String {
        let mut rows = TEN_SEGMENTS.iter();
        let row = rows.find(|row| {
            (row.recency[0]..=row.recency[1]).contains(&r) && (row.frequency[0]..=row.frequency[1]).contains(&f)
        });
        row.expect("the rows cover every pair of five scores").name.to_owned()
    }
}
