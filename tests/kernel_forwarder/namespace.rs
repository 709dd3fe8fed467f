//! Network namespaces: a test runs itself again in a process that has one.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

const MARK: &str = "RTM_TEST_IN_NAMESPACE";

/// Runs `body` in a new network namespace. `name` is the test's own full name.
pub fn in_namespace(name: &str, body: fn()) {
    if std::env::var_os(MARK).is_some() {
        ip("link set lo up");
        body();
        return;
    }
    let own = std::env::current_exe().expect("the test's own path");
    let mut command = Command::new(own);
    command.args(["--exact", name, "--test-threads=1", "--nocapture"]);
    command.env(MARK, "1");
    // SAFETY: getuid and getgid cannot fail and touch no memory.
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    let maps = [
        (c"/proc/self/setgroups", String::from("deny")),
        (c"/proc/self/uid_map", format!("0 {uid} 1")),
        (c"/proc/self/gid_map", format!("0 {gid} 1")),
    ];
    // SAFETY: between fork and exec only system calls on prepared data are made.
    unsafe {
        command.pre_exec(move || {
            if libc::unshare(libc::CLONE_NEWNET) == 0 {
                return Ok(());
            }
            // Without root: be root in a user namespace.
            if libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) != 0 {
                return Err(io::Error::last_os_error());
            }
            for (path, text) in &maps {
                let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
                if libc::write(fd, text.as_ptr().cast(), text.len()) < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            // Past the capture of passing tests' output.
            let _ = writeln!(io::stderr(), "skipped: {name}: no namespaces here: {error}");
            return;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{name} in its namespace: {}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs lines of `ip` commands, all of which must succeed.
pub fn ip(lines: &str) {
    let mut child =
        Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().expect("the ip program (iproute2)");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(lines.as_bytes()).expect("writing to ip");
    drop(input);
    assert!(child.wait().expect("ip's end").success(), "ip:\n{lines}");
}

/// The index of an interface.
pub fn index(name: &str) -> u32 {
    let name = std::ffi::CString::new(name).expect("a name");
    // SAFETY: the name is NUL-terminated and lives through the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    assert_ne!(index, 0, "{name:?}");
    index
}

/// A network setting under /proc/sys/net/.
pub fn set(setting: &str, value: &str) {
    let path = format!("/proc/sys/net/{setting}");
    std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// The rows of a table under /proc/net, without its header.
pub fn rows(table: &str) -> Vec<String> {
    let path = format!("/proc/thread-self/net/{table}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().skip(1).map(str::to_owned).collect()
}
