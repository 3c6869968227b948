//! The body of a request that makes its connection busy once it has come whole: a client that keeps
//! its body back has no more claim to its connection than a silent one.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::connections::{Answering, Seat};

/// A body, and the connection that it comes on.
pub(super) struct AwaitedBody<B> {
    body: B,
    seat: Arc<Seat>,
    answering: AnsweringSlot,
}

/// That the request is being answered, once it is.
#[derive(Clone, Default)]
pub(super) struct AnsweringSlot(Arc<Mutex<Option<Answering>>>);

impl AnsweringSlot {
    /// The request is answered.
    pub(super) fn finish(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl<B: HttpBody> AwaitedBody<B> {
    pub(super) fn new(body: B, seat: &Arc<Seat>, answering: AnsweringSlot) -> Self {
        let awaited = Self { body, seat: Arc::clone(seat), answering };
        awaited.note_end();
        awaited
    }

    fn note_end(&self) {
        if self.body.is_end_stream() {
            self.begin_answer();
        }
    }
}

impl<B> AwaitedBody<B> {
    fn begin_answer(&self) {
        let mut slot = self.answering.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert_with(|| self.seat.begin_answer());
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for AwaitedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(_) => self.note_end(),
            None => self.begin_answer(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
