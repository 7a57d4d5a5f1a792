//! Pages of a mapping: provided ahead of use, put on the disk, large ones in the place of small ones, let go of.

use std::io;

#[cfg(target_os = "linux")]
use rustix::mm::Advice;

#[cfg(target_os = "linux")]
use super::Access;
use super::Mapping;

/// Bytes of a large page on x86-64, and on arm64 with pages of 4 KiB; elsewhere [`Mapping::collapse`] finds nothing to do, or is refused.
pub(crate) const HUGE_PAGE: usize = 2 << 20;

impl Mapping {
    /// Tells the system to provide the pages of a range now; does nothing where it cannot.
    pub fn populate(&self, offset: u64, length: usize) {
        #[cfg(target_os = "linux")]
        if self.access == Access::ReadWrite
            && let Some(start) = self.pointer(offset, length)
        {
            // SAFETY: the range lies in the mapping; populating changes no byte.
            let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), length, Advice::LinuxPopulateWrite) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, length);
    }

    /// Waits until the pages of a range are on the disk.
    ///
    /// # Errors
    /// What the system says to `msync`; nothing out of bounds is written.
    pub fn sync(&self, offset: u64, length: usize) -> io::Result<()> {
        let page = rustix::param::page_size() as u64;
        let start = offset / page * page;
        let Some(first) = self.pointer(start, length + (offset - start) as usize) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let length = length + (offset - start) as usize;
        // SAFETY: the range lies in the mapping; writing it back changes no byte.
        unsafe { rustix::mm::msync(first.as_ptr().cast(), length, rustix::mm::MsyncFlags::SYNC) }?;
        Ok(())
    }

    /// Asks the system to put whole pages of 2 MiB in the place of small ones, as memory file systems of Linux 6.1 and later do: walks
    /// through page tables are a good part of what a ring costs. Where the system will not, nothing changes.
    pub fn collapse(&self) {
        self.collapse_range(0, self.length());
    }

    /// As [`Mapping::collapse`], of the large pages that lie in a range. It is cheapest before the small ones were touched.
    pub fn collapse_range(&self, offset: u64, length: u64) {
        #[cfg(target_os = "linux")]
        if self.access == Access::ReadWrite
            && let Some(start) = self.pointer(offset, length as usize)
        {
            let start = start.as_ptr().addr();
            let end = (start + length as usize) & !(HUGE_PAGE - 1);
            for address in (start.next_multiple_of(HUGE_PAGE)..end).step_by(HUGE_PAGE) {
                // SAFETY: the range lies in the mapping; the pages' bytes stay as they are.
                unsafe { libc::madvise(address as *mut libc::c_void, HUGE_PAGE, libc::MADV_COLLAPSE) };
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, length);
    }

    /// Takes all pages out of this process' page table: they count for its resident set no more. What is touched next comes back, with what
    /// the system brings along; of the pages at `glances` each alone, until [`Mapping::hold`]. The file and other processes' mappings
    /// stay as they are.
    pub fn let_go(&self, glances: &[u64]) {
        #[cfg(target_os = "linux")]
        {
            let page = rustix::param::page_size() as u64;
            // a byte that is touched would bring back 2 MiB: as a large page, or piece by piece unless its neighbours are mapped apart
            self.advise(0, self.reserved, Advice::LinuxNoHugepage);
            for offset in glances {
                self.advise(offset / page * page, page as usize, Advice::Random);
            }
            self.advise(0, self.reserved, Advice::LinuxDontNeed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = glances;
    }

    /// Pages may be in the page table as they come again, large ones included.
    pub fn hold(&self) {
        #[cfg(target_os = "linux")]
        {
            self.advise(0, self.reserved, Advice::Normal);
            self.advise(0, self.reserved, Advice::LinuxHugepage);
        }
    }

    /// Where the system will not, nothing changes.
    #[cfg(target_os = "linux")]
    fn advise(&self, offset: u64, length: usize, advice: Advice) {
        let end = usize::try_from(offset).ok().and_then(|at| at.checked_add(length));
        if self.forked() || end.is_none_or(|end| end > self.reserved) {
            return;
        }
        // SAFETY: the range was found to lie within the mapped one.
        let start = unsafe { self.base.add(offset as usize) };
        // SAFETY: the range is this mapping's; a shared mapping's pages keep their bytes in the file, whatever is advised here.
        let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), length, advice) };
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;
    use crate::file::atomic::Ordering;
    use std::fs::File;
    use std::path::Path;

    const LENGTH: usize = 8 << 20;

    /// Bytes of the file that stand in this process' page table.
    fn resident(path: &Path) -> usize {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let parts = maps.split(path.to_str().unwrap()).skip(1);
        let kilobytes = parts.map(|part| {
            let line = part.lines().find(|line| line.starts_with("Rss:")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
        });
        kilobytes.sum::<usize>() << 10
    }

    /// Large pages are there for a folder in memory only.
    fn folder() -> tempfile::TempDir {
        tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap()
    }

    #[test]
    fn large_pages_are_made_of_a_part_and_its_bytes_stay_beyond_the_file_of_none() {
        let folder = folder();
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(folder.path().join("file"))
            .unwrap();
        file.set_len(LENGTH as u64).unwrap();
        let mapping = Mapping::new(file, Access::ReadWrite).unwrap();
        assert!(mapping.fill(0, LENGTH / 2, 7));
        for (offset, length) in [(1, LENGTH - 2), (0, LENGTH), (4096, 4096), (1, LENGTH), (u64::MAX, 1)] {
            mapping.collapse_range(offset, length as u64);
        }
        let mut bytes = vec![1; LENGTH];
        assert!(mapping.copy_out(0, &mut bytes));
        assert!(bytes[..LENGTH / 2].iter().all(|&byte| byte == 7));
        assert!(bytes[LENGTH / 2..].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn what_is_let_go_leaves_the_page_table_keeps_its_bytes_and_comes_back_little_by_little() {
        let folder = folder();
        let path = folder.path().join("file");
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        file.set_len(LENGTH as u64).unwrap();
        let mapping = Mapping::new(file, Access::ReadWrite).unwrap();
        assert!(mapping.fill(0, LENGTH, 7));
        mapping.collapse();
        assert!(resident(&path) >= LENGTH - HUGE_PAGE);

        let glances = [0, 1 << 20, 5 << 20];
        mapping.let_go(&glances);
        assert_eq!(resident(&path), 0);
        let value = u64::from_ne_bytes([7; 8]);
        for offset in glances {
            let word = mapping.atomic_u64(offset + 64).unwrap();
            assert_eq!(word.swap(value, Ordering::AcqRel), value);
        }
        assert_eq!(resident(&path), glances.len() * rustix::param::page_size());

        mapping.hold();
        let mut bytes = vec![0; LENGTH];
        assert!(mapping.copy_out(0, &mut bytes));
        assert!(bytes.iter().all(|&byte| byte == 7), "nothing was lost");
        assert!(resident(&path) >= LENGTH - HUGE_PAGE);
        // beyond the mapping there is nothing to leave apart
        mapping.let_go(&[u64::MAX]);
        assert_eq!(resident(&path), 0);
    }
}
