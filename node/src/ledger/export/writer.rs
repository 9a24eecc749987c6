//! Parts of files on their way to whoever asked.

use std::collections::VecDeque;

use meldeverbund_proto::node::v1::ExportLedgerResponse;
use serde::Serialize;
use tokio::sync::mpsc;
use tonic::Status;

use super::ExportError;

/// Bytes of a part.
const PART_BYTES: usize = 256 * 1024;

/// Where the files go.
#[derive(Debug)]
pub(super) struct Writer {
    parts: mpsc::Sender<Result<ExportLedgerResponse, Status>>,
    open: VecDeque<(String, Vec<u8>)>,
}

impl Writer {
    pub(super) fn new(parts: mpsc::Sender<Result<ExportLedgerResponse, Status>>) -> Self {
        Self { parts, open: VecDeque::new() }
    }

    /// A whole file.
    pub(super) async fn file(&mut self, path: &str, content: Vec<u8>) -> Result<(), ExportError> {
        if content.is_empty() {
            return Ok(());
        }
        for part in content.chunks(PART_BYTES) {
            self.send(path.to_owned(), part.to_vec()).await?;
        }
        Ok(())
    }

    /// A line of a file; lines of several files may come in turn.
    pub(super) async fn line(&mut self, path: &str, line: &impl Serialize) -> Result<(), ExportError> {
        let mut bytes = serde_json::to_vec(line).map_err(|_| ExportError::Store)?;
        bytes.push(b'\n');
        let place = match self.open.iter().position(|(open, _)| open == path) {
            Some(place) => place,
            None => {
                self.open.push_back((path.to_owned(), Vec::new()));
                self.open.len() - 1
            }
        };
        self.open[place].1.extend(bytes);
        if self.open[place].1.len() >= PART_BYTES {
            let content = std::mem::take(&mut self.open[place].1);
            self.file(path, content).await?;
        }
        Ok(())
    }

    /// What is left of the lines.
    pub(super) async fn end(&mut self) -> Result<(), ExportError> {
        while let Some((path, content)) = self.open.pop_front() {
            self.file(&path, content).await?;
        }
        Ok(())
    }

    async fn send(&self, path: String, content: Vec<u8>) -> Result<(), ExportError> {
        let part = ExportLedgerResponse { path, content };
        self.parts.send(Ok(part)).await.map_err(|_| ExportError::Gone)
    }
}
