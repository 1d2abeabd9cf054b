//! Frames on the private socket: a short head and, if there is one, a body. What is long travels as
//! sealed memory beside the packet.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::sealed::{self, Sealed};
use super::sys::{self, Full};

/// Longer parts are put into sealed memory. Bytes.
const INLINE: usize = 32 << 10;
/// Length of the prefix: head and body, then how each of them travels.
const PREFIX: usize = 20;

/// A part beside the packet, 1; within it, 0; not there, 2.
const WITHIN: u8 = 0;
const BESIDE: u8 = 1;
const ABSENT: u8 = 2;

/// One end of the conversation.
#[derive(Debug)]
pub(super) struct Channel(OwnedFd);

/// Bytes on their way; cheap to clone, so that a call can be made again.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Short(Arc<[u8]>),
    Long(Arc<Sealed>, u64),
}

/// A frame as it came.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) head: Buffer,
    pub(super) body: Option<Buffer>,
}

/// Why there is no frame.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other side closed its end or is gone.
    Closed,
    /// What came is no frame.
    Malformed(String),
    /// Memory that came with a frame cannot be used.
    Memory(String),
    /// The system says no.
    System(io::Error),
}

impl Part {
    /// Puts `parts` behind each other.
    pub(super) fn new(parts: &[&[u8]]) -> io::Result<Self> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if len <= INLINE {
            return Ok(Self::Short(parts.concat().into()));
        }
        Ok(Self::Long(Arc::new(Sealed::new(parts)?), len as u64))
    }

    /// Its bytes, without a copy if they are long.
    pub(super) fn read(&self) -> Result<Buffer, String> {
        match self {
            Self::Short(bytes) => Ok(Buffer::from(bytes.as_ref())),
            Self::Long(sealed, _) => sealed.read(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Short(bytes) => bytes.len() as u64,
            Self::Long(_, len) => *len,
        }
    }

    /// How it travels, what of it is within the packet, and what is beside it.
    fn split(&self) -> (u8, &[u8], Option<RawFd>) {
        match self {
            Self::Short(bytes) => (WITHIN, bytes, None),
            Self::Long(sealed, _) => (BESIDE, &[], Some(sealed.as_raw_fd())),
        }
    }
}

impl Channel {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self(socket)
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Sends one frame.
    pub(super) fn send(&self, head: &Part, body: Option<&Part>, full: Full) -> io::Result<()> {
        let (head_way, head_bytes, head_file) = head.split();
        let (body_way, body_bytes, body_file) = body.map_or((ABSENT, [].as_slice(), None), Part::split);
        let mut prefix = [0; PREFIX];
        prefix[..8].copy_from_slice(&head.len().to_le_bytes());
        prefix[8..16].copy_from_slice(&body.map_or(0, Part::len).to_le_bytes());
        prefix[16] = head_way;
        prefix[17] = body_way;
        let files: Vec<RawFd> = head_file.into_iter().chain(body_file).collect();
        sys::send(self.as_fd(), &[&prefix, head_bytes, body_bytes], &files, full)
    }

    /// Waits for one frame.
    pub(super) fn receive(&self) -> Result<Frame, Broken> {
        let mut packet = vec![0; PREFIX + 2 * INLINE];
        let found = sys::receive(self.as_fd(), &mut packet).map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Broken::Closed,
            _ => Broken::System(error),
        })?;
        if found.bytes == 0 && found.attached.is_empty() {
            return Err(Broken::Closed);
        }
        if found.truncated {
            return Err(Broken::Malformed("a frame is too long".to_owned()));
        }
        packet.truncate(found.bytes);
        parse(&packet, found.attached)
    }
}

