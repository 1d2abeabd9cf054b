//! Rows on their way from a child: a file in memory that the child writes again for every answer.
//!
//! The runner does not map it but copies out of it what the answer says, before it looks at any of it.
//! So nothing that happens to the file, or to what is in it, can hurt the runner.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};

use arrow_buffer::Buffer;
use rustix::buffer::spare_capacity;
use rustix::fs::{MemfdFlags, fcntl_get_seals, fstat, ftruncate, memfd_create};
use rustix::io::{pread, pwritev, retry_on_intr};

use super::frame::{Carried, INLINE, Keep, Part};
use super::sealed::MAX_BYTES;

/// Files of this size are not cut. Bytes.
const LEAST: u64 = 64 << 10;
/// After so many answers that need an eighth of the file, it is cut.
const SPARING_ANSWERS: u32 = 64;
/// Parts that the system takes at once.
const MAX_PARTS: usize = 1_000;

/// What goes back with an answer.
#[derive(Debug)]
pub(super) enum Given {
    Nothing,
    Part(Part),
    /// So many bytes at the start of the file.
    InFile(u64),
}

/// The child's side.
#[derive(Debug, Default)]
pub(super) struct Returning {
    file: Option<OwnedFd>,
    arrived: bool,
    len: u64,
    sparing: u32,
}

impl Returning {
    /// Puts `parts` behind each other, into the file if they are long.
    ///
    /// # Errors
    /// There is no memory.
    pub(super) fn give(&mut self, parts: &[Buffer]) -> io::Result<Given> {
        if parts.iter().map(Buffer::len).sum::<usize>() > INLINE {
            return self.put(parts).map(Given::InFile);
        }
        let slices: Vec<&[u8]> = parts.iter().map(Buffer::as_slice).collect();
        Part::new(&slices).map(Given::Part)
    }

    fn put(&mut self, parts: &[Buffer]) -> io::Result<u64> {
        let file = match self.file.take() {
            Some(file) => file,
            None => memfd_create("segmenta-rows", MemfdFlags::CLOEXEC)?,
        };
        let file = self.file.insert(file);
        let len = write(file, parts)?;
        self.len = self.len.max(len);
        self.sparing = if self.len > LEAST && len <= self.len / 8 { self.sparing + 1 } else { 0 };
        if self.sparing == SPARING_ANSWERS {
            ftruncate(&*file, len)?;
            (self.len, self.sparing) = (len, 0);
        }
        Ok(len)
    }

    /// What goes with the answer.
    pub(super) fn carried<'a>(&'a self, given: &'a Given) -> Carried<'a> {
        match given {
            Given::Nothing => Carried::Nothing,
            Given::Part(part) => Carried::Part(part),
            Given::InFile(len) => {
                let file = self.file.as_ref().filter(|_| !self.arrived).map(OwnedFd::as_fd);
                Carried::Kept { len: *len, file }
            }
        }
    }

    /// An answer was sent, so the runner has the file if there is one.
    pub(super) fn arrived(&mut self) {
        self.arrived = self.file.is_some();
    }
}

/// Writes everything at the start of the file, and says how much it was.
fn write(file: &OwnedFd, parts: &[Buffer]) -> io::Result<u64> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut slices = slices.as_mut_slice();
    let mut at = 0;
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match retry_on_intr(|| pwritev(file, &slices[..slices.len().min(MAX_PARTS)], at))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => {
                at += written as u64;
                IoSlice::advance_slices(&mut slices, written);
            }
        }
    }
    Ok(at)
}

/// The runner's side.
#[derive(Debug)]
pub(super) struct Returned(OwnedFd);

impl Keep for Returned {
    fn keep(file: OwnedFd) -> Result<Self, String> {
        // Reading another kind of file could take for ever.
        fcntl_get_seals(&file).map_err(|_| "its memory is no file in memory".to_owned())?;
        Ok(Self(file))
    }

    fn read(&mut self, len: u64) -> Result<Buffer, String> {
        if len > MAX_BYTES {
            return Err(format!("{len} bytes of memory were announced, {MAX_BYTES} are allowed"));
        }
        let short = |size: u64| format!("its memory has {size} bytes where {len} were announced");
        let size = fstat(&self.0).map_err(|error| error.to_string())?.st_size as u64;
        if size < len {
            return Err(short(size));
        }
        let mut bytes = Vec::with_capacity(len as usize);
        while (bytes.len() as u64) < len {
            let at = bytes.len() as u64;
            match retry_on_intr(|| pread(&self.0, spare_capacity(&mut bytes), at)) {
                Ok(0) => return Err(short(at)),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        bytes.truncate(len as usize);
        Ok(Buffer::from_vec(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_answers_are_read_out_of_the_file_and_it_is_cut_when_they_are_short() {
        let mut returning = Returning::default();
        let long = Buffer::from(vec![7_u8; 9 * LEAST as usize]);
        let given = returning.give(&[long.clone(), Buffer::from(b"end")]).unwrap();
        let Carried::Kept { len, file: Some(file) } = returning.carried(&given) else { panic!("no file") };
        let mut returned = Returned::keep(file.try_clone_to_owned().unwrap()).unwrap();
        let bytes = returned.read(len).unwrap();
        assert_eq!((bytes.len(), &bytes[bytes.len() - 4..]), (long.len() + 3, b"\x07end".as_slice()));
        returning.arrived();

        let short = Buffer::from(vec![8_u8; LEAST as usize]);
        for _ in 0..SPARING_ANSWERS {
            let given = returning.give(std::slice::from_ref(&short)).unwrap();
            assert!(matches!(returning.carried(&given), Carried::Kept { file: None, .. }));
        }
        assert_eq!(returned.read(LEAST).unwrap().as_slice(), short.as_slice());
        let problem = returned.read(LEAST + 1).unwrap_err();
        assert_eq!(problem, "its memory has 65536 bytes where 65537 were announced");
    }
}
