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
    if square < 1.0 {
        1.0 - beta_reg(0.5, dof / 2.0, square / (dof + square))
    } else {
        beta_reg(dof / 2.0, 0.5, dof / (dof + square))
    }
}

/// The t with P(|T| ≥ t) = `p` of Student's distribution.
pub(crate) fn student_two_sided_upper(p: f64, dof: f64) -> f64 {
    invert_tail(p, |t| student_two_sided(t, dof))
}

/// The normal deviate with the same tail as Student's t, by Hill's asymptotic expansion (1970, Algorithm 395).
fn normal_deviate(t: f64, dof: f64) -> f64 {
    let a = dof - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / dof).ln_1p();
    let correction = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    ((correction + y + 3.0) / b + 1.0) * y.sqrt()
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
        if tail(middle) > p { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest relative error against 40-digit values of the incomplete gamma and beta functions (mpmath).
    const PRECISION: f64 = 2e-10;

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < PRECISION, "{found:e} instead of {expected:e}");
    }

    #[test]
    fn student_tails() {
        for (t, dof, p) in [
            (0.001, 3.0, 0.999_264_894_969_460_9),
            (1.5, 2.5, 0.247_836_453_086_296_26),
            (12.0, 4.0, 0.000_276_428_548_502_972_96),
            (2.5, 100.0, 0.014_045_789_124_077_178),
            (6.0, 999.0, 2.756_269_068_904_414_5e-9),
            (0.7, 9_999.0, 0.483_943_589_808_621_83),
            (2.5, 9_999.0, 0.012_435_221_140_020_17),
            (2.5, 10_001.0, 0.012_435_217_961_465_157),
            (0.01, 20_000.0, 0.992_021_387_110_669_8),
            (20.0, 20_000.0, 4.003_208_200_945_097e-88),
            (30.0, 1e7, 1.001_461_369_081_78e-197),
        ] {
            close(student_two_sided(t, dof), p);
            close(student_two_sided(-t, dof), p);
        }
    }

    #[test]
    fn chi_square_tails() {
        for (x, dof, p) in [
            (0.5, 1, 0.479_500_122_186_953_5),
            (0.001, 2, 0.999_500_124_979_169_3),
            (700.0, 3, 2.099_130_853_420_408_6e-151),
            (1_300.0, 9, 3.093_716_120_468_291e-274),
            (30.0, 30, 0.465_653_708_944_009_63),
            (4_700.0, 4_950, 0.994_605_456_882_120_7),
            (5_000.0, 4_950, 0.305_890_962_996_136_6),
        ] {
            close(chi_square_tail(x, dof), p);
        }
        assert_eq!([chi_square_tail(0.0, 4), chi_square_tail(3.0, 0)], [1.0, 1.0]);
    }

    #[test]
    fn quantiles_invert_their_tails() {
        close(chi_square_tail(chi_square_upper(0.01, 9), 9), 0.01);
        close(student_two_sided(student_two_sided_upper(0.05, 7.5), 7.5), 0.05);
        close(normal_two_sided(NORMAL_975), 0.05);
    }
}
