//! Tail probabilities and quantiles behind the tests. All arguments are finite.

use statrs::function::{beta::beta_reg, erf::erfc, gamma::gamma_ur};

/// 97.5 % quantile of the standard normal distribution, for two-sided 95 % intervals.
pub(crate) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Degrees of freedom beyond which Student's t is computed from its expansion around the normal:
/// the continued fraction of the incomplete beta function needs too many terms there.
const LARGE_DOF: f64 = 10_000.0;

/// P(X ≥ x) of the χ² distribution; 1 for no degree of freedom.
pub(crate) fn chi_square_tail(x: f64, dof: u64) -> f64 {
    if dof == 0 || x <= 0.0 {
        return 1.0;
    }
    gamma_ur(dof as f64 / 2.0, x / 2.0)
}

/// The x with P(X ≥ x) = `p` of the χ² distribution; 0 for no degree of freedom.
pub(crate) fn chi_square_upper(p: f64, dof: u64) -> f64 {
    if dof == 0 {
        return 0.0;
    }
    invert_tail(p, |x| chi_square_tail(x, dof))
}

/// P(|Z| ≥ |z|) of the standard normal distribution.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// P(|T| ≥ |t|) of Student's distribution with `dof` > 0, not necessarily whole.
pub(crate) fn student_two_sided(t: f64, dof: f64) -> f64 {
    if dof > LARGE_DOF {
        return normal_two_sided(normal_deviate(t.abs(), dof));
    }
    let square = t * t;
    if square < dof {
        1.0 - beta_reg(0.5, dof / 2.0, square / (dof + square))
    } else {
        beta_reg(dof / 2.0, 0.5, dof / (dof + square))
    }
}

/// The t with P(|T| ≥ t) = `p` of Student's distribution.
pub(crate) fn student_two_sided_upper(p: f64, dof: f64) -> f64 {
    invert_tail(p, |t| student_two_sided(t, dof))
}

/// The normal deviate with the same tail as Student's t (Wallace 1959; relative error O(1/dof²) of a
/// correction that is itself O(1/dof)).
fn normal_deviate(t: f64, dof: f64) -> f64 {
    let scale = (8.0 * dof + 1.0) / (8.0 * dof + 3.0);
    scale * (dof * (t * t / dof).ln_1p()).sqrt()
}

/// The x ≥ 0 where a decreasing tail reaches `p`, to the last bit that bisection can tell.
fn invert_tail(p: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while tail(high) > p && high < f64::MAX / 2.0 {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if tail(middle) > p {
            low = middle
        } else {
            high = middle
        }
    }
}
