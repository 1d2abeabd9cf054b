//! Frames on the private socket: a short head and, if there is one, a body. What is long travels as
//! sealed memory beside the packet, or in memory that both sides keep.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::sealed::{self, Sealed};
use super::sys::{self, Full};

/// Longer parts are put into memory. Bytes.
pub(super) const INLINE: usize = 32 << 10;
/// Length of the prefix: head and body, then how each of them travels.
const PREFIX: usize = 20;

/// Within the packet.
const WITHIN: u8 = 0;
/// In sealed memory beside it.
const BESIDE: u8 = 1;
/// Not there.
const ABSENT: u8 = 2;
/// In the memory that is kept.
const KEPT: u8 = 3;
/// In memory beside the packet, which is to be kept from now on.
const TO_KEEP: u8 = 4;

/// One end of the conversation.
#[derive(Debug)]
pub(super) struct Channel(OwnedFd);

/// Bytes on their way; cheap to clone, so that a call can be made again.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Short(Arc<[u8]>),
    Long(Arc<Sealed>, u64),
}

/// A body on its way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carried<'a> {
    Nothing,
    Part(&'a Part),
    /// At the start of memory that both sides keep, with its file if the other side does not have it yet.
    Kept {
        len: u64,
        file: Option<BorrowedFd<'a>>,
    },
}

/// Memory of the other side that is read for one frame after the other.
pub(super) trait Keep: Sized {
    /// Takes the memory over.
    ///
    /// # Errors
    /// What is wrong with it.
    fn keep(file: OwnedFd) -> Result<Self, String>;

    /// Its first `len` bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(&mut self, len: u64) -> Result<Buffer, String>;
}

/// What one side needs to receive.
#[derive(Debug)]
pub(super) struct Inbox<K> {
    packet: Vec<u8>,
    pub(super) kept: Option<K>,
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
    pub(super) fn send(&self, head: &Part, body: Carried<'_>, full: Full) -> io::Result<()> {
        let (head_way, head_bytes, head_file) = head.split();
        let (body_way, body_bytes, body_file) = body.split();
        let mut prefix = [0; PREFIX];
        prefix[..8].copy_from_slice(&head.len().to_le_bytes());
        prefix[8..16].copy_from_slice(&body.len().to_le_bytes());
        prefix[16] = head_way;
        prefix[17] = body_way;
        let files: Vec<RawFd> = head_file.into_iter().chain(body_file).collect();
        sys::send(self.as_fd(), &[&prefix, head_bytes, body_bytes], &files, full)
    }
}

impl<'a> Carried<'a> {
    fn len(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Part(part) => part.len(),
            Self::Kept { len, .. } => len,
        }
    }

    /// As [`Part::split`].
    fn split(self) -> (u8, &'a [u8], Option<RawFd>) {
        match self {
            Self::Nothing => (ABSENT, &[], None),
            Self::Part(part) => part.split(),
            Self::Kept { file: None, .. } => (KEPT, &[], None),
            Self::Kept { file: Some(file), .. } => (TO_KEEP, &[], Some(file.as_raw_fd())),
        }
    }
}

impl<K: Keep> Inbox<K> {
    pub(super) fn new() -> Self {
        Self { packet: vec![0; PREFIX + 2 * INLINE], kept: None }
    }

    /// Waits for one frame.
    pub(super) fn receive(&mut self, channel: &Channel) -> Result<Frame, Broken> {
        let found = sys::receive(channel.as_fd(), &mut self.packet).map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Broken::Closed,
            _ => Broken::System(error),
        })?;
        if found.bytes == 0 && found.attached.is_empty() {
            return Err(Broken::Closed);
        }
        if found.truncated {
            return Err(malformed("a frame is too long"));
        }
        parse(&self.packet[..found.bytes], found.attached, &mut self.kept)
    }
}

/// Takes a packet apart. Every length in it is compared with what came.
fn parse<K: Keep>(packet: &[u8], attached: Vec<OwnedFd>, kept: &mut Option<K>) -> Result<Frame, Broken> {
    let (prefix, within) = packet.split_at_checked(PREFIX).ok_or_else(|| malformed("a frame is cut short"))?;
    let length = |at: usize| u64::from_le_bytes(prefix[at..at + 8].try_into().expect("eight bytes were taken"));
    let mut source = Source { within, attached: attached.into_iter(), kept };
    let head = source.take(prefix[16], length(0))?.ok_or_else(|| malformed("a frame has no head"))?;
    let body = source.take(prefix[17], length(8))?;
    if !source.within.is_empty() || source.attached.next().is_some() {
        return Err(malformed("a frame has more in it than it says"));
    }
    Ok(Frame { head, body })
}

