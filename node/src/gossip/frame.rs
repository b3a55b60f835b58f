//! Messages on a stream between two nodes: a length in 4 bytes, little endian, and the borsh of the
//! message.

use std::io;
use std::time::Duration;

use borsh::{BorshDeserialize, BorshSerialize};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

/// What is asked of the frames of a protocol.
#[derive(Debug, Clone, Copy)]
pub struct Frames {
    /// Largest message, in bytes of its borsh.
    pub bytes_max: usize,
    /// How long a peer may bring or take nothing.
    pub patience: Duration,
}

/// Why a message did not get through. Never holds what is in it.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream broke.
    #[error("the stream broke: {0}")]
    Stream(#[from] io::Error),
    /// Nothing came, or nothing was taken, for too long; or what came came too slowly.
    #[error("the peer brings or takes nothing, or too slowly")]
    Silent,
    /// The frame is too large or no message, or the message is not what was asked for.
    #[error("the peer does not answer as asked")]
    Malformed,
}

impl Frames {
    /// Sends a message; its bytes are wiped then.
    ///
    /// # Errors
    /// [`FrameError`].
    pub async fn send(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        message: &impl BorshSerialize,
    ) -> Result<(), FrameError> {
        let length = borsh::object_length(message)?;
        let prefix = u32::try_from(length).map_err(|_| FrameError::Malformed)?;
        // With room for all of it from the beginning: a vector that grows leaves a copy behind.
        let mut frame = Zeroizing::new(Vec::<u8>::with_capacity(4 + length));
        frame.extend_from_slice(&prefix.to_le_bytes());
        borsh::to_writer(&mut *frame, message)?;
        self.patiently(async {
            stream.write_all(&frame).await?;
            stream.flush().await
        })
        .await
    }

    /// The next message; its bytes are wiped when it is decoded.
    ///
    /// # Errors
    /// [`FrameError`].
    pub async fn receive<T: BorshDeserialize>(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<T, FrameError> {
        let mut length = [0; 4];
        self.patiently(stream.read_exact(&mut length)).await?;
        let length = u32::from_le_bytes(length) as usize;
        if length > self.bytes_max {
            return Err(FrameError::Malformed);
        }
        let mut bytes = Zeroizing::new(vec![0_u8; length]);
        self.patiently(stream.read_exact(&mut bytes)).await?;
        borsh::from_slice(&bytes).map_err(|_| FrameError::Malformed)
    }

    /// Does something on a stream, but waits no longer for the peer than may be.
    ///
    /// # Errors
    /// [`FrameError::Stream`], [`FrameError::Silent`].
    pub async fn patiently<T>(
        &self,
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, FrameError> {
        match tokio::time::timeout(self.patience, work).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(FrameError::Silent),
        }
    }
}
