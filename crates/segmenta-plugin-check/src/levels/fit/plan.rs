//! Ways to get from leaves to the end of a pass, which should all end alike.

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Instance, PassEnd};

/// Who is merged into whom.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    /// Every partial, in the order of leaves, into one that is fresh: what a run does.
    InOrder,
    /// The partials in this order.
    Order(Vec<usize>),
    /// Groups of three first, then the groups.
    Groups,
    /// As [`Plan::InOrder`], with partials that saw no rows before, between and behind.
    Empties,
    /// Every partial goes through a fresh one and its bytes first.
    SavedAgain,
    /// The other partials into the first one, which never became bytes.
    IntoFirst,
    /// Each leaf arrives in batches of ten rows.
    Batches,
}

/// The model that a fit by this plan ends with.
///
/// # Errors
/// As [`Instance::fit`].
pub(super) fn fit(instance: &Instance, leaves: &[RecordBatch], seed: u64, plan: &Plan) -> Result<Vec<u8>, Error> {
    let passes = instance.info().fit.as_ref().map_or(0, |fit| fit.max_passes);
    let mut carry = Vec::new();
    for number in 0..passes {
        let pass = Pass { instance, leaves, seed, number, carry: &carry };
        match pass.run(plan)? {
            PassEnd::Done(model) => return Ok(model),
            PassEnd::Again(next) => carry = next,
        }
    }
    Err(Error::TooManyPasses { criterion: instance.info().name.clone(), passes })
}

/// One look at all leaves.
pub(super) struct Pass<'a> {
    pub(super) instance: &'a Instance,
    pub(super) leaves: &'a [RecordBatch],
    pub(super) seed: u64,
    pub(super) number: u32,
    pub(super) carry: &'a [u8],
}

impl Pass<'_> {
    fn run(&self, plan: &Plan) -> Result<PassEnd, Error> {
        match plan {
            Plan::InOrder => self.end(&self.saved(usize::MAX)?),
            Plan::Batches => self.end(&self.saved(10)?),
            Plan::Order(order) => {
                let saved = self.saved(usize::MAX)?;
                self.end(&order.iter().map(|at| saved[*at].clone()).collect::<Vec<_>>())
            }
            Plan::Groups => {
                let saved = self.saved(usize::MAX)?;
                self.end(&saved.chunks(3).map(|group| self.merged(group)).collect::<Result<Vec<_>, _>>()?)
            }
            Plan::SavedAgain => {
                let saved = self.saved(usize::MAX)?;
                let again = saved.iter().map(|one| self.merged(std::slice::from_ref(one)));
                self.end(&again.collect::<Result<Vec<_>, _>>()?)
            }
            Plan::Empties => self.end(&self.with_empties()?),
            Plan::IntoFirst => self.merged_into_first(),
        }
    }

    /// The partial of each leaf as bytes.
    pub(super) fn saved(&self, batch_rows: usize) -> Result<Vec<Vec<u8>>, Error> {
        self.leaves.iter().enumerate().map(|(leaf, rows)| self.one(leaf as u64, rows, batch_rows)).collect()
    }

    fn one(&self, leaf: u64, rows: &RecordBatch, batch_rows: usize) -> Result<Vec<u8>, Error> {
        let mut partial = self.instance.partial(self.seed, Some(leaf), self.number, self.carry)?;
        for batch in crate::batches::chunks(rows, batch_rows.min(rows.num_rows().max(1))) {
            partial.update(&batch)?;
        }
        partial.save()
    }

    /// A partial of no leaf with these merged into it, as bytes.
    pub(super) fn merged(&self, saved: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        let mut all = self.instance.partial(self.seed, None, self.number, self.carry)?;
        for one in saved {
            all.merge(one)?;
        }
        all.save()
    }

    fn end(&self, saved: &[Vec<u8>]) -> Result<PassEnd, Error> {
        let mut all = self.instance.partial(self.seed, None, self.number, self.carry)?;
        for one in saved {
            all.merge(one)?;
        }
        all.finish()
    }

    /// Partials of a leaf without rows and of no leaf, before, between and behind the others.
    fn with_empties(&self) -> Result<Vec<Vec<u8>>, Error> {
        let leaf = self.instance.partial(self.seed, Some(self.leaves.len() as u64), self.number, self.carry)?.save()?;
        let none = self.merged(&[])?;
        let mut all = vec![leaf.clone(), none.clone()];
        for one in self.saved(usize::MAX)? {
            all.extend([one, none.clone(), leaf.clone()]);
        }
        Ok(all)
    }

    fn merged_into_first(&self) -> Result<PassEnd, Error> {
        let mut first = self.instance.partial(self.seed, Some(0), self.number, self.carry)?;
        if let Some(rows) = self.leaves.first() {
            first.update(rows)?;
        }
        for (leaf, rows) in self.leaves.iter().enumerate().skip(1) {
            first.merge(&self.one(leaf as u64, rows, usize::MAX)?)?;
        }
        first.finish()
    }
}