/// Takes a packet apart. Every length in it is compared with what came.
fn parse(packet: &[u8], attached: Vec<OwnedFd>) -> Result<Frame, Broken> {
    let (prefix, within) = packet.split_at_checked(PREFIX).ok_or_else(|| malformed("a frame is cut short"))?;
    let length = |at: usize| u64::from_le_bytes(prefix[at..at + 8].try_into().expect("eight bytes were taken"));
    let mut source = Source { within, attached: attached.into_iter() };
    let head = source.take(prefix[16], length(0))?.ok_or_else(|| malformed("a frame has no head"))?;
    let body = source.take(prefix[17], length(8))?;
    if !source.within.is_empty() || source.attached.next().is_some() {
        return Err(malformed("a frame has more in it than it says"));
    }
    Ok(Frame { head, body })
}

/// What of a packet is not taken yet.
struct Source<'a> {
    within: &'a [u8],
    attached: std::vec::IntoIter<OwnedFd>,
}

impl Source<'_> {
    fn take(&mut self, way: u8, length: u64) -> Result<Option<Buffer>, Broken> {
        match way {
            WITHIN => {
                let at = usize::try_from(length).unwrap_or(usize::MAX);
                let parts = self.within.split_at_checked(at);
                let (taken, rest) = parts.ok_or_else(|| malformed("a frame is shorter than it says"))?;
                self.within = rest;
                Ok(Some(Buffer::from(taken)))
            }
            BESIDE => {
                let file = self.attached.next();
                let file = file.ok_or_else(|| malformed("a frame lacks the memory it speaks of"))?;
                let bytes = sealed::open(file).map_err(Broken::Memory)?;
                if bytes.len() as u64 != length {
                    let problem = format!("its memory has {} bytes where {length} were announced", bytes.len());
                    return Err(Broken::Memory(problem));
                }
                Ok(Some(bytes))
            }
            ABSENT if length == 0 => Ok(None),
            _ => Err(malformed("a frame travels in an unknown way")),
        }
    }
}

fn malformed(problem: &str) -> Broken {
    Broken::Malformed(problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(head: u64, body: u64, ways: [u8; 2]) -> Vec<u8> {
        [head.to_le_bytes().as_slice(), &body.to_le_bytes(), &ways, &[0, 0]].concat()
    }

    #[test]
    fn short_and_long_parts_arrive_as_they_were_sent() {
        let (one, other) = sys::packet_pair().unwrap();
        let (one, other) = (Channel::new(one), Channel::new(other));
        let long = vec![9; INLINE + 1];
        let (head, body) = (Part::new(&[b"he", b"ad"]).unwrap(), Part::new(&[&long]).unwrap());
        one.send(&head, Some(&body), Full::Wait).unwrap();
        one.send(&body, None, Full::Wait).unwrap();
        let frame = other.receive().unwrap();
        assert_eq!((frame.head.as_slice(), frame.body.unwrap().as_slice()), (b"head".as_slice(), long.as_slice()));
        let frame = other.receive().unwrap();
        assert_eq!((frame.head.as_slice(), frame.body), (long.as_slice(), None));
        drop(one);
        assert!(matches!(other.receive(), Err(Broken::Closed)));
    }

    #[test]
    fn lengths_are_compared_with_what_came() {
        let problem = |packet: &[u8]| match parse(packet, Vec::new()) {
            Err(Broken::Malformed(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(b"\0\0\0"), "a frame is cut short");
        assert_eq!(problem(&prefix(1, 0, [WITHIN, ABSENT])), "a frame is shorter than it says");
        assert_eq!(problem(&prefix(1 << 63, 0, [WITHIN, ABSENT])), "a frame is shorter than it says");
        assert_eq!(problem(&prefix(0, 5, [WITHIN, BESIDE])), "a frame lacks the memory it speaks of");
        assert_eq!(problem(&prefix(0, 0, [ABSENT, ABSENT])), "a frame has no head");
        assert_eq!(problem(&prefix(0, 0, [9, ABSENT])), "a frame travels in an unknown way");
        let long = [prefix(1, 0, [WITHIN, ABSENT]), b"ab".to_vec()].concat();
        assert_eq!(problem(&long), "a frame has more in it than it says");
    }
}
