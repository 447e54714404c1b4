//! Limits on the work that a claim may cause.

/// More steps would be needed than a claim states, or than the checker takes at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of steps")]
pub struct OutOfSteps;

/// Steps that may still be taken. A step is some ten to some hundred nanoseconds of work.
#[derive(Clone, Debug)]
pub struct Steps {
    left: u64,
    taken: u64,
}

impl Steps {
    /// So many.
    pub fn new(left: u64) -> Self {
        Self { left, taken: 0 }
    }

    /// How many have been taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many may still be taken.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes some.
    pub fn take(&mut self, steps: u64) -> Result<(), OutOfSteps> {
        self.left = self.left.checked_sub(steps).ok_or(OutOfSteps)?;
        self.taken += steps;
        Ok(())
    }

    /// Does something within a limit of its own; what it takes is taken from here.
    pub fn within<T, E: From<OutOfSteps>>(
        &mut self,
        limit: u64,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut part = Self::new(limit.min(self.left));
        let result = work(&mut part);
        self.take(part.taken)?;
        result
    }
}
