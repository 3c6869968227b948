use std::sync::mpsc;

use super::*;

/// Far more than any step takes; running out of it fails the test.
const AMPLE: Duration = Duration::from_secs(60);

/// A reader that takes one piece each time it is allowed to, or fails.
struct SlowReader {
    allowed: mpsc::Receiver<bool>,
    begun: mpsc::Sender<()>,
    read: Arc<Mutex<Vec<u8>>>,
}

impl Write for SlowReader {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let _ = self.begun.send(());
        if !self.allowed.recv().unwrap_or(true) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.read.lock().unwrap().extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Log {
    queue: LogQueue,
    allow: mpsc::Sender<bool>,
    begun: mpsc::Receiver<()>,
    read: Arc<Mutex<Vec<u8>>>,
}

fn log(room: usize) -> Log {
    let ((allow, allowed), (begins, begun)) = (mpsc::channel(), mpsc::channel());
    let read = Arc::new(Mutex::new(Vec::new()));
    let reader = SlowReader { allowed, begun: begins, read: Arc::clone(&read) };
    Log { queue: LogQueue::writing_to(reader, room).unwrap(), allow, begun, read }
}

impl Log {
    fn write(&mut self, line: &str) {
        self.queue.write_all(line.as_bytes()).unwrap();
    }

    fn read(&self) -> String {
        String::from_utf8(self.read.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn a_reader_that_stops_costs_whole_lines_and_no_time() {
    let mut log = log(30);
    log.write("first\n");
    log.begun.recv_timeout(AMPLE).unwrap();
    for _ in 0..1_000 {
        log.write("0123456789\n");
    }
    assert_eq!(log.queue.lost_lines().count(), 998, "two found room");
    assert!(!log.queue.wait_until_written(Duration::from_millis(1)), "nobody reads");
    log.allow.send(true).unwrap();
    log.allow.send(true).unwrap();
    assert!(log.queue.wait_until_written(AMPLE));
    assert_eq!(log.read(), "first\n0123456789\n0123456789\n");
    log.write("later\n");
    log.allow.send(true).unwrap();
    assert!(log.queue.wait_until_written(AMPLE));
    assert!(log.read().ends_with("later\n"), "{}", log.read());
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    let mut log = log(ROOM);
    log.write("a\nb\n");
    log.allow.send(false).unwrap();
    assert!(log.queue.wait_until_written(AMPLE), "there is nothing left to wait for");
    assert_eq!(log.queue.lost_lines().count(), 2);
    log.write("c\n");
    log.allow.send(true).unwrap();
    assert!(log.queue.wait_until_written(AMPLE));
    assert_eq!((log.read().as_str(), log.queue.lost_lines().count()), ("c\n", 2));
}
