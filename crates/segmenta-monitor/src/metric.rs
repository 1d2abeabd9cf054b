//! What is observed: the figures of a segment, their units, and which way is better.

use serde::{Deserialize, Serialize};

/// Unit of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 1.
    Share,
    /// Customers, orders, contacts.
    Count,
    /// Minor units of the run's currency.
    MoneyMinor,
    /// Anything else.
    #[default]
    Number,
    /// Whole or broken days.
    Days,
}

/// Declares [`MetricId`] with the word of each metric, its unit and which way is better.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $unit:ident, $better:ident;)*) => {
        /// A figure that is followed from run to run. Written as one word; an unknown word is [`MetricId::Other`].
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum MetricId {
            $($(#[$doc])* $name,)*
            /// A figure of the pipeline's own, by its name.
            Other(String),
        }

        impl MetricId {
            /// The word it is written as.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $word,)*
                    Self::Other(name) => name,
                }
            }

            /// The unit it is observed in; a number for the pipeline's own.
            pub fn unit(&self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)*
                    Self::Other(_) => Unit::Number,
                }
            }

            /// Which way is better.
            pub fn better(&self) -> Better {
                match self {
                    $(Self::$name => Better::$better,)*
                    Self::Other(_) => Better::Unknown,
                }
            }
        }

        impl From<String> for MetricId {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$name,)*
                    _ => Self::Other(word),
                }
            }
        }
    };
}

metrics! {
    /// Customers of the segment.
    #[default] Customers = "customers", Count, Higher;
    /// Share of all customers.
    Share = "share", Share, Unknown;
    /// Customers who were none before.
    NewCustomers = "new_customers", Count, Higher;
    /// Customers who are none any more.
    GoneCustomers = "gone_customers", Count, Lower;
    /// Revenue of the period.
    Revenue = "revenue", MoneyMinor, Higher;
    /// Margin of the period.
    Margin = "margin", MoneyMinor, Higher;
    /// Revenue per customer.
    RevenuePerCustomer = "revenue_per_customer", MoneyMinor, Higher;
    /// Margin per customer.
    MarginPerCustomer = "margin_per_customer", MoneyMinor, Higher;
    /// Orders of the period.
    Orders = "orders", Count, Higher;
    /// Revenue per order.
    Basket = "basket", MoneyMinor, Higher;
    /// Discounts over revenue before them.
    DiscountShare = "discount_share", Share, Lower;
    /// Value returned over value sold.
    ReturnShare = "return_share", Share, Lower;
    /// Cost of selling to and serving the segment.
    CostOfSales = "cost_of_sales", MoneyMinor, Lower;
    /// Gain over cost of the segment's programme.
    Roi = "roi", Number, Higher;
    /// Satisfaction as surveyed.
    Satisfaction = "satisfaction", Number, Higher;
    /// Share of earlier customers who were active again.
    Retention = "retention", Share, Higher;
    /// Share of lapsed customers who came back.
    Reactivation = "reactivation", Share, Higher;
    /// Share of customers who left.
    Churn = "churn", Share, Lower;
    /// Median days since the last order.
    RecencyMedian = "recency_median", Days, Lower;
    /// Share of customers who were contacted.
    ContactRate = "contact_rate", Share, Unknown;
    /// Share of contacts that arrived.
    Delivery = "delivery", Share, Higher;
    /// Share of contacted customers who responded.
    Response = "response", Share, Higher;
    /// Share of contacted customers who bought.
    Conversion = "conversion", Share, Higher;
    /// Share of contacted customers who unsubscribed.
    Unsubscribe = "unsubscribe", Share, Lower;
    /// Cost of a contact over its response rate.
    CostPerResponse = "cost_per_response", MoneyMinor, Lower;
    /// Response of the treated less response of the hold-out.
    Uplift = "uplift", Share, Higher;
    /// Concentration of revenue, 0 for equal customers.
    Gini = "gini", Number, Unknown;
    /// Share of revenue of the best tenth of the customers.
    TopDecileShare = "top_decile_share", Share, Unknown;
    /// Share of matched customers who stayed in their segment.
    StabilityIndex = "stability_index", Share, Unknown;
    /// Mean simplified silhouette.
    Silhouette = "silhouette", Number, Higher;
    /// Population stability index of the distance to the own centroid.
    DistancePsi = "distance_psi", Number, Lower;
    /// Share of customers in no segment.
    UnassignedShare = "unassigned_share", Share, Lower;
    /// Population stability index of an input column.
    Psi = "psi", Number, Lower;
    /// Agreement of the old and the new definition on the new data.
    DefinitionAri = "definition_ari", Number, Unknown;
    /// A check of the input data.
    DataQuality = "data_quality", Number, Unknown;
}

/// Which way of a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither in itself.
    Unknown,
}

impl MetricId {
    /// Whether it is a sum over customers, so that the figures of segments or channels add up.
    pub fn is_sum(&self) -> bool {
        use MetricId::{CostOfSales, Customers, GoneCustomers, Margin, NewCustomers, Orders, Revenue};
        matches!(self, Customers | NewCustomers | GoneCustomers | Revenue | Margin | Orders | CostOfSales)
    }
}

impl From<MetricId> for String {
    fn from(metric: MetricId) -> Self {
        match metric {
            MetricId::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

impl From<&str> for MetricId {
    fn from(word: &str) -> Self {
        Self::from(word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_a_known_word_is_never_other() {
        for metric in [MetricId::RevenuePerCustomer, MetricId::Other("nps".to_owned())] {
            let text = serde_json::to_string(&metric).unwrap();
            assert_eq!(serde_json::from_str::<MetricId>(&text).unwrap(), metric);
        }
        assert_eq!(MetricId::from("churn"), MetricId::Churn);
    }
}
