//! What a change is worth, in minor units of the run's currency.

use crate::facts::{SegmentKey, SeriesKey};
use crate::metric::{MetricId, Unit};
use crate::series::Book;

/// Worth of a change of `abs` in the unit of the series; `None` for figures that no price can be put on.
///
/// Sums of money count as they are, means times what they are means of, customers and orders times their value.
pub(crate) fn effect(book: &Book<'_>, series: &SeriesKey, abs: f64) -> Option<i128> {
    let now = book.now(series)?;
    let minor = match (&series.metric, now.unit) {
        (MetricId::CostPerResponse, _) => return None,
        (metric, Unit::MoneyMinor) if metric.is_sum() => abs,
        (_, Unit::MoneyMinor) => abs * now.n as f64,
        (MetricId::Customers, _) => abs * per_customer(book, &series.key)?,
        (MetricId::Orders, _) => abs * book.now_of(&series.key, MetricId::Basket)?,
        _ => return None,
    };
    // Costs that rise are money lost.
    let signed = if series.metric == MetricId::CostOfSales { -minor } else { minor };
    whole(signed)
}

/// Part of the run's revenue that an effect is.
pub(crate) fn share(book: &Book<'_>, effect: Option<i128>) -> Option<f64> {
    let revenue = total_revenue(book).filter(|revenue| *revenue > 0.0)?;
    effect.map(|effect| effect.unsigned_abs() as f64 / revenue)
}

/// Revenue of all customers in this run: the total, or the sum over the segments of one scheme.
fn total_revenue(book: &Book<'_>) -> Option<f64> {
    if let Some(total) = book.now_of(&SegmentKey::total(), MetricId::Revenue) {
        return Some(total);
    }
    let labels = &book.runs[book.current()].labels;
    let of_scheme = |scheme: &String, segments: &std::collections::BTreeMap<String, u64>| {
        segments.keys().map(|segment| book.now_of(&SegmentKey::of(scheme, segment), MetricId::Revenue)).sum()
    };
    labels.iter().find_map(|(scheme, segments)| of_scheme(scheme, segments))
}

fn per_customer(book: &Book<'_>, key: &SegmentKey) -> Option<f64> {
    let mean = || {
        let (revenue, n) = (book.now_of(key, MetricId::Revenue)?, book.now_of(key, MetricId::Customers)?);
        Some(revenue / n).filter(|mean| mean.is_finite())
    };
    book.now_of(key, MetricId::RevenuePerCustomer).or_else(mean)
}

/// The nearest whole number, if it is one that an `f64` can tell.
fn whole(value: f64) -> Option<i128> {
    (value.is_finite() && value.abs() < 1e30).then(|| value.round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, Observation, RunFacts};
    use crate::policy::Policy;

    #[test]
    fn changes_are_worth_what_their_customers_are() {
        let key = SegmentKey::of("value", "loyal");
        let figure = |metric: MetricId, value| Observation::new(key.clone(), metric, 200, value);
        let observations = vec![
            figure(MetricId::Customers, 200.0),
            figure(MetricId::Revenue, 1_000_000.0), // 5,000 per customer
            figure(MetricId::RevenuePerCustomer, 5_000.0),
            figure(MetricId::Orders, 400.0),
            figure(MetricId::Basket, 2_500.0),
            figure(MetricId::CostOfSales, 90_000.0),
            figure(MetricId::Churn, 0.1),
        ];
        let labels = [("value".to_owned(), [("loyal".to_owned(), 200)].into())].into();
        let evidence =
            Evidence { current: RunFacts { observations, labels, ..RunFacts::default() }, ..Evidence::default() };
        let book = Book::new(&Policy::default(), &evidence);
        let worth = |metric, abs| effect(&book, &SeriesKey { key: key.clone(), channel: None, metric }, abs);
        assert_eq!(worth(MetricId::Revenue, -7_000.4), Some(-7_000));
        assert_eq!(worth(MetricId::RevenuePerCustomer, -10.0), Some(-2_000));
        assert_eq!(worth(MetricId::Customers, 3.0), Some(15_000));
        assert_eq!(worth(MetricId::Orders, 2.0), Some(5_000));
        assert_eq!(worth(MetricId::CostOfSales, 500.0), Some(-500));
        assert_eq!(worth(MetricId::Churn, 0.02), None);
        // There is no total, so the revenue of the scheme's segments counts.
        assert_eq!(share(&book, Some(-5_000)), Some(0.005));
    }
}
