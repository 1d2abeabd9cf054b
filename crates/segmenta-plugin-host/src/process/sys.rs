//! The calls to the system that process mode is made of, one safe function each.
#![allow(unsafe_code, reason = "functions of the C library are called here")]

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Descriptors that one packet may carry.
pub(super) const MAX_DESCRIPTORS: usize = 2;
/// Room for the control message of that many descriptors, aligned as the system wants it.
const CONTROL_WORDS: usize = 8;

/// Two connected sockets that keep packets whole and in order.
pub(super) fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut pair: [c_int; 2] = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: the array has room for both descriptors.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) })?;
    // SAFETY: the system just made it for us.
    let one = unsafe { OwnedFd::from_raw_fd(pair[0]) };
    // SAFETY: as above.
    let other = unsafe { OwnedFd::from_raw_fd(pair[1]) };
    Ok((one, other))
}

/// How a packet is sent when the other side does not read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Wait,
    GiveUp,
}

/// Sends one packet with descriptors.
pub(super) fn send(socket: BorrowedFd<'_>, parts: &[&[u8]], attached: &[RawFd], full: Full) -> io::Result<()> {
    let mut slices: Vec<libc::iovec> = parts.iter().map(|part| slice(part)).collect();
    let mut control = [0_u64; CONTROL_WORDS];
    let mut message = message(&mut slices);
    if !attached.is_empty() {
        assert!(attached.len() <= MAX_DESCRIPTORS, "a packet carries at most two descriptors");
        let bytes = size_of_val(attached) as u32;
        message.msg_control = control.as_mut_ptr().cast();
        // SAFETY: arithmetic on a number.
        message.msg_controllen = unsafe { libc::CMSG_SPACE(bytes) } as usize;
        // SAFETY: the control buffer is there and has room for a header.
        let header = unsafe { libc::CMSG_FIRSTHDR(&message) };
        // SAFETY: arithmetic on a number.
        let length = unsafe { libc::CMSG_LEN(bytes) } as usize;
        let value = libc::cmsghdr { cmsg_len: length, cmsg_level: libc::SOL_SOCKET, cmsg_type: libc::SCM_RIGHTS };
        // SAFETY: points into `control`, which is aligned for it.
        unsafe { header.write(value) };
        // SAFETY: the header is followed by room for the descriptors.
        let target = unsafe { libc::CMSG_DATA(header) };
        // SAFETY: `target` has `bytes` bytes, and the buffers do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(attached.as_ptr().cast(), target, bytes as usize) };
    }
    let flags = libc::MSG_NOSIGNAL | if full == Full::GiveUp { libc::MSG_DONTWAIT } else { 0 };
    // SAFETY: the message points to the slices and the control buffer, which live until the call returns.
    retry(|| unsafe { libc::sendmsg(socket.as_raw_fd(), &message, flags) }).map(drop)
}

/// A packet as it came.
pub(super) struct Packet {
    /// Bytes of the buffer that were filled; 0 when the other side is gone.
    pub(super) bytes: usize,
    pub(super) attached: Vec<OwnedFd>,
    /// Whether a part of it did not fit.
    pub(super) truncated: bool,
}

/// Takes one packet.
pub(super) fn receive(socket: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<Packet> {
    let mut slices = [libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() }];
    let mut control = [0_u64; CONTROL_WORDS];
    let mut message = message(&mut slices);
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control);
    // SAFETY: the message points to buffers of ours, with their lengths.
    let bytes = retry(|| unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, libc::MSG_CMSG_CLOEXEC) })?;
    let attached = descriptors(&message);
    let truncated = message.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
    Ok(Packet { bytes, attached, truncated })
}

/// Takes over the descriptors of a received message.
fn descriptors(message: &libc::msghdr) -> Vec<OwnedFd> {
    let mut attached = Vec::new();
    // SAFETY: the system filled the control buffer, which `message` points to.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: null or a header within the control buffer.
    while let Some(current) = unsafe { header.as_ref() } {
        if current.cmsg_level == libc::SOL_SOCKET && current.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: arithmetic on a number.
            let before = unsafe { libc::CMSG_LEN(0) } as usize;
            // SAFETY: the header is followed by the descriptors.
            let first = unsafe { libc::CMSG_DATA(header) }.cast::<RawFd>();
            for at in 0..(current.cmsg_len - before) / size_of::<RawFd>() {
                // SAFETY: within the message's length.
                let descriptor = unsafe { first.wrapping_add(at).read_unaligned() };
                // SAFETY: the system made it for this process while receiving.
                attached.push(unsafe { OwnedFd::from_raw_fd(descriptor) });
            }
        }
        // SAFETY: `header` is a header of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    attached
}

