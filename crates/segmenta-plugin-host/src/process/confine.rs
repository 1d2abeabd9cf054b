//! What the child gives up: rights, files, network, other processes. What a system cannot do is named.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::sealed;
use super::sys;

/// What this program knows to ask for; older systems do less.
const LANDLOCK: ABI = ABI::V6;
/// Files that may be open at once.
const MAX_OPEN_FILES: u64 = 256;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Bounds on files, and no core file.
pub(super) fn limit_files() -> std::io::Result<()> {
    sys::limit(libc::RLIMIT_CORE, 0)?;
    sys::limit(libc::RLIMIT_NOFILE, MAX_OPEN_FILES)?;
    sys::limit(libc::RLIMIT_FSIZE, sealed::MAX_BYTES)
}

/// Bounds private memory to what the process has now and `bytes` more.
pub(super) fn limit_memory(bytes: u64) -> std::io::Result<()> {
    sys::limit(libc::RLIMIT_DATA, data_bytes().saturating_add(bytes).saturating_add(MARGIN))
}

/// Private memory beyond a plugin's budget, so that it is seen to be over before it is refused memory.
const MARGIN: u64 = 64 << 20;

/// Private memory of this process.
fn data_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(256 << 10) << 10
}

/// Before the library is loaded: files can be read but not written, and there are no other processes
/// and no network. Gives what is missing.
pub(super) fn before_load(memory: Option<u64>) -> Vec<String> {
    let read = || allow(&["/"], AccessFs::from_read(LANDLOCK));
    let mut missing = Vec::new();
    note(&mut missing, "files cannot be protected from writing", read());
    note(&mut missing, "network and other processes cannot be closed", forbid_calls(memory));
    missing
}

/// Once it is loaded: no files but those of its own directory and what describes its own process.
pub(super) fn after_load() -> Vec<String> {
    let mut missing = Vec::new();
    note(&mut missing, "files cannot be closed", allow(&["/proc/self", "/dev/urandom"], AccessFs::from_read(LANDLOCK)));
    missing
}

fn note(missing: &mut Vec<String>, what: &str, done: Result<(), String>) {
    if let Err(why) = done {
        missing.push(format!("{what}: {why}"));
    }
}

/// Leaves these paths, and everything in the working directory.
fn allow(paths: &[&str], access: landlock::BitFlags<AccessFs>) -> Result<(), String> {
    let status = restrict(paths, access).map_err(|error| error.to_string())?;
    match status {
        RulesetStatus::NotEnforced => Err("this system has no Landlock".to_owned()),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}

fn restrict(paths: &[&str], access: landlock::BitFlags<AccessFs>) -> Result<RulesetStatus, RulesetError> {
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(paths, access))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?;
    let own = PathFd::new(Path::new("."));
    let ruleset = match own {
        Ok(own) => ruleset.add_rule(PathBeneath::new(own, AccessFs::from_all(LANDLOCK)))?,
        Err(_) => ruleset,
    };
    Ok(ruleset.restrict_self()?.ruleset)
}

/// Answers calls that a criterion has no need of with "not permitted".
fn forbid_calls(memory: Option<u64>) -> Result<(), String> {
    let apply = || -> Result<(), BackendError> {
        let arch = std::env::consts::ARCH.try_into()?;
        let filter = |rules: Rules, action: SeccompAction| -> Result<BpfProgram, BackendError> {
            SeccompFilter::new(rules, SeccompAction::Allow, action, arch)?.try_into()
        };
        let mut filters = vec![
            // Threads are made another way when the system says that it does not know this one.
            filter(Rules::from([(libc::SYS_clone3, Vec::new())]), SeccompAction::Errno(libc::ENOSYS as u32))?,
            filter(forbidden()?, SeccompAction::Errno(libc::EPERM as u32))?,
        ];
        if let Some(memory) = memory {
            filters.push(filter(too_large(memory)?, SeccompAction::KillProcess)?);
        }
        // The last one is asked first, and none may forbid what installs the next.
        for filter in filters {
            seccompiler::apply_filter(&filter).map_err(|_| BackendError::InvalidArgumentNumber)?;
        }
        Ok(())
    };
    apply().map_err(|error| error.to_string())
}

fn forbidden() -> Result<Rules, BackendError> {
    let own = u64::from(std::process::id());
    let always = ALWAYS.iter().map(|call| (*call, Vec::new()));
    let mut rules: Rules = always.collect();
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![when(0, SeccompCmpOp::MaskedEq(thread), 0)?]);
    rules.insert(libc::SYS_kill, vec![when(0, SeccompCmpOp::Ne, own)?]);
    rules.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Ne, own)?]);
    rules.insert(libc::SYS_prctl, vec![when(0, SeccompCmpOp::Eq, libc::PR_SET_PDEATHSIG as u64)?]);
    rules.insert(libc::SYS_prlimit64, vec![when(2, SeccompCmpOp::Ne, 0)?]);
    Ok(rules)
}

/// One mapping of more than all the memory there is ends the process at once.
fn too_large(memory: u64) -> Result<Rules, BackendError> {
    let large = |argument| SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Gt, memory);
    let writable = libc::PROT_WRITE as u64;
    let writable = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(writable), writable)?;
    Ok(Rules::from([
        (libc::SYS_mmap, vec![SeccompRule::new(vec![large(1)?, writable])?]),
        (libc::SYS_mremap, vec![SeccompRule::new(vec![large(2)?])?]),
    ]))
}

fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)?])
}

/// Network, other programs, other processes, the system itself, and ways around this list.
const ALWAYS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_getfd,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    libc::SYS_setrlimit,
    libc::SYS_io_uring_setup,
    libc::SYS_userfaultfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_personality,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
];
