//! Questions to the system that only C functions answer.
#![allow(unsafe_code, reason = "functions of the C library are called here")]

/// Version of glibc, such as `2.36`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn glibc_version() -> &'static str {
    // SAFETY: has no conditions.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: a constant text of the C library.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    version.to_str().unwrap_or_default()
}

/// The process's name of its locale, of all categories.
pub(crate) fn locale() -> Option<std::ffi::CString> {
    // SAFETY: a null text asks and changes nothing.
    let name = unsafe { libc::setlocale(libc::LC_ALL, std::ptr::null()) };
    if name.is_null() {
        return None;
    }
    // SAFETY: ends with NUL, and is copied before anything else asks.
    Some(unsafe { std::ffi::CStr::from_ptr(name) }.to_owned())
}

/// Goes back to a locale that [`locale`] named.
pub(crate) fn set_locale(name: &std::ffi::CStr) {
    // SAFETY: the text ends with NUL and lives until the call returns.
    unsafe { libc::setlocale(libc::LC_ALL, name.as_ptr()) };
}

/// Bits that new files do not get. Asking means setting, so it is set back at once.
pub(crate) fn file_mask() -> libc::mode_t {
    // SAFETY: has no conditions.
    let mask = unsafe { libc::umask(0o077) };
    set_file_mask(mask);
    mask
}

/// Sets the bits that new files do not get.
pub(crate) fn set_file_mask(mask: libc::mode_t) {
    // SAFETY: has no conditions.
    unsafe { libc::umask(mask) };
}

/// Signals whose handlers are compared: all but those of the C library's own threads.
pub(crate) fn signals() -> impl Iterator<Item = libc::c_int> {
    (1..=31).filter(|signal| !matches!(*signal, libc::SIGKILL | libc::SIGSTOP))
}

/// What a signal does; `None` where there is no such signal.
pub(crate) fn disposition(signal: libc::c_int) -> Option<libc::sigaction> {
    // SAFETY: a struct of integers and an optional function, for which zero is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null action asks and changes nothing; the other is a struct of ours.
    let answer = unsafe { libc::sigaction(signal, std::ptr::null(), &mut action) };
    (answer == 0).then_some(action)
}

/// Sets what a signal does, to something that [`disposition`] gave or that the caller made.
///
/// # Safety
/// A handler in `action` is safe to run at any point of the program.
pub(crate) unsafe fn set_disposition(signal: libc::c_int, action: &libc::sigaction) {
    // SAFETY: the caller vouches for the handler; the struct lives until the call returns.
    unsafe { libc::sigaction(signal, action, std::ptr::null_mut()) };
}

/// Resource limits in the order of their numbers; `None` where there is no such limit.
pub(crate) fn limits() -> Vec<Option<(u64, u64)>> {
    let limit = |resource: u32| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: writes a struct of ours; a number without a limit is an error.
        let answer = unsafe { libc::getrlimit(resource as _, &mut limit) };
        (answer == 0).then_some((limit.rlim_cur, limit.rlim_max))
    };
    (0..16).map(limit).collect()
}

/// A copy of `words` that ends where nothing can be read, for the life of the process. At most a page.
pub(crate) fn before_guard(words: &[usize]) -> Option<*const usize> {
    let bytes = size_of_val(words);
    // SAFETY: asks for a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok().filter(|page| bytes <= *page)?;
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: new memory, at a place of the system's choice.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), 2 * page, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the second page of the two.
    let guard = unsafe { start.byte_add(page) };
    // SAFETY: nobody uses it yet.
    unsafe { libc::mprotect(guard, page, libc::PROT_NONE) };
    // SAFETY: the words fit into the first page.
    let to = unsafe { guard.byte_sub(bytes) }.cast::<usize>();
    // SAFETY: as above; pages begin at multiples of a word, and so does their end less whole words.
    unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), to, words.len()) };
    Some(to)
}