fn slice(part: &[u8]) -> libc::iovec {
    libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() }
}

fn message(slices: &mut [libc::iovec]) -> libc::msghdr {
    // SAFETY: a struct of integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = slices.as_mut_ptr();
    message.msg_iovlen = slices.len();
    message
}

/// A descriptor that becomes readable when the process ends.
pub(super) fn watch_process(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

/// Waits until one of the descriptors can be read or is closed, at most `milliseconds`.
pub(super) fn wait<const N: usize>(files: [BorrowedFd<'_>; N], milliseconds: c_int) -> io::Result<[bool; N]> {
    let entry = |file: BorrowedFd<'_>| libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut entries = files.map(entry);
    // SAFETY: the array has as many entries as it says.
    match check(unsafe { libc::poll(entries.as_mut_ptr(), N as libc::nfds_t, milliseconds) }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok([false; N]),
        Err(error) => Err(error),
        Ok(_) => Ok(entries.map(|entry| entry.revents != 0)),
    }
}

/// Sends a signal to a process and to the session it leads. Neither may exist any more.
pub(super) fn signal(pid: u32, signal: c_int) {
    let pid = pid as libc::pid_t;
    // SAFETY: takes numbers only; the process is not yet waited for, so the number is still its own.
    unsafe { libc::kill(-pid, signal) };
    // SAFETY: as above.
    unsafe { libc::kill(pid, signal) };
}

/// What the child does first: leads a session of its own, dies with its parent, leaves no core file,
/// gains no rights. If the parent is gone already, its end of the socket is closed, which ends the child too.
pub(super) fn settle() -> io::Result<()> {
    // SAFETY: has no conditions; fails for the leader of a process group, which is as good.
    unsafe { libc::setsid() };
    // SAFETY: takes numbers only.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) })?;
    // SAFETY: takes numbers only.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }).map(drop)
}

/// Bounds what the process may use.
pub(super) fn limit(what: libc::__rlimit_resource_t, amount: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: amount, rlim_max: amount };
    // SAFETY: points to a struct of ours.
    check(unsafe { libc::setrlimit(what, &limit) }).map(drop)
}

/// Moves descriptor `from` to number `to`, and closes all above it.
pub(super) fn keep_only(from: RawFd, to: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only; nothing in this process owns `to` or those above, it just started.
    check(unsafe { libc::dup2(from, to) })?;
    // SAFETY: as above.
    check(unsafe { libc::fcntl(to, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_close_range, to + 1, c_int::MAX, 0) };
    // SAFETY: it is open, and ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(to) })
}

/// Puts the empty device in the place of a descriptor.
pub(super) fn make_empty(target: RawFd) -> io::Result<()> {
    let empty = std::fs::File::open("/dev/null")?;
    // SAFETY: takes numbers only; the standard descriptors are owned by nobody.
    check(unsafe { libc::dup2(empty.as_raw_fd(), target) }).map(drop)
}

/// Ends the process without running anything else: no destructors of libraries, no `atexit`.
pub(super) fn leave(code: c_int) -> ! {
    // SAFETY: has no conditions.
    unsafe { libc::_exit(code) }
}

/// Lets `SIGTERM` ask the plugin to stop, which it learns from `poll`.
pub(super) fn stop_on_terminate() {
    extern "C" fn stop(_: c_int) {
        crate::cancel();
    }
    // SAFETY: a struct of integers and a function, for which zero is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = stop as extern "C" fn(c_int) as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the handler stores one atomic value.
    unsafe { libc::sigaction(libc::SIGTERM, &action, std::ptr::null_mut()) };
}

/// Bytes of a page of memory.
pub(super) fn page_size() -> u64 {
    // SAFETY: has no conditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u64 }
}

/// Most memory that this process had at once, in bytes. It starts at what its parent had.
pub(super) fn peak() -> u64 {
    // SAFETY: a struct of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: points to a struct of ours; it cannot fail for the process itself.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    (usage.ru_maxrss as u64) << 10
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub(super) status: std::process::ExitStatus,
    /// As [`peak`].
    pub(super) peak: u64,
}

/// Waits for a child that has ended or is about to, so that nothing of it is left.
pub(super) fn reap(pid: u32) -> io::Result<Exit> {
    let mut status = 0;
    // SAFETY: a struct of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: points to variables of ours.
    retry(|| unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) } as isize)?;
    let status = std::os::unix::process::ExitStatusExt::from_raw(status);
    Ok(Exit { status, peak: (usage.ru_maxrss as u64) << 10 })
}

fn check(answer: c_int) -> io::Result<c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// Repeats a call that a signal interrupted.
fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        let answer = call();
        if answer >= 0 {
            return Ok(answer as usize);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
