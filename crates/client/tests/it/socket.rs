//! Bare sockets, for answers that no HTTP server gives.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

/// A socket that reads one request to its end, writes `answer` and closes; without an answer it
/// keeps the connection open.
pub(crate) async fn socket(answer: Option<&'static str>) -> String {
    serve(None, answer).await
}

/// The same, but a question for the schema gets `schema`, a whole HTTP answer.
pub(crate) async fn serve(schema: Option<String>, answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    #[expect(clippy::disallowed_methods, reason = "ends with the runtime of its test")]
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let asked = schema.as_deref().filter(|_| request.contains("\"Introspection\""));
            match asked.or(answer) {
                Some(answer) => stream.write_all(answer.as_bytes()).await.expect("a reader"),
                None => open.push(stream),
            }
        }
    });
    format!("http://{address}")
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let head = text.split_once("\r\n\r\n");
        let whole = head.is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()
            });
            body.len() >= length.unwrap_or(0)
        });
        if read == 0 || whole {
            return text.into_owned();
        }
    }
}

/// The URL of a port that nothing listens on, and the socket that keeps it from being given to
/// another test.
pub(crate) fn nobody() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = socket.local_addr().expect("an address");
    (socket, format!("http://{address}"))
}
