//! Size classes and what makes a company belong to one.

use segmenta_plugin_sdk::prelude::*;

/// Every label, the smallest first.
pub(crate) const LABELS: [&str; 4] = ["micro", "small", "medium", "large"];

/// What decides the size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Staff, and turnover or balance sheet, by Commission Recommendation 2003/361/EC.
    #[default]
    #[serde(rename = "eu_sme_2003_361")]
    EuSme2003361,
    /// Staff alone, at the recommendation's limits.
    Employees,
    /// Turnover alone, at the recommendation's limits.
    Turnover,
}

/// What is known of a company.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Company {
    /// Staff, in annual work units.
    pub(crate) employees: Option<f64>,
    /// EUR a year.
    pub(crate) turnover: Option<f64>,
    /// Balance sheet total in EUR.
    pub(crate) balance_sheet: Option<f64>,
}

/// A class below large: the staff it stays under, and the money it does not exceed.
struct Limit {
    employees: f64,
    turnover: f64,
    balance_sheet: f64,
}

const fn limit(employees: f64, turnover: f64, balance_sheet: f64) -> Limit {
    Limit { employees, turnover, balance_sheet }
}

/// # Source
///
/// Commission Recommendation 2003/361/EC, annex, article 2.
const LIMITS: [Limit; 3] = [limit(10.0, 2e6, 2e6), limit(50.0, 10e6, 10e6), limit(250.0, 50e6, 43e6)];

impl Scheme {
    /// The smallest class whose limits the company keeps; `None` if nothing that decides is known.
    ///
    /// Where one of staff and money is unknown, the other decides alone. Of turnover and balance
    /// sheet one within its limit is enough.
    pub(crate) fn label(self, company: Company) -> Option<&'static str> {
        let staff = |limit: &Limit| company.employees.map(|staff| staff < limit.employees);
        let turnover = |limit: &Limit| company.turnover.map(|money| money <= limit.turnover);
        let keeps = |limit: &Limit| match self {
            Self::Employees => staff(limit),
            Self::Turnover => turnover(limit),
            Self::EuSme2003361 => {
                let sheet = company.balance_sheet.map(|money| money <= limit.balance_sheet);
                let money = both(turnover(limit), sheet, |a, b| a || b);
                both(staff(limit), money, |a, b| a && b)
            }
        };
        for (limit, label) in LIMITS.iter().zip(LABELS) {
            if keeps(limit)? {
                return Some(label);
            }
        }
        Some(LABELS[3])
    }
}

/// `join` of what is known: of both, or the one that is.
fn both(a: Option<bool>, b: Option<bool>, join: fn(bool, bool) -> bool) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (known, None) | (None, known) => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(employees: f64, turnover: f64, balance_sheet: f64) -> Company {
        Company { employees: Some(employees), turnover: Some(turnover), balance_sheet: Some(balance_sheet) }
    }

    #[test]
    fn limits_are_those_of_the_recommendation() {
        let label = |employees, turnover, sheet| Scheme::EuSme2003361.label(company(employees, turnover, sheet));
        assert_eq!(label(9.0, 2e6, 9e9), Some("micro"));
        assert_eq!(label(9.0, 2e6 + 1.0, 2e6), Some("micro"));
        assert_eq!(label(9.0, 3e6, 3e6), Some("small"));
        assert_eq!(label(10.0, 1e6, 1e6), Some("small"));
        assert_eq!(label(49.0, 11e6, 11e6), Some("medium"));
        assert_eq!(label(249.0, 60e6, 43e6), Some("medium"));
        assert_eq!(label(249.0, 60e6, 44e6), Some("large"));
        assert_eq!(label(250.0, 1e6, 1e6), Some("large"));
    }

    #[test]
    fn what_is_known_decides_alone() {
        let staff = Company { employees: Some(30.0), ..Company::default() };
        let money = Company { turnover: Some(60e6), ..Company::default() };
        let sheet = Company { balance_sheet: Some(1e6), ..Company::default() };
        let label = |company| Scheme::EuSme2003361.label(company);
        assert_eq!(label(staff), Some("small"));
        assert_eq!(label(money), Some("large"));
        assert_eq!(label(sheet), Some("micro"));
        assert_eq!(label(Company::default()), None);
    }

    #[test]
    fn the_other_schemes_look_at_one_figure() {
        let company = company(5.0, 60e6, 60e6);
        assert_eq!(Scheme::Employees.label(company), Some("micro"));
        assert_eq!(Scheme::Turnover.label(company), Some("large"));
        let staff = Company { turnover: None, ..company };
        assert_eq!(Scheme::Turnover.label(staff), None);
    }
}
