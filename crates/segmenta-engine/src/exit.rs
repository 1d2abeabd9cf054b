//! What a run's end means for whoever scheduled it.

/// Exit status of the program, after sysexits where it has a number.
///
/// | code | meaning | published |
/// |---|---|---|
/// | 0 | published, or up to date | yes |
/// | 1 | a stage failed for a reason that has no class | no |
/// | 65 | the data, a contract or a check failed; the run is failed or held | no |
/// | 66 | a required input is missing or not fresh | no |
/// | 69 | the store cannot be used | no |
/// | 70 | a plugin or this program is broken | no |
/// | 75 | another run is going on | no |
/// | 78 | the pipeline file, a plugin or its options cannot be used | no |
/// | 80 | unknown whether the run was published; `runs show` settles it | unknown |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// 0.
    Ok = 0,
    /// 1.
    Failed = 1,
    /// 65.
    Data = 65,
    /// 66.
    NoInput = 66,
    /// 69.
    Unavailable = 69,
    /// 70.
    Software = 70,
    /// 75.
    Busy = 75,
    /// 78.
    Configuration = 78,
    /// 80.
    Unknown = 80,
}

impl ExitStatus {
    /// The number the program ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}