/// What of a packet is not taken yet.
struct Source<'a, K> {
    within: &'a [u8],
    attached: std::vec::IntoIter<OwnedFd>,
    kept: &'a mut Option<K>,
}

impl<K: Keep> Source<'_, K> {
    fn take(&mut self, way: u8, length: u64) -> Result<Option<Buffer>, Broken> {
        match way {
            WITHIN => self.take_within(length).map(Some),
            BESIDE => {
                let bytes = sealed::open(self.file()?).map_err(Broken::Memory)?;
                if bytes.len() as u64 != length {
                    let problem = format!("its memory has {} bytes where {length} were announced", bytes.len());
                    return Err(Broken::Memory(problem));
                }
                Ok(Some(bytes))
            }
            ABSENT if length == 0 => Ok(None),
            TO_KEEP => {
                *self.kept = Some(K::keep(self.file()?).map_err(Broken::Memory)?);
                self.take(KEPT, length)
            }
            KEPT => {
                let kept = self.kept.as_mut().ok_or_else(|| malformed("a frame speaks of memory that never came"))?;
                kept.read(length).map(Some).map_err(Broken::Memory)
            }
            _ => Err(malformed("a frame travels in an unknown way")),
        }
    }

    fn take_within(&mut self, length: u64) -> Result<Buffer, Broken> {
        let at = usize::try_from(length).unwrap_or(usize::MAX);
        let parts = self.within.split_at_checked(at);
        let (taken, rest) = parts.ok_or_else(|| malformed("a frame is shorter than it says"))?;
        self.within = rest;
        Ok(Buffer::from(taken))
    }

    fn file(&mut self) -> Result<OwnedFd, Broken> {
        self.attached.next().ok_or_else(|| malformed("a frame lacks the memory it speaks of"))
    }
}

fn malformed(problem: &str) -> Broken {
    Broken::Malformed(problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::returned::Returned;
    use super::*;

    fn prefix(head: u64, body: u64, ways: [u8; 2]) -> Vec<u8> {
        [head.to_le_bytes().as_slice(), &body.to_le_bytes(), &ways, &[0, 0]].concat()
    }

    #[test]
    fn short_and_long_parts_arrive_as_they_were_sent() {
        let (one, other) = sys::packet_pair().unwrap();
        let (one, other) = (Channel::new(one), Channel::new(other));
        let mut inbox = Inbox::<Returned>::new();
        let long = vec![9; INLINE + 1];
        let (head, body) = (Part::new(&[b"he", b"ad"]).unwrap(), Part::new(&[&long]).unwrap());
        one.send(&head, Carried::Part(&body), Full::Wait).unwrap();
        one.send(&body, Carried::Nothing, Full::Wait).unwrap();
        let frame = inbox.receive(&other).unwrap();
        assert_eq!((frame.head.as_slice(), frame.body.unwrap().as_slice()), (b"head".as_slice(), long.as_slice()));
        let frame = inbox.receive(&other).unwrap();
        assert_eq!((frame.head.as_slice(), frame.body), (long.as_slice(), None));
        drop(one);
        assert!(matches!(inbox.receive(&other), Err(Broken::Closed)));
    }

    #[test]
    fn lengths_are_compared_with_what_came() {
        let problem = |packet: &[u8]| match parse::<Returned>(packet, Vec::new(), &mut None) {
            Err(Broken::Malformed(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(b"\0\0\0"), "a frame is cut short");
        assert_eq!(problem(&prefix(1, 0, [WITHIN, ABSENT])), "a frame is shorter than it says");
        assert_eq!(problem(&prefix(1 << 63, 0, [WITHIN, ABSENT])), "a frame is shorter than it says");
        assert_eq!(problem(&prefix(0, 5, [WITHIN, BESIDE])), "a frame lacks the memory it speaks of");
        assert_eq!(problem(&prefix(0, 5, [WITHIN, TO_KEEP])), "a frame lacks the memory it speaks of");
        assert_eq!(problem(&prefix(0, 5, [WITHIN, KEPT])), "a frame speaks of memory that never came");
        assert_eq!(problem(&prefix(0, 0, [ABSENT, ABSENT])), "a frame has no head");
        assert_eq!(problem(&prefix(0, 0, [9, ABSENT])), "a frame travels in an unknown way");
        let long = [prefix(1, 0, [WITHIN, ABSENT]), b"ab".to_vec()].concat();
        assert_eq!(problem(&long), "a frame has more in it than it says");
    }
}
