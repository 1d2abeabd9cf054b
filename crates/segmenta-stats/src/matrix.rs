//! The two matrix computations of the migration statistics, for a few dozen segments.

use crate::float::sum;

/// Rotations stop when columns are orthogonal to this relative precision.
const ORTHOGONAL: f64 = 1e-15;

/// Most sweeps over all pairs of columns; a few are enough in practice.
const MOST_SWEEPS: usize = 60;

/// dᵀA⁻¹d of a symmetric positive definite matrix, by Cholesky's method: |L⁻¹d|² with A = L·Lᵀ.
pub(crate) fn quadratic_form_of_inverse(mut matrix: Vec<Vec<f64>>, mut vector: Vec<f64>) -> f64 {
    for i in 0..vector.len() {
        for j in 0..=i {
            let rest = matrix[i][j] - dot(&matrix[i][..j], &matrix[j][..j]);
            matrix[i][j] = if i == j { rest.sqrt() } else { rest / matrix[j][j] };
        }
        vector[i] = (vector[i] - dot(&matrix[i][..i], &vector[..i])) / matrix[i][i];
    }
    dot(&vector, &vector)
}

/// Mean singular value of a square matrix given by columns, by one-sided Jacobi rotations.
pub(crate) fn mean_singular_value(mut columns: Vec<Vec<f64>>) -> f64 {
    for _ in 0..MOST_SWEEPS {
        let mut is_orthogonal = true;
        for right in 1..columns.len() {
            let (before, rest) = columns.split_at_mut(right);
            for left in before {
                is_orthogonal &= !rotate(left, &mut rest[0]);
            }
        }
        if is_orthogonal {
            break;
        }
    }
    sum(columns.iter().map(|column| dot(column, column).sqrt())) / columns.len() as f64
}

/// Makes two columns orthogonal; false if they were.
fn rotate(left: &mut [f64], right: &mut [f64]) -> bool {
    let (a, b, c) = (dot(left, left), dot(right, right), dot(left, right));
    if c.abs() <= ORTHOGONAL * (a * b).sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * c);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    let sine = cosine * tangent;
    for (x, y) in left.iter_mut().zip(right) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_by_hand() {
        // A = [[2, 1], [1, 3]], A⁻¹ = [[3, −1], [−1, 2]]/5; (1, 2): (3 − 4 + 8)/5
        let form = quadratic_form_of_inverse(vec![vec![2.0, 1.0], vec![1.0, 3.0]], vec![1.0, 2.0]);
        assert!((form - 1.4).abs() < 1e-14);
    }

    #[test]
    fn singular_values_by_hand() {
        // [[3, 0], [4, 5]] has the singular values 3√5 and √5.
        let mean = mean_singular_value(vec![vec![3.0, 4.0], vec![0.0, 5.0]]);
        assert!((mean - 2.0 * 5.0_f64.sqrt()).abs() < 1e-14);
    }
}
