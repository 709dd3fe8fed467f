//! The C tests of the rules against the library that cargo built for this test, all
//! programs at once, until the first failure: for scripts/mutants.sh.
//!
//! MGM_C_TESTS is the directory of the built programs; MGM_C_TESTS_RUN, what the names
//! of those to run begin with (default: all of the rules). Without a directory, this does
//! nothing: `make ctest` runs them against the release library.

#![cfg(target_os = "linux")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

/// The programs to run.
fn programs(directory: &Path) -> Vec<PathBuf> {
    let run = env::var("MGM_C_TESTS_RUN").unwrap_or("test_rules_ test_api_errors test_api_registration".to_owned());
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        run.split(' ').any(|beginning| name.starts_with(beginning))
    };
    let programs: Vec<_> = files.filter(wanted).collect();
    assert!(!programs.is_empty(), "none of {run} in {}", directory.display());
    programs
}

/// A directory where programs find the library by its SONAME.
fn library_directory() -> PathBuf {
    let library = env::current_exe().unwrap().with_file_name("librtm.so");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c_tests-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    symlink(library, directory.join("librtm.so.1")).unwrap();
    directory
}

fn command(program: &Path, library: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library).env("MGM_FORWARDER", "memory");
    command
}

/// Runs one program; each line goes to `say`, which tells whether to go on.
fn run(mut command: Command, started: impl FnOnce(i32), mut say: impl FnMut(String)) -> bool {
    let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
    started(child.id().try_into().unwrap());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).for_each(&mut say);
    child.wait().unwrap().success()
}

#[test]
fn c_tests_pass() {
    let Some(directory) = env::var_os("MGM_C_TESTS") else {
        eprintln!("MGM_C_TESTS is not set: `make ctest` runs the C tests");
        return;
    };
    let programs = programs(Path::new(&directory));
    let library = library_directory();
    let used = command(&programs[0], &library).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap().stdout;
    let used = String::from_utf8_lossy(&used).into_owned();
    assert!(used.contains(library.to_str().unwrap()), "another library is used: {used}");

    /// What a program's thread tells.
    enum Event {
        Started(i32),
        Said(String),
        Ended(PathBuf, bool),
    }
    let (tell, events) = mpsc::channel();
    let mut running = programs.len();
    for program in programs {
        let (command, tell) = (command(&program, &library), tell.clone());
        thread::spawn(move || {
            let send = |event| _ = tell.send(event);
            let passed = run(command, |group| send(Event::Started(group)), |line| send(Event::Said(line)));
            send(Event::Ended(program, passed));
        });
    }
    let (mut groups, mut failure) = (Vec::new(), None);
    while running > 0 {
        let kill = |group: i32| {
            // SAFETY: a call with two numbers; the group is that of a program whose thread has not said that it
            // ended, or has just ended it: at worst nobody gets the signal.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        };
        let failed = match events.recv().unwrap() {
            Event::Started(group) => {
                if failure.is_some() {
                    kill(group);
                }
                groups.push(group);
                None
            }
            Event::Said(line) => {
                println!("{line}");
                line.strip_prefix("FAILED ").map(str::to_owned)
            }
            Event::Ended(program, passed) => {
                running -= 1;
                (!passed).then(|| program.display().to_string())
            }
        };
        if failure.is_none() && failed.is_some() {
            failure = failed;
            groups.drain(..).for_each(kill);
        }
    }
    fs::remove_dir_all(library).unwrap();
    assert_eq!(failure, None);
}
