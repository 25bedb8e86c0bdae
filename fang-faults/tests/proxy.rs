//! The network faults of the proxy.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use fang_faults::proxy::{Cut, Direction, Network, Proxy};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
/// Without an answer for this long, a connection counts as silent.
const SILENCE: Duration = Duration::from_millis(200);

/// Starts a proxy in front of a server that echoes all data.
fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            thread::spawn(move || std::io::copy(&mut client.try_clone().unwrap(), &mut client));
        }
    });
    Proxy::start(&uri).unwrap()
}

fn connect(proxy: &Proxy) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

fn say(mut client: &TcpStream, text: &str) {
    client.write_all(text.as_bytes()).unwrap();
}

fn hears(mut client: &TcpStream, text: &str) -> bool {
    let mut heard = vec![0; text.len()];
    client.read_exact(&mut heard).is_ok() && heard == text.as_bytes()
}

fn talks(client: &TcpStream) -> bool {
    say(client, "hello");
    hears(client, "hello")
}

fn end(mut client: &TcpStream) -> Result<usize, ErrorKind> {
    client.read(&mut [0; 64]).map_err(|error| error.kind())
}

fn is_silent(client: &TcpStream) -> bool {
    client.set_read_timeout(Some(SILENCE)).unwrap();
    let outcome = end(client);
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    matches!(outcome, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn everything_passes_and_only_the_address_of_the_uri_changes() {
    let proxy = echo();
    assert_eq!(proxy.uri(), format!("postgres://u@127.0.0.1:{}/d", proxy.port()));
    let (one, two) = (connect(&proxy), connect(&proxy));
    assert!(talks(&one) && talks(&two) && talks(&one));
    assert_eq!((proxy.accepted(), proxy.cuts()), (2, 0));
    assert!(proxy.clients().contains(&one.local_addr().unwrap().port()));
}

#[test]
fn answers_are_delayed_from_a_certain_word_on() {
    let proxy = echo();
    let delay = PATIENCE * 2;
    proxy.set(Network::DelayAnswers(b"late".to_vec(), delay));
    let client = connect(&proxy);
    assert!(talks(&client));
    say(&client, "la");
    assert!(hears(&client, "la"));
    say(&client, "te");
    assert!(is_silent(&client));
    proxy.set(Network::DelayAnswers(b"late".to_vec(), SILENCE));
    assert!(hears(&client, "te"), "a shorter delay applies to data that waits");
    assert!(talks(&client));
}

#[test]
fn a_connection_ends_when_its_client_disconnects() {
    let proxy = echo();
    let (gone, stays) = (connect(&proxy), connect(&proxy));
    assert!(talks(&gone) && talks(&stays));
    drop(gone);
    let began = Instant::now();
    while proxy.clients() != [stays.local_addr().unwrap().port()] {
        assert!(began.elapsed() < PATIENCE);
        thread::yield_now();
    }
}

#[test]
fn a_black_hole_is_silent_and_reports_no_error() {
    let proxy = echo();
    let old = connect(&proxy);
    assert!(talks(&old));
    proxy.set(Network::Blackhole);
    let began = Instant::now();
    let new = connect(&proxy);
    say(&old, "old");
    say(&new, "new");
    assert!(is_silent(&old) && is_silent(&new));
    assert!(proxy.connected_after(began, PATIENCE).is_some());

    proxy.set(Network::Pass);
    assert!(hears(&old, "old") && hears(&new, "new"), "TCP sends the data again");
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_black_hole_nothing_is_acknowledged_either() {
    let proxy = echo();
    let client = connect(&proxy);
    assert!(talks(&client));
    let socket = socket2::SockRef::from(&client);
    socket.set_tcp_user_timeout(Some(Duration::from_millis(500))).unwrap();
    proxy.set(Network::Blackhole);
    say(&client, "into the void");
    assert_eq!(end(&client), Err(ErrorKind::TimedOut));
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_black_hole_an_idle_connection_looks_dead_to_its_keepalive() {
    let proxy = echo();
    let client = connect(&proxy);
    assert!(talks(&client));
    let second = Duration::from_secs(1);
    let keepalive = socket2::TcpKeepalive::new().with_time(second).with_interval(second).with_retries(2);
    // Longer than the keepalive of the proxy waits.
    let patience = Duration::from_secs(8);
    let socket = socket2::SockRef::from(&client);
    socket.set_tcp_keepalive(&keepalive.with_time(patience - second * 2)).unwrap();
    proxy.set(Network::Blackhole);
    let began = Instant::now();
    assert_eq!(end(&client), Err(ErrorKind::TimedOut));
    assert!(began.elapsed() < patience + second * 2);
}

#[test]
fn a_reset_ends_old_connections_and_new_ones() {
    let proxy = echo();
    let old = connect(&proxy);
    assert!(talks(&old));
    proxy.set(Network::Reset);
    assert_eq!(end(&old), Err(ErrorKind::ConnectionReset));
    assert_eq!(end(&connect(&proxy)), Err(ErrorKind::ConnectionReset));

    proxy.set(Network::Pass);
    assert!(talks(&connect(&proxy)));
}

#[test]
fn a_delay_holds_up_both_directions() {
    let proxy = echo();
    let client = connect(&proxy);
    assert!(talks(&client));
    let delay = Duration::from_millis(100);
    proxy.set(Network::Delay(delay));
    let began = Instant::now();
    assert!(talks(&client));
    assert!(began.elapsed() >= delay * 2);

    proxy.set(Network::Delay(PATIENCE));
    say(&client, "late");
    assert!(is_silent(&client));
    proxy.set(Network::Pass);
    assert!(hears(&client, "late"), "a shorter delay applies to data that waits");
}

#[test]
fn a_cut_after_some_bytes_lets_exactly_that_many_pass() {
    for direction in [Direction::Up, Direction::Down] {
        let proxy = echo();
        let client = connect(&proxy);
        assert!(talks(&client));
        proxy.set(Network::CutAfter(direction, 7));
        assert!(talks(&client), "earlier data does not count");
        say(&client, "hello");
        if direction == Direction::Down {
            assert!(hears(&client, "he"));
        }
        assert!(proxy.wait_for_cuts(1, PATIENCE));
        let mut rest = Vec::new();
        let _ = (&client).read_to_end(&mut rest);
        assert!(rest.len() <= 2 && proxy.cuts() == 1);
    }
}

#[test]
fn a_cut_at_a_word_swallows_it_and_leaves_others_alone() {
    let proxy = echo();
    let (one, two) = (connect(&proxy), connect(&proxy));
    assert!(talks(&one) && talks(&two));
    proxy.set(Network::CutAt(Cut::answers(["DELETE ", "INSERT 0 "]).times(1)));
    say(&one, "DEL");
    assert!(hears(&one, "DEL"));
    say(&one, "ETE 1");
    assert!(matches!(end(&one), Ok(0) | Err(ErrorKind::ConnectionReset)));
    say(&two, "DELETE 1");
    assert!(hears(&two, "DELETE 1"), "only one cut was allowed");
    assert_eq!(proxy.cuts(), 1);
}

#[test]
fn a_cut_of_a_request_keeps_it_from_the_server() {
    let proxy = echo();
    proxy.set(Network::CutAt(Cut::requests(["COMMIT"])));
    let client = connect(&proxy);
    assert!(talks(&client));
    say(&client, "COMMIT");
    assert!(matches!(end(&client), Ok(0) | Err(ErrorKind::ConnectionReset)));
}

#[test]
fn a_proxy_that_is_dropped_ends_all_connections() {
    let proxy = echo();
    let client = connect(&proxy);
    assert!(talks(&client));
    let port = proxy.port();
    drop(proxy);
    assert_eq!(end(&client), Err(ErrorKind::ConnectionReset));
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(began.elapsed() < PATIENCE);
        thread::yield_now();
    }
}
