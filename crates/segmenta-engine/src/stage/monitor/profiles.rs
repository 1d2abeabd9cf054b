//! One pass over each watched column: counts that a later run compares with, without reading customers again.

use rayon::prelude::*;
use segmenta_monitor::facts::SegmentKey;
use segmenta_monitor::profile::{ColumnProfile, FrozenBins, NumberKind, ProfiledColumn};
use segmenta_stats::Sample;

use super::past::Past;
use super::state::floats;
use crate::Result;
use crate::context::Context;
use crate::profile::Profile;

/// Profiles of the columns that `[monitor] features` names, over all entities.
///
/// A column is counted with the bins of the baseline's profile; the first run that watches it cuts them from its
/// own values, once and for all.
pub(super) fn profiles(context: &Context<'_>, profile: &Profile, past: &Past) -> Result<Vec<ProfiledColumn>> {
    let watched = &context.pipeline.monitor.features;
    let of = |column: &String| {
        let values = floats(profile, column)?;
        let bins = past.bins(column).cloned().unwrap_or_else(|| freeze(&values));
        let mut builder = ColumnProfile::numbers(NumberKind::Number, &bins);
        values.into_iter().for_each(|value| builder.add(value));
        Ok(ProfiledColumn { key: SegmentKey::total(), column: column.clone(), profile: builder.finish() })
    };
    let profiled: Vec<Result<_>> = watched.par_iter().with_max_len(1).map(of).collect();
    profiled.into_iter().collect()
}

fn freeze(values: &[Option<f64>]) -> FrozenBins {
    let sample = Sample::new(values.iter().map(|value| value.unwrap_or(f64::NAN)).collect());
    FrozenBins::freeze(&sample, FrozenBins::N_BINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deciles of 1 to 100 are cut between whole numbers, so that each bin has ten.
    #[test]
    fn the_first_run_cuts_its_own_deciles_and_nulls_are_beside_them() {
        let values: Vec<Option<f64>> = (1..=100).map(|n| Some(f64::from(n))).chain([None; 7]).collect();
        let mut builder = ColumnProfile::numbers(NumberKind::Number, &freeze(&values));
        values.iter().for_each(|value| builder.add(*value));
        let ColumnProfile::Number(profile) = builder.finish() else { panic!("numbers") };
        let counts = profile.bin_counts();
        assert_eq!((counts.counts, counts.n_nulls), (vec![10; 10], 7));
    }
}
