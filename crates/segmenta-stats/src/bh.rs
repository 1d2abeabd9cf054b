//! Many tests at once: the Benjamini–Hochberg adjustment.

use serde::Serialize;

use crate::error::{Result, check_share};
use crate::status::Status;

/// Adjusted probabilities of a family of tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Adjusted {
    /// Always `ok`.
    pub status: Status,
    /// Adjusted p of each test, in the same order; null where the test could not run.
    pub q: Vec<Option<f64>>,
    /// Whether the test is called at `alpha`; null where it could not run.
    pub reject: Vec<Option<bool>>,
    /// Tests that ran.
    pub tests: usize,
}

/// Benjamini–Hochberg adjustment: of the tests called, in the mean at most the share `alpha` is false.
///
/// `q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j`. Tests without a p (null or NaN) do not count in m.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `alpha` or a p is not within 0 to 1.
///
/// # Source
/// Benjamini & Hochberg (1995), *Controlling the false discovery rate*.
///
/// # Example
/// ```
/// let family = segmenta_stats::bh::adjust(&[Some(0.01), None, Some(0.04)], 0.05)?;
/// assert_eq!(family.q, [Some(0.02), None, Some(0.04)]);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn adjust(p: &[Option<f64>], alpha: f64) -> Result<Adjusted> {
    check_share("alpha", alpha)?;
    let known = p.iter().enumerate().filter_map(|(test, p)| Some((test, p.filter(|p| !p.is_nan())?)));
    let mut ranked: Vec<(usize, f64)> = known.collect();
    ranked.iter().try_for_each(|&(_, p)| check_share("p", p))?;
    ranked.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut q = vec![None; p.len()];
    let mut least = 1.0_f64;
    for (rank, &(test, p)) in ranked.iter().enumerate().rev() {
        least = least.min(p * ranked.len() as f64 / (rank + 1) as f64);
        q[test] = Some(least);
    }
    let reject = q.iter().map(|q: &Option<f64>| q.map(|q| q <= alpha)).collect();
    Ok(Adjusted { status: Status::Ok, q, reject, tests: ranked.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper() {
        // Benjamini & Hochberg (1995), section 3.2: 15 p-values, four are called at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let family = adjust(&p.map(Some), 0.05).unwrap();
        assert_eq!(family.reject.iter().filter(|reject| **reject == Some(true)).count(), 4);
    }

    #[test]
    fn a_probability_outside_is_refused() {
        assert!(adjust(&[Some(1.1)], 0.05).is_err());
        assert_eq!(adjust(&[Some(f64::NAN)], 0.05).unwrap().tests, 0);
    }
}
