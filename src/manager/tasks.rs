//! Work that takes more than one step, because clients are asked on the way: the
//! manager returns the callback to make, the caller makes it without any lock, and
//! resumes the work with the answer.

use super::{
    ClientId, Context, Error, Flow, Manager, PacketHeader, construction::Construction, handover::Handover, moves::Moves,
};
use crate::forwarder::{InterfaceKey, Route};

/// A running task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaskId(pub(super) u32);

/// What the caller of the manager has to do next.
#[must_use]
pub enum Step {
    /// Nothing; the request ended like this.
    Done(Result<(), Error>),
    /// Make this callback, without a lock, then [`Manager::resume`] the task.
    Call(TaskId, ClientId, Direct),
}

/// A direct callback: the client's answer is needed, or the order is.
pub enum Direct {
    /// Which way is the source?
    Rpf {
        /// What is asked about.
        flow: Flow,
        /// The incoming interface by the route; index 0 without one.
        iif: InterfaceKey,
        /// The route's gateway.
        upstream: u32,
        /// The packet, if one caused this.
        header: Option<PacketHeader>,
        /// The route.
        route: Option<Route>,
    },
    /// These interfaces of yours are about to be forwarded to.
    Creation {
        /// The new MFE's.
        flow: Flow,
        /// The new MFE's.
        iif: InterfaceKey,
        /// The client's own outgoing interfaces.
        oifs: Vec<OifAsk>,
    },
    /// IGMP: stop on this interface.
    DisableIgmp(InterfaceKey),
    /// IGMP: start on this interface, and join again what has members.
    EnableIgmp(InterfaceKey),
}

/// An outgoing interface in a creation alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OifAsk {
    /// The interface.
    pub interface: InterfaceKey,
    /// Whether IGMP holds it.
    pub igmp: bool,
    /// True when the client is asked; what it leaves here decides.
    pub enabled: bool,
}

/// How a direct callback went.
pub enum Answer {
    /// The client is gone or has no such callback; or there is nothing to answer.
    Nothing,
    /// To [`Direct::Rpf`]: the interface named, and the upstream neighbour.
    Rpf(InterfaceKey, u32),
    /// To [`Direct::Creation`]: the list as the client left it.
    Creation(Vec<OifAsk>),
    /// The callback could not be made for want of memory.
    OutOfMemory,
}

/// What makes a task go on.
pub(super) enum Input {
    Start,
    Answer(Answer),
    /// A task that this one waits for has ended.
    Child,
}

/// Where a task is after going on.
pub(super) enum Progress {
    Call(ClientId, Direct),
    Wait(TaskId),
    Finished(Result<(), Error>),
}

pub(super) enum Work {
    Handover(Handover),
    Moves(Moves),
    /// Large, and moved whenever it goes on.
    Construction(Box<[Construction; 1]>),
}

/// Boxes a value: the standard box cannot fail without aborting.
fn boxed<T>(value: T) -> Result<Box<[T; 1]>, Error> {
    let mut one = Vec::new();
    one.try_reserve_exact(1)?;
    one.push(value);
    one.try_into().map_err(|_| Error::OutOfMemory)
}

impl Work {
    pub(super) fn of_construction(construction: Construction) -> Result<Self, Error> {
        boxed(construction).map(Self::Construction)
    }
}

pub(super) struct Task {
    parent: Option<TaskId>,
    /// Taken out while the task is going on.
    pub(super) work: Option<Work>,
}

impl Manager {
    /// Makes room for `n` tasks.
    pub(super) fn reserve_tasks(&mut self, n: usize) -> Result<(), Error> {
        self.tasks.reserve(n)
    }

    /// Adds a task into room that was reserved.
    pub(super) fn add_task(&mut self, parent: Option<TaskId>, work: Work) -> TaskId {
        TaskId(self.tasks.insert(Task { parent, work: Some(work) }))
    }

    /// Goes on with a task after its callback.
    pub fn resume(&mut self, task: TaskId, answer: Answer, cx: &mut Context<'_>) -> Step {
        self.drive(task, Input::Answer(answer), cx)
    }

    /// Goes on with a task, its children and its parents until somebody must be
    /// called or all is done.
    pub(super) fn drive(&mut self, mut task: TaskId, mut input: Input, cx: &mut Context<'_>) -> Step {
        loop {
            let Some(mut work) = self.tasks.get_mut(task.0).and_then(|task| task.work.take()) else {
                return Step::Done(Err(Error::CanNotComplete));
            };
            let progress = match &mut work {
                Work::Handover(handover) => self.advance_handover(task, handover, input, cx),
                Work::Moves(moves) => self.advance_moves(task, moves, cx),
                Work::Construction(construction) => self.advance_construction(&mut construction[0], input, cx),
            };
            match progress {
                Progress::Call(client, direct) => {
                    self.tasks[task.0].work = Some(work);
                    return Step::Call(task, client, direct);
                }
                Progress::Wait(child) => {
                    self.tasks[task.0].work = Some(work);
                    (task, input) = (child, Input::Start);
                }
                Progress::Finished(result) => {
                    if let Work::Construction(construction) = &work {
                        self.end_construction(task, &construction[0], cx);
                    }
                    let parent = self.tasks.remove(task.0).and_then(|task| task.parent);
                    self.tasks.trim(1);
                    match parent {
                        Some(parent) => (task, input) = (parent, Input::Child),
                        None => return Step::Done(result),
                    }
                }
            }
        }
    }
}
