//! An output that ends the rendering when it grows too large.

use std::io;

/// Collects text up to a cap.
pub(super) struct Writer {
    bytes: Vec<u8>,
    most: usize,
}

impl Writer {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most }
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.bytes).expect("the engine writes whole strings")
    }
}

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("the text grows beyond {} bytes", self.most),
            ));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
