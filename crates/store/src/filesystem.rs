//! Where state may lie: not on a file system of another machine.
//!
//! The log and the locks of SQLite need shared memory and locks that only one machine's kernel gives (sqlite.org,
//! "Write-Ahead Logging", section 1); over the network they corrupt data without a word.

use std::path::Path;

use crate::StoreError;

/// Magic numbers of `statfs(2)`, from `linux/magic.h` and the file systems' own headers.
const NETWORK: [(u64, &str); 10] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd3, "Lustre"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x4750_4653, "GPFS"),
    (0x0116_1970, "GFS2"),
];

/// Refuses a folder on a network file system.
pub(crate) fn check(folder: &Path) -> Result<(), StoreError> {
    let stat = rustix::fs::statfs(folder).map_err(|error| StoreError::file(folder)(error.into()))?;
    #[expect(clippy::cast_sign_loss, reason = "the kernel's number is unsigned; some platforms declare it signed")]
    match network(stat.f_type as u64) {
        None => Ok(()),
        Some(kind) => Err(StoreError::Network { path: folder.to_owned(), kind }),
    }
}

fn network(magic: u64) -> Option<&'static str> {
    // A signed 32-bit number was widened: only the lower half says something.
    let magic = magic & 0xffff_ffff;
    NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        for (magic, expected) in [
            (0x6969, Some("NFS")),
            (0xffff_ffff_ff53_4d42, Some("CIFS")),
            (0xef53, None),
            (0x0102_1994, None),
            (0x794c_7630, None),
        ] {
            assert_eq!(network(magic), expected, "{magic:x}");
        }
    }
}
